import type { OperationContext } from "../../adapter/handler";
import { licenseStatusName } from "../../errors/codes/index";
import { OperationFailure } from "../../errors/failure";
import type { AgentError, BatchResult, BatchStep } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun, readsInstead } from "../shared/explain";
import { HARDWARE_CHANGED } from "../shared/licensing";
import { type Turn, textOn as text } from "../shared/onMachine";
import { changedIdText } from "../shared/phone";
import { type FailedStep, stateAfter } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import { takeOutKey } from "../shared/takeOut";
import { generationOf } from "./hostable";
import { HOST_READS, type HostObservation, parseHost } from "./observe";
import { type HostPlan, hostProduct } from "./plan";
import type { KmsHostInputs } from "./schema";
import { settingChanges } from "./settings";

/** What the failing step was for, in words. */
function purpose(step: BatchStep): string {
  if (step.op !== "slmgr") return stepText(step);
  const { verb, values } = step.args;
  if (verb === "/ipk") return `installing the host key ...${(values?.[0] ?? "").slice(-5)} (slmgr /ipk)`;
  if (verb === "/atp") return "depositing the confirmation id (slmgr /atp)";
  return verb === "/ato" ? "activating the host key at Microsoft (slmgr /ato)" : stepText(step);
}

const WHERE_KEYS_GO = "declare the KMS host key (CSVLK) of your licence portal; a MAK belongs in MakActivation";

/** Why a key was not let through: it is none of a host's, or of a generation that this Windows may not host. */
function wrongKey(turn: Turn, actual: AgentError["actual"]): { what: string; next: string } {
  const generation = generationOf(String(actual ?? ""));
  const windows = turn.machine.windows;
  if (generation === undefined) {
    return { what: `is no KMS host key: its channel reads ${JSON.stringify(actual ?? "")}`, next: WHERE_KEYS_GO };
  }
  return {
    what: `is a host key of ${generation}, which ${windows} may not host: its channel reads ${JSON.stringify(actual ?? "")}`,
    next: `use a host key that ${windows} may host, or another machine for this one`,
  };
}

export const hostFailure = {
  noHost: (turn: Turn) =>
    new OperationFailure(
      text(turn, {
        doing: "looking for a KMS host",
        answered: "no KMS host key is activated on the machine, and none is declared",
        state: "Nothing was changed.",
        next: "declare productKey, your organisation's KMS host key (CSVLK), or point connection at the real host",
      }),
    ),

  notHostable: (turn: Turn, reason: string) =>
    new OperationFailure(
      text(turn, {
        doing: "looking whether it may be a KMS host",
        answered: reason,
        state: "Nothing was changed, nothing was spent.",
        next: "declare the KMS host on another machine",
      }),
    ),

  /** The declared confirmation id is for an installation id that the machine does not have any more. */
  changedId: (turn: Turn, wanted: KmsHostInputs, was: string | undefined, now: string | undefined) =>
    text(turn, {
      doing: `depositing the confirmation id for the host key ...${wanted.partialProductKey}`,
      ...changedIdText(was, now),
      state: "It was not deposited, nothing was spent here.",
    }),

  step: (turn: Turn, plan: HostPlan, { step, outcome }: FailedStep, result: BatchResult) => {
    const { answered, next } = explainAgentError(outcome.error);
    const spent =
      step.op === "slmgr" && step.args.verb === "/ato"
        ? " A refused activation costs nothing; the next `pulumi up` tries once more."
        : "";
    return text(turn, {
      doing: purpose(step),
      answered,
      state: stateAfter(plan.steps, result),
      next: `${next}${spent}`,
    });
  },

  notHostKey: (turn: Turn, { actual }: AgentError) => {
    const { what, next } = wrongKey(turn, actual);
    return text(turn, {
      doing: "checking the installed key",
      answered: `the declared key is on the machine already and ${what}`,
      state: "Nothing was changed, nothing was spent.",
      next,
    });
  },

  restart: (turn: Turn, error: AgentError) => {
    const state = "The settings are written, and act only after the restart.";
    return text(turn, { doing: "restarting sppsvc", ...explainAgentError(error), state });
  },
};

/** The connection or the agent went away in the middle: nothing is known but that a look comes next. */
export function interrupted(turn: Turn, error: unknown): string {
  return text(turn, {
    doing: "applying its settings",
    ...explain(error),
    state: neverBegun(error)
      ? "Nothing was changed."
      : "How far it came is not known; a restart that is owed is marked on the machine.",
  });
}

/** A key that was Licensed under this state and is not any more: activating it again is the user's own decision. */
export function needsReactivate(turn: Turn, wanted: KmsHostInputs, after: HostObservation, plan: HostPlan): string {
  const status = licenseStatusName(hostProduct(after, wanted.partialProductKey)?.licenseStatus ?? 0);
  const hardware = hostProduct(after, wanted.partialProductKey)?.reason === HARDWARE_CHANGED;
  const before = hardware
    ? `the machine's hardware has changed too much since then (${HARDWARE_CHANGED}); it is ${status} now`
    : plan.installsKey
      ? "was replaced by another key"
      : `is ${status} now`;
  const done = plan.installsKey
    ? "The key was put back"
    : plan.changes.length
      ? `Its other settings were set (${plan.changes.map(({ step }) => stepText(step)).join("; ")})`
      : "Nothing was changed";
  return text(turn, {
    doing: `keeping the host key ...${wanted.partialProductKey} Licensed`,
    answered: `it has been Licensed here before and ${before}; activating it again would take one more of its activations`,
    state: `${done}, nothing was spent; its status is ${status}.`,
    next:
      "find out why it changed; to spend one more activation knowingly set `reactivate` to a new value, like the date " +
      "(each new value allows one attempt)",
  });
}

/** Every write is read again: what Windows accepted and did not keep is an error. */
export function notAsWanted(
  turn: Turn,
  wanted: KmsHostInputs,
  after: HostObservation,
  plan: HostPlan,
): string | undefined {
  const product = hostProduct(after, wanted.partialProductKey);
  if ((plan.spending === "attempt" || plan.phone.do === "deposit") && product?.licenseStatus !== 1) {
    return text(turn, {
      doing: "activating the host key",
      answered: `Windows reported success, but its status is ${licenseStatusName(product?.licenseStatus ?? 0)}`,
      state: "The key is installed.",
      next: "look at `slmgr /dlv` and the Application log on the machine, then run `pulumi up --refresh` again",
    });
  }
  if (plan.changes.length === 0) return undefined;
  const left = settingChanges(after, wanted as unknown as { [name: string]: unknown });
  if (left.length === 0) return undefined;
  return text(turn, {
    doing: "checking what was written",
    answered: readsInstead(left),
    state: "The other settings are as declared.",
    next: "see whether a Group Policy or another tool writes them, then run `pulumi up --refresh` again",
  });
}

/** The installed key makes no KMS host: it is taken out again and the edition's own setup key put back. */
export async function wrongChannel(
  turn: Turn,
  context: OperationContext,
  before: HostObservation,
  error: AgentError,
): Promise<{ message: string; seen?: HostObservation }> {
  const { state, seen } = await takeOutKey(turn, context, before.licensing, HOST_READS, parseHost);
  const { what, next } = wrongKey(turn, error.actual);
  const message = text(turn, { doing: "checking the installed key", answered: `it ${what}`, state, next });
  return seen ? { message, seen } : { message };
}
