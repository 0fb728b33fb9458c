import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentProtocol, utils } from "ssh2";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Logger, silentLogger } from "../../../provider/log/logger";
import type { ResolvedConnection } from "../../../provider/machine/connection";
import { within } from "../../../provider/machine/deadline";
import { fingerprint } from "../../../provider/machine/hostkeys";
import { SessionPool } from "../../../provider/machine/pool";
import { sshTransport } from "../../../provider/machine/ssh";
import { dialError } from "../../../provider/machine/sshErrors";
import { LoginAttempt } from "../../../provider/machine/sshLogin";
import { type Channel, ConnectError } from "../../../provider/machine/transport";
import { newHostKey } from "../../lab/ssh/keys";
import { type SshServer, type SshServerOptions, startSshServer } from "../../lab/ssh/server";
import { type Io, ok, runFakeAgent, testProgram } from "./fakeAgent";

const PASSWORD = "correct horse battery staple";
const hostKey = newHostKey("ed25519");
const userKey = newHostKey("ed25519");
const never = new AbortController().signal;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const echo = async (_user: string, command: string, io: Io): Promise<number> => {
  io.stdout.write(`ran ${command}\n`);
  for await (const chunk of io.stdin as AsyncIterable<Buffer>) io.stdout.write(chunk);
  return 7;
};

