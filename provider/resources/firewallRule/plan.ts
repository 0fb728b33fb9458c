import type { BatchStep, FirewallRuleState } from "../../machine/protocol";
import type { FirewallObservation } from "./observe";
import type { FirewallRuleInputs } from "./schema";
import { type Transition, transitions } from "./targets";
import { asWindowsWrites, EVERY_PROFILE, groupId } from "./values";

export interface FirewallPlan {
  steps: BatchStep[];
  changes: Transition[];
}

export function planFirewall(seen: FirewallObservation, wanted: FirewallRuleInputs, osVersion: string): FirewallPlan {
  const changes = transitions(seen.rules, wanted, osVersion);
  return { steps: stepsFor(changes, seen.rules, wanted.group), changes };
}

/** A group that is only switched is one step; else one for each rule. */
export function stepsFor(
  changes: readonly Transition[],
  rules: readonly FirewallRuleState[],
  group: string | undefined,
): BatchStep[] {
  const [first] = changes;
  if (group !== undefined && first && switchesAll(changes, rules, first.after.enabled)) {
    const profiles = asWindowsWrites(EVERY_PROFILE);
    return [{ op: "firewall.group", args: { group: groupId(group), profiles, enabled: first.after.enabled } }];
  }
  return changes.map(({ before, after }): BatchStep => {
    const twins = before !== undefined && rules.filter(({ name }) => name === before.name).length > 1;
    if (!before || group === undefined || !twins) return { op: "firewall.rule", args: after };
    const { profiles, remoteAddresses } = before;
    return { op: "firewall.rule", args: { ...after, only: { profiles, remoteAddresses } } };
  });
}

function switchesAll(changes: readonly Transition[], rules: readonly FirewallRuleState[], enabled: boolean): boolean {
  const onlySwitched = changes.every(
    ({ before, after }) => before && sameBut(before, after) && after.enabled === enabled,
  );
  const others = rules.filter((rule) => !changes.some(({ before }) => before === rule));
  return onlySwitched && others.every((rule) => rule.enabled === enabled);
}

const sameBut = (a: FirewallRuleState, b: FirewallRuleState) =>
  a.profiles === b.profiles && a.remoteAddresses === b.remoteAddresses;
