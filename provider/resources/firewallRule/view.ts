import type { FirewallRuleState } from "../../machine/protocol";
import type { FirewallRuleInputs } from "./schema";
import { customRule, kindOf, programOf, transitions } from "./targets";
import {
  addressesOf,
  bits,
  hasPorts,
  namesOf,
  PROFILES,
  type ProfileName,
  portsOf,
  protocolName,
  sameProgram,
  sameSet,
  serviceOf,
} from "./values";

/** The properties that stand for something on the machine. */
export const SETTINGS = [
  "enabled",
  "profiles",
  "remoteAddresses",
  "direction",
  "protocol",
  "localPorts",
  "program",
  "service",
  "action",
] as const;
export type SettingName = (typeof SETTINGS)[number];
export type View = { [name in SettingName]?: unknown };

/** What the rules amount to, under the inputs' names and in their spelling wherever it means the same. */
export function viewOf(rules: readonly FirewallRuleState[], wanted: FirewallRuleInputs, osVersion: string): View {
  return wanted.group === undefined ? customView(rules, wanted, osVersion) : groupView(rules, wanted);
}

function customView(rules: readonly FirewallRuleState[], wanted: FirewallRuleInputs, osVersion: string): View {
  // Of several rules of one name the first that differs is shown.
  const different = transitions(rules, wanted, osVersion)[0]?.before;
  const rule = different ?? rules[0] ?? { ...customRule(wanted, osVersion), enabled: false };
  const protocol = protocolName(rule.protocol);
  const ports = portsOf(rule.localPorts);
  const addresses = addressesOf(rule.remoteAddresses);
  const wantsProgram = programOf(wanted, osVersion);
  const service = serviceOf(rule.service);
  return {
    enabled: rule.enabled,
    profiles: namesOf(rule.profiles),
    remoteAddresses: keep(wanted.remoteAddresses, addresses),
    direction: rule.direction,
    protocol,
    ...(hasPorts(protocol) ? { localPorts: keep(wanted.localPorts, ports) } : {}),
    program: sameProgram(rule.program, wantsProgram) ? wanted.program : rule.program || "any",
    ...(service === "" ? {} : { service: service === wanted.service?.toLowerCase() ? wanted.service : rule.service }),
    action: rule.action,
  };
}

const keep = (wanted: readonly string[] | undefined, seen: string[]) =>
  wanted && sameSet(wanted, seen) ? [...wanted] : seen;

function groupView(rules: readonly FirewallRuleState[], wanted: FirewallRuleInputs): View {
  const asWanted: View = {
    enabled: wanted.enabled,
    ...(wanted.profiles ? { profiles: wanted.profiles } : {}),
    ...(wanted.remoteAddresses ? { remoteAddresses: wanted.remoteAddresses } : {}),
  };
  const changes = transitions(rules, wanted, "");
  if (changes.length === 0) return asWanted;
  if (!wanted.enabled || wanted.profiles === undefined) {
    const switched = changes.some(({ before, after }) => before?.enabled !== after.enabled);
    return { ...asWanted, ...addressView(changes, wanted), ...(switched ? { enabled: !wanted.enabled } : {}) };
  }
  const admits = (name: ProfileName, list: readonly FirewallRuleState[]) =>
    list.some((rule) => rule.enabled && namesOf(rule.profiles).includes(name));
  const kinds = [...new Set(rules.map(kindOf))].map((kind) => rules.filter((rule) => kindOf(rule) === kind));
  const on = PROFILES.filter((name) =>
    wanted.profiles?.includes(name) ? kinds.every((kind) => admits(name, kind)) : admits(name, rules),
  );
  const profiles = on.length ? { profiles: on } : { enabled: false };
  return { ...asWanted, ...profiles, ...addressView(changes, wanted) };
}

/** The addresses of the first rule whose own are others than wanted. */
function addressView(changes: ReturnType<typeof transitions>, { enabled, remoteAddresses }: FirewallRuleInputs): View {
  if (!enabled || remoteAddresses === undefined) return {};
  const other = changes
    .filter(({ before, after }) => before !== undefined && after.enabled)
    .map(({ before }) => addressesOf(before?.remoteAddresses ?? ""))
    .find((addresses) => !sameSet(addresses, remoteAddresses));
  return other ? { remoteAddresses: other } : {};
}

/** One rule for people: what it admits where. */
export interface RuleFacts {
  name: string;
  enabled: boolean;
  profiles: ProfileName[];
  remoteAddresses: string[];
  localPorts: string;
  program: string;
}

export const ruleFacts = (rule: FirewallRuleState): RuleFacts => ({
  name: rule.name,
  enabled: rule.enabled,
  profiles: bits(rule.profiles) ? namesOf(rule.profiles) : [],
  remoteAddresses: addressesOf(rule.remoteAddresses),
  localPorts: rule.localPorts,
  program: rule.program,
});
