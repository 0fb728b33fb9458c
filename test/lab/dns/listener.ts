import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, type Server, type Socket } from "node:net";

export type Transport = "udp" | "tcp";

/** Takes one packet, and sends its answer, or none, by `send`. */
export type Serve = (packet: Buffer, transport: Transport, send: (answer: Buffer) => void) => void;

const IDLE_MS = 30_000;
const MAX_CONNECTIONS = 256;

/** UDP and TCP on one port of one address. */
export class Listener {
  readonly #connections = new Set<Socket>();

  private constructor(
    private readonly udp: UdpSocket,
    private readonly tcp: Server,
    private readonly serve: Serve,
  ) {
    udp.on("message", (packet, from) => {
      this.serve(packet, "udp", (answer) => {
        // The answer to nobody: its caller may be gone, and a server goes on.
        if (this.tcp.listening) udp.send(answer, from.port, from.address, () => {});
      });
    });
    udp.on("error", () => {});
    tcp.on("connection", (socket) => this.#take(socket));
    tcp.maxConnections = MAX_CONNECTIONS;
  }

  /** Rejects with the system's error when the port is in use, or the address is not there. */
  static async open(host: string, port: number, serve: Serve): Promise<Listener> {
    const udp = createSocket(isIPv6(host) ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
    const tcp = createServer();
    const listener = new Listener(udp, tcp, serve);
    try {
      udp.bind(port, host);
      await once(udp, "listening");
      tcp.listen({ port, host, ipv6Only: true });
      await once(tcp, "listening");
      return listener;
    } catch (error) {
      await listener.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#connections.clear();
    const closed = this.tcp.listening ? new Promise<void>((resolve) => this.tcp.close(() => resolve())) : undefined;
    await new Promise<void>((resolve) => this.udp.close(() => resolve()));
    await closed;
  }

  /** Each message on a connection has its length in two bytes before it. */
  #take(socket: Socket): void {
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
        this.serve(packet, "tcp", (answer) => {
          const frame = Buffer.alloc(2);
          frame.writeUInt16BE(answer.length, 0);
          if (!socket.destroyed) socket.write(Buffer.concat([frame, answer]));
        });
      }
    });
  }
}
