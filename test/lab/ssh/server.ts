import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { Server, type ServerChannel } from "ssh2";
import { publicLineOf } from "./keys";
import { answerLogin, type SshAccount } from "./login";

export interface SshServerOptions {
  hostKeyPem: string;
  /** TCP port on 127.0.0.1; 0 = any free one. */
  port: number;
  accounts: (user: string) => SshAccount | undefined;
  /** Runs one command line; its result is the exit code. Standard input ends when the client closes it or is gone. */
  exec: (
    user: string,
    commandLine: string,
    io: { stdin: Readable; stdout: Writable; stderr: Writable },
  ) => Promise<number>;
  /** Told of every TCP connection that arrives. */
  onDial?: () => void;
  /** Login methods offered; default all three. */
  methods?: ("publickey" | "password" | "keyboard-interactive")[];
  /** Text shown before the login. */
  banner?: string;
}

export interface SshServer {
  port: number;
  /** The host key as one authorized_keys line. */
  hostKeyLine: string;
  /** Cuts every connection, as a machine that loses its power does; the server goes on. */
  dropConnections(): void;
  close(): Promise<void>;
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1"]);
const ALL_METHODS = ["publickey", "password", "keyboard-interactive"] as const;

/** An SSH server on loopback that runs commands and forwards TCP to loopback: no shell, no terminal, no files. */
export function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const methods = options.methods ?? ALL_METHODS;
  const config = { hostKeys: [options.hostKeyPem], ...(options.banner ? { banner: options.banner } : {}) };
  const ssh = new Server(config, (client) => {
    client.on("error", () => {
      // A client that goes away without a word is everyday life; "close" follows.
    });
    let user = "";
    client.on("authentication", (context) => {
      user = context.username;
      answerLogin(context, options.accounts(user), methods);
    });
    client.on("ready", () => {
      client.on("session", (accept) => {
        accept().on("exec", (acceptExec, _reject, { command }) => {
          void run(options, user, command, acceptExec());
        });
      });
      client.on("tcpip", (accept, reject, { destIP, destPort }) => {
        if (!LOOPBACK.has(destIP)) {
          reject();
          return;
        }
        const socket = connect(destPort, destIP === "localhost" ? "127.0.0.1" : destIP);
        let channel: ServerChannel | undefined;
        socket.once("connect", () => {
          channel = accept();
          channel.on("error", () => socket.destroy());
          channel.on("close", () => socket.destroy());
          socket.pipe(channel).pipe(socket);
        });
        socket.on("error", () => {
          if (channel) channel.destroy();
          else reject();
        });
        client.on("close", () => socket.destroy());
      });
    });
  });

  const sockets = new Set<Socket>();
  // An own listener, so that answers are not held back (Nagle) and connections can be cut.
  const server = createServer({ noDelay: true }, (socket) => {
    options.onDial?.();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", () => {
      const dropConnections = () => {
        for (const socket of sockets) socket.destroy();
      };
      resolve({
        port: (server.address() as AddressInfo).port,
        hostKeyLine: publicLineOf(options.hostKeyPem),
        dropConnections,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            dropConnections();
          }),
      });
    });
  });
}

async function run(options: SshServerOptions, user: string, command: string, channel: ServerChannel): Promise<void> {
  channel.on("error", () => {
    // Writing to a client that is gone; the command hears of it by the end of its input.
  });
  let code: number;
  try {
    code = await options.exec(user, command, { stdin: channel.stdin, stdout: channel.stdout, stderr: channel.stderr });
  } catch (error) {
    channel.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    code = 1;
  }
  if (channel.destroyed) return;
  channel.exit(code);
  channel.end();
}
