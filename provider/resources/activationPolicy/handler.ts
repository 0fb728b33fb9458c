import type { OperationContext, ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import type { BatchResult } from "../../machine/protocol";
import { neverBegun } from "../shared/explain";
import { lookAt } from "../shared/lookAt";
import { type MachineFacts, machineOf, onMachine, type Turn } from "../shared/onMachine";
import { putBack } from "../shared/putBack";
import { anythingDone, apply, failedStep } from "../shared/runSteps";
import { type Changes, changesOf, recordChanges } from "../shared/undo";
import { interrupted, notAsWanted, restartFailed, stepFailed } from "./failures";
import { POLICY_READS, type PolicyObservation, parsePolicy } from "./observe";
import { type ActivationPolicyOutputs, diffPolicy, policyInputsOf, policyOutputs } from "./outputs";
import { type PolicyPlan, planPolicy, restoringSteps } from "./plan";
import { type ActivationPolicyInputs, checkActivationPolicy } from "./schema";
import { POLICIES } from "./values";

const TYPE = "ActivationPolicy";

const inputs = (bag: Props) => bag as unknown as ActivationPolicyInputs;
const idOf = (machine: MachineFacts) => `activation-policy-${machine.id}`;

const switchOf = (id: string, name: string) => `${id} ${name}`;

const observe = (turn: Turn) => lookAt(turn, POLICY_READS, parsePolicy, "its registry");

/** Observe, plan, apply, observe, return what was seen: create and update are the same. */
async function converge(
  context: OperationContext,
  turn: Turn,
  wanted: ActivationPolicyInputs,
  history: { changes: Changes; recorded: boolean },
): Promise<ActivationPolicyOutputs> {
  const before = await observe(turn);
  const plan = planPolicy(before, wanted);
  if (!history.recorded) {
    for (const { name, was, set } of plan.changes) {
      context.log.info(`takes over ${name}: ${JSON.stringify(was)} becomes ${JSON.stringify(set)}`);
    }
  }
  if (plan.steps.length === 0 && !plan.restartOwed) {
    return policyOutputs(before, wanted, turn.machine, history.changes);
  }
  let result: BatchResult;
  let after: PolicyObservation;
  try {
    result = await apply(turn.session, context.log, plan, POLICY_READS);
    after = parsePolicy(result);
  } catch (error) {
    if (neverBegun(error)) throw new OperationFailure(interrupted(turn, error));
    // What was done is not known: recorded with all that may have been, so that the next run looks and goes on.
    const changes = recordChanges(history.changes, changesDone(plan));
    const outs = { ...policyOutputs(before, wanted, turn.machine, changes), lookedAt: false };
    throw new PartialFailure(interrupted(turn, error), idOf(turn.machine), outs);
  }
  const changes = recordChanges(history.changes, changesDone(plan, result));
  const outs = policyOutputs(after, wanted, turn.machine, changes);
  const fail = (message: string): never => {
    if (!anythingDone(plan.steps, result) && !history.recorded) throw new OperationFailure(message);
    throw new PartialFailure(message, idOf(turn.machine), outs);
  };
  const failed = failedStep(plan.steps, result);
  if (failed) fail(stepFailed(turn, plan.steps, failed, result));
  if (result.restart.status === "failed") fail(restartFailed(turn, result.restart.error));
  const left = planPolicy(after, wanted).changes;
  if (left.length) fail(notAsWanted(turn, left));
  return outs;
}

/** What the plan changes; given its result, those switches of which a step was done. */
function changesDone({ changes, steps }: PolicyPlan, result?: BatchResult): Changes {
  const done: Changes = {};
  for (const change of changes) {
    const wasDone = change.steps.some((step) => result?.steps[steps.indexOf(step)]?.status === "done");
    if (!result || wasDone) done[change.name] = { was: change.rawWas, set: change.rawSet };
  }
  return done;
}

/** onDelete "restore": values that still are what we made them go back to what they were, or away. */
async function restore(turn: Turn, context: OperationContext, changes: Changes): Promise<void> {
  const seen = await observe(turn);
  await putBack(turn, context, {
    changes,
    current: seen.raw,
    steps: (before) => restoringSteps(seen, before),
    doing: "putting back the values of before",
    unknown: "How far it came is not known; a restart that is owed is marked on the machine.",
  });
}

export const activationPolicyHandler: ResourceHandler = {
  type: TYPE,
  // Each switch by itself: a machine may have several declarations, of different switches.
  things: (id, declared) =>
    POLICIES.filter(({ name }) => declared[name] !== undefined).map(({ name }) => switchOf(id, name)),
  inputsOf: policyInputsOf,
  check: checkActivationPolicy,
  diff: (outs, wanted) => ({ changed: diffPolicy(outs, wanted) }),

  create: (context, wanted) =>
    onMachine(context, TYPE, wanted, undefined, async (turn) => ({
      id: idOf(turn.machine),
      outs: await converge(context, turn, inputs(wanted), { changes: {}, recorded: false }),
    })),

  read: (context, _id, outs) =>
    onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const seen = await observe(turn);
      return { outs: policyOutputs(seen, inputs(policyInputsOf(outs)), turn.machine, changesOf(outs)) };
    }),

  update: (context, _id, outs, wanted) =>
    onMachine(context, TYPE, wanted, machineOf(outs), async (turn) => ({
      outs: await converge(context, turn, inputs(wanted), { changes: changesOf(outs), recorded: true }),
    })),

  delete: async (context, id, outs) => {
    if (inputs(outs).onDelete !== "restore") return;
    const all = Object.entries(changesOf(outs));
    const ours = all.filter(([name]) => context.isAnothers?.(switchOf(id, name)) !== true);
    const changes: Changes = Object.fromEntries(ours);
    await onMachine(context, TYPE, outs, machineOf(outs), (turn) => restore(turn, context, changes));
  },
};
