import type { OperationContext } from "../../adapter/handler";
import { failureText, OperationFailure } from "../../errors/failure";
import type { BatchStep } from "../../machine/protocol";
import { explain, explainAgentError } from "../shared/explain";
import { lookFailed, type Turn } from "../shared/onMachine";
import { anythingDone, apply, failedStep, look, stateAfter } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import { ownSetupKey } from "../shared/takeOut";
import { type Changes, toRestore } from "../shared/undo";
import { HOST_READS, type HostObservation, parseHost } from "./observe";
import { hostProduct } from "./plan";
import { settingChanges, settingsSeen } from "./settings";

/**
 * onDelete "restore": settings that still are what we made them go back to what they were at first create.
 * uninstallKey: the host key whose last five characters are `takeOut` is taken out, and the edition's own setup key put
 * in. Gives no activation back, and takes none.
 */
export async function restoreHost(
  turn: Turn,
  context: OperationContext,
  { changes, takeOut }: { changes: Changes; takeOut: string | undefined },
): Promise<void> {
  const seen = await look(turn.session, HOST_READS)
    .then(parseHost)
    .catch((error: unknown) => {
      throw lookFailed(turn, error);
    });
  const wanted = toRestore(changes, settingsSeen(seen));
  const kept = Object.keys(changes).filter((name) => !(name in wanted));
  if (kept.length) context.log.info(`left as somebody else set it since: ${kept.join(", ")}`);
  const steps = seen.licensing.isKmsHost ? settingChanges(seen, wanted).map(({ step }) => step) : [];
  // The settings come first: they exist on a host only.
  if (takeOut !== undefined) steps.push(...takingOut(turn, context, seen, takeOut));
  if (steps.length === 0) return;
  const doing = takeOut === undefined ? "putting back the settings of before" : "taking the host key out";
  const { resource, session } = turn;
  try {
    const result = await apply(session, context.log, { steps, restartOwed: false }, []);
    const failed = failedStep(steps, result);
    const error = failed?.outcome.error ?? (result.restart.status === "failed" ? result.restart.error : undefined);
    if (!error) return;
    const state = anythingDone(steps, result) ? stateAfter(steps, result) : "Nothing was changed.";
    const what = failed ? `${doing} (${stepText(failed.step)})` : doing;
    throw new OperationFailure(
      failureText({ resource, machine: session.description, doing: what, ...explainAgentError(error), state }),
    );
  } catch (error) {
    if (error instanceof OperationFailure) throw error;
    const state = "How far it came is not known.";
    throw new OperationFailure(
      failureText({ resource, machine: session.description, doing, ...explain(error), state }),
    );
  }
}

function takingOut(turn: Turn, context: OperationContext, seen: HostObservation, partial: string): BatchStep[] {
  const product = hostProduct(seen, partial);
  if (product?.channel !== "Volume:CSVLK") {
    context.log.info(`the host key ...${partial} is not on the machine any more: its key is left as it is`);
    return [];
  }
  const other = product === seen.licensing.windows ? {} : { activationId: product.id };
  const own = ownSetupKey(turn);
  if ("reason" in own) context.log.warn(`no setup key is put in after the host key was taken out: ${own.reason}`);
  return [
    { op: "slmgr", args: { verb: "/upk", ...other }, restart: true },
    ...("step" in own ? [{ ...own.step, restart: true }] : []),
  ];
}
