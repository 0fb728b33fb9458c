import type { Logger } from "../log/logger";
import type { AgentError, HelloResult, Op, Primitives } from "./protocol";

/** `hello` as the rest of the provider sees it: the raw identity is replaced by its hash. */
export interface Hello extends Omit<HelloResult, "smbiosUuid" | "machineGuid"> {
  /** First 16 hex digits of SHA-256 over SMBIOS UUID and MachineGuid; the machine's identity, whatever its address. */
  machineId: string;
}

/** One turn on a machine: a running agent, and nobody else's operation in between. */
export interface MachineSession {
  readonly hello: Hello;
  /** "kms01 (ssh admin@10.0.0.5:22)", for messages. */
  readonly description: string;
  /** One request, one answer. Throws {@link AgentFailure} when the agent answers an error, {@link SessionError} when it does not answer. */
  call<O extends Op>(op: O, args: Primitives[O]["args"]): Promise<Primitives[O]["result"]>;
}

export interface UseOptions {
  /** Ends waiting and working. */
  signal: AbortSignal;
  log: Logger;
  /** The operation's own deadline, counted from when the machine's turn comes and the session is open. */
  operationTimeoutMs: number;
}

/** The agent answered, and the answer is an error. */
export class AgentFailure extends Error {
  override readonly name = "AgentFailure";
  constructor(
    readonly op: Op,
    readonly error: AgentError,
  ) {
    super(`${op}: ${error.kind}${error.code ? ` ${error.code}` : ""}: ${error.message}`);
  }
}

/**
 * - `noPowerShell`: the command line ran but no agent came up (no powershell.exe, a login banner that never ends, ...).
 * - `blocked`: PowerShell is there but policy forbids the agent (constrained language mode, AMSI).
 * - `died`: the connection or the agent ended while a request was open; what was done is unknown.
 * - `timeout`: no answer within the deadline; what was done is unknown.
 * - `protocol`: the other side does not speak this protocol (another agent version, garbage).
 */
export type SessionErrorKind = "noPowerShell" | "blocked" | "died" | "timeout" | "protocol";
export class SessionError extends Error {
  override readonly name = "SessionError";
  constructor(
    readonly kind: SessionErrorKind,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}
