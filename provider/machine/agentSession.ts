import type { Logger } from "../log/logger";
import { callTimedOut, endedBeforeReady, fatalError, lostAgent, protocolError, startTimedOut } from "./agentFailures";
import { StrayOutput } from "./agentOutput";
import { DeadlineError } from "./deadline";
import { type Frame, LineSplitter, MAX_LINE_BYTES } from "./framing";
import { readHello } from "./hello";
import { type AgentLine, MAX_REQUEST_BYTES, type Op, PROTOCOL_VERSION, type Primitives } from "./protocol";
import { AgentFailure, type Hello, SessionError } from "./session";
import type { Channel, Transport } from "./transport";
import { Turns } from "./turns";

/** Under a third of the agent's own limit of silence, so that one lost ping does not end it. */
const PING_INTERVAL_MS = 20_000;
/** How long `close` waits for the other side. */
const CLOSE_MS = 2_000;

/** The program to run on the machine. */
export interface AgentProgram {
  /** The agent's text, as its bytes are sent. */
  text(): Buffer;
  /** Command line that reads `length` bytes of program text from its standard input and runs them. */
  command(length: number): string;
}

export interface AgentSessionOptions {
  signal: AbortSignal;
  log: Logger;
  pingIntervalMs?: number;
  /** Told once the command is running. */
  onStart?: () => void;
  /** Told for each wait for the machine: `ready` and every answered request; pings are no waits. */
  onRoundTrip?: () => void;
}

interface Pending {
  op: Op;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One running agent. Requests are sent one after the other; whoever ends while one is open ends the session. */
export class AgentSession {
  private readonly splitter = new LineSplitter();
  private readonly stray = new StrayOutput();
  private readonly oneAtATime = new Turns(1);
  private readonly pending = new Map<number, Pending>();
  private readonly endListeners: (() => void)[] = [];
  private greeting: Hello | undefined;
  private nextId = 1;
  private pingsOpen = 0;
  private pingTimer: NodeJS.Timeout | undefined;
  private ready: { resolve(): void; reject(error: Error): void } | undefined;
  private failure: Error | undefined;
  private channelClosed = false;

  private constructor(
    private readonly channel: Channel,
    private readonly where: string,
    private readonly agentLength: number,
    private readonly log: Logger,
    private readonly onRoundTrip: () => void,
  ) {}

  /** Connects, starts PowerShell, sends the agent, waits for it and asks `hello`. */
  static async open(transport: Transport, program: AgentProgram, options: AgentSessionOptions): Promise<AgentSession> {
    const { signal, log } = options;
    const text = program.text();
    const channel = await transport.open(program.command(text.length), signal);
    options.onStart?.();
    const onRoundTrip = options.onRoundTrip ?? (() => {});
    const session = new AgentSession(channel, transport.description, text.length, log, onRoundTrip);
    try {
      await session.start(text, signal);
      await session.greet(signal);
    } catch (error) {
      session.end(new Error("the session did not open"));
      throw error;
    }
    session.startPings(options.pingIntervalMs ?? PING_INTERVAL_MS);
    return session;
  }

  get hello(): Hello {
    if (!this.greeting)
      throw new Error(`${this.where}: the agent was asked for its identity before it had said hello.`);
    return this.greeting;
  }

  /** "KMS01 (ssh admin@10.0.0.5:22)", for messages. */
  get description(): string {
    return `${this.hello.computerName} (${this.where})`;
  }

  /** False once it cannot be used any more. */
  get alive(): boolean {
    return this.failure === undefined;
  }

  /** Called once, when the session cannot be used any more. */
  onEnd(listener: () => void): void {
    if (this.failure) listener();
    else this.endListeners.push(listener);
  }

  /** Whether this session keeps the process from exiting. */
  keepAlive(wanted: boolean): void {
    this.channel.keepAlive?.(wanted);
  }

