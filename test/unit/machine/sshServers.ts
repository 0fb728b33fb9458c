import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, vi } from "vitest";
import { type Logger, silentLogger } from "../../../provider/log/logger";
import type { ResolvedConnection } from "../../../provider/machine/connection";
import { sshTransport } from "../../../provider/machine/ssh";
import { type Channel, ConnectError } from "../../../provider/machine/transport";
import { errorOf } from "../../failures";
import { newHostKey } from "../../lab/ssh/keys";
import { type SshServer, type SshServerOptions, startSshServer } from "../../lab/ssh/server";
import type { Io } from "./fakeAgent";

export const PASSWORD = "correct horse battery staple";
export const hostKey = newHostKey("ed25519");
export const userKey = newHostKey("ed25519");
export const never: AbortSignal = new AbortController().signal;

/** Done after each test, the last one first. */
export const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const echo = async (_user: string, command: string, io: Io): Promise<number> => {
  io.stdout.write(`ran ${command}\n`);
  for await (const chunk of io.stdin as AsyncIterable<Buffer>) io.stdout.write(chunk);
  return 7;
};

export async function server(more: Partial<SshServerOptions> = {}): Promise<SshServer & { dials: () => number }> {
  let dials = 0;
  const started = await startSshServer({
    hostKeyPem: hostKey.privatePem,
    port: 0,
    accounts: (user) => (user === "admin" ? { password: PASSWORD, publicKeys: [userKey.publicLine] } : undefined),
    exec: echo,
    onDial: () => dials++,
    ...more,
  });
  cleanups.push(() => started.close());
  return { ...started, dials: () => dials };
}

export type Fields = Partial<ResolvedConnection["endpoint"]>;
export const connection = (
  port: number,
  fields: Fields = {},
  more: Partial<ResolvedConnection> = {},
): ResolvedConnection => ({
  endpoint: { host: "127.0.0.1", port, user: "admin", hostKey: hostKey.publicLine, dialErrorLimit: 0, ...fields },
  connectTimeoutMs: 10_000,
  ...more,
});

export async function open(
  to: ResolvedConnection,
  log: Logger = silentLogger,
  signal: AbortSignal = never,
): Promise<Channel> {
  const channel = await sshTransport(to, log, { env: {}, retryDelayMs: 1 }).open("the command", signal);
  cleanups.push(() => channel.close());
  return channel;
}

export async function refusal(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await errorOf(ConnectError, promise);
  expect(error.remedy).not.toBe("");
  expect(`${error.message} ${error.remedy}`).not.toContain(PASSWORD);
  expect(`${error.message} ${error.remedy}`).not.toMatch(/undefined|\[object/);
  return error;
}

/** What the command prints until its input is closed, and how it ended. */
export async function talk(channel: Channel, input: string): Promise<{ output: string; exitCode: number | undefined }> {
  let output = "";
  channel.onData((chunk) => {
    output += chunk.toString();
  });
  await channel.write(Buffer.from(input));
  await vi.waitFor(() => expect(output).toContain(input));
  const ended = new Promise<{ exitCode?: number }>((resolve) => channel.onClose(resolve));
  channel.close();
  return { output, exitCode: (await ended).exitCode };
}

/** A TCP server that is no SSH server. */
export async function tcpServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return (listener.address() as AddressInfo).port;
}

export async function closedPort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
