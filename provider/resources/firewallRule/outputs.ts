import { isObject, isUnknown, type Json, type Props, pick, sameValue } from "../../adapter/props";
import type { FirewallRuleState } from "../../machine/protocol";
import type { MachineFacts } from "../shared/onMachine";
import type { FirewallObservation } from "./observe";
import { firewallFindings, owner } from "./policy";
import { FIREWALL_RULE_INPUTS, type FirewallRuleInputs } from "./schema";
import { kindOf, type Transition } from "./targets";
import { addressesOf, bits, sameSet } from "./values";
import { type RuleFacts, ruleFacts, SETTINGS, type View, viewOf } from "./view";

/** What this resource changed of one predefined rule: put back when it is deleted. */
export interface RuleChange {
  /** See {@link kindOf}. */
  kind: string;
  was: RuleSetting;
  set: RuleSetting;
}
export interface RuleSetting {
  enabled: boolean;
  profiles: number;
  remoteAddresses: string;
}

export interface FirewallRuleOutputs extends FirewallRuleInputs {
  machine: MachineFacts;
  /** The group's rules one by one, capped at ten; a rule of one's own is described by the properties alone. */
  rules?: RuleFacts[];
  /** Capped at ten. */
  findings: string[];
  /** What is declared of the properties that read otherwise; `null` = not declared. */
  declared?: { [name: string]: unknown };
  changed?: RuleChange[];
  /** False after a refresh that could not look and was told to keep what it had. */
  lookedAt?: boolean;
}

const MOST = 10;

export function firewallOutputs(
  seen: FirewallObservation,
  wanted: FirewallRuleInputs,
  machine: MachineFacts,
  changed: readonly RuleChange[],
): FirewallRuleOutputs {
  // What Group Policy decides is no difference that `up` could take away: it is said as a finding.
  const owned = owner(seen, wanted) !== undefined;
  const view: View = owned ? pick(wanted as unknown as Props, SETTINGS) : viewOf(seen.rules, wanted, machine.version);
  const want = wanted as unknown as { [name: string]: unknown };
  const declared: { [name: string]: unknown } = {};
  for (const name of SETTINGS) if (!sameSetting(view[name], want[name])) declared[name] = want[name] ?? null;
  const rest = Object.fromEntries(
    FIREWALL_RULE_INPUTS.filter((name) => !(SETTINGS as readonly string[]).includes(name)).map((name) => [
      name,
      want[name],
    ]),
  );
  return {
    ...(rest as unknown as FirewallRuleInputs),
    ...(view as Pick<FirewallRuleInputs, "enabled">),
    machine,
    ...(wanted.group === undefined ? {} : { rules: seen.rules.slice(0, MOST).map(ruleFacts) }),
    findings: firewallFindings(seen, wanted).slice(0, MOST),
    ...(Object.keys(declared).length ? { declared } : {}),
    ...(changed.length ? { changed: [...changed] } : {}),
  };
}

/** What was wanted when these outputs were stored: what drifted stands in them under the inputs' names. */
export function declaredInputs(outs: Props): FirewallRuleInputs {
  const inputs = pick(outs, FIREWALL_RULE_INPUTS);
  for (const [name, value] of Object.entries(isObject(outs["declared"]) ? outs["declared"] : {})) {
    if (value === null) delete inputs[name];
    else inputs[name] = value as Json;
  }
  return inputs as unknown as FirewallRuleInputs;
}

export const firewallInputsOf = (outs: Props): Props => pick(outs, FIREWALL_RULE_INPUTS);

/** The order of a list means nothing to Windows. */
function sameSetting(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return sameSet(a.map(String), b.map(String));
  return sameValue(a, b);
}

export function diffFirewall(outs: Props, wanted: Props): { changed: string[]; replaces: string[] } {
  const changed: string[] = [];
  if (outs["lookedAt"] === false) changed.push("lookedAt");
  for (const name of FIREWALL_RULE_INPUTS) {
    if (isUnknown(wanted[name]) || !sameSetting(outs[name], wanted[name])) changed.push(name);
  }
  return { changed, replaces: changed.filter((name) => name === "group" || name === "name") };
}

/** Whether two declarations say the same about the machine. */
export function sameDeclaration(a: FirewallRuleInputs, b: FirewallRuleInputs): boolean {
  return SETTINGS.every((name) => sameSetting(a[name], b[name]));
}

const settingOf = ({ enabled, profiles, remoteAddresses }: FirewallRuleState): RuleSetting => ({
  enabled,
  profiles,
  remoteAddresses,
});
const sameRuleSetting = (a: RuleSetting, b: RuleSetting) =>
  a.enabled === b.enabled &&
  bits(a.profiles) === bits(b.profiles) &&
  sameSet(addressesOf(a.remoteAddresses), addressesOf(b.remoteAddresses));

/**
 * Adds what an operation changed. A rule that was changed before keeps its first `was`; one that is back where it was is
 * forgotten.
 */
export function recordRuleChanges(before: readonly RuleChange[], done: readonly Transition[]): RuleChange[] {
  const result = [...before];
  for (const transition of done) {
    if (!transition.before) continue;
    const kind = kindOf(transition.before);
    const was = settingOf(transition.before);
    const set = settingOf(transition.after);
    const known = result.findIndex(
      (change) => change.kind === kind && (sameRuleSetting(change.set, was) || sameRuleSetting(change.set, set)),
    );
    const first = result[known]?.was ?? was;
    if (known >= 0) result.splice(known, 1);
    if (!sameRuleSetting(first, set)) result.push({ kind, was: first, set });
  }
  return result;
}

/** The rules that still are what we made them, each with what it was before. */
export function rulesToRestore(rules: readonly FirewallRuleState[], changed: readonly RuleChange[]): Transition[] {
  return rules.flatMap((before) => {
    const change = changed.find(({ kind, set }) => kind === kindOf(before) && sameRuleSetting(set, settingOf(before)));
    return change ? [{ before, after: { ...before, ...change.was } }] : [];
  });
}
