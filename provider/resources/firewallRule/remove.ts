import type { OperationContext } from "../../adapter/handler";
import { OperationFailure } from "../../errors/failure";
import type { BatchStep } from "../../machine/protocol";
import type { Turn } from "../shared/onMachine";
import { apply, failedStep } from "../shared/runSteps";
import { firewallFailure } from "./failures";
import { type FirewallObservation, OUR_GROUPING } from "./observe";
import { type RuleChange, rulesToRestore } from "./outputs";
import { stepsFor } from "./plan";
import type { FirewallRuleInputs } from "./schema";
import type { Transition } from "./targets";
import { closesWayIn } from "./wayIn";

/** A rule of ours goes; one that is gone already is no error. */
export async function removeRule(
  turn: Turn,
  context: OperationContext,
  { name = "" }: FirewallRuleInputs,
  seen: FirewallObservation,
): Promise<void> {
  if (seen.rules.length === 0) return;
  const without: Transition[] = seen.rules.map((before) => ({ before, after: { ...before, enabled: false } }));
  await run(turn, context, seen, without, [{ op: "firewall.remove", args: { name, grouping: OUR_GROUPING } }]);
}

/** Windows' own rules stay; those that still are what we made them go back to what they were at first create. */
export async function restoreGroup(
  turn: Turn,
  context: OperationContext,
  { group }: FirewallRuleInputs,
  seen: FirewallObservation,
  changed: readonly RuleChange[],
): Promise<void> {
  const back = rulesToRestore(seen.rules, changed);
  if (back.length < changed.length) context.log.info("rules that somebody else changed since are left as they are");
  if (back.length > 0) await run(turn, context, seen, back, stepsFor(back, seen.rules, group));
}

async function run(
  turn: Turn,
  context: OperationContext,
  seen: FirewallObservation,
  changes: readonly Transition[],
  steps: BatchStep[],
): Promise<void> {
  const closes = closesWayIn(seen, changes);
  if (closes) throw firewallFailure.closesWayIn(turn, closes, "deleting it");
  const result = await apply(turn.session, context.log, { steps, restartOwed: false }, []).catch((error: unknown) => {
    throw new OperationFailure(firewallFailure.interrupted(turn, error));
  });
  const failed = failedStep(steps, result);
  if (failed) throw new OperationFailure(firewallFailure.step(turn, steps, failed, result));
}
