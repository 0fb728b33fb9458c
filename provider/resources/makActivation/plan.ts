import type { BatchStep } from "../../machine/protocol";
import type { Licensing } from "../shared/licensing";
import { type ActivationMemory, decideSpending, type Spending } from "../shared/spending";
import { keyed } from "./observe";
import type { MakInputs } from "./schema";

export interface MakPlan {
  steps: BatchStep[];
  installsKey: boolean;
  spending: Spending;
}

/** A Description whose channel is a MAK's, as slmgr.vbs tells them. */
const MAK_CHANNEL = "MAK";

export function planMak(
  seen: Licensing,
  wanted: MakInputs,
  history: { memory: ActivationMemory | undefined; sameKey: boolean },
): MakPlan {
  const steps: BatchStep[] = [];
  const { partialProductKey, productKey } = wanted;
  const installed = keyed(seen, partialProductKey);
  const installsKey = installed === undefined;
  const spending = decideSpending({
    method: wanted.activation.method,
    licensed: installed?.licenseStatus === 1,
    wantedPartial: partialProductKey,
    sameKey: history.sameKey,
    memory: history.memory,
    reactivate: wanted.reactivate,
  });
  if (installsKey) steps.push({ op: "slmgr", args: { verb: "/ipk", values: [productKey] } });
  // A key that was there already is looked at as well: a host key in the place of a MAK must not spend.
  if (installsKey || spending === "attempt") {
    steps.push({
      op: "expect",
      args: { partialProductKey, property: "Description", test: "match", value: MAK_CHANNEL },
    });
  }
  if (spending === "attempt") {
    const other = installed && installed !== seen.windows;
    steps.push({
      op: "slmgr",
      args: { verb: "/ato", ...(other ? { activationId: installed.id } : {}) },
      // Looked at again right before: a key that is Licensed by now must not spend.
      when: { partialProductKey, property: "LicenseStatus", test: "ne", value: 1 },
    });
  }
  return { steps, installsKey, spending };
}
