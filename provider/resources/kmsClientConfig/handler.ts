import { itsId, type OperationContext, type ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import type { AgentError, BatchResult } from "../../machine/protocol";
import { explainAgentError, neverBegun } from "../shared/explain";
import { lookAt } from "../shared/lookAt";
import { type MachineFacts, machineOf, onMachine, type Turn } from "../shared/onMachine";
import { putBack } from "../shared/putBack";
import { anythingDone, apply, failedStep } from "../shared/runSteps";
import { type Changes, changesOf, recordChanges } from "../shared/undo";
import { interrupted, noSetupKey, notAsWanted, notOnThisWindows, stepFailed, stillNotLicensed } from "./failures";
import { CLIENT_READS, type ClientObservation, NOT_ENOUGH_COUNT, parseClient, wantedKey } from "./observe";
import { clientInputsOf, clientOutputs, diffClient, type KmsClientOutputs } from "./outputs";
import { type ClientPlan, type Pin, pinSeen, pinStep, planClient, samePin } from "./plan";
import { checkKmsClient, type KmsClientInputs } from "./schema";
import { missingHere, restoringSteps, settingsSeen } from "./settings";

const TYPE = "KmsClientConfig";

const inputs = (bag: Props) => bag as unknown as KmsClientInputs;
/** While another key is installed, its description stands in the place of the wanted one. */
const wantedSetupKey = (outs: Props) => String(outs["wantedSetupKey"] ?? outs["setupKey"] ?? "auto");
const idOf = (machine: MachineFacts) => `kms-client-${machine.id}`;

const observe = (turn: Turn) => lookAt(turn, CLIENT_READS, parseClient);

async function converge(
  context: OperationContext,
  turn: Turn,
  wanted: KmsClientInputs,
  history: { changes: Changes; recorded: boolean },
): Promise<KmsClientOutputs> {
  const choice = wantedKey(wanted.setupKey, turn.session.hello);
  if ("reason" in choice) throw noSetupKey(turn, choice.reason);
  const before = await observe(turn);
  const missing = missingHere(before, wanted, turn.session.hello.osVersion);
  if (missing.length) throw notOnThisWindows(turn, missing);
  const plan = planClient(before, wanted, choice.key);
  if (!history.recorded) sayTakeover(context, before, plan);
  if (plan.installsKey && before.product?.channel === "Volume:CSVLK") {
    context.log.warn(
      `a KMS HOST key (...${before.product.partialProductKey}) was on this client: the setup key takes its place, and it ` +
        "ends being a KMS host; look for its SRV record in DNS, and for who installed it",
    );
  }
  if (plan.steps.length === 0 && !plan.restartOwed)
    return clientOutputs(before, wanted, choice, turn.machine, history.changes);

  let result: BatchResult;
  let after: ClientObservation;
  try {
    result = await apply(turn.session, context.log, plan, CLIENT_READS);
    after = parseClient(result);
  } catch (error) {
    if (neverBegun(error)) throw new OperationFailure(interrupted(turn, error));
    // What was done is not known: recorded with all that may have been, so that the next run looks and goes on.
    const changes = recordChanges(history.changes, plannedChanges(plan));
    const outs = { ...clientOutputs(before, wanted, choice, turn.machine, changes), lookedAt: false };
    throw new PartialFailure(interrupted(turn, error), idOf(turn.machine), outs);
  }
  const changes = recordChanges(history.changes, plannedChanges(plan, result));
  const outs = clientOutputs(after, wanted, choice, turn.machine, changes);
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
    fail(stepFailed(turn, plan, failed, result, after, before.now, wanted));
  }
  const difference = notAsWanted(turn, wanted, after, plan);
  if (difference) fail(difference);
  if (result.restart.status === "failed") context.log.warn(restartOwed(result.restart.error));
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
  for (const { known, was, set } of plan.settings) {
    context.log.info(`takes over ${known}: ${JSON.stringify(was)} becomes ${JSON.stringify(set)}`);
  }
}

const restartOwed = (error: AgentError) =>
  `sppsvc could not be restarted (${explainAgentError(error).answered}): KMS may go on serving until it is, or until a reboot`;

/** What the plan changes; given its result, what of that was done. */
function plannedChanges({ pin, settings, steps }: ClientPlan, result?: BatchResult): Changes {
  const changes: Changes = {};
  for (const { name, was, set, step } of [...(pin ? [{ name: "kmsHost", ...pin }] : []), ...settings]) {
    if (!result || result.steps[steps.indexOf(step)]?.status === "done") changes[name] = { was, set };
  }
  return changes;
}

/** onDelete "restore": settings that still are what we made them go back to what they were; the key stays. */
async function restore(turn: Turn, context: OperationContext, changes: Changes): Promise<void> {
  const seen = await observe(turn);
  await putBack(turn, context, {
    changes,
    current: { kmsHost: pinSeen(seen), ...settingsSeen(seen) },
    steps: (before) => {
      const was = before["kmsHost"] as Pin | undefined;
      const pin = was === undefined || samePin(was, pinSeen(seen)) ? [] : [pinStep(was)];
      return [...pin, ...restoringSteps(seen, before)];
    },
    doing: "putting back its KMS client settings",
    unknown: "Whether it was put back is not known.",
  });
}

export const kmsClientConfigHandler: ResourceHandler = {
  type: TYPE,
  things: itsId,
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
      const chosen = "reason" in choice ? { key: undefined } : choice;
      return { outs: clientOutputs(seen, wanted, chosen, turn.machine, changesOf(outs)) };
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
