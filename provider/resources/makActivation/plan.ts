import type { PhonePlan } from "../../activation/confirmation";
import type { BatchStep } from "../../machine/protocol";
import { type ConfirmationHistory, depositStep, planPhone } from "../shared/phone";
import { type ActivationMemory, decideSpending, type Spending } from "../shared/spending";
import { keyed, type MakObservation } from "./observe";
import type { MakInputs } from "./schema";

export interface MakPlan {
  steps: BatchStep[];
  installsKey: boolean;
  spending: Spending;
  phone: PhonePlan;
}

/** A Description whose channel is a MAK's, as slmgr.vbs tells them. */
const MAK_CHANNEL = "MAK";

export function planMak(
  seen: MakObservation,
  wanted: MakInputs,
  history: { memory: ActivationMemory | undefined; sameKey: boolean } & ConfirmationHistory,
): MakPlan {
  const steps: BatchStep[] = [];
  const { partialProductKey, productKey } = wanted;
  const installed = keyed(seen, partialProductKey);
  const installsKey = installed === undefined;
  const licensed = installed?.licenseStatus === 1;
  const installationId = seen.offline.get(partialProductKey)?.installationId;
  const phone = planPhone(wanted.activation, history, { licensed, installationId });
  const spending = decideSpending({
    method: wanted.activation.method,
    licensed,
    wantedPartial: partialProductKey,
    sameKey: history.sameKey,
    memory: history.memory,
    reactivate: wanted.reactivate,
  });
  if (installsKey) steps.push({ op: "slmgr", args: { verb: "/ipk", values: [productKey] } });
  // A key that was there already is looked at as well: a host key in the place of a MAK must not spend.
  if (installsKey || spending === "attempt" || phone.do === "deposit") {
    steps.push({
      op: "expect",
      args: { partialProductKey, property: "Description", test: "match", value: MAK_CHANNEL },
    });
  }
  const other = installed && installed !== seen.windows ? installed : undefined;
  if (phone.do === "deposit") steps.push(depositStep(partialProductKey, phone, other));
  // By proxy the confirmation id has to be asked for first, with what the machine says of the installed key.
  if (spending === "attempt" && wanted.activation.method !== "proxy") {
    steps.push({
      op: "slmgr",
      args: { verb: "/ato", ...(other ? { activationId: other.id } : {}) },
      // Looked at again right before: a key that is Licensed by now must not spend.
      when: { partialProductKey, property: "LicenseStatus", test: "ne", value: 1 },
    });
  }
  return { steps, installsKey, spending, phone };
}
