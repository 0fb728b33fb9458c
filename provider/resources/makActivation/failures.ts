import type { BatchActivationError } from "../../activation/batchActivation/errors";
import type { OperationContext } from "../../adapter/handler";
import { licenseStatusName } from "../../errors/codes/index";
import type { AgentError, BatchResult, BatchStep } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun } from "../shared/explain";
import { HARDWARE_CHANGED, type Licensing } from "../shared/licensing";
import { type Turn, textOn as text } from "../shared/onMachine";
import { changedIdText } from "../shared/phone";
import { type FailedStep, stateAfter } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import { takeOutKey } from "../shared/takeOut";
import { keyed, MAK_READS, type MakObservation, parseMak } from "./observe";
import type { MakPlan } from "./plan";
import type { MakInputs } from "./schema";

const WHERE_KEYS_GO =
  "declare the MAK of your licence portal; a KMS host key (CSVLK) belongs in KmsHost, a setup key (GVLK) in KmsClientConfig";

function purpose(step: BatchStep): string {
  if (step.op !== "slmgr") return stepText(step);
  const { verb, values } = step.args;
  if (verb === "/ipk") return `installing the key ...${(values?.[0] ?? "").slice(-5)} (slmgr /ipk)`;
  if (verb === "/atp") return "depositing the confirmation id (slmgr /atp)";
  return verb === "/ato" ? "activating the MAK at Microsoft (slmgr /ato)" : stepText(step);
}

export function stepFailed(turn: Turn, steps: BatchStep[], { step, outcome }: FailedStep, result: BatchResult): string {
  const { answered, next } = explainAgentError(outcome.error);
  const spent =
    step.op === "slmgr" && step.args.verb === "/ato"
      ? " A refused activation costs nothing; the next `pulumi up` tries once more."
      : "";
  return text(turn, { doing: purpose(step), answered, state: stateAfter(steps, result), next: `${next}${spent}` });
}

/** The declared key was on the machine already and is of another kind. */
export function notMak(turn: Turn, { actual }: AgentError): string {
  return text(turn, {
    doing: "checking the installed key",
    answered: `the declared key is on the machine already and is no MAK: its channel reads ${JSON.stringify(actual ?? "")}`,
    state: "Nothing was changed, nothing was spent.",
    next: WHERE_KEYS_GO,
  });
}

/** The installed key is no MAK: it is taken out again and the edition's own setup key put back. */
export async function wrongChannel(
  turn: Turn,
  context: OperationContext,
  before: Licensing,
  { actual }: AgentError,
): Promise<{ message: string; seen?: MakObservation }> {
  const { state, seen } = await takeOutKey(turn, context, before, MAK_READS, parseMak);
  const answered = `it is no MAK: its channel reads ${JSON.stringify(actual ?? "")}`;
  const message = text(turn, { doing: "checking the installed key", answered, state, next: WHERE_KEYS_GO });
  return seen ? { message, seen } : { message };
}

/** The connection or the agent went away in the middle: nothing is known but that a look comes next. */
export function interrupted(turn: Turn, error: unknown): string {
  const state = neverBegun(error) ? "Nothing was changed." : "How far it came is not known.";
  return text(turn, { doing: "activating its MAK", ...explain(error), state });
}

/** A MAK that was Licensed under this state and is not any more: activating it again is the user's own decision. */
export function needsReactivate(turn: Turn, wanted: MakInputs, after: Licensing, plan: MakPlan): string {
  const product = keyed(after, wanted.partialProductKey);
  const status = licenseStatusName(product?.licenseStatus ?? 0);
  const hardware = product?.reason === HARDWARE_CHANGED;
  const what = hardware
    ? `the machine's hardware has changed too much since then (${HARDWARE_CHANGED})`
    : plan.installsKey
      ? "was replaced by another key"
      : `it is ${status} now`;
  return text(turn, {
    doing: `keeping the MAK ...${wanted.partialProductKey} Licensed`,
    answered: `it has been Licensed here before and ${what}; activating it again would take one more of its activations`,
    state: `${plan.installsKey ? "The key was put back" : "Nothing was changed"}, nothing was spent; its status is ${status}.`,
    next:
      `${hardware ? "" : "find out why it changed; "}to spend one more activation knowingly set \`reactivate\` to a new value, ` +
      "like the date (each new value allows one attempt)",
  });
}

export function stillNotLicensed(turn: Turn, wanted: MakInputs, after: Licensing): string {
  const status = licenseStatusName(keyed(after, wanted.partialProductKey)?.licenseStatus ?? 0);
  return text(turn, {
    doing: "activating the MAK",
    answered: `Windows reported success, but its status is ${status}`,
    state: "The key is installed.",
    next: "look at `slmgr /dlv` and the Application log on the machine, then run `pulumi up --refresh` again",
  });
}

/** The declared confirmation id is for an installation id that the machine does not have any more. */
export function changedId(turn: Turn, wanted: MakInputs, was: string | undefined, now: string | undefined): string {
  return text(turn, {
    doing: `depositing the confirmation id for the MAK ...${wanted.partialProductKey}`,
    ...changedIdText(was, now),
    state: "It was not deposited, nothing was spent here.",
  });
}

export function serviceFailed(turn: Turn, problem: BatchActivationError, touched: boolean): string {
  const spent =
    problem.spent === "no" ? "No activation was taken." : "Whether an activation of the MAK was taken is not known.";
  return text(turn, {
    doing: "asking Microsoft's BatchActivation service for a confirmation id",
    answered: problem.message,
    state: `${touched ? "The key is installed." : "Nothing was changed."} ${spent}`,
    next: problem.remedy,
  });
}

export function noSetupKey(turn: Turn, reason: string): string {
  return text(turn, {
    doing: "making it a KMS client again",
    answered: reason,
    state: "Nothing was changed.",
    next: 'set onDelete to "retain" or "uninstall", run `pulumi up`, and delete it again',
  });
}

export function takingOutFailed(turn: Turn, error: unknown): string {
  return text(turn, {
    doing: "taking the MAK out",
    ...explain(error),
    state: "Whether it was taken out is not known.",
  });
}
