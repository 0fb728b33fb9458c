import { randomInt } from "node:crypto";
import type { DnsFaults } from "./faults";
import { Listener, type Serve } from "./listener";
import type { Responder } from "./responder";

export const DNS_HOST = "127.0.0.1";
const DNS_HOST6 = "::1";
/** As the machines' SSH ports: below those that systems hand out to outgoing connections. */
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;
const TRIES = 50;

/** UDP and TCP on one port of loopback: IPv4, and IPv6 where the system has it. */
export class DnsServer {
  #listeners: Listener[] = [];

  constructor(
    private readonly responder: Responder,
    private readonly faults: DnsFaults,
  ) {}

  get open(): boolean {
    return this.#listeners.length > 0;
  }

  /** Listens on `port`, or on a free one for 0; answers which. */
  async listen(port: number): Promise<number> {
    for (let tries = 1; ; tries++) {
      const wanted = port === 0 ? randomInt(FIRST_PORT, LAST_PORT + 1) : port;
      try {
        this.#listeners = [await Listener.open(DNS_HOST, wanted, this.#serve)];
        const second = await Listener.open(DNS_HOST6, wanted, this.#serve).catch(() => undefined);
        if (second) this.#listeners.push(second);
        return wanted;
      } catch (error) {
        if (port === 0 && tries < TRIES) continue;
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(
          `The lab's DNS server cannot open ${DNS_HOST}:${wanted} (${why}). Another program may use the port now; free it, or delete the lab's state to get new ports.`,
        );
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  readonly #serve: Serve = (packet, transport, send) => {
    if (this.faults.drop) return;
    const answer = this.responder.answer(packet, transport);
    if (!answer) return;
    if (this.faults.latencyMs === 0) send(answer);
    else setTimeout(() => send(answer), this.faults.latencyMs).unref();
  };
}
