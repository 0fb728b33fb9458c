/**
 * How bytes reach the agent's PowerShell. A transport opens one channel to one machine and starts one command there;
 * everything above it (framing, agent, operations) does not know which transport it is.
 */
export interface Channel {
  /** Sends bytes to the command's standard input; resolves when they were taken over. */
  write(data: Buffer): Promise<void>;
  /** Standard output, as it comes. */
  onData(listener: (chunk: Buffer) => void): void;
  /** Standard error, as it comes. */
  onStderr(listener: (chunk: Buffer) => void): void;
  /** Called once: the command ended (`exitCode`) or the connection was lost (`error`). */
  onClose(listener: (end: { exitCode?: number; error?: Error }) => void): void;
  /** Closes standard input, then the connection. Safe to call twice. */
  close(): void;
  /** Whether this channel keeps the process from exiting (true from the start). A channel without it always does. */
  keepAlive?(wanted: boolean): void;
}

export interface Transport {
  /** One line for messages, like "ssh admin@kms01.contoso.com:22". */
  readonly description: string;
  /** Connects, authenticates, checks the host's identity, starts `command`. Throws a {@link ConnectError}. */
  open(command: string, signal: AbortSignal): Promise<Channel>;
}

/**
 * - `connect`: nobody answered (name, route, port, time).
 * - `hostKey`: somebody answered, but not the machine whose key was declared.
 * - `login`: the machine refused the account.
 * - `start`: logged in, but the command could not be started.
 */
export type ConnectErrorKind = "connect" | "hostKey" | "login" | "start";
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  constructor(
    readonly kind: ConnectErrorKind,
    message: string,
    /** What to do about it. */
    readonly remedy: string,
  ) {
    super(message);
  }
}
