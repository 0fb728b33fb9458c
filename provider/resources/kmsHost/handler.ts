import type { Confirmation } from "../../activation/confirmation";
import { itsId, type OperationContext, type ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import type { BatchResult } from "../../machine/protocol";
import { neverBegun } from "../shared/explain";
import { lookAt } from "../shared/lookAt";
import { type MachineFacts, machineOf, onMachine, type Turn } from "../shared/onMachine";
import { type ConfirmationHistory, confirmationAfter, confirmationHistory, depositSkipped } from "../shared/phone";
import { activationNotTried, anythingDone, apply, failedStep } from "../shared/runSteps";
import { type ActivationMemory, memoryOf, remember } from "../shared/spending";
import { type Changes, changesOf, recordChanges } from "../shared/undo";
import { hostFailure, interrupted, needsReactivate, notAsWanted, wrongChannel } from "./failures";
import { noHostReason, notHostable } from "./hostable";
import { type HostObservation, parseHost, readsFor } from "./observe";
import { diffHost, hostInputsOf, hostOutputs, type KmsHostOutputs } from "./outputs";
import { type HostPlan, hostProduct, planHost } from "./plan";
import { restoreHost } from "./restore";
import { checkKmsHost, type KmsHostInputs } from "./schema";
import { comparePublishList, waitForPublishing } from "./verify";

const TYPE = "KmsHost";

/** What the state remembers of earlier operations. */
interface History extends ConfirmationHistory {
  memory: ActivationMemory | undefined;
  sameKey: boolean;
  changes: Changes;
  /** False on create: nothing is recorded yet. */
  recorded: boolean;
}

const inputs = (bag: Props) => bag as unknown as KmsHostInputs;
const idOf = (machine: MachineFacts) => `kms-host-${machine.id}`;

function observe(turn: Turn, wanted: KmsHostInputs): Promise<HostObservation> {
  const reads = readsFor(wanted, turn.session.hello);
  return lookAt(turn, reads, (result) => parseHost(result, reads));
}

/** Observe, plan, apply, observe, return what was seen: create and update are the same. */
async function converge(
  context: OperationContext,
  turn: Turn,
  wanted: KmsHostInputs,
  history: History,
): Promise<KmsHostOutputs> {
  const before = await observe(turn, wanted);
  const { licensing } = before;
  const cannotHost = wanted.productKey === undefined ? undefined : noHostReason(turn.session.hello);
  if (cannotHost !== undefined) throw hostFailure.notHostable(turn, cannotHost);
  if (!licensing.isKmsHost && wanted.productKey === undefined) throw hostFailure.noHost(turn);
  const plan = planHost(before, wanted, { ...history, notHostable: notHostable(turn.session.hello) });
  if (!history.recorded) {
    for (const { known, was, set } of plan.changes) {
      context.log.info(`takes over ${known}: ${JSON.stringify(was)} becomes ${JSON.stringify(set)}`);
    }
  }
  if (plan.steps.length === 0 && !plan.restartOwed)
    return settle(turn, wanted, history, plan, before, before, undefined);
  let result: BatchResult;
  let after: HostObservation;
  try {
    const reads = readsFor(wanted, turn.session.hello);
    result = await apply(turn.session, context.log, plan, reads);
    after = parseHost(result, reads);
  } catch (error) {
    if (neverBegun(error)) throw new OperationFailure(interrupted(turn, error));
    // What was done is not known: recorded with all that may have been, so that the next run looks and goes on.
    const changes = Object.fromEntries(plan.changes.map(({ name, was, set }) => [name, { was, set }]));
    const known = {
      memory: history.memory,
      changes: recordChanges(history.changes, changes),
      restarted: false,
      confirmation: confirmationOf(wanted, history, before),
    };
    const outs = { ...hostOutputs(before, wanted, turn.machine, known), lookedAt: false };
    throw new PartialFailure(interrupted(turn, error), idOf(turn.machine), outs);
  }
  return settle(turn, wanted, history, plan, before, after, { context, result });
}

const installationIdOf = (seen: HostObservation, { partialProductKey }: KmsHostInputs) =>
  seen.offline.get(partialProductKey ?? "")?.installationId;

function confirmationOf(
  wanted: KmsHostInputs,
  history: ConfirmationHistory,
  seen: HostObservation,
): Confirmation | undefined {
  if (wanted.activation.method !== "phone") return undefined;
  return confirmationAfter(wanted.activation, history, installationIdOf(seen, wanted));
}

/** Judges what was seen after the plan ran, and builds what is stored. */
async function settle(
  turn: Turn,
  wanted: KmsHostInputs,
  history: History,
  plan: HostPlan,
  before: HostObservation,
  after: HostObservation,
  run: { context: OperationContext; result: BatchResult } | undefined,
): Promise<KmsHostOutputs> {
  const outputsOf = (seen: HostObservation, unpublished: string[] = []) => {
    const { partialProductKey } = wanted;
    const product = hostProduct(seen, partialProductKey);
    const memory =
      partialProductKey === undefined
        ? history.memory
        : remember({
            ...history,
            licensed: product?.licenseStatus === 1,
            partialProductKey,
            reactivate: run && activationNotTried(plan.steps, run.result) ? undefined : wanted.reactivate,
          });
    const changes = recordChanges(history.changes, run ? changesDone(plan, run.result) : {});
    return hostOutputs(seen, wanted, turn.machine, {
      memory,
      changes,
      restarted: run?.result.restart.status === "done",
      confirmation: confirmationOf(wanted, history, seen),
      unpublished,
      lacking: comparePublishList(turn, seen),
    });
  };
  const fail = (message: string, seen = after): never => {
    const changed = run !== undefined && anythingDone(plan.steps, run.result);
    if (!changed && !history.recorded) throw new OperationFailure(message);
    throw new PartialFailure(message, idOf(turn.machine), outputsOf(seen));
  };

  if (run) {
    const { result, context } = run;
    const failed = failedStep(plan.steps, result);
    if (failed?.step.op === "expect" && !plan.installsKey) {
      fail(hostFailure.notHostKey(turn, failed.outcome.error));
    } else if (failed?.step.op === "expect") {
      const undone = await wrongChannel(turn, context, before, failed.outcome.error);
      fail(undone.message, undone.seen ?? after);
    }
    if (plan.phone.do === "deposit" && depositSkipped(plan.steps, result)) {
      fail(hostFailure.changedId(turn, wanted, plan.phone.only, installationIdOf(after, wanted)));
    }
    if (failed) fail(hostFailure.step(turn, plan, failed, result));
    if (result.restart.status === "failed") fail(hostFailure.restart(turn, result.restart.error));
  }
  if (plan.phone.do === "changedId") {
    fail(hostFailure.changedId(turn, wanted, plan.phone.was, installationIdOf(after, wanted)));
  }
  if (plan.spending === "needsReactivate" && hostProduct(after, wanted.partialProductKey)?.licenseStatus !== 1) {
    fail(needsReactivate(turn, wanted, after, plan));
  }
  if (run) {
    const difference = notAsWanted(turn, wanted, after, plan);
    if (difference) fail(difference);
  }
  if (run?.result.restart.status !== "done") return outputsOf(after);
  const { seen, unpublished } = await waitForPublishing(run.context, turn, wanted, before, after);
  return outputsOf(seen, unpublished);
}

/** A look remembers too: a run that was killed after its activation has not. */
function seenLicensed(
  seen: HostObservation,
  wanted: KmsHostInputs,
  memory: ActivationMemory | undefined,
): ActivationMemory | undefined {
  const { partialProductKey, reactivate } = wanted;
  if (partialProductKey === undefined || hostProduct(seen, partialProductKey)?.licenseStatus !== 1) return undefined;
  return remember({ licensed: true, partialProductKey, sameKey: true, memory, reactivate });
}

function changesDone(plan: HostPlan, result: BatchResult): Changes {
  const done: Changes = {};
  for (const { name, was, set, step } of plan.changes) {
    if (result.steps[plan.steps.indexOf(step)]?.status === "done") done[name] = { was, set };
  }
  return done;
}

export const kmsHostHandler: ResourceHandler = {
  type: TYPE,
  things: itsId,
  inputsOf: hostInputsOf,
  check: checkKmsHost,
  diff: (outs, wanted) => ({ changed: diffHost(outs, wanted) }),

  create: (context, wanted) =>
    onMachine(context, TYPE, wanted, undefined, async (turn) => ({
      id: idOf(turn.machine),
      outs: await converge(context, turn, inputs(wanted), {
        memory: undefined,
        sameKey: true,
        changes: {},
        recorded: false,
      }),
    })),

  read: (context, _id, outs) =>
    onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const wanted = inputs(hostInputsOf(outs));
      const seen = await observe(turn, wanted);
      // What drifted stands in the stored outputs under the inputs' names; the key itself is the wanted one still.
      const partialProductKey = wanted.productKey?.slice(-5);
      if (partialProductKey !== undefined) wanted.partialProductKey = partialProductKey;
      return {
        outs: hostOutputs(seen, wanted, turn.machine, {
          memory: seenLicensed(seen, wanted, memoryOf(outs)) ?? memoryOf(outs),
          changes: changesOf(outs),
          restarted: false,
          confirmation: confirmationHistory(outs).stored,
          lacking: comparePublishList(turn, seen),
        }),
      };
    }),

  update: (context, _id, outs, wanted) =>
    onMachine(context, TYPE, wanted, machineOf(outs), async (turn) => ({
      outs: await converge(context, turn, inputs(wanted), {
        memory: memoryOf(outs),
        // A key that is declared again after a time without one is judged by what was remembered of it.
        sameKey: outs["productKey"] === undefined || outs["productKey"] === wanted["productKey"],
        changes: changesOf(outs),
        recorded: true,
        ...confirmationHistory(outs),
      }),
    })),

  delete: async (context, _id, outs) => {
    const { onDelete, uninstallKey, productKey } = inputs(outs);
    if (onDelete !== "restore" && !uninstallKey) return;
    await onMachine(context, TYPE, outs, machineOf(outs), (turn) =>
      restoreHost(turn, context, {
        changes: onDelete === "restore" ? changesOf(outs) : {},
        takeOut: uninstallKey ? productKey?.slice(-5) : undefined,
      }),
    );
  },
};