  /**
   * One request, one answer. When `signal` aborts while the request is open, the session ends: what the agent is doing
   * cannot be called back, and its late answer must not meet another request.
   */
  async call<O extends Op>(op: O, args: Primitives[O]["args"], signal: AbortSignal): Promise<Primitives[O]["result"]> {
    const done = await this.oneAtATime.take(signal).catch((reason) => {
      throw this.givenUp(op, reason);
    });
    try {
      return (await this.request(op, args, signal)) as Primitives[O]["result"];
    } finally {
      done();
    }
  }

  /** Closes standard input, so that the agent ends, then the connection. Resolves when closed, at the latest after 2 s. */
  close(): Promise<void> {
    this.end(new SessionError("died", `${this.where}: the session was closed.`, "Run the operation again."));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      this.channel.onClose(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private start(text: Buffer, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(signal.reason instanceof DeadlineError ? startTimedOut(this.where, this.stray) : signal.reason);
      };
      const finish = () => {
        signal.removeEventListener("abort", onAbort);
        this.ready = undefined;
      };
      this.ready = {
        resolve: () => {
          finish();
          this.onRoundTrip();
          resolve();
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      };
      this.channel.onStderr((chunk) => this.stray.addStderr(chunk));
      this.channel.onData((chunk) => {
        for (const frame of this.splitter.push(chunk)) this.onFrame(frame);
      });
      this.channel.onClose((end) => {
        this.channelClosed = true;
        for (const frame of this.splitter.end()) this.onFrame(frame);
        if (this.ready) this.end(endedBeforeReady(this.where, end, this.stray));
        else this.end(lostAgent(this.where, end, this.openOp(), this.stray));
      });
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      // If the text cannot be written, the channel closes, and its end says more.
      this.channel.write(text).catch((error: Error) => this.log.debug(`${this.where}: ${error.message}`));
    });
  }

  private async greet(signal: AbortSignal): Promise<void> {
    let result: unknown;
    try {
      result = await this.request("hello", {}, signal);
    } catch (error) {
      if (error instanceof AgentFailure) throw protocolError(this.where, `it answers hello with ${error.message}`);
      if (signal.aborted && signal.reason instanceof DeadlineError) throw startTimedOut(this.where, this.stray);
      throw error;
    }
    const read = readHello(result);
    if ("wrong" in read) throw protocolError(this.where, read.wrong);
    this.checkIdentity(read.hello);
    this.greeting = read.hello;
  }

  private checkIdentity(of: { protocol: number; agentLength: number }): void {
    if (of.protocol !== PROTOCOL_VERSION) {
      throw protocolError(this.where, `it says protocol version ${of.protocol}, and ${PROTOCOL_VERSION} is expected`);
    }
    if (of.agentLength !== this.agentLength) {
      throw protocolError(
        this.where,
        `it received ${of.agentLength} bytes of program text, and ${this.agentLength} were sent`,
      );
    }
  }

  private request(op: Op, args: unknown, signal: AbortSignal): Promise<unknown> {
    if (this.failure) return Promise.reject(this.failure);
    if (signal.aborted) return Promise.reject(this.givenUp(op, signal.reason));
    const id = this.nextId++;
    const line = requestLine(id, op, args);
    if (line.length > MAX_REQUEST_BYTES) {
      return Promise.reject(
        new SessionError(
          "protocol",
          `${this.where}: the request "${op}" has ${line.length} bytes, and the agent takes ${MAX_REQUEST_BYTES} at most. Nothing was sent.`,
          "Ask for less at once: split long lists over several resources.",
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const error = this.givenUp(op, signal.reason);
        this.settle(id)?.reject(error);
        this.end(error);
      };
      const finish = () => signal.removeEventListener("abort", onAbort);
      this.pending.set(id, {
        op,
        resolve: (result) => {
          finish();
          this.onRoundTrip();
          resolve(result);
        },
        reject: (error) => {
          finish();
          if (error instanceof AgentFailure) this.onRoundTrip();
          reject(error);
        },
      });
      signal.addEventListener("abort", onAbort, { once: true });
      this.send(line);
    });
  }

  private send(line: Buffer): void {
    // A failed write is followed by the channel's end, which tells everybody who waits.
    this.channel
      .write(line)
      .catch((error: Error) => this.end(lostAgent(this.where, { error }, this.openOp(), this.stray)));
  }

