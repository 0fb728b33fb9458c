import type { BatchStep, SlmgrVerb } from "../../machine/protocol";
import type { ClientObservation } from "./observe";
import { ACTIVATION_TYPES, type ActivationTypeName, type KmsClientInputs } from "./schema";

export type ClientSettingName = "lookupDomain" | "hostCaching" | "activationType";
type Value = string | boolean | null;

interface ClientSetting {
  name: ClientSettingName;
  /** Windows' own name of it, for messages. */
  known: string;
  /** Undefined where this Windows has no such setting, or does not show it (no key is installed). */
  read(seen: ClientObservation): Value | undefined;
  wanted(inputs: KmsClientInputs): Value;
  step(value: Value): BatchStep;
}

const slmgr = (verb: SlmgrVerb, ...values: string[]): BatchStep => ({
  op: "slmgr",
  args: values.length ? { verb, values } : { verb },
});

/** The client's settings beside key and KMS host; each acts at the next request, without a restart. */
const SETTINGS: readonly ClientSetting[] = [
  {
    name: "lookupDomain",
    known: "KeyManagementServiceLookupDomain",
    read: ({ licensing }) => licensing.lookupDomain?.toLowerCase().replace(/\.$/, "") ?? licensing.lookupDomain,
    wanted: ({ lookupDomain }) => lookupDomain ?? null,
    step: (domain) => (domain === null ? slmgr("/ckms-domain") : slmgr("/skms-domain", String(domain))),
  },
  {
    name: "hostCaching",
    known: "KeyManagementServiceHostCaching",
    read: ({ licensing }) => licensing.hostCaching,
    wanted: ({ hostCaching }) => hostCaching ?? true,
    step: (on) => slmgr(on ? "/skhc" : "/ckhc"),
  },
  {
    name: "activationType",
    known: "VLActivationTypeEnabled",
    read: ({ product }) => typeName(product?.activationTypeEnabled),
    wanted: ({ activationType }) => activationType ?? "all",
    step: (type) => slmgr("/act-type", String(ACTIVATION_TYPES.indexOf(type as ActivationTypeName))),
  },
];

const typeName = (type: number | undefined): string | undefined =>
  type === undefined ? undefined : (ACTIVATION_TYPES[type] ?? `type ${type}`);

export interface ClientSettingChange {
  name: ClientSettingName;
  known: string;
  was: Value;
  set: Value;
  step: BatchStep;
}

/** What differs, with the step for each; `wanted` gives the value of a setting, undefined to leave it. */
function changesTo(
  seen: ClientObservation,
  wanted: (setting: ClientSetting) => Value | undefined,
): ClientSettingChange[] {
  return SETTINGS.flatMap((setting) => {
    const { name, known } = setting;
    const set = wanted(setting);
    const was = setting.read(seen);
    if (set === undefined || was === undefined || was === set) return [];
    return [{ name, known, was, set, step: setting.step(set) }];
  });
}

export function settingChanges(seen: ClientObservation, inputs: KmsClientInputs): ClientSettingChange[] {
  const changes = changesTo(seen, (setting) => setting.wanted(inputs));
  // Without a key nothing shows what the type is, and with the key that comes it must be the declared one.
  const { activationType = "all" } = inputs;
  if (seen.product === undefined && activationType !== "all") {
    const setting = SETTINGS.find(({ name }) => name === "activationType");
    if (setting) {
      const { name, known } = setting;
      changes.push({ name, known, was: "all", set: activationType, step: setting.step(activationType) });
    }
  }
  return changes;
}

/** The steps that put remembered values back. */
export const restoringSteps = (seen: ClientObservation, before: { [name: string]: unknown }): BatchStep[] =>
  changesTo(seen, ({ name }) => before[name] as Value | undefined).map(({ step }) => step);

/** The settings as they are, by name; those that this Windows does not show are left out. */
export function settingsSeen(seen: ClientObservation): { [name in ClientSettingName]?: Value } {
  return Object.fromEntries(
    SETTINGS.map(({ name, read }) => [name, read(seen)]).filter(([, value]) => value !== undefined),
  ) as { [name in ClientSettingName]?: Value };
}

/** The declared settings that this Windows does not have, as "property (option)". */
export function missingHere(seen: ClientObservation, inputs: KmsClientInputs, osVersion: string): string[] {
  const missing: string[] = [];
  if (inputs.lookupDomain !== undefined && seen.licensing.lookupDomain === undefined) {
    missing.push("lookupDomain (slmgr /skms-domain)");
  }
  if ((inputs.activationType ?? "all") !== "all" && /^6\.1\./.test(osVersion))
    missing.push("activationType (slmgr /act-type)");
  return missing;
}
