import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { TestCertificate } from "./certificate";

/** A server that takes every login, until it is told otherwise; keeps what was sent to it. */
export class FakeServer {
  received = Buffer.alloc(0);
  connections = 0;
  readonly sockets: TLSSocket[] = [];
  /** What it does when somebody connects, before the TLS handshake. */
  onConnection: (() => void) | undefined;
  /** What it does with a message, in the place of `answer`. */
  onMessage: ((socket: TLSSocket, message: Buffer) => void) | undefined;
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start({ cert, key }: TestCertificate): Promise<FakeServer> {
    const server = createServer({ cert, key });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const fake = new FakeServer(server, (server.address() as AddressInfo).port);
    server.on("connection", () => fake.onConnection?.());
    server.on("secureConnection", (socket) => fake.#serve(socket));
    server.on("tlsClientError", () => {});
    return fake;
  }

  #serve(socket: TLSSocket): void {
    this.connections++;
    this.sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      if (this.onMessage) this.onMessage(socket, chunk);
      else this.answer(socket, chunk);
    });
  }

  /** Success to a login, and nothing to everything else. */
  answer(socket: TLSSocket, message: Buffer): void {
    // BindResponse under the number of the request.
    const bind = Buffer.from("300c02010061070a010004000400", "hex");
    bind[4] = message[4] ?? 0;
    if (message[5] === 0x60) socket.write(bind);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }
}
