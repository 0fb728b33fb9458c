import type { ClientChannel } from "ssh2";
import type { Dialled } from "./sshDial";
import { keepAlive } from "./sshKeepAlive";
import { type Channel, ConnectError } from "./transport";

/** How long a command may take to end after its standard input was closed, before the connection is cut. */
const GRACE_MS = 1000;

/** Starts `command` without a terminal on the first connection of the chain; the others carry it and end with it. */
export function openCommand(
  chain: readonly [Dialled, ...Dialled[]],
  where: string,
  command: string,
  signal: AbortSignal,
  keepAliveMs?: number,
): Promise<Channel> {
  const [{ client, lastError }] = chain;
  return new Promise((resolve, reject) => {
    const refused = (what: string) =>
      new ConnectError(
        "start",
        `${where}: logged in, but the machine would not start a command: ${what}.`,
        "Check that the account may run commands over SSH (no ForceCommand, no sftp-only account, a usable DefaultShell " +
          "in HKLM\\SOFTWARE\\OpenSSH), and that the server has a session left (MaxSessions).",
      );
    const onAbort = () => reject(signal.reason);
    const onClose = () => reject(refused(lastError()?.message ?? "it closed the connection"));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    client.once("close", onClose);
    const done = () => {
      signal.removeEventListener("abort", onAbort);
      client.off("close", onClose);
    };
    try {
      client.exec(command, { pty: false }, (error, stream) => {
        done();
        if (error) reject(refused(error.message.replace(/^\(SSH\) /, "")));
        else resolve(new SshChannel(chain, stream, keepAliveMs));
      });
    } catch (error) {
      done();
      reject(refused(error instanceof Error ? error.message : String(error)));
    }
  });
}

type End = { exitCode?: number; error?: Error };

class SshChannel implements Channel {
  private readonly closeListeners: ((end: End) => void)[] = [];
  /** Writes that were not taken over yet; they fail with the connection. */
  private readonly writing = new Set<(error: Error) => void>();
  private ended: End | undefined;
  private exitCode: number | undefined;
  private dead: Error | undefined;
  private closing = false;

  constructor(
    private readonly chain: readonly [Dialled, ...Dialled[]],
    private readonly stream: ClientChannel,
    keepAliveMs: number | undefined,
  ) {
    const [{ client, lastError }] = chain;
    stream.on("error", (error: Error) => this.end(error));
    stream.stderr.on("error", (error: Error) => this.end(error));
    stream.on("exit", (code: number | null) => {
      if (code !== null) this.exitCode = code;
    });
    stream.on("close", () => this.end(undefined));
    client.on("close", () => this.end(this.dead ?? lastError() ?? new Error("the connection was closed")));
    const onDead = () => {
      this.dead = new Error("the machine no longer answers on this connection");
      this.cut();
    };
    keepAlive(client, onDead, keepAliveMs);
  }

  write(data: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.ended || this.closing || !this.stream.writable) {
        reject(this.ended?.error ?? new Error("the connection is closed"));
        return;
      }
      this.writing.add(reject);
      this.stream.write(data, (error) => {
        this.writing.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  // The stream holds back what comes before its first listener, so nothing is lost between start and these calls.
  onData(listener: (chunk: Buffer) => void): void {
    this.stream.on("data", listener);
  }

  onStderr(listener: (chunk: Buffer) => void): void {
    this.stream.stderr.on("data", listener);
  }

  onClose(listener: (end: End) => void): void {
    if (this.ended) listener(this.ended);
    else this.closeListeners.push(listener);
  }

  close(): void {
    if (this.closing) return;
    this.closing = true;
    if (this.ended) return;
    this.stream.end();
    // The stream reports its end only once it has been read to it.
    this.stream.resume();
    this.stream.stderr.resume();
    const timer = setTimeout(() => this.cut(), GRACE_MS);
    this.onClose(() => clearTimeout(timer));
  }

  keepAlive(wanted: boolean): void {
    for (const { socket } of this.chain) {
      if (wanted) socket?.ref();
      else socket?.unref();
    }
  }

  private end(error: Error | undefined): void {
    if (this.ended) return;
    const lost = error ?? (this.exitCode === undefined ? this.dead : undefined);
    this.ended = {
      ...(this.exitCode === undefined ? {} : { exitCode: this.exitCode }),
      ...(lost ? { error: lost } : {}),
    };
    for (const reject of this.writing) reject(lost ?? new Error("the command ended"));
    this.writing.clear();
    for (const listener of this.closeListeners.splice(0)) listener(this.ended);
    for (const { client } of this.chain) client.end();
    setTimeout(() => this.cut(), GRACE_MS).unref();
  }

  private cut(): void {
    for (const { client } of this.chain) client.destroy();
  }
}