  private givenUp(op: Op, reason: unknown): Error {
    if (reason instanceof DeadlineError) return callTimedOut(this.where, op, reason.seconds);
    return reason instanceof Error ? reason : new Error(`"${op}" was cancelled.`);
  }

  private onFrame(frame: Frame): void {
    if (frame.kind === "tooLong") {
      this.end(protocolError(this.where, `it sent a line of more than ${MAX_LINE_BYTES / 1024 / 1024} MiB`));
      return;
    }
    if (frame.kind === "noise") {
      this.stray.addNoise(frame.text);
      this.log.debug(`${this.where}: stray output of ${frame.text.length} characters`);
      return;
    }
    const line = readLine(frame.json);
    if (line === undefined) {
      this.end(
        protocolError(this.where, `it sent a protocol line that cannot be read (${frame.json.length} characters)`),
      );
      return;
    }
    this.onLine(line);
  }

  private onLine(line: AgentLine): void {
    if ("fatal" in line) {
      this.end(fatalError(this.where, line, this.stray, this.ready === undefined, this.openOp()));
      return;
    }
    if ("ready" in line) {
      try {
        this.checkIdentity(line.ready);
        this.ready?.resolve();
      } catch (error) {
        this.end(error instanceof Error ? error : new Error(String(error)));
      }
      return;
    }
    if (line.id === null) {
      // The agent could not even read a request's id, so nobody else would ever hear of it.
      const said = line.ok ? "" : ` (${line.error.kind})`;
      this.end(protocolError(this.where, `it could not read a request${said}`));
      return;
    }
    const waiting = this.settle(line.id);
    if (!waiting) {
      this.log.debug(`${this.where}: an answer to request ${line.id}, which nobody waits for, was dropped`);
      return;
    }
    if (line.ok) waiting.resolve(line.result);
    else waiting.reject(new AgentFailure(waiting.op, line.error));
  }

  private settle(id: number): Pending | undefined {
    const waiting = this.pending.get(id);
    this.pending.delete(id);
    return waiting;
  }

  /** The operation that the agent is busy with. */
  private openOp(): string | undefined {
    return [...this.pending.values()].find(({ op }) => op !== "ping")?.op;
  }

  /**
   * Keeps the agent alive, and finds out about one that is gone: a busy agent answers its pings afterwards, an idle one
   * at once, so unanswered pings count only while nothing else is open.
   */
  private startPings(intervalMs: number): void {
    this.pingTimer = setInterval(() => {
      if (this.pingsOpen >= 2 && this.openOp() === undefined) {
        this.end(lostAgent(this.where, { error: new Error("it no longer answers") }, undefined, this.stray));
        return;
      }
      const id = this.nextId++;
      this.pingsOpen++;
      const answered = () => {
        this.pingsOpen--;
      };
      this.pending.set(id, { op: "ping", resolve: answered, reject: answered });
      this.send(requestLine(id, "ping", {}));
    }, intervalMs);
    this.pingTimer.unref();
  }

  private end(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    clearInterval(this.pingTimer);
    this.ready?.reject(error);
    for (const [id, waiting] of [...this.pending]) {
      this.pending.delete(id);
      waiting.reject(error);
    }
    if (!this.channelClosed) this.channel.close();
    for (const listener of this.endListeners.splice(0)) listener();
  }
}

/** ASCII only, so that no decoding on the way can matter. */
function requestLine(id: number, op: Op, args: unknown): Buffer {
  const json = JSON.stringify({ id, op, args }).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return Buffer.from(`${json}\n`, "ascii");
}

/** A protocol line, if it has the form of one. */
function readLine(json: string): AgentLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const wellFormed =
    typeof value.fatal === "string" ||
    isRecord(value.ready) ||
    (typeof value.id === "number" && value.ok === true) ||
    ((typeof value.id === "number" || value.id === null) && value.ok === false && isAgentError(value.error));
  return wellFormed ? (value as unknown as AgentLine) : undefined;
}

const isAgentError = (value: unknown) =>
  isRecord(value) && typeof value.kind === "string" && typeof value.message === "string";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
