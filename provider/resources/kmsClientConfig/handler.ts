import type { OperationContext, ResourceHandler } from "../../adapter/handler";
import { isObject, type Props } from "../../adapter/props";
import { failureText, OperationFailure, PartialFailure } from "../../errors/failure";
import type { BatchResult } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun } from "../shared/explain";
import { lookFailed, type MachineFacts, onMachine, type Turn } from "../shared/onMachine";
import { anythingDone, apply, failedStep, look } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import { type Changes, recordChanges, toRestore } from "../shared/undo";
import { interrupted, noSetupKey, stepFailed, stillNotLicensed } from "./failures";
import { CLIENT_READS, type ClientObservation, NOT_ENOUGH_COUNT, parseClient, wantedKey } from "./observe";
import { clientInputsOf, clientOutputs, diffClient, type KmsClientOutputs } from "./outputs";
import { type ClientPlan, type Pin, pinSeen, pinStep, pinWanted, planClient, samePin } from "./plan";
import { checkKmsClient, type KmsClientInputs } from "./schema";

const TYPE = "KmsClientConfig";

const inputs = (bag: Props) => bag as unknown as KmsClientInputs;
const machineOf = (outs: Props) =>
  isObject(outs["machine"]) ? (outs["machine"] as unknown as MachineFacts) : undefined;
const changesOf = (outs: Props) => (outs["changed"] ?? {}) as unknown as Changes;
/** While another key is installed, its description stands in the place of the wanted one. */
const wantedSetupKey = (outs: Props) => String(outs["wantedSetupKey"] ?? outs["setupKey"] ?? "auto");
const idOf = (machine: MachineFacts) => `kms-client-${machine.id}`;

async function observe(turn: Turn): Promise<ClientObservation> {
  try {
    return parseClient(await look(turn.session, CLIENT_READS));
  } catch (error) {
    throw lookFailed(turn, error);
  }
}

async function converge(
  context: OperationContext,
  turn: Turn,
  wanted: KmsClientInputs,
  history: { changes: Changes; recorded: boolean },
): Promise<KmsClientOutputs> {
  const choice = wantedKey(wanted.setupKey, turn.session.hello);
  if ("reason" in choice) throw noSetupKey(turn, choice.reason);
  const before = await observe(turn);
  const plan = planClient(before, wanted, choice.key);
  if (!history.recorded) sayTakeover(context, before, plan);
  if (plan.steps.length === 0) return clientOutputs(before, wanted, choice.key, turn.machine, history.changes);

  let result: BatchResult;
  let after: ClientObservation;
  try {
    result = await apply(turn.session, context.log, { steps: plan.steps, restartOwed: false }, CLIENT_READS);
    after = parseClient(result);
  } catch (error) {
    if (neverBegun(error)) throw new OperationFailure(interrupted(turn, error));
    // What was done is not known: recorded with all that may have been, so that the next run looks and goes on.
    const changes = recordChanges(
      history.changes,
      plan.pin ? { kmsHost: { was: plan.pin.was, set: plan.pin.set } } : {},
    );
    const outs = { ...clientOutputs(before, wanted, choice.key, turn.machine, changes), lookedAt: false };
    throw new PartialFailure(interrupted(turn, error), idOf(turn.machine), outs);
  }
  const changes = recordChanges(history.changes, pinChange(plan, result));
  const outs = clientOutputs(after, wanted, choice.key, turn.machine, changes);
  const fail = (message: string): never => {
    if (!anythingDone(plan.steps, result) && !history.recorded) throw new OperationFailure(message);
    throw new PartialFailure(message, idOf(turn.machine), outs);
  };
  const failed = failedStep(plan.steps, result);
  if (failed) {
    if (failed.outcome.error.code === NOT_ENOUGH_COUNT) {
      context.log.info("its KMS host's count is too low yet (0xC004F038); Windows asks again by itself");
      return { ...outs, licenseStatus: "pendingThreshold" };
    }
    fail(stepFailed(turn, plan, failed, result, after, before.now, pinWanted(wanted)));
  }
  if (plan.activates && after.product?.licenseStatus !== 1 && outs.licenseStatus !== "pendingThreshold") {
    fail(stillNotLicensed(turn, after));
  }
  return outs;
}

/** Taking over a machine that is configured already: each value that changes is said. */
function sayTakeover(context: OperationContext, before: ClientObservation, plan: ClientPlan): void {
  const { product } = before;
  if (plan.installsKey && product) {
    context.log.info(`takes over from the key ...${product.partialProductKey} (${product.channel})`);
  }
  const pin = (value: Pin) => (value ? `${value.host}:${value.port}` : "discovery");
  if (plan.pin?.was) context.log.info(`takes over the KMS host: ${pin(plan.pin.was)} becomes ${pin(plan.pin.set)}`);
}

function pinChange({ pin, steps }: ClientPlan, result: BatchResult): Changes {
  if (!pin || result.steps[steps.indexOf(pin.step)]?.status !== "done") return {};
  return { kmsHost: { was: pin.was, set: pin.set } };
}

/** onDelete "restore": the pin goes back, if it still is the one that we set; the key stays. */
async function restore(turn: Turn, context: OperationContext, changes: Changes): Promise<void> {
  const seen = await observe(turn);
  const { kmsHost: was } = toRestore(changes, { kmsHost: pinSeen(seen) }) as { kmsHost?: Pin };
  if (was === undefined || samePin(was, pinSeen(seen))) return;
  const steps = [pinStep(was)];
  const doing = "putting back its KMS host setting";
  const machine = turn.session.description;
  let result: BatchResult;
  try {
    result = await apply(turn.session, context.log, { steps, restartOwed: false }, []);
  } catch (error) {
    const state = "Whether it was put back is not known.";
    throw new OperationFailure(failureText({ resource: turn.resource, machine, doing, ...explain(error), state }));
  }
  const failed = failedStep(steps, result);
  if (!failed) return;
  const explained = explainAgentError(failed.outcome.error);
  const what = `${doing} (${stepText(failed.step)})`;
  const state = "Nothing was changed.";
  throw new OperationFailure(failureText({ resource: turn.resource, machine, doing: what, ...explained, state }));
}

export const kmsClientConfigHandler: ResourceHandler = {
  type: TYPE,
  inputsOf: clientInputsOf,
  check: checkKmsClient,
  diff: (outs, wanted) => ({ changed: diffClient(outs, wanted) }),

  create: (context, wanted) =>
    onMachine(context, TYPE, wanted, undefined, async (turn) => ({
      id: idOf(turn.machine),
      outs: await converge(context, turn, inputs(wanted), { changes: {}, recorded: false }),
    })),

  read: (context, _id, outs) =>
    onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const seen = await observe(turn);
      const wanted = { ...inputs(clientInputsOf(outs)), setupKey: wantedSetupKey(outs) };
      const choice = wantedKey(wanted.setupKey, turn.session.hello);
      const key = "reason" in choice ? undefined : choice.key;
      return { outs: clientOutputs(seen, wanted, key, turn.machine, changesOf(outs)) };
    }),

  update: (context, _id, outs, wanted) =>
    onMachine(context, TYPE, wanted, machineOf(outs), async (turn) => ({
      outs: await converge(context, turn, inputs(wanted), { changes: changesOf(outs), recorded: true }),
    })),

  delete: async (context, _id, outs) => {
    if (inputs(outs).onDelete !== "restore") return;
    await onMachine(context, TYPE, outs, machineOf(outs), (turn) => restore(turn, context, changesOf(outs)));
  },
};
