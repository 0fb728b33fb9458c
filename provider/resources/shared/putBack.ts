import type { OperationContext } from "../../adapter/handler";
import { OperationFailure } from "../../errors/failure";
import type { BatchStep } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun } from "./explain";
import { type Turn, textOn } from "./onMachine";
import { apply, failedStep, stateAfter } from "./runSteps";
import { stepText } from "./steps";
import { type Changes, toRestore } from "./undo";

export interface PuttingBack {
  changes: Changes;
  /** The settings as they are now, by the names in `changes`. */
  current: { [name: string]: unknown };
  /** What leads to `before`: the settings that still are as we made them, as they were at first create. */
  steps(before: { [name: string]: unknown }): BatchStep[];
  /** For the error, like "putting back the settings of before". */
  doing: string;
  /** What is said when the connection ended in the middle. */
  unknown: string;
}

/** onDelete "restore": what somebody else has set since stays, and is said. */
export async function putBack(
  turn: Turn,
  context: OperationContext,
  { changes, current, steps: stepsTo, doing, unknown }: PuttingBack,
): Promise<void> {
  const before = toRestore(changes, current);
  const kept = Object.keys(changes).filter((name) => !(name in before));
  if (kept.length) context.log.info(`left as somebody else set it since: ${kept.join(", ")}`);
  const steps = stepsTo(before);
  if (steps.length === 0) return;
  const result = await apply(turn.session, context.log, { steps, restartOwed: false }, []).catch((error: unknown) => {
    const state = neverBegun(error) ? "Nothing was changed." : unknown;
    throw new OperationFailure(textOn(turn, { doing, ...explain(error), state }));
  });
  const failed = failedStep(steps, result);
  const error = failed?.outcome.error ?? (result.restart.status === "failed" ? result.restart.error : undefined);
  if (!error) return;
  const what = failed ? `${doing} (${stepText(failed.step)})` : `${doing} (restart of sppsvc)`;
  throw new OperationFailure(
    textOn(turn, { doing: what, ...explainAgentError(error), state: stateAfter(steps, result) }),
  );
}
