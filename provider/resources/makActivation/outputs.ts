import type { Confirmation } from "../../activation/confirmation";
import { isUnknown, type Props, pick, sameValue } from "../../adapter/props";
import { describeCode, licenseStatusName } from "../../errors/codes/index";
import { daysLeft, HARDWARE_CHANGED, type Product } from "../shared/licensing";
import type { MachineFacts } from "../shared/onMachine";
import { type Activation, pendingFinding, wantsLicensed } from "../shared/phone";
import type { ActivationMemory } from "../shared/spending";
import { keyed, type MakObservation } from "./observe";
import { MAK_INPUTS, type MakInputs, WARN_BELOW } from "./schema";

/** What is stored: the inputs with what was seen in the place of what was wanted, and what else was seen. */
export interface MakOutputs extends MakInputs {
  machine: MachineFacts;
  /** Channel of the installed key, like "Volume:MAK". */
  channel: string;
  /** Minutes that are left until it must be activated; absent when there is no such limit. */
  graceMinutes?: number;
  /** The same in whole days. */
  daysLeft?: number;
  /** By phone or proxy, while it is not Licensed: what Microsoft is told. */
  installationId?: string;
  /** Secret. Kept so that it can be deposited again at no cost. */
  confirmation?: Confirmation;
  /** As Microsoft's web service last said. */
  remainingActivations?: number;
  findings: string[];
  lastActivation?: ActivationMemory;
  /** False after a refresh that could not look and was told to keep what it had. */
  lookedAt?: boolean;
}

export function makOutputs(
  seen: MakObservation,
  wanted: MakInputs,
  machine: MachineFacts,
  memory: ActivationMemory | undefined,
  more: { confirmation?: Confirmation | undefined; remainingActivations?: number | undefined } = {},
): MakOutputs {
  const own = keyed(seen, wanted.partialProductKey);
  const product = own ?? seen.windows;
  const { method } = wanted.activation;
  const offline = (method === "phone" || method === "proxy") && own !== undefined && own.licenseStatus !== 1;
  const installationId = offline ? seen.offline.get(wanted.partialProductKey)?.installationId : undefined;
  const { confirmation, remainingActivations } = more;
  const left = daysLeft(product);
  return {
    ...wanted,
    partialProductKey: product?.partialProductKey ?? "",
    licenseStatus: licenseStatusName(product?.licenseStatus ?? 0),
    machine,
    channel: product?.channel ?? "",
    ...(product && product.graceMinutes > 0 ? { graceMinutes: product.graceMinutes } : {}),
    ...(left === undefined ? {} : { daysLeft: left }),
    ...(installationId === undefined ? {} : { installationId }),
    ...(confirmation ? { confirmation } : {}),
    ...(remainingActivations === undefined || !wanted.remainingCount ? {} : { remainingActivations }),
    findings: [
      ...findings(product, wanted),
      ...(method === "phone" && offline && wanted.activation.confirmationId === undefined
        ? [pendingFinding(installationId)]
        : []),
      ...lowBalance(wanted, remainingActivations),
    ],
    ...(memory ? { lastActivation: memory } : {}),
  };
}

function findings(product: Product | undefined, wanted: MakInputs): string[] {
  if (!product) return ["no product key is installed"];
  const list: string[] = [];
  if (product.partialProductKey !== wanted.partialProductKey) {
    const kind = product.channel === "Volume:CSVLK" ? "a KMS HOST key" : `another key (${product.channel})`;
    list.push(
      `${kind} ...${product.partialProductKey} is installed in the place of the MAK ...${wanted.partialProductKey}`,
    );
  } else if (product.channel !== "Volume:MAK")
    list.push(`the declared key is no MAK: its channel is ${product.channel}`);
  if (product.licenseStatus === 1) return list;
  const left = product.graceMinutes > 0 ? `; ${days(product.graceMinutes)} are left until Windows asks for it` : "";
  if (product.reason === HARDWARE_CHANGED) {
    list.push(
      `the machine's hardware changed since its activation (${HARDWARE_CHANGED})${left}; activating it again takes one more ` +
        "activation of the MAK: set `reactivate` to a new value",
    );
  } else if (wantsLicensed(wanted.activation) || product.licenseStatus === 5) {
    const why = product.reason && product.reason !== "0x00000000" ? `: ${describeCode(product.reason).meaning}` : "";
    list.push(`its status is ${licenseStatusName(product.licenseStatus)}${why.replace(/\.$/, "")}${left}`);
  }
  return list;
}

function lowBalance(
  { remainingCount, warnBelow, partialProductKey }: MakInputs,
  remaining: number | undefined,
): string[] {
  if (!remainingCount || remaining === undefined || remaining >= (warnBelow ?? WARN_BELOW)) return [];
  return [
    `the MAK ...${partialProductKey} has ${remaining} activations left at Microsoft, fewer than ${warnBelow ?? WARN_BELOW}`,
  ];
}

function days(minutes: number): string {
  const whole = Math.floor(minutes / 1440);
  return whole >= 2 ? `${whole} days` : `${minutes} minutes`;
}

/** The inputs that these outputs stand for; the companion only where the program's own inputs have it. */
export function makInputsOf(outs: Props): Props {
  const inputs = pick(outs, MAK_INPUTS);
  if (!wantsLicensed(outs["activation"] as unknown as Partial<Activation> | undefined)) delete inputs["licenseStatus"];
  return inputs;
}

/** Properties that differ between what was last seen (with what was then wanted) and what is wanted now. */
export function diffMak(outs: Props, wanted: Props): string[] {
  const changed: string[] = [];
  if (outs["lookedAt"] === false) changed.push("lookedAt");
  for (const name of MAK_INPUTS) {
    const now = wanted[name];
    if (isUnknown(now)) changed.push(name);
    // Not yet known with an unknown key, or not wanted.
    else if ((name === "partialProductKey" || name === "licenseStatus") && now === undefined) continue;
    else if (!sameValue(outs[name], now)) changed.push(name);
  }
  return changed;
}
