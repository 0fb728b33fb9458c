import { describeCode } from "../../errors/codes/index";
import { failureText, OperationFailure } from "../../errors/failure";
import type { AgentError } from "../../machine/protocol";
import { AgentFailure, SessionError } from "../../machine/session";
import { ConnectError } from "../../machine/transport";

/** What an answer of the agent means and what to do about it, in our words. */
export function explainAgentError(error: AgentError): { answered: string; next: string } {
  const words = error.message ? ` (the machine says: ${error.message})` : "";
  switch (error.kind) {
    case "hresult": {
      const { code, name, meaning, remedy } = describeCode(error.code ?? "0x80004005");
      return { answered: `Windows answered ${code}${name ? ` ${name}` : ""}: ${meaning}`, next: remedy };
    }
    case "notKmsHost":
      return {
        answered: "the machine is no KMS host, and this setting exists on an activated KMS host only",
        next: "install and activate a KMS host key there (productKey, activation.method)",
      };
    case "noProduct":
      return {
        answered: "no Windows product with a key is on the machine",
        next: "install a key first (setupKey or productKey)",
      };
    case "notSupported":
      return {
        answered: `this Windows does not have that function${words}`,
        next: "leave that property out for this machine",
      };
    case "expectation":
      return { answered: `the check read ${JSON.stringify(error.actual ?? null)}`, next: "see what the key is for" };
    case "restartRefused":
      return {
        answered: `the service would not restart${words}`,
        next: "restart it on the machine (net stop sppsvc && net start sppsvc) or reboot it, then run `pulumi up --refresh` again",
      };
    case "busy":
      return {
        answered: "another run is changing this machine",
        next: "wait for it to end and run `pulumi up --refresh` again",
      };
    case "refused":
      return {
        answered: `the agent refused the request${words}`,
        next: "please report this: the provider sent what its agent does not take",
      };
    case "internal":
      return {
        answered: `the agent met an error that it does not know: ${error.exception ?? ""}${words}`,
        next: "look at the machine's WMI (Get-WmiObject SoftwareLicensingService) and report this if it answers there",
      };
  }
}

const NOT_LOOKED = "Nothing was changed, and what state it is in is not known.";

/** An error of opening a session: nothing could be looked at, nothing was changed. */
export function cannotLook(resource: string, machine: string, error: ConnectError | SessionError): OperationFailure {
  const doing =
    error instanceof ConnectError
      ? { connect: "connecting", hostKey: "checking the host key", login: "logging in", start: "starting PowerShell" }[
          error.kind
        ]
      : "starting the agent";
  const text = failureText({
    resource,
    machine,
    doing,
    answered: error.message,
    state: NOT_LOOKED,
    next: error.remedy,
  });
  return new OperationFailure(text, true);
}

/** What was answered and what to do, for anything that can go wrong while a session is open. */
export function explain(error: unknown): { answered: string; next: string } {
  if (error instanceof AgentFailure) return explainAgentError(error.error);
  if (error instanceof SessionError || error instanceof ConnectError) {
    return { answered: error.message, next: error.remedy };
  }
  throw error;
}

/** What was written and did not stay, by the names that Windows knows it by. */
export const readsInstead = (left: readonly { known: string; was: unknown; set: unknown }[]): string =>
  left
    .map(({ known, was, set }) => `${known} reads ${JSON.stringify(was)} instead of ${JSON.stringify(set)}`)
    .join("; ");

/** The agent answered without having begun: nothing was changed, for certain. */
export const neverBegun = (error: unknown): boolean =>
  error instanceof AgentFailure && (error.error.kind === "busy" || error.error.kind === "refused");
