import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Turns } from "../machine/turns";
import { DnsClient } from "./client";
import { findPrimary } from "./primary";
import { abortable } from "./transport/abortable";
import { type ServerAddress, serverText } from "./transport/address";
import { networkText, unreachable } from "./transport/tcpConnection";
import { TcpPool, type TcpTimes } from "./transport/tcpPool";

export interface DnsNetworkOptions {
  times?: Partial<TcpTimes>;
  /** Addresses of a host name; the system's resolver unless a test says otherwise. */
  resolve?: (host: string) => Promise<string[]>;
  /** The primary name server of a zone. */
  primaryOf?: (zone: string, signal: AbortSignal) => Promise<ServerAddress>;
  /** Milliseconds since 1970, for signatures. */
  now?: () => number;
}

/** UDP sockets open at the same time. */
const MOST_SOCKETS = 64;
const TIMES: TcpTimes = { connectMs: 5000, answerMs: 10_000 };

/** What all DNS resources of a process share: connections by address, and a turn for each set of records. */
export class DnsNetwork {
  readonly sockets = new Turns(MOST_SOCKETS);
  readonly now: () => number;
  private readonly pools = new Map<string, TcpPool>();
  private readonly sets = new Map<string, Turns>();
  private readonly options: DnsNetworkOptions;

  constructor(options: DnsNetworkOptions = {}) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  primaryOf(zone: string, signal: AbortSignal): Promise<ServerAddress> {
    return (this.options.primaryOf ?? findPrimary)(zone, signal);
  }

  async client(server: ServerAddress, signal: AbortSignal): Promise<DnsClient> {
    if (isIP(server.host)) return new DnsClient(this, server, [server.host]);
    const resolve = this.options.resolve ?? addressesOf;
    try {
      const addresses = await abortable(resolve(server.host), signal);
      return new DnsClient(this, server, addresses);
    } catch (error) {
      if (signal.aborted) throw error;
      throw unreachable(serverText(server), networkText(error as Error));
    }
  }

  tcp(address: string, port: number, where: string): TcpPool {
    const key = `${address} ${port}`;
    let pool = this.pools.get(key);
    if (!pool) {
      pool = new TcpPool(address, port, where, { ...TIMES, ...this.options.times });
      this.pools.set(key, pool);
    }
    return pool;
  }

  /** One turn at a set of records: changes to one set, by whatever resource of this process, come one after another. */
  async atSet<T>(fqdn: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let turns = this.sets.get(fqdn);
    if (!turns) {
      turns = new Turns();
      this.sets.set(fqdn, turns);
    }
    const letGo = await turns.take(signal);
    try {
      return await work();
    } finally {
      letGo();
      if (turns.inUse === 0 && turns.waiting === 0) this.sets.delete(fqdn);
    }
  }

  close(): void {
    for (const pool of this.pools.values()) pool.close();
    this.pools.clear();
  }
}

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
