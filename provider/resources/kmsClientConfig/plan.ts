import type { BatchStep } from "../../machine/protocol";
import type { ClientObservation } from "./observe";
import { DEFAULT_KMS_PORT, type KmsClientInputs } from "./schema";
import { type ClientSettingChange, settingChanges } from "./settings";

export interface ClientPlan {
  steps: BatchStep[];
  installsKey: boolean;
  /** The pin changes: what it was and what it becomes, for onDelete "restore". */
  pin: { was: Pin; set: Pin; step: BatchStep } | undefined;
  settings: ClientSettingChange[];
  activates: boolean;
  /** A killed run left a restart behind. */
  restartOwed: boolean;
}

/** A fixed KMS host; `null` = discovery by DNS. */
export type Pin = { host: string; port: number } | null;

export const pinSeen = ({ licensing }: ClientObservation): Pin =>
  licensing.kmsHost === undefined ? null : { host: licensing.kmsHost, port: licensing.kmsPort ?? DEFAULT_KMS_PORT };

export const pinWanted = ({ kmsHost, kmsPort }: KmsClientInputs): Pin =>
  kmsHost === undefined ? null : { host: kmsHost, port: kmsPort ?? DEFAULT_KMS_PORT };

export function samePin(a: Pin, b: Pin): boolean {
  if (a === null || b === null) return a === b;
  return bare(a.host) === bare(b.host) && a.port === b.port;
}

/** Names compare without case and without the root's dot; IPv6 with or without brackets. */
const bare = (host: string) =>
  host
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^\[(.*)\]$/, "$1");

export function pinStep(pin: Pin): BatchStep {
  if (pin === null) return { op: "slmgr", args: { verb: "/ckms" } };
  const host = pin.host.includes(":") && !pin.host.startsWith("[") ? `[${pin.host}]` : pin.host;
  return { op: "slmgr", args: { verb: "/skms", values: [`${host}:${pin.port}`] } };
}

/** `key` is the setup key in full, or undefined to keep what is there. */
export function planClient(seen: ClientObservation, wanted: KmsClientInputs, key: string | undefined): ClientPlan {
  const steps: BatchStep[] = [];
  const { product } = seen;
  const installsKey = key !== undefined && !hasKey(seen, key);
  if (key !== undefined && installsKey) {
    // A KMS host ends with the restart only.
    const restart = product?.channel === "Volume:CSVLK";
    steps.push({ op: "slmgr", args: { verb: "/ipk", values: [key] }, ...(restart ? { restart } : {}) });
    steps.push({
      op: "expect",
      args: { partialProductKey: key.slice(-5), property: "Description", test: "match", value: "VOLUME_KMSCLIENT" },
    });
  }
  const was = pinSeen(seen);
  const set = pinWanted(wanted);
  let pin: ClientPlan["pin"];
  if (!samePin(was, set)) {
    const step = pinStep(set);
    pin = { was, set, step };
    steps.push(step);
  }
  const settings = settingChanges(seen, wanted);
  steps.push(...settings.map(({ step }) => step));
  // Asking a KMS host costs nothing; a machine that is Licensed already has no reason to ask.
  const activates = wanted.activate && (installsKey || product?.licenseStatus !== 1);
  if (activates) {
    steps.push({
      op: "slmgr",
      args: { verb: "/ato" },
      when: { partialProductKey: key?.slice(-5) ?? "", property: "LicenseStatus", test: "ne", value: 1 },
    });
  }
  return { steps, installsKey, pin, settings, activates, restartOwed: seen.marker };
}

/** The key itself is not readable: its last five characters and its channel are. */
export const hasKey = ({ product }: ClientObservation, key: string) =>
  product?.partialProductKey === key.slice(-5) && product.channel === "Volume:GVLK";
