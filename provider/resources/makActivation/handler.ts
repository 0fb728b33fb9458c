import type { OperationContext, ResourceHandler } from "../../adapter/handler";
import { isObject, type Props } from "../../adapter/props";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import type { BatchResult } from "../../machine/protocol";
import { neverBegun } from "../shared/explain";
import type { Licensing } from "../shared/licensing";
import { lookFailed, type MachineFacts, onMachine, type Turn } from "../shared/onMachine";
import { activationNotTried, anythingDone, apply, failedStep, look } from "../shared/runSteps";
import { type ActivationMemory, remember } from "../shared/spending";
import { interrupted, needsReactivate, notMak, stepFailed, stillNotLicensed, wrongChannel } from "./failures";
import { keyed, MAK_READS, parseMak } from "./observe";
import { diffMak, type MakOutputs, makInputsOf, makOutputs } from "./outputs";
import { type MakPlan, planMak } from "./plan";
import { removeMak } from "./remove";
import { checkMakActivation, type MakInputs } from "./schema";

const TYPE = "MakActivation";

/** What the state remembers of earlier operations. */
interface History {
  memory: ActivationMemory | undefined;
  sameKey: boolean;
  /** False on create: nothing is recorded yet. */
  recorded: boolean;
}

const inputs = (bag: Props) => bag as unknown as MakInputs;
const machineOf = (outs: Props) =>
  isObject(outs["machine"]) ? (outs["machine"] as unknown as MachineFacts) : undefined;
const memoryOf = (outs: Props) => outs["lastActivation"] as unknown as ActivationMemory | undefined;
const idOf = (machine: MachineFacts) => `mak-${machine.id}`;
/** What drifted stands in the stored outputs under the inputs' names; the key itself is the wanted one still. */
const wantedOf = (outs: Props): MakInputs => {
  const wanted = inputs(makInputsOf(outs));
  // The status reader works on an export without secrets; what was last seen is all it has then.
  const key: string | undefined = wanted.productKey;
  return key === undefined ? wanted : { ...wanted, partialProductKey: key.slice(-5) };
};

async function observe(turn: Turn): Promise<Licensing> {
  try {
    return parseMak(await look(turn.session, MAK_READS));
  } catch (error) {
    throw lookFailed(turn, error);
  }
}

const isLicensed = (seen: Licensing, { partialProductKey }: MakInputs) =>
  keyed(seen, partialProductKey)?.licenseStatus === 1;

/** Observe, plan, apply, observe, return what was seen: create and update are the same. */
async function converge(
  context: OperationContext,
  turn: Turn,
  wanted: MakInputs,
  history: History,
): Promise<MakOutputs> {
  const before = await observe(turn);
  const plan = planMak(before, wanted, history);
  if (!history.recorded && plan.installsKey && before.windows) {
    const { partialProductKey, channel } = before.windows;
    context.log.info(`takes over from the key ...${partialProductKey} (${channel})`);
  }
  if (plan.steps.length === 0) return settle(turn, wanted, history, plan, before, before, undefined);
  let result: BatchResult;
  let after: Licensing;
  try {
    result = await apply(turn.session, context.log, { steps: plan.steps, restartOwed: false }, MAK_READS);
    after = parseMak(result);
  } catch (error) {
    const message = interrupted(turn, error);
    if (neverBegun(error)) throw new OperationFailure(message);
    // What was done is not known: recorded, so that the next run looks, remembers what it finds, and goes on.
    const outs = { ...makOutputs(before, wanted, turn.machine, history.memory), lookedAt: false };
    throw new PartialFailure(message, idOf(turn.machine), outs);
  }
  return settle(turn, wanted, history, plan, before, after, { context, result });
}

/** Judges what was seen after the plan ran, and builds what is stored. */
async function settle(
  turn: Turn,
  wanted: MakInputs,
  history: History,
  plan: MakPlan,
  before: Licensing,
  after: Licensing,
  run: { context: OperationContext; result: BatchResult } | undefined,
): Promise<MakOutputs> {
  const outputsOf = (seen: Licensing) => {
    const memory = remember({
      ...history,
      licensed: isLicensed(seen, wanted),
      partialProductKey: wanted.partialProductKey,
      reactivate: run && activationNotTried(plan.steps, run.result) ? undefined : wanted.reactivate,
    });
    return makOutputs(seen, wanted, turn.machine, memory);
  };
  const fail = (message: string, seen = after): never => {
    const changed = run !== undefined && anythingDone(plan.steps, run.result);
    if (!changed && !history.recorded) throw new OperationFailure(message);
    throw new PartialFailure(message, idOf(turn.machine), outputsOf(seen));
  };
  const failed = run && failedStep(plan.steps, run.result);
  if (run && failed?.step.op === "expect" && plan.installsKey && failed.outcome.error.kind === "expectation") {
    const undone = await wrongChannel(turn, run.context, before, failed.outcome.error);
    fail(undone.message, undone.seen ?? after);
  }
  if (failed?.step.op === "expect" && failed.outcome.error.kind === "expectation") {
    fail(notMak(turn, failed.outcome.error));
  }
  if (run && failed) fail(stepFailed(turn, plan.steps, failed, run.result));
  if (!isLicensed(after, wanted)) {
    if (plan.spending === "needsReactivate") fail(needsReactivate(turn, wanted, after, plan));
    if (plan.spending === "attempt") fail(stillNotLicensed(turn, wanted, after));
  }
  return outputsOf(after);
}

export const makActivationHandler: ResourceHandler = {
  type: TYPE,
  inputsOf: makInputsOf,
  check: checkMakActivation,
  diff: (outs, wanted) => ({ changed: diffMak(outs, wanted) }),

  create: (context, wanted) =>
    onMachine(context, TYPE, wanted, undefined, async (turn) => ({
      id: idOf(turn.machine),
      outs: await converge(context, turn, inputs(wanted), { memory: undefined, sameKey: true, recorded: false }),
    })),

  read: (context, _id, outs) =>
    onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const seen = await observe(turn);
      const wanted = wantedOf(outs);
      const { partialProductKey, reactivate } = wanted;
      // A look remembers too: a run that was killed after its activation has not.
      const memory = isLicensed(seen, wanted)
        ? remember({ licensed: true, partialProductKey, sameKey: true, memory: memoryOf(outs), reactivate })
        : memoryOf(outs);
      return { outs: makOutputs(seen, wanted, turn.machine, memory) };
    }),

  update: (context, _id, outs, wanted) =>
    onMachine(context, TYPE, wanted, machineOf(outs), async (turn) => ({
      outs: await converge(context, turn, inputs(wanted), {
        memory: memoryOf(outs),
        sameKey: outs["productKey"] === wanted["productKey"],
        recorded: true,
      }),
    })),

  delete: async (context, _id, outs) => {
    const { onDelete } = inputs(outs);
    if (onDelete !== "uninstall" && onDelete !== "convertToKms") return;
    await onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const { partialProductKey } = wantedOf(outs);
      await removeMak(turn, context, await observe(turn), { partialProductKey, onDelete });
    });
  },
};
