import { OperationFailure } from "../../errors/failure";
import type { BatchResult, BatchStep } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun } from "../shared/explain";
import { type Turn, textOn as text } from "../shared/onMachine";
import { type FailedStep, stateAfter } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import type { FirewallObservation } from "./observe";
import type { FirewallRuleInputs } from "./schema";
import { sameRule, type Transition } from "./targets";
import { groupId } from "./values";
import { SETTINGS, type View, viewOf } from "./view";

const NOTHING = "Nothing was changed.";

export const firewallFailure = {
  noGroup: (turn: Turn, group: string) =>
    new OperationFailure(
      text(turn, {
        doing: `looking for the firewall group ${group}`,
        answered: `this Windows has no rules of the group ${groupId(group)}`,
        state: NOTHING,
        next: "give the group's neutral id as Get-NetFirewallRule prints it (Group), or declare a rule of your own (name)",
      }),
    ),

  closesWayIn: (turn: Turn, why: string, doing = "planning its rules") =>
    new OperationFailure(
      text(turn, {
        doing,
        answered: why,
        state: NOTHING,
        next: "let another rule admit that port first, or make this change at the machine itself",
      }),
    ),

  owned: (turn: Turn, who: string) =>
    text(turn, {
      doing: "changing the firewall",
      answered: who,
      state: "A local rule would have no effect there.",
      next: "have the rule set in that Group Policy (gpresult /h shows which), or leave the profile out of this resource's profiles",
    }),

  exists: (turn: Turn, wanted: FirewallRuleInputs, seen: FirewallObservation) => {
    const view: View = viewOf(seen.rules, wanted, turn.machine.version);
    const want = wanted as unknown as View;
    const differences = SETTINGS.filter((name) => JSON.stringify(view[name]) !== JSON.stringify(want[name])).map(
      (name) => `${name} reads ${JSON.stringify(view[name] ?? null)} instead of ${JSON.stringify(want[name] ?? null)}`,
    );
    return new OperationFailure(
      text(turn, {
        doing: `adding the rule "${wanted.name}"`,
        answered: `a rule of ours with that name is there already${differences.length ? `: ${differences.join("; ")}` : ""}`,
        state: NOTHING,
        next:
          'if no other stack declares it, set adopt: "always" to take it over (adopt: "identical" takes over one that is as ' +
          "declared); else give this one another name",
      }),
    );
  },

  step: (turn: Turn, steps: BatchStep[], { step, outcome }: FailedStep, result: BatchResult) => {
    const { answered, next } = explainAgentError(outcome.error);
    return text(turn, { doing: stepText(step), answered, state: stateAfter(steps, result), next });
  },

  interrupted: (turn: Turn, error: unknown) => {
    const state = neverBegun(error) ? NOTHING : "How far it came is not known.";
    return text(turn, { doing: "changing the firewall", ...explain(error), state });
  },
};

/** Every write is read again: what Windows accepted and did not keep is an error. */
export function notAsWanted(turn: Turn, left: readonly Transition[]): string | undefined {
  const lines = left.flatMap(({ before, after }) => {
    if (!before) return [`the rule "${after.name}" is not there`];
    if (sameRule(before, after)) return [];
    const of = (rule: typeof before) =>
      `${rule.enabled ? "on" : "off"}, ${rule.remoteAddresses}, profiles ${rule.profiles}`;
    return [`the rule "${before.name}" reads ${of(before)} instead of ${of(after)}`];
  });
  if (lines.length === 0) return undefined;
  return text(turn, {
    doing: "checking what was written",
    answered: lines.join("; "),
    state: "The other rules are as declared.",
    next: "see whether a Group Policy or another tool writes them, then run `pulumi up --refresh` again",
  });
}
