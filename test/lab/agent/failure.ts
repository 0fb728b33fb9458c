import type { AgentError, Op } from "pulumi-volume-activation-provider/machine/protocol";
import { AgentDied, AgentHung } from "../machine/faults";
import { hex, NoProductError, NotSupportedError, WindowsError } from "../machine/hresult";
import type { Machine } from "../machine/machine";
import { exceptionFor, messageFor } from "../machine/messages";
import { StopRefusedError } from "../machine/service";

/** An answer that is an error, as the agent's own checks give it. */
export class OpError extends Error {
  override readonly name = "OpError";
  constructor(readonly error: AgentError) {
    super(error.message);
  }
}

export function refuse(message: string): never {
  throw new OpError({ kind: "refused", message });
}

/** What the agent would answer to what Windows did. */
export function toAgentError(error: unknown, language: string): AgentError {
  if (error instanceof OpError) return error.error;
  if (error instanceof WindowsError) {
    return {
      kind: "hresult",
      code: hex(error.code),
      exception: exceptionFor(error.code),
      message: messageFor(error.code, language),
    };
  }
  if (error instanceof NotSupportedError) return { kind: "notSupported", message: error.message };
  if (error instanceof NoProductError) return { kind: "noProduct", message: error.message };
  if (error instanceof StopRefusedError) {
    return { kind: "restartRefused", message: `${error.message} Restart the service by hand, or restart Windows.` };
  }
  if (error instanceof AgentDied || error instanceof AgentHung) throw error;
  const unknown = error instanceof Error ? error : new Error(String(error));
  return { kind: "internal", exception: unknown.name, message: unknown.message };
}

/** The faults that strike when an operation begins. */
export function strike(machine: Machine, op: Op): void {
  const { hangOn, dropOn, failOn } = machine.faults;
  if (hangOn === op) throw new AgentHung(`the agent hangs on ${op}`);
  if (dropOn === op) throw new AgentDied(`the connection was dropped on ${op}`, true);
  if (failOn === op) throw new Error(`the agent met something unknown in ${op}`);
}
