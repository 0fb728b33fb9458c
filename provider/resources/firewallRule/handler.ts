import { itsId, type OperationContext, type ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import type { BatchResult } from "../../machine/protocol";
import { neverBegun } from "../shared/explain";
import { lookAt } from "../shared/lookAt";
import { type MachineFacts, machineOf, onMachine, type Turn } from "../shared/onMachine";
import { anythingDone, apply, failedStep } from "../shared/runSteps";
import { firewallFailure, notAsWanted } from "./failures";
import { type FirewallObservation, firewallReads, parseFirewall } from "./observe";
import {
  declaredInputs,
  diffFirewall,
  type FirewallRuleOutputs,
  firewallInputsOf,
  firewallOutputs,
  type RuleChange,
  recordRuleChanges,
  sameDeclaration,
} from "./outputs";
import { type FirewallPlan, planFirewall } from "./plan";
import { owner } from "./policy";
import { removeRule, restoreGroup } from "./remove";
import { checkFirewallRule, type FirewallRuleInputs } from "./schema";
import { type Transition, transitions } from "./targets";
import { closesWayIn } from "./wayIn";

const TYPE = "FirewallRule";

interface History {
  changed: readonly RuleChange[];
  /** What was declared at the last operation; undefined on create. */
  declared: FirewallRuleInputs | undefined;
}

const inputs = (bag: Props) => bag as unknown as FirewallRuleInputs;
const changedOf = (outs: Props) => (outs["changed"] ?? []) as unknown as RuleChange[];
const idOf = (machine: MachineFacts, { group, name }: FirewallRuleInputs) =>
  group === undefined ? `firewall-rule-${machine.id}-${name}` : `firewall-group-${machine.id}-${group}`;

const observe = (turn: Turn, subject: FirewallRuleInputs) =>
  lookAt(turn, firewallReads(subject), (result) => parseFirewall(result, subject), "its firewall");

/** Observe, plan, apply, observe, return what was seen: create and update are the same. */
async function converge(
  context: OperationContext,
  turn: Turn,
  wanted: FirewallRuleInputs,
  history: History,
): Promise<FirewallRuleOutputs> {
  const before = await observe(turn, wanted);
  if (wanted.group !== undefined && !before.known) throw firewallFailure.noGroup(turn, wanted.group);
  const plan = planFirewall(before, wanted, turn.machine.version);
  if (history.declared === undefined) refuseForeign(turn, wanted, before, plan);
  const owned = owner(before, wanted);
  const saidBefore = history.declared !== undefined && sameDeclaration(history.declared, wanted);
  // What has no effect is refused, also where the local rules read as declared: an open door that is none above all.
  const opens = wanted.enabled && wanted.action !== "block";
  if (owned && !saidBefore && (opens || plan.steps.length > 0))
    throw new OperationFailure(firewallFailure.owned(turn, owned));
  if (owned && plan.steps.length > 0) context.log.warn(`${owned}; nothing was changed`);
  if (owned || plan.steps.length === 0) return firewallOutputs(before, wanted, turn.machine, history.changed);
  const closes = closesWayIn(before, plan.changes);
  if (closes) throw firewallFailure.closesWayIn(turn, closes);
  if (history.declared === undefined) sayTakeover(context, plan);
  return write(context, turn, wanted, history, plan, before);
}

async function write(
  context: OperationContext,
  turn: Turn,
  wanted: FirewallRuleInputs,
  history: History,
  plan: FirewallPlan,
  before: FirewallObservation,
): Promise<FirewallRuleOutputs> {
  const recorded = (done: readonly Transition[]) =>
    wanted.group === undefined ? [] : recordRuleChanges(history.changed, done);
  let result: BatchResult;
  let after: FirewallObservation;
  try {
    result = await apply(turn.session, context.log, { steps: plan.steps, restartOwed: false }, firewallReads(wanted));
    after = parseFirewall(result, wanted);
  } catch (error) {
    const message = firewallFailure.interrupted(turn, error);
    if (neverBegun(error)) throw new OperationFailure(message);
    // What was done is not known: recorded with all that may have been, so that the next run looks and goes on.
    const outs = firewallOutputs(before, wanted, turn.machine, recorded(plan.changes));
    throw new PartialFailure(message, idOf(turn.machine, wanted), { ...outs, lookedAt: false });
  }
  const done = plan.changes.filter((_, index) => {
    // One step may stand for all of them.
    const outcome = result.steps[plan.steps.length === 1 ? 0 : index];
    return outcome?.status === "done";
  });
  const outs = firewallOutputs(after, wanted, turn.machine, recorded(done));
  const fail = (message: string): never => {
    if (!anythingDone(plan.steps, result)) throw new OperationFailure(message);
    throw new PartialFailure(message, idOf(turn.machine, wanted), outs);
  };
  const failed = failedStep(plan.steps, result);
  if (failed) fail(firewallFailure.step(turn, plan.steps, failed, result));
  const owned = owner(after, wanted);
  if (owned) fail(firewallFailure.owned(turn, owned));
  const difference = notAsWanted(turn, transitions(after.rules, wanted, turn.machine.version));
  if (difference) fail(difference);
  return outs;
}

/** A rule of ours that is there before it was declared here: see `adopt`. */
function refuseForeign(turn: Turn, wanted: FirewallRuleInputs, seen: FirewallObservation, plan: FirewallPlan): void {
  if (wanted.group !== undefined || seen.rules.length === 0 || wanted.adopt === "always") return;
  if (wanted.adopt === "never" || plan.steps.length > 0) throw firewallFailure.exists(turn, wanted, seen);
}

function sayTakeover(context: OperationContext, { changes }: FirewallPlan): void {
  for (const { before, after } of changes) {
    if (!before) continue;
    const words = ["enabled", "profiles", "remoteAddresses", "localPorts", "program"] as const;
    const different = words.filter((name) => before[name] !== after[name]);
    const says = different.map(
      (name) => `${name} ${JSON.stringify(before[name])} becomes ${JSON.stringify(after[name])}`,
    );
    context.log.info(`takes over the rule "${before.name}": ${says.join(", ")}`);
  }
}

export const firewallRuleHandler: ResourceHandler = {
  type: TYPE,
  things: itsId,
  inputsOf: firewallInputsOf,
  check: checkFirewallRule,
  // The new rule is there before the old one goes: nothing is shut out in between.
  diff: (outs, wanted) => ({ ...diffFirewall(outs, wanted), deleteBeforeReplace: false }),

  create: (context, wanted) =>
    onMachine(context, TYPE, wanted, undefined, async (turn) => ({
      id: idOf(turn.machine, inputs(wanted)),
      outs: await converge(context, turn, inputs(wanted), { changed: [], declared: undefined }),
    })),

  read: (context, _id, outs) =>
    onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const wanted = declaredInputs(outs);
      const seen = await observe(turn, wanted);
      if (wanted.group === undefined && seen.rules.length === 0 && owner(seen, wanted) === undefined) return "absent";
      return { outs: firewallOutputs(seen, wanted, turn.machine, changedOf(outs)) };
    }),

  update: (context, _id, outs, wanted) =>
    onMachine(context, TYPE, wanted, machineOf(outs), async (turn) => ({
      outs: await converge(context, turn, inputs(wanted), {
        changed: changedOf(outs),
        declared: declaredInputs(outs),
      }),
    })),

  delete: (context, _id, outs) =>
    onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const wanted = declaredInputs(outs);
      const seen = await observe(turn, wanted);
      if (wanted.group === undefined) await removeRule(turn, context, wanted, seen);
      else await restoreGroup(turn, context, wanted, seen, changedOf(outs));
    }),
};
