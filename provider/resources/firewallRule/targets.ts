import type { FirewallRuleState } from "../../machine/protocol";
import { OUR_GROUPING } from "./observe";
import type { FirewallRuleInputs } from "./schema";
import {
  addressesOf,
  asWindowsWrites,
  bits,
  EVERY_PROFILE,
  KMS_SERVICE,
  kmsProgram,
  maskOf,
  PROTOCOLS,
  portsOf,
  sameProgram,
  sameSet,
  serviceOf,
} from "./values";

/** One rule as it is and as it is to be; `before` is absent for a rule that is to be added. */
export interface Transition {
  before?: FirewallRuleState;
  after: FirewallRuleState;
}

/** What tells a predefined rule from the others of its group; its twin for another network has the same. */
export const kindOf = ({ name, direction, protocol, localPorts, program, service }: FirewallRuleState): string =>
  [name, direction, protocol, localPorts, program, service].join("|").toLowerCase();

export function sameRule(a: FirewallRuleState, b: FirewallRuleState): boolean {
  return (
    a.name === b.name &&
    a.enabled === b.enabled &&
    a.direction === b.direction &&
    a.action === b.action &&
    a.protocol === b.protocol &&
    bits(a.profiles) === bits(b.profiles) &&
    sameSet(portsOf(a.localPorts), portsOf(b.localPorts)) &&
    sameSet(addressesOf(a.remoteAddresses), addressesOf(b.remoteAddresses)) &&
    sameProgram(a.program, b.program) &&
    serviceOf(a.service) === serviceOf(b.service)
  );
}

/** The rules that differ from what is wanted, each with what it is to become. */
export function transitions(
  rules: readonly FirewallRuleState[],
  wanted: FirewallRuleInputs,
  osVersion: string,
): Transition[] {
  if (wanted.group !== undefined) return groupTransitions(rules, wanted);
  const after = customRule(wanted, osVersion);
  const different = rules.filter((before) => !sameRule(before, after));
  if (rules.length === 0) return [{ after }];
  return different.map((before) => ({ before, after }));
}

function groupTransitions(rules: readonly FirewallRuleState[], wanted: FirewallRuleInputs): Transition[] {
  const kinds = new Map<string, FirewallRuleState[]>();
  for (const rule of rules) kinds.set(kindOf(rule), [...(kinds.get(kindOf(rule)) ?? []), rule]);
  const all = [...kinds.values()].flatMap((kind) => kindTargets(kind, wanted));
  return all.filter(({ before, after }) => before === undefined || !sameRule(before, after));
}

/**
 * A server has one rule of a kind for all profiles, client Windows two: one for private and public networks, which
 * admits the own subnet only, and one for the domain. Each keeps to its own profiles among those wanted.
 */
function kindTargets(kind: readonly FirewallRuleState[], wanted: FirewallRuleInputs): Transition[] {
  const shares = profileShares(kind, wanted);
  const remoteAddresses = wanted.remoteAddresses?.join(",");
  return kind.map((before, index) => {
    const share = shares[index] ?? 0;
    if (!wanted.enabled || share === 0) return { before, after: { ...before, enabled: false } };
    const profiles = share === bits(before.profiles) ? before.profiles : asWindowsWrites(share);
    return {
      before,
      after: {
        ...before,
        enabled: true,
        profiles,
        ...(remoteAddresses === undefined ? {} : { remoteAddresses }),
      },
    };
  });
}

function profileShares(kind: readonly FirewallRuleState[], { profiles }: FirewallRuleInputs): number[] {
  if (profiles === undefined) return kind.map((rule) => bits(rule.profiles));
  const mask = maskOf(profiles);
  const shares = kind.map((rule) => bits(rule.profiles) & mask);
  for (const bit of [1, 2, 4]) {
    if ((mask & bit) === 0 || shares.some((share) => share & bit)) continue;
    // A profile that was taken away from all of them: the domain goes to the rule for anywhere, others to the narrow one.
    const narrow = kind.findIndex((rule) => !addressesOf(rule.remoteAddresses).includes("*"));
    const wide = kind.findIndex((rule) => addressesOf(rule.remoteAddresses).includes("*"));
    const index = Math.max(0, bit === 1 ? (wide < 0 ? narrow : wide) : narrow < 0 ? wide : narrow);
    shares[index] = (shares[index] ?? 0) | bit;
  }
  return shares;
}

/** "auto" is the program that serves KMS on this Windows, for its service; any program for every other. */
export function programOf({ program, service }: FirewallRuleInputs, osVersion: string): string {
  if (program === undefined || program === "auto") {
    return service?.toLowerCase() === KMS_SERVICE ? kmsProgram(osVersion) : "";
  }
  return program.toLowerCase() === "any" ? "" : program;
}

export function customRule(wanted: FirewallRuleInputs, osVersion: string): FirewallRuleState {
  return {
    name: wanted.name ?? "",
    grouping: OUR_GROUPING,
    description: "Declared in a Pulumi program; changes made by hand are undone.",
    direction: wanted.direction ?? "in",
    action: wanted.action ?? "allow",
    enabled: wanted.enabled,
    profiles: asWindowsWrites(wanted.profiles ? maskOf(wanted.profiles) : EVERY_PROFILE),
    protocol: PROTOCOLS[wanted.protocol ?? "tcp"],
    localPorts: (wanted.localPorts ?? []).join(","),
    remoteAddresses: (wanted.remoteAddresses ?? ["*"]).join(","),
    program: programOf(wanted, osVersion),
    service: wanted.service ?? "",
  };
}

/** The rules as they would be after the transitions. */
export function simulate(rules: readonly FirewallRuleState[], changes: readonly Transition[]): FirewallRuleState[] {
  const changed = rules.map((rule) => changes.find(({ before }) => before === rule)?.after ?? rule);
  return [...changed, ...changes.filter(({ before }) => before === undefined).map(({ after }) => after)];
}
