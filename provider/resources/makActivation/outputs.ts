import { isUnknown, type Props, pick, sameValue } from "../../adapter/props";
import { describeCode, licenseStatusName } from "../../errors/codes/index";
import type { Licensing, Product } from "../shared/licensing";
import type { MachineFacts } from "../shared/onMachine";
import type { ActivationMemory } from "../shared/spending";
import { HARDWARE_CHANGED, keyed } from "./observe";
import { MAK_INPUTS, type MakInputs } from "./schema";

/** What is stored: the inputs with what was seen in the place of what was wanted, and what else was seen. */
export interface MakOutputs extends MakInputs {
  machine: MachineFacts;
  /** Channel of the installed key, like "Volume:MAK". */
  channel: string;
  /** Minutes that are left until it must be activated; absent when there is no such limit. */
  graceMinutes?: number;
  findings: string[];
  lastActivation?: ActivationMemory;
  /** False after a refresh that could not look and was told to keep what it had. */
  lookedAt?: boolean;
}

export function makOutputs(
  seen: Licensing,
  wanted: MakInputs,
  machine: MachineFacts,
  memory: ActivationMemory | undefined,
): MakOutputs {
  const product = keyed(seen, wanted.partialProductKey) ?? seen.windows;
  return {
    ...wanted,
    partialProductKey: product?.partialProductKey ?? "",
    licenseStatus: licenseStatusName(product?.licenseStatus ?? 0),
    machine,
    channel: product?.channel ?? "",
    ...(product && product.graceMinutes > 0 ? { graceMinutes: product.graceMinutes } : {}),
    findings: findings(product, wanted),
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
  } else if (wanted.activation.method === "online" || product.licenseStatus === 5) {
    const why = product.reason && product.reason !== "0x00000000" ? `: ${describeCode(product.reason).meaning}` : "";
    list.push(`its status is ${licenseStatusName(product.licenseStatus)}${why.replace(/\.$/, "")}${left}`);
  }
  return list;
}

function days(minutes: number): string {
  const whole = Math.floor(minutes / 1440);
  return whole >= 2 ? `${whole} days` : `${minutes} minutes`;
}

/** The inputs that these outputs stand for; the companion only where the program's own inputs have it. */
export function makInputsOf(outs: Props): Props {
  const inputs = pick(outs, MAK_INPUTS);
  const activation = outs["activation"] as { method?: string } | undefined;
  if (activation?.method !== "online") delete inputs["licenseStatus"];
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
