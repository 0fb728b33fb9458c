import type { OperationContext } from "../../adapter/handler";
import { failureText, OperationFailure } from "../../errors/failure";
import { explain, explainAgentError } from "../shared/explain";
import { lookFailed, type Turn } from "../shared/onMachine";
import { anythingDone, apply, failedStep, look } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import { type Changes, toRestore } from "../shared/undo";
import { HOST_READS, parseHost } from "./observe";
import { settingChanges, settingsSeen } from "./settings";

/** onDelete "restore": settings that still are what we made them go back to what they were at first create. */
export async function restoreHost(turn: Turn, context: OperationContext, changes: Changes): Promise<void> {
  const seen = await look(turn.session, HOST_READS)
    .then(parseHost)
    .catch((error: unknown) => {
      throw lookFailed(turn, error);
    });
  const wanted = toRestore(changes, settingsSeen(seen));
  const kept = Object.keys(changes).filter((name) => !(name in wanted));
  if (kept.length) context.log.info(`left as somebody else set it since: ${kept.join(", ")}`);
  const steps = seen.licensing.isKmsHost ? settingChanges(seen, wanted).map(({ step }) => step) : [];
  if (steps.length === 0) return;
  const doing = "putting back the settings of before";
  const { resource, session } = turn;
  try {
    const result = await apply(session, context.log, { steps, restartOwed: false }, []);
    const failed = failedStep(steps, result);
    const error = failed?.outcome.error ?? (result.restart.status === "failed" ? result.restart.error : undefined);
    if (!error) return;
    const state = anythingDone(steps, result) ? "Some settings are put back, others not." : "Nothing was changed.";
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
