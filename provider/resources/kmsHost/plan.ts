import type { PhonePlan } from "../../activation/confirmation";
import type { BatchStep } from "../../machine/protocol";
import type { Product } from "../shared/licensing";
import { type ConfirmationHistory, depositStep, planPhone } from "../shared/phone";
import { type ActivationMemory, decideSpending, type Spending } from "../shared/spending";
import { WINDOWS_APPLICATION_ID } from "../shared/steps";
import type { HostObservation } from "./observe";
import type { KmsHostInputs } from "./schema";
import { type SettingChange, settingChanges } from "./settings";

export interface HostPlan {
  steps: BatchStep[];
  /** A restart is needed although no step needs one: a killed run left it behind, or KMS serves another port. */
  restartOwed: boolean;
  installsKey: boolean;
  spending: Spending;
  phone: PhonePlan;
  changes: SettingChange[];
  /** Settings wait: they exist on an activated host only, and this operation does not make one. */
  deferred: SettingChange[];
}

/** A Description whose channel is a KMS host's; a client's token starts alike. */
const HOST_CHANNEL = "VOLUME_KMS(?!CLIENT)";
/** The same without the generations, like "WS25", that this Windows may not host. */
const hostChannel = (notHostable: readonly string[]) =>
  notHostable.length ? `${HOST_CHANNEL}(?!_(${notHostable.join("|")})\\b)` : HOST_CHANNEL;

/** Windows before Office. */
const windowsFirst = (products: readonly Product[]): Product[] =>
  products.toSorted((a, b) => Number(isWindows(b)) - Number(isWindows(a)));
const isWindows = ({ applicationId }: Product) => applicationId === WINDOWS_APPLICATION_ID;

/** Products that the machine is a KMS host of: each has its own count. */
export const servedProducts = ({ licensing }: HostObservation): Product[] =>
  windowsFirst(licensing.products.filter(({ isKmsHost }) => isKmsHost));

/** The product that carries the wanted key, else (no key wanted) the host product that is there. */
export function hostProduct(seen: HostObservation, partialProductKey: string | undefined): Product | undefined {
  const { products, windows } = seen.licensing;
  if (partialProductKey !== undefined) {
    return products.find((product) => product.partialProductKey === partialProductKey);
  }
  return windowsFirst(products.filter(({ channel }) => channel === "Volume:CSVLK"))[0] ?? windows;
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
  history: { memory: ActivationMemory | undefined; sameKey: boolean; notHostable?: string[] } & ConfirmationHistory,
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

  const phone: PhonePlan =
    partialProductKey === undefined
      ? { do: "nothing" }
      : planPhone(wanted.activation, history, {
          licensed: installed?.licenseStatus === 1,
          installationId: seen.offline.get(partialProductKey)?.installationId,
        });

  if (installsKey && wanted.productKey !== undefined && partialProductKey !== undefined) {
    steps.push({ op: "slmgr", args: { verb: "/ipk", values: [wanted.productKey] }, restart: true });
  }
  // A key that was there already is looked at as well: a MAK in the place of a host key must not spend.
  if (partialProductKey !== undefined && (installsKey || spending === "attempt" || phone.do === "deposit")) {
    const value = hostChannel(history.notHostable ?? []);
    steps.push({ op: "expect", args: { partialProductKey, property: "Description", test: "match", value } });
  }
  const other = installed && installed !== seen.licensing.windows ? installed : undefined;
  if (phone.do === "deposit" && partialProductKey !== undefined) {
    steps.push({ ...depositStep(partialProductKey, phone, other), restart: true });
  }
  if (spending === "attempt" && partialProductKey !== undefined) {
    steps.push({
      op: "slmgr",
      args: {
        verb: "/ato",
        ...(other ? { activationId: other.id } : {}),
      },
      // Looked at again right before: a key that is Licensed by now must not spend.
      when: { partialProductKey, property: "LicenseStatus", test: "ne", value: 1 },
      restart: true,
    });
  }

  const changes = settingChanges(seen, wanted as unknown as { [name: string]: unknown });
  const becomesHost = spending === "attempt" || phone.do === "deposit" || (seen.licensing.isKmsHost && !installsKey);
  const restartOwed = seen.marker || servesOtherPort(seen);
  if (!becomesHost) return { steps, restartOwed, installsKey, spending, phone, changes: [], deferred: changes };
  steps.push(...changes.map(({ step }) => step));
  return { steps, restartOwed, installsKey, spending, phone, changes, deferred: [] };
}
