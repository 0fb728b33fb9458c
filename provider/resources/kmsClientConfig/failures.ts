import { licenseStatusName } from "../../errors/codes/index";
import { OperationFailure } from "../../errors/failure";
import type { BatchResult } from "../../machine/protocol";
import { explain, explainAgentError, neverBegun, readsInstead } from "../shared/explain";
import { type Turn, textOn as text } from "../shared/onMachine";
import type { FailedStep } from "../shared/runSteps";
import { stepText } from "../shared/steps";
import { type ClientObservation, eventTrail } from "./observe";
import { type ClientPlan, pinWanted } from "./plan";
import type { KmsClientInputs } from "./schema";
import { settingChanges } from "./settings";

export function noSetupKey(turn: Turn, reason: string): OperationFailure {
  return new OperationFailure(
    text(turn, {
      doing: "choosing its setup key",
      answered: reason,
      state: "Nothing was changed.",
      next: 'give setupKey a published setup key, or "keep"',
    }),
  );
}

/** `missing`: the declared settings that this Windows does not have. */
export function notOnThisWindows(turn: Turn, missing: string[]): OperationFailure {
  return new OperationFailure(
    text(turn, {
      doing: `setting ${missing.join(" and ")}`,
      answered: `${turn.machine.windows} (${turn.machine.version}) has no such setting; Windows 8 and Server 2012 brought it`,
      state: "Nothing was changed.",
      next: "leave it out for this machine; kmsHost, or a DNS suffix (ActivationPolicy), can take the place of lookupDomain",
    }),
  );
}

/** Every write is read again: what Windows accepted and did not keep is an error. */
export function notAsWanted(
  turn: Turn,
  wanted: KmsClientInputs,
  after: ClientObservation,
  plan: ClientPlan,
): string | undefined {
  const left = plan.settings.length ? settingChanges(after, wanted) : [];
  if (left.length === 0) return undefined;
  return text(turn, {
    doing: "checking what was written",
    answered: readsInstead(left),
    state: "The other settings are as declared.",
    next:
      "see whether a Group Policy or another tool writes it, or whether it is set for one Activation ID alone " +
      `(slmgr ${left.some(({ name }) => name === "activationType") ? "/act-type 0" : "/ckms-domain"} ${after.product?.id ?? ""}), then run \`pulumi up --refresh\` again`,
  });
}

export function interrupted(turn: Turn, error: unknown): string {
  const state = neverBegun(error) ? "Nothing was changed." : "How far it came is not known.";
  return text(turn, { doing: "applying its settings", ...explain(error), state });
}

/** What failed, what was done before it, and for an activation what the client's own events say. */
export function stepFailed(
  turn: Turn,
  plan: ClientPlan,
  { step, outcome }: FailedStep,
  result: BatchResult,
  seen: ClientObservation,
  since: string,
  wanted: KmsClientInputs,
): string {
  const { answered, next } = explainAgentError(outcome.error);
  const done = plan.steps.filter((other, index) => other.op !== "expect" && result.steps[index]?.status === "done");
  const state = done.length === 0 ? "Nothing was changed" : `Done before it: ${done.map(stepText).join("; ")}`;
  const status = `its status is ${licenseStatusName(seen.product?.licenseStatus ?? 0)}`;
  if (step.op === "expect") {
    return text(turn, {
      doing: "checking the installed key",
      answered: `its channel reads ${JSON.stringify(outcome.error.actual ?? "")}, which is no KMS client's`,
      state: `${state}; ${status}.`,
      next: "give the setup key (GVLK) of this edition",
    });
  }
  const activation = step.op === "slmgr" && step.args.verb === "/ato";
  return text(turn, {
    doing: activation ? `activating by ${activator(wanted)} (slmgr /ato)` : stepText(step),
    answered,
    state: `${state}; ${status}.${activation ? eventTrail(seen, since) : ""}`,
    next: activation && wanted.activationType === "ad" ? IN_DIRECTORY : next,
  });
}

const IN_DIRECTORY =
  "see that the machine is joined to the domain and reaches a domain controller, and that the forest has an activation object " +
  "for its edition (slmgr /ao-list); activationType all lets it go on to KMS";

/** Who is asked, as the declaration has it. */
function activator(wanted: KmsClientInputs): string {
  if (wanted.activationType === "ad") return "Active Directory";
  const pin = pinWanted(wanted);
  return `KMS at ${pin ? `${pin.host}:${pin.port}` : "the hosts of its SRV records"}`;
}

export function stillNotLicensed(turn: Turn, seen: ClientObservation): string {
  return text(turn, {
    doing: "activating by KMS",
    answered: `Windows reported success, but its status is ${licenseStatusName(seen.product?.licenseStatus ?? 0)}`,
    state: "Its settings are as declared.",
    next: "look at events 12288 and 12289 in its Application log, then run `pulumi up --refresh` again",
  });
}