async function server(more: Partial<SshServerOptions> = {}): Promise<SshServer & { dials: () => number }> {
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

type Fields = Partial<ResolvedConnection["endpoint"]>;
const connection = (port: number, fields: Fields = {}, more: Partial<ResolvedConnection> = {}): ResolvedConnection => ({
  endpoint: { host: "127.0.0.1", port, user: "admin", hostKey: hostKey.publicLine, dialErrorLimit: 0, ...fields },
  connectTimeoutMs: 10_000,
  ...more,
});

async function open(to: ResolvedConnection, log: Logger = silentLogger, signal = never): Promise<Channel> {
  const channel = await sshTransport(to, log, { env: {}, retryDelayMs: 1 }).open("the command", signal);
  cleanups.push(() => channel.close());
  return channel;
}

async function refusal(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw new Error(`no ConnectError but ${String(error)}`);
  expect(error.remedy).not.toBe("");
  expect(`${error.message} ${error.remedy}`).not.toContain(PASSWORD);
  expect(`${error.message} ${error.remedy}`).not.toMatch(/undefined|\[object/);
  return error;
}

/** What the command prints until its input is closed, and how it ended. */
async function talk(channel: Channel, input: string): Promise<{ output: string; exitCode: number | undefined }> {
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
async function tcpServer(onConnection: (socket: Socket) => void): Promise<number> {
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

async function closedPort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

describe("a command over SSH", () => {
  it("gets its input, gives its output, and ends with its exit code when its input is closed", async () => {
    const { port } = await server();
    expect(await talk(await open(connection(port, { password: PASSWORD })), "hello\n")).toEqual({
      output: "ran the command\nhello\n",
      exitCode: 7,
    });
  });

  it("carries more than a window's worth of bytes both ways", async () => {
    const { port } = await server();
    const input = "0123456789abcdef".repeat(400_000);
    const { output } = await talk(await open(connection(port, { password: PASSWORD })), input);
    expect(output.length).toBe("ran the command\n".length + input.length);
  });

  it("tells of a connection that is cut", async () => {
    const { port, dropConnections } = await server();
    const channel = await open(connection(port, { password: PASSWORD }));
    const ended = new Promise<{ error?: Error }>((resolve) => channel.onClose(resolve));
    dropConnections();
    expect((await ended).error).toBeInstanceOf(Error);
    await expect(channel.write(Buffer.from("x"))).rejects.toThrow();
    channel.close();
    channel.close();
  });

  it("notices that the other end is gone without a word, and is not misled by one that is only quiet", async () => {
    const { port } = await server();
    let frozen = false;
    const relay = await tcpServer((near) => {
      const far = connect(port, "127.0.0.1");
      far.on("error", () => {});
      near.on("data", (data) => frozen || far.write(data));
      far.on("data", (data) => frozen || near.write(data));
      near.on("close", () => far.destroy());
    });
    const to = connection(relay, { password: PASSWORD });
    const channel = await sshTransport(to, silentLogger, { keepAliveMs: 10 }).open("c", never);
    let end: { error?: Error } | undefined;
    channel.onClose((how) => {
      end = how;
    });
    await sleep(150);
    expect(end).toBeUndefined();
    frozen = true;
    await vi.waitFor(() => expect(end?.error?.message).toContain("no longer answers"));
    channel.close();
  });

  it("keeps the process from exiting only while it is wanted", async () => {
    const { port } = await server();
    const channel = await open(connection(port, { password: PASSWORD }));
    const holding = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    const before = holding();
    channel.keepAlive?.(false);
    expect(holding()).toBe(before - 1);
    channel.keepAlive?.(true);
    expect(holding()).toBe(before);
  });

  it("is not started when the signal aborts meanwhile", async () => {
    const { port } = await server();
    const abort = new AbortController();
    const opening = open(connection(port, { password: PASSWORD }), silentLogger, abort.signal);
    abort.abort(new Error("cancelled"));
    await expect(opening).rejects.toThrow("cancelled");
  });
});

describe("the machine's identity", () => {
  it.each(["ed25519", "ecdsa", "rsa"] as const)("is proved by a declared %s key", async (type) => {
    const key = newHostKey(type);
    const { port } = await server({ hostKeyPem: key.privatePem });
    await open(connection(port, { password: PASSWORD, hostKey: key.publicLine }));
  });

  it("that is another one is refused before any credential is sent, with both fingerprints", async () => {
    const attempts: string[] = [];
    const { port } = await server({ accounts: (user) => void attempts.push(user) as undefined });
    const other = newHostKey("ed25519");
    const error = await refusal(open(connection(port, { password: PASSWORD, hostKey: other.publicLine })));
    const shown = (line: string) => fingerprint(Buffer.from(line.split(" ")[1] ?? "", "base64"));
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain(`expected the host key ${shown(other.publicLine)}`);
    expect(error.message).toContain(`it presented ${shown(hostKey.publicLine)}`);
    expect(error.message).toContain("no credential was sent");
    expect(attempts).toEqual([]);
  });

  it("is refused when the server has no key of the declared type", async () => {
    const { port } = await server();
    const error = await refusal(open(connection(port, { password: PASSWORD, hostKey: newHostKey("rsa").publicLine })));
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain("no key of this type");
  });

  it("is looked up in knownHosts, by port", async () => {
    const { port } = await server();
    const fields = { password: PASSWORD, hostKey: "" };
    await open(connection(port, fields, { knownHosts: `[127.0.0.1]:${port} ${hostKey.publicLine}` }));
    const revoked = `[127.0.0.1]:${port} ${hostKey.publicLine}\n@revoked * ${hostKey.publicLine}`;
    const error = await refusal(open(connection(port, fields, { knownHosts: revoked })));
    expect(error.message).toContain("@revoked");
  });

  it("must be declared: without it nobody is dialled", async () => {
    const { port, dials } = await server();
    expect((await refusal(open(connection(port, { password: PASSWORD, hostKey: "" })))).kind).toBe("hostKey");
    expect(dials()).toBe(0);
  });

  it("is not checked when that was asked for, and every dial warns", async () => {
    const { port } = await server();
    const warn = vi.fn();
    const to = connection(port, { password: PASSWORD, hostKey: "insecure-accept-any" });
    await open(to, { ...silentLogger, warn });
    await open(to, { ...silentLogger, warn });
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls[0]?.[0]).toContain("not checked");
  });
});

describe("a login", () => {
  it("by password works where the server asks for it by prompts", async () => {
    const { port } = await server({ methods: ["keyboard-interactive"] });
    await open(connection(port, { password: PASSWORD }));
  });

  it("by key works", async () => {
    const { port } = await server();
    await open(connection(port, { privateKey: userKey.privatePem }));
  });

  it.each(["rsa", "ecdsa"] as const)("by a key of type %s works, in OpenSSH's format and as PEM", async (type) => {
    const pair =
      type === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const pkcs8 = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const encrypted = pair.privateKey
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open sesame" })
      .toString();
    const old = pair.privateKey.export({ type: type === "rsa" ? "pkcs1" : "sec1", format: "pem" } as never).toString();
    const parsed = utils.parseKey(old);
    if (parsed instanceof Error) throw parsed;
    const openssh = newHostKey(type);
    const publicKeys = [`${parsed.type} ${parsed.getPublicSSH().toString("base64")}`, openssh.publicLine];
    const { port } = await server({ accounts: () => ({ publicKeys }) });
    for (const privateKey of [openssh.privatePem, pkcs8, old]) await open(connection(port, { privateKey }));
    await open(connection(port, { privateKey: encrypted, privateKeyPassword: "open sesame" }));
    const error = await refusal(open(connection(port, { privateKey: encrypted, privateKeyPassword: "open barley" })));
    expect(error.message).toContain("passphrase does not open");
  });

  it("by a key with a passphrase works, and says when the passphrase is missing or wrong, before dialling", async () => {
    const key = newHostKey("ed25519", "open sesame");
    const { port, dials } = await server({ accounts: () => ({ publicKeys: [key.publicLine] }) });
    const wrong = await refusal(
      open(connection(port, { privateKey: key.privatePem, privateKeyPassword: "open barley" })),
    );
    expect(wrong.kind).toBe("login");
    expect(wrong.message).toContain("the passphrase does not open privateKey");
    expect(wrong.message + wrong.remedy).not.toContain("barley");
    const missing = await refusal(open(connection(port, { privateKey: key.privatePem })));
    expect(missing.message).toContain("none was given");
    expect(dials()).toBe(0);
    await open(connection(port, { privateKey: key.privatePem, privateKeyPassword: "open sesame" }));
  });

  it.each([
    ["no key at all", "hunter2"],
    ["a cut key", userKey.privatePem.slice(0, 120)],
    ["a public key", userKey.publicLine],
    ["broken PKCS#8", "-----BEGIN PRIVATE KEY-----\nAAAAhunter2\n-----END PRIVATE KEY-----"],
  ])("with %s is refused before dialling, without a piece of it in the message", async (_what, privateKey) => {
    const { port, dials } = await server();
    const error = await refusal(open(connection(port, { privateKey })));
    expect(error.kind).toBe("login");
    expect(error.message + error.remedy).not.toMatch(/hunter2|AAAA/);
    expect(dials()).toBe(0);
  });

  it("accepts a key whose line ends were written as \\n", async () => {
    const { port } = await server();
    await open(connection(port, { privateKey: userKey.privatePem.trim().replaceAll("\n", "\\n") }));
  });

  it("tries the key first and then the password", async () => {
    const { port } = await server();
    await open(connection(port, { privateKey: newHostKey().privatePem, password: PASSWORD }));
  });

  it("that is refused says what was tried and what the server accepts, and is not repeated", async () => {
    const { port, dials } = await server({ methods: ["publickey", "password"] });
    const key = newHostKey();
    const to = connection(port, { privateKey: key.privatePem, password: "wrong", dialErrorLimit: 5 });
    const error = await refusal(open(to));
    expect(error.kind).toBe("login");
    expect(error.message).toContain("tried publickey (ssh-ed25519 SHA256:");
    expect(error.message).toContain(", password; the server accepts publickey, password");
    expect(error.message).not.toContain("wrong");
    expect(error.remedy).toContain("administrators_authorized_keys");
    expect(dials()).toBe(1);
  });

  it("does not offer a password to a server that takes keys only", async () => {
    const { port } = await server({ methods: ["publickey"] });
    const error = await refusal(open(connection(port, { password: PASSWORD })));
    expect(error.message).toContain("none of our means could be tried; the server accepts publickey");
  });

  it("needs something to log in with", async () => {
    const { port, dials } = await server();
    expect((await refusal(open(connection(port)))).message).toContain("nothing to log in with");
    expect(dials()).toBe(0);
  });

  it("uses an SSH agent: the declared one, or the environment's when nothing else is given", async () => {
    const parsed = utils.parseKey(userKey.privatePem);
    if (parsed instanceof Error) throw parsed;
    const folder = mkdtempSync(join(tmpdir(), "agent-"));
    const path = join(folder, "socket");
    let signatures = 0;
    const agent = createServer((socket) => {
      const protocol = new AgentProtocol(false);
      protocol.on("identities", (request) => protocol.getIdentitiesReply(request, [parsed]));
      protocol.on("sign", (request, _key, data) => {
        signatures++;
        protocol.signReply(request, parsed.sign(data));
      });
      socket.pipe(protocol).pipe(socket);
    });
    await new Promise<void>((resolve) => agent.listen(path, resolve));
    cleanups.push(() => {
      agent.close();
      rmSync(folder, { recursive: true });
    });
    const { port } = await server();
    const dial = async (fields: Fields) => {
      const channel = await sshTransport(connection(port, fields), silentLogger, { env: { SSH_AUTH_SOCK: path } }).open(
        "c",
        never,
      );
      channel.close();
    };
    await dial({});
    await dial({ agentSocketPath: path });
    expect(signatures).toBe(2);
    await dial({ password: PASSWORD });
    expect(signatures).toBe(2);
    const error = await refusal(open(connection(port, { agentSocketPath: join(folder, "nobody") })));
    expect(error.kind).toBe("login");
    expect(error.message).toContain("the SSH agent:");
  });
});

describe("a machine that cannot be reached", () => {
  it("because nothing listens there is dialled again up to the limit", async () => {
    const port = await closedPort();
    let dials = 0;
    const to = connection(port, { password: PASSWORD, dialErrorLimit: 2 });
    const transport = sshTransport(to, silentLogger, { retryDelayMs: 1, onDial: () => dials++ });
    const error = await refusal(transport.open("c", never));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(`nothing listens on port ${port} (connection refused)`);
    expect(error.message).toContain("Dialled 3 times");
    expect(dials).toBe(3);
  });

  it("is dialled until the deadline when there is no limit, and the last answer is told", async () => {
    const port = await closedPort();
    const to = connection(port, { password: PASSWORD, dialErrorLimit: -1 });
    const error = await refusal(within([], 100, (signal) => open(to, silentLogger, signal)));
    expect(error.message).toContain("connection refused");
  });

  it.each([
    ["ENOTFOUND", "the name kms01 does not resolve"],
    ["EAI_AGAIN", "no DNS server answered"],
    ["ETIMEDOUT", "no answer came"],
    ["EHOSTUNREACH", "no route"],
    ["ENETUNREACH", "no route"],
    ["ECONNRESET", "the connection was reset"],
    ["ENEWCODE", "no connection (something new)"],
  ])("is explained by the system's code %s", (code, words) => {
    const cause = Object.assign(new Error("something new"), { code });
    const target = { where: "ssh admin@kms01:22", host: "kms01", port: 22 };
    const error = dialError(target, "connecting", cause, new LoginAttempt({ user: "admin" }));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(words);
    expect(error).not.toHaveProperty("code");
  });

  it("because its port accepts and says nothing is given up after the time for one dial", async () => {
    const port = await tcpServer(() => {});
    const error = await refusal(open(connection(port, { password: PASSWORD, perDialTimeout: 0.05 })));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain("said nothing as an SSH server within 0.05 s");
  });

  it("is given up at the deadline when a dial has no limit of its own", async () => {
    const port = await tcpServer(() => {});
    const to = connection(port, { password: PASSWORD, perDialTimeout: 0 });
    const error = await refusal(within([], 50, (signal) => open(to, silentLogger, signal)));
    expect(error.message).toContain("within 0.05 s");
  });

  it("because something else than SSH listens there is told so", async () => {
    const http = await tcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await refusal(open(connection(http, { password: PASSWORD })));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain("no SSH handshake");
    const closes = await tcpServer((socket) => socket.destroy());
    expect((await refusal(open(connection(closes, { password: PASSWORD })))).message).toContain("no SSH handshake");
  });
});

describe("a jump host", () => {
  const jumpKey = newHostKey("ecdsa");
  const jumpServer = () => server({ hostKeyPem: jumpKey.privatePem, accounts: () => ({ password: "jump-pw" }) });
  const through = (port: number, fields: Fields = {}): Partial<ResolvedConnection> => ({
    proxy: {
      host: "127.0.0.1",
      port,
      user: "jumper",
      password: "jump-pw",
      hostKey: jumpKey.publicLine,
      dialErrorLimit: 0,
      ...fields,
    },
  });

  it("carries the connection, and both ends are who they were declared to be", async () => {
    const target = await server();
    const jump = await jumpServer();
    const channel = await open(connection(target.port, { password: PASSWORD }, through(jump.port)));
    expect((await talk(channel, "hello\n")).output).toContain("hello");
    expect([target.dials(), jump.dials()]).toEqual([1, 1]);
  });

  it("needs an identity of its own", async () => {
    const target = await server();
    const jump = await jumpServer();
    const error = await refusal(
      open(connection(target.port, { password: PASSWORD }, through(jump.port, { hostKey: "" }))),
    );
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain(`127.0.0.1:${jump.port}`);
    expect(jump.dials()).toBe(0);
  });

  it("that is the wrong one, refuses the login, or is away is named", async () => {
    const target = await server();
    const jump = await jumpServer();
    const wrong = through(jump.port, { hostKey: hostKey.publicLine });
    const key = await refusal(open(connection(target.port, { password: PASSWORD }, wrong)));
    expect([key.kind, key.message.startsWith("jump host jumper@127.0.0.1")]).toEqual(["hostKey", true]);
    const login = await refusal(
      open(connection(target.port, { password: PASSWORD }, through(jump.port, { password: "no" }))),
    );
    expect([login.kind, login.message.startsWith("jump host ")]).toEqual(["login", true]);
    const away = await refusal(open(connection(target.port, { password: PASSWORD }, through(await closedPort()))));
    expect([away.kind, away.message.startsWith("jump host ")]).toEqual(["connect", true]);
    expect(target.dials()).toBe(0);
  });

  it("that cannot reach the machine says so", async () => {
    const jump = await jumpServer();
    const port = await closedPort();
    const error = await refusal(open(connection(port, { password: PASSWORD }, through(jump.port))));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(`jump host jumper@127.0.0.1:${jump.port}: it could not reach 127.0.0.1:${port}`);
  });

  it("does not hide that the machine behind it is another one", async () => {
    const target = await server({ hostKeyPem: newHostKey().privatePem });
    const jump = await jumpServer();
    const error = await refusal(open(connection(target.port, { password: PASSWORD }, through(jump.port))));
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain(`ssh admin@127.0.0.1:${target.port}`);
  });

  it("that goes away ends the connection through it", async () => {
    const target = await server();
    const jump = await jumpServer();
    const channel = await open(connection(target.port, { password: PASSWORD }, through(jump.port)));
    const ended = new Promise((resolve) => channel.onClose(resolve));
    jump.dropConnections();
    await ended;
  });
});

describe("a pooled session over SSH", () => {
  const powershell = (behaviour: Parameters<typeof runFakeAgent>[2]) => (_user: string, command: string, io: Io) =>
    runFakeAgent(command, io, behaviour);
  const use = { signal: never, log: silentLogger, operationTimeoutMs: 5000 };
  const newPool = () => {
    const pool = new SessionPool({ transport: sshTransport, program: testProgram });
    cleanups.push(() => pool.close());
    return pool;
  };

  it("costs five pairs of observe and apply one dial, one PowerShell and twelve round trips", async () => {
    let starts = 0;
    const run = powershell({ before: "Authorised users only\r\n", pieces: 17 });
    const { port, dials } = await server({
      exec: (user, command, io) => {
        starts++;
        return run(user, command, io);
      },
    });
    const pool = newPool();
    await Promise.all(
      [1, 2, 3, 4, 5].map(() =>
        pool.use(connection(port, { password: PASSWORD }), use, async (session) => {
          await session.call("licensing.read", { service: ["Version"], product: ["Name"] });
          await session.call("batch", { steps: [], reads: [] });
        }),
      ),
    );
    const { roundTrips, ...counted } = pool.counters;
    process.stdout.write(
      `five pairs on one machine: ${dials()} dial, ${starts} PowerShell, ${roundTrips} round trips\n`,
    );
    expect([dials(), starts]).toEqual([1, 1]);
    expect(counted).toEqual({ dials: 1, powershellStarts: 1 });
    expect(roundTrips).toBeLessThanOrEqual(12);
  });

  it("that is cut in the middle of a request is died, and the next use has a new one", async () => {
    let requests = 0;
    const { port, dropConnections, dials } = await server({
      exec: powershell({
        answer: (request) => {
          if (++requests > 1) return [ok(request)];
          setImmediate(() => dropConnections());
          return new Promise(() => {});
        },
      }),
    });
    const pool = newPool();
    const to = connection(port, { password: PASSWORD });
    const died = pool.use(to, use, (session) => session.call("batch", { steps: [], reads: [] }));
    await expect(died).rejects.toMatchObject({ name: "SessionError", kind: "died" });
    await expect(pool.use(to, use, (session) => session.call("net.listeners", {}))).resolves.toEqual({});
    expect(dials()).toBe(2);
  });

  it("names a machine that has no PowerShell", async () => {
    const { port } = await server({
      exec: async (_user, _command, io) => {
        io.stderr.write("'powershell.exe' is not recognized as an internal or external command,\r\n");
        return 1;
      },
    });
    const opening = newPool().use(connection(port, { password: PASSWORD }), use, async () => {});
    await expect(opening).rejects.toMatchObject({ kind: "noPowerShell" });
  });
});
