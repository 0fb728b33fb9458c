import { randomInt } from "node:crypto";
import { connect, type Socket } from "node:net";
import { DnsError, MalformedError } from "../errors";
import { HEADER, MOST_MESSAGE } from "../wire/constants";

interface Waiting {
  resolve(answer: Buffer): void;
  reject(error: Error): void;
}

/** Octets of the length before each message. */
const LENGTH = 2;
/** Requests given up on one connection before a new one is better. */
const MOST_ABANDONED = 100;

/** One TCP connection with many requests under way, told apart by their IDs (RFC 7766 6.2.1). */
export class TcpConnection {
  private readonly waiting = new Map<number, Waiting>();
  private readonly abandoned = new Set<number>();
  private chunks: Buffer[] = [];
  /** Lengths and messages that wait for the end of this turn. */
  private readonly outgoing: Buffer[] = [];
  private buffered = 0;
  private ended: DnsError | undefined;
  /** Answers that came over it. */
  answered = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly where: string,
  ) {
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("error", (error) => this.end(lost(where, `the connection broke: ${networkText(error)}`)));
    socket.on("close", () => this.end(lost(where, "the server closed the connection")));
    this.rest();
  }

  static open(host: string, port: number, where: string, milliseconds: number): Promise<TcpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      const timer = setTimeout(() => fail(`no connection within ${milliseconds / 1000} s`), milliseconds);
      const fail = (why: string) => {
        clearTimeout(timer);
        socket.destroy();
        reject(unreachable(where, why));
      };
      const onError = (error: Error) => fail(networkText(error));
      socket.on("error", onError);
      socket.once("connect", () => {
        clearTimeout(timer);
        const connection = new TcpConnection(socket, where);
        socket.off("error", onError);
        resolve(connection);
      });
    });
  }

  get usable(): boolean {
    return this.ended === undefined && this.abandoned.size < MOST_ABANDONED;
  }
  get inFlight(): number {
    return this.waiting.size;
  }

  /** Sends what `build` makes with a free ID, and resolves with the answer of that ID. */
  exchange(build: (id: number) => Buffer, milliseconds: number, signal: AbortSignal): Promise<Buffer> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.freeId();
    const message = build(id);
    if (message.length > MOST_MESSAGE) return Promise.reject(tooLong(message.length));
    this.socket.ref();
    return new Promise<Buffer>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.waiting.delete(id);
        this.rest();
      };
      const onAbort = () => {
        settle();
        // Its answer may still come: the ID must not be used for something else.
        this.abandoned.add(id);
        reject(signal.reason instanceof Error ? signal.reason : new Error("cancelled"));
      };
      const timer = setTimeout(() => {
        settle();
        this.end(lost(this.where, "the connection was given up after an answer that did not come"));
        reject(noAnswer(this.where, "TCP", milliseconds));
      }, milliseconds);
      signal.addEventListener("abort", onAbort, { once: true });
      this.waiting.set(id, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.send(message);
    });
  }

  /** All messages of one turn of the event loop go in one write: each is a call of the system, and a packet. */
  private send(message: Buffer): void {
    this.outgoing.push(Buffer.of(message.length >> 8, message.length & 0xff), message);
    if (this.outgoing.length === 2) process.nextTick(() => this.flush());
  }

  private flush(): void {
    const messages = this.outgoing.splice(0);
    if (!this.ended) this.socket.write(Buffer.concat(messages));
  }

  close(): void {
    this.end(lost(this.where, "the connection was closed"));
  }

  private freeId(): number {
    let id = randomInt(0x10000);
    while (this.waiting.has(id) || this.abandoned.has(id)) id = randomInt(0x10000);
    return id;
  }

  /** An idle connection keeps no process alive. */
  private rest(): void {
    if (this.waiting.size > 0) return;
    if (this.usable) this.socket.unref();
    else this.close();
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    for (;;) {
      if (this.buffered < LENGTH) return;
      let data = this.chunks.length === 1 ? this.chunks[0] : undefined;
      if (!data) {
        // Joined only when it can be used, so that a message that drips in costs no copy for each drop.
        const first = this.peekLength();
        if (first !== undefined && this.buffered < LENGTH + first) return;
        data = Buffer.concat(this.chunks);
        this.chunks = [data];
      }
      const length = data.readUInt16BE(0);
      if (data.length < LENGTH + length) return;
      const rest = data.subarray(LENGTH + length);
      this.chunks = rest.length ? [rest] : [];
      this.buffered = rest.length;
      if (length < HEADER) {
        this.end(new MalformedError("it is shorter than a header"));
        return;
      }
      this.deliver(data.subarray(LENGTH, LENGTH + length));
    }
  }

  private peekLength(): number | undefined {
    const [first] = this.chunks;
    return first && first.length >= LENGTH ? first.readUInt16BE(0) : undefined;
  }

  private deliver(message: Buffer): void {
    this.answered++;
    const id = message.readUInt16BE(0);
    this.abandoned.delete(id);
    // Nobody waits for an ID that was never asked for; such a message is dropped.
    this.waiting.get(id)?.resolve(message);
  }

  private end(error: DnsError): void {
    if (this.ended) return;
    this.ended = error;
    this.chunks = [];
    this.buffered = 0;
    this.socket.on("error", () => {});
    this.socket.destroy();
    for (const waiting of [...this.waiting.values()]) waiting.reject(error);
  }
}

const SYSTEM_ERRORS: { readonly [code: string]: string } = {
  ECONNREFUSED: "nothing listens there (connection refused)",
  ECONNRESET: "the server reset the connection",
  EHOSTUNREACH: "no route leads to that host",
  ENETUNREACH: "no route leads to that network",
  ETIMEDOUT: "no answer to the connection attempt",
  EPIPE: "the server closed the connection",
  EACCES: "this system does not allow the connection",
  ENOTFOUND: "no such host name",
  EAI_AGAIN: "the system's resolver does not answer",
};

/** A system error in words. */
export function networkText(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code && SYSTEM_ERRORS[code]) ?? error.message;
}

export const unreachable = (where: string, why: string): DnsError =>
  new DnsError(
    "unreachable",
    `the name server ${where} cannot be reached: ${why}`,
    'check "server" (host, host:port or [address]:port), that it runs, and that no firewall is between (DNS uses UDP and TCP)',
  );

export const noAnswer = (where: string, how: "UDP" | "TCP", milliseconds: number): DnsError =>
  new DnsError(
    "timeout",
    `the name server ${where} did not answer over ${how} within ${milliseconds / 1000} s`,
    "check that the name server runs and that no firewall is between",
  );

const tooLong = (octets: number): DnsError =>
  new DnsError(
    "tooLong",
    `the message would be ${octets} octets long, and DNS allows ${MOST_MESSAGE}: it names every record that was read`,
    "remove records of this name that nobody needs, by the name server's own means",
  );

const lost = (where: string, why: string): DnsError =>
  new DnsError("lost", `no answer came from ${where}: ${why}`, "look into the name server's log, and run it again");
