import type { Op } from "pulumi-volume-activation-provider/machine/protocol";

/** What is made to go wrong on a machine. They live as long as the lab runs and are in no state file. */
export interface Faults {
  /** Milliseconds before each answer. */
  latencyMs: number;
  /** Milliseconds that each step of a batch takes. */
  stepMs: number;
  /** The machine does not answer on the network at all. */
  down: boolean;
  /** powershell.exe is not there. */
  noPowerShell: boolean;
  /** Policy holds PowerShell in constrained language mode. */
  constrainedLanguage: boolean;
  /** The account is no elevated administrator. */
  notElevated: boolean;
  /** sppsvc does not let itself be stopped. */
  stopRefused: boolean;
  /** This operation is never answered, alone or in a batch. */
  hangOn: Op | null;
  /** The agent answers this operation with an error of kind `internal`. */
  failOn: Op | null;
  /** This operation is not done, and the connection is lost. */
  dropOn: Op | null;
  /** The agent dies after this many steps of the next batch that has any (0 = before the first); once. */
  dieAfterStep: number | null;
  /** The agent dies right before or right after the restart in the next batch; once. */
  dieAtRestart: "before" | "after" | null;
}

export function noFaults(): Faults {
  return {
    latencyMs: 0,
    stepMs: 0,
    down: false,
    noPowerShell: false,
    constrainedLanguage: false,
    notElevated: false,
    stopRefused: false,
    hangOn: null,
    failOn: null,
    dropOn: null,
    dieAfterStep: null,
    dieAtRestart: null,
  };
}

/** The agent's process is gone, in the middle of what it did. */
export class AgentDied extends Error {
  override readonly name = "AgentDied";
  constructor(
    message: string,
    /** The whole connection to the machine is lost with it. */
    readonly connectionLost = false,
  ) {
    super(message);
  }
}

/** The agent's process is there and does nothing any more. */
export class AgentHung extends Error {
  override readonly name = "AgentHung";
}
