import { Turns } from "../../machine/turns";
import { DnsError } from "../errors";
import { abortable } from "./abortable";
import { TcpConnection } from "./tcpConnection";

/** Connections kept open to one address: more gain nothing, since servers do a zone's updates one by one. */
const MOST_CONNECTIONS = 2;
/** Requests under way on one connection. */
const MOST_IN_FLIGHT = 16;
/** Servers close idle connections after some seconds by themselves; ours go first, so that few requests are lost. */
const IDLE_MS = 4000;

export interface TcpTimes {
  connectMs: number;
  answerMs: number;
}

/** The kept-open connections to one address. */
export class TcpPool {
  private connections: TcpConnection[] = [];
  private opening: Promise<TcpConnection> | undefined;
  private readonly turns = new Turns(MOST_CONNECTIONS * MOST_IN_FLIGHT);
  private idle: NodeJS.Timeout | undefined;
  /** Connections opened so far. */
  dials = 0;

  constructor(
    private readonly host: string,
    private readonly port: number,
    private readonly where: string,
    private readonly times: TcpTimes,
  ) {}

  /**
   * Sends and waits for the answer. When a connection that had served before turns out to be closed, `again` says
   * whether the request may be sent once more on a new one; an update may not, since it may have been done.
   */
  async exchange(build: (id: number) => Buffer, signal: AbortSignal, again: boolean): Promise<Buffer> {
    const letGo = await this.turns.take(signal);
    try {
      clearTimeout(this.idle);
      const connection = await this.connection(signal);
      const served = connection.answered > 0;
      try {
        return await connection.exchange(build, this.times.answerMs, signal);
      } catch (error) {
        if (!(again && served && error instanceof DnsError && error.kind === "lost")) throw error;
        return await (await this.connection(signal)).exchange(build, this.times.answerMs, signal);
      }
    } finally {
      letGo();
      this.connections = this.connections.filter(({ usable }) => usable);
      if (this.turns.inUse === 0) this.idle = setTimeout(() => this.close(), IDLE_MS).unref();
    }
  }

  /** A connection is open that has served and has room, so that a question needs no socket of its own. */
  get warm(): boolean {
    return this.connections.some(
      ({ usable, answered, inFlight }) => usable && answered > 0 && inFlight < MOST_IN_FLIGHT,
    );
  }

  close(): void {
    clearTimeout(this.idle);
    for (const connection of this.connections) connection.close();
    this.connections = [];
  }

  private async connection(signal: AbortSignal): Promise<TcpConnection> {
    for (;;) {
      signal.throwIfAborted();
      const open = this.connections.filter(({ usable }) => usable).sort((a, b) => a.inFlight - b.inFlight);
      const [least] = open;
      if (least && (least.inFlight < MOST_IN_FLIGHT || open.length >= MOST_CONNECTIONS)) return least;
      this.opening ??= this.open().finally(() => {
        this.opening = undefined;
      });
      try {
        // Others wait for the same dial and then choose anew.
        await abortable(this.opening, signal);
      } catch (error) {
        // A server that allows one connection only is served by that one.
        if (!least?.usable || signal.aborted) throw error;
        return least;
      }
    }
  }

  private async open(): Promise<TcpConnection> {
    this.dials++;
    const connection = await TcpConnection.open(this.host, this.port, this.where, this.times.connectMs);
    this.connections.push(connection);
    return connection;
  }
}
