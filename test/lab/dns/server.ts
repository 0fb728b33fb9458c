import { randomInt } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { DnsFaults } from "./faults";
import type { Responder } from "./responder";

export const DNS_HOST = "127.0.0.1";
/** As the machines' SSH ports: below those that systems hand out to outgoing connections. */
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;
const TRIES = 50;
const IDLE_MS = 30_000;
const MAX_CONNECTIONS = 256;

/** UDP and TCP on one port of loopback. */
export class DnsServer {
  readonly #connections = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;

  constructor(
    private readonly responder: Responder,
    private readonly faults: DnsFaults,
  ) {}

  get open(): boolean {
    return this.#tcp !== undefined;
  }

  /** Listens on `port`, or on a free one for 0; answers which. */
  async listen(port: number): Promise<number> {
    for (let tries = 1; ; tries++) {
      const wanted = port === 0 ? randomInt(FIRST_PORT, LAST_PORT + 1) : port;
      try {
        await this.#open(wanted);
        return wanted;
      } catch (error) {
        await this.close();
        if (port === 0 && tries < TRIES) continue;
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(
          `The lab's DNS server cannot open ${DNS_HOST}:${wanted} (${why}). Another program may use the port now; free it, or delete the lab's state to get new ports.`,
        );
      }
    }
  }

  async close(): Promise<void> {
    const udp = this.#udp;
    const tcp = this.#tcp;
    this.#udp = undefined;
    this.#tcp = undefined;
    for (const socket of this.#connections) socket.destroy();
    this.#connections.clear();
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
    if (tcp?.listening) await new Promise<void>((resolve) => tcp.close(() => resolve()));
  }

  async #open(port: number): Promise<void> {
    const udp = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      udp.once("error", reject);
      udp.bind(port, DNS_HOST, () => {
        udp.off("error", reject);
        resolve();
      });
    }).catch((error: unknown) => {
      udp.close();
      throw error;
    });
    this.#udp = udp;
    udp.on("message", (packet, from) => {
      this.#reply(packet, "udp", (answer) => {
        // The answer to nobody: its caller may be gone, and a server goes on.
        if (this.#udp === udp) udp.send(answer, from.port, from.address, () => {});
      });
    });
    udp.on("error", () => {});
    const tcp = createServer((socket) => this.#serve(socket));
    tcp.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      tcp.once("error", reject);
      tcp.listen(port, DNS_HOST, resolve);
    });
    this.#tcp = tcp;
  }

  /** Each message on a connection has its length in two bytes before it. */
  #serve(socket: Socket): void {
    this.#connections.add(socket);
    let pending = Buffer.alloc(0);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0);
        const packet = Buffer.from(pending.subarray(2, 2 + length));
        pending = pending.subarray(2 + length);
        this.#reply(packet, "tcp", (answer) => {
          const frame = Buffer.alloc(2);
          frame.writeUInt16BE(answer.length, 0);
          if (!socket.destroyed) socket.write(Buffer.concat([frame, answer]));
        });
      }
    });
  }

  #reply(packet: Buffer, transport: "udp" | "tcp", send: (answer: Buffer) => void): void {
    if (this.faults.drop) return;
    const answer = this.responder.answer(packet, transport);
    if (!answer) return;
    if (this.faults.latencyMs === 0) send(answer);
    else setTimeout(() => send(answer), this.faults.latencyMs).unref();
  }
}
