import type { BatchStep } from "../../machine/protocol";
import type { Product } from "../shared/licensing";
import { type ActivationMemory, decideSpending, type Spending } from "../shared/spending";
import type { HostObservation } from "./observe";
import type { KmsHostInputs } from "./schema";
import { type SettingChange, settingChanges } from "./settings";

export interface HostPlan {
  steps: BatchStep[];
  /** A restart is needed although no step needs one: a killed run left it behind, or KMS serves another port. */
  restartOwed: boolean;
  installsKey: boolean;
  spending: Spending;
  changes: SettingChange[];
  /** Settings wait: they exist on an activated host only, and this operation does not make one. */
  deferred: SettingChange[];
}

/** A Description whose channel is a KMS host's; a client's token starts alike. */
const HOST_CHANNEL = "VOLUME_KMS(?!CLIENT)";

/** The product that carries the wanted key, else (no key wanted) the host product that is there. */
export function hostProduct(seen: HostObservation, partialProductKey: string | undefined): Product | undefined {
  const { products, windows } = seen.licensing;
  if (partialProductKey !== undefined) {
    return products.find((product) => product.partialProductKey === partialProductKey);
  }
  return products.find(({ channel }) => channel === "Volume:CSVLK") ?? windows;
}

/** KMS is up and serves another port than it is set to: a restart is owed, whoever changed it. */
export function servesOtherPort(seen: HostObservation): boolean {
  const { isKmsHost, listeningPort, products } = seen.licensing;
  const active = products.some(({ isKmsHost, licenseStatus }) => isKmsHost && licenseStatus === 1);
  return isKmsHost && active && !seen.listeners.includes(listeningPort);
}

export function planHost(
  seen: HostObservation,
  wanted: KmsHostInputs,
  history: { memory: ActivationMemory | undefined; sameKey: boolean },
): HostPlan {
  const steps: BatchStep[] = [];
  const { partialProductKey } = wanted;
  const installed = hostProduct(seen, partialProductKey);
  const installsKey = wanted.productKey !== undefined && installed === undefined;
  const spending =
    partialProductKey === undefined
      ? "notAsked"
      : decideSpending({
          method: wanted.activation.method,
          licensed: installed?.licenseStatus === 1,
          wantedPartial: partialProductKey,
          sameKey: history.sameKey,
          memory: history.memory,
          reactivate: wanted.reactivate,
        });

  if (installsKey && wanted.productKey !== undefined && partialProductKey !== undefined) {
    steps.push({ op: "slmgr", args: { verb: "/ipk", values: [wanted.productKey] }, restart: true });
  }
  // A key that was there already is looked at as well: a MAK in the place of a host key must not spend.
  if (partialProductKey !== undefined && (installsKey || spending === "attempt")) {
    steps.push({
      op: "expect",
      args: { partialProductKey, property: "Description", test: "match", value: HOST_CHANNEL },
    });
  }
  if (spending === "attempt" && partialProductKey !== undefined) {
    steps.push({
      op: "slmgr",
      args: {
        verb: "/ato",
        ...(installed && installed !== seen.licensing.windows ? { activationId: installed.id } : {}),
      },
      // Looked at again right before: a key that is Licensed by now must not spend.
      when: { partialProductKey, property: "LicenseStatus", test: "ne", value: 1 },
      restart: true,
    });
  }

  const changes = settingChanges(seen, wanted as unknown as { [name: string]: unknown });
  const becomesHost = spending === "attempt" || (seen.licensing.isKmsHost && !installsKey);
  const restartOwed = seen.marker || servesOtherPort(seen);
  if (!becomesHost) return { steps, restartOwed, installsKey, spending, changes: [], deferred: changes };
  steps.push(...changes.map(({ step }) => step));
  return { steps, restartOwed, installsKey, spending, changes, deferred: [] };
}
