import type { AgentError, BatchResult, BatchStep } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun, readsInstead } from "../shared/explain";
import { type Turn, textOn as text } from "../shared/onMachine";
import { type FailedStep, stateAfter } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import type { PolicyChange } from "./plan";

export function stepFailed(turn: Turn, steps: BatchStep[], { step, outcome }: FailedStep, result: BatchResult): string {
  return text(turn, {
    doing: `setting a value in its registry (${stepText(step)})`,
    ...explainAgentError(outcome.error),
    state: stateAfter(steps, result),
  });
}

export function restartFailed(turn: Turn, error: AgentError): string {
  const state = "The values are written, and act only after the restart.";
  return text(turn, { doing: "restarting sppsvc", ...explainAgentError(error), state });
}

/** The connection or the agent went away in the middle: nothing is known but that a look comes next. */
export function interrupted(turn: Turn, error: unknown): string {
  const state = neverBegun(error)
    ? "Nothing was changed."
    : "How far it came is not known; a restart that is owed is marked on the machine.";
  return text(turn, { doing: "applying its policy", ...explain(error), state });
}

/** Every write is read again: what was written and taken back is an error. */
export function notAsWanted(turn: Turn, left: PolicyChange[]): string {
  return text(turn, {
    doing: "checking what was written",
    answered: readsInstead(left.map(({ name, ...change }) => ({ known: name, ...change }))),
    state: "The other values are as declared.",
    next: "see whether a Group Policy or another tool writes it, then run `pulumi up --refresh` again",
  });
}
