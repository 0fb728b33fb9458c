import { sameValue } from "../../adapter/props";
import type { BatchStep } from "../../machine/protocol";
import { SPP_KEY } from "../shared/steps";
import { type HostObservation, PUBLISH_LIST, publishLine, samePublishList } from "./observe";
import type { PublishDomain } from "./schema";

export type SettingName =
  | "listeningPort"
  | "dnsPublishing"
  | "lowPriority"
  | "activationInterval"
  | "renewalInterval"
  | "publishDomains";

interface Setting<Value = unknown> {
  name: SettingName;
  /** Windows' own name of it, for messages. */
  known: string;
  read(seen: HostObservation): Value;
  /** The step that makes it so; every one needs a restart of sppsvc to act. */
  step(value: Value): BatchStep;
  same?(a: Value, b: Value): boolean;
}

const slmgr = (
  verb: "/sprt" | "/sdns" | "/cdns" | "/spri" | "/cpri" | "/sai" | "/sri",
  ...values: string[]
): BatchStep => ({
  op: "slmgr",
  args: { verb, values },
  restart: true,
});
/** Keeps each row's own value type while the table holds them side by side. */
const row = <Value>(setting: Setting<Value>): Setting => setting as unknown as Setting;

/** The host's settings in one table: how each is read, compared and set. */
export const SETTINGS: readonly Setting[] = [
  row<number>({
    name: "listeningPort",
    known: "KeyManagementServiceListeningPort",
    read: ({ licensing }) => licensing.listeningPort,
    step: (port) => slmgr("/sprt", String(port)),
  }),
  row<boolean>({
    name: "dnsPublishing",
    known: "KeyManagementServiceDnsPublishing",
    read: ({ licensing }) => licensing.dnsPublishing,
    step: (on) => slmgr(on ? "/sdns" : "/cdns"),
  }),
  row<boolean>({
    name: "lowPriority",
    known: "KeyManagementServiceLowPriority",
    read: ({ licensing }) => licensing.lowPriority,
    step: (low) => slmgr(low ? "/cpri" : "/spri"),
  }),
  row<number>({
    name: "activationInterval",
    known: "VLActivationInterval",
    read: ({ licensing }) => licensing.activationInterval,
    step: (minutes) => slmgr("/sai", String(minutes)),
  }),
  row<number>({
    name: "renewalInterval",
    known: "VLRenewalInterval",
    read: ({ licensing }) => licensing.renewalInterval,
    step: (minutes) => slmgr("/sri", String(minutes)),
  }),
  row<PublishDomain[]>({
    name: "publishDomains",
    known: PUBLISH_LIST,
    read: ({ publishDomains }) => publishDomains,
    step: (list) =>
      list.length
        ? {
            op: "registry.write",
            args: { key: SPP_KEY, name: PUBLISH_LIST, kind: "REG_MULTI_SZ", data: list.map(publishLine) },
            restart: true,
          }
        : { op: "registry.delete", args: { key: SPP_KEY, name: PUBLISH_LIST }, restart: true },
    same: samePublishList,
  }),
];

export interface SettingChange {
  name: SettingName;
  known: string;
  was: unknown;
  set: unknown;
  step: BatchStep;
}

/** The settings that differ from what is wanted, with the step for each; `wanted` may name some of them only. */
export function settingChanges(seen: HostObservation, wanted: { readonly [name: string]: unknown }): SettingChange[] {
  return SETTINGS.flatMap((setting) => {
    const value = wanted[setting.name];
    if (value === undefined) return [];
    const was = setting.read(seen);
    if ((setting.same ?? sameValue)(was, value)) return [];
    return [{ name: setting.name, known: setting.known, was, set: value, step: setting.step(value) }];
  });
}

/** The settings as they are, by name. */
export function settingsSeen(seen: HostObservation): { [name in SettingName]: unknown } {
  return Object.fromEntries(SETTINGS.map(({ name, read }) => [name, read(seen)])) as { [name in SettingName]: unknown };
}
