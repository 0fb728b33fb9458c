import { failureText } from "../../errors/failure";
import type { AgentError, BatchResult, BatchStep } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun } from "../shared/explain";
import type { Turn } from "../shared/onMachine";
import { type FailedStep, stateAfter } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import type { PolicyChange } from "./plan";

const text = (turn: Turn, parts: { doing: string; answered: string; state: string; next: string }) =>
  failureText({ resource: turn.resource, machine: turn.session.description, ...parts });

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
export function interrupted(turn: Turn, error: unknown, doing = "applying its policy"): string {
  const state = neverBegun(error)
    ? "Nothing was changed."
    : "How far it came is not known; a restart that is owed is marked on the machine.";
  return text(turn, { doing, ...explain(error), state });
}

/** Every write is read again: what was written and taken back is an error. */
export function notAsWanted(turn: Turn, left: PolicyChange[]): string {
  return text(turn, {
    doing: "checking what was written",
    answered: left
      .map(({ name, was, set }) => `${name} reads ${JSON.stringify(was)} instead of ${JSON.stringify(set)}`)
      .join("; "),
    state: "The other values are as declared.",
    next: "see whether a Group Policy or another tool writes it, then run `pulumi up --refresh` again",
  });
}
