import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { newHostKey } from "../../lab/ssh/keys";
import type { Io } from "../../unit/machine/fakeAgent";

/** One start of the stand-in for powershell.exe. */
export interface Started {
  argv: string[];
  pid: number;
  io: Io;
}

export interface Sshd {
  port: number;
  user: string;
  /** Public lines of the host keys. */
  ed25519: string;
  rsa: string;
  /** Authorized private keys: a plain one, and one with the passphrase "open sesame". */
  privateKey: string;
  protectedKey: string;
  /** Told of every start of powershell.exe; answers the exit code. */
  onStart: (started: Started) => Promise<number>;
  /** Kills the sshd process that serves the session of `pid`, as a fault of the server would. */
  killSessionOf(pid: number): void;
  /** What sshd wrote to its log. */
  log(): string;
  stop(): Promise<void>;
}

export const PASSPHRASE = "open sesame";

/**
 * Starts a real sshd on a free loopback port, with its own configuration, keys and folder, for the user who runs the
 * test. On its sessions' PATH stands a powershell.exe which hands its input and output to this process. `more` are further
 * lines of its configuration.
 */
export async function startSshd(program: string, more: readonly string[] = []): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  const file = (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
    return path;
  };
  const ed25519 = newHostKey("ed25519");
  const rsa = newHostKey("rsa");
  const plain = newHostKey("ed25519");
  const guarded = newHostKey("rsa", PASSPHRASE);
  const socketPath = join(folder, "powershell.socket");
  mkdirSync(join(folder, "bin"));
  file("bin/powershell.exe", standIn(socketPath), 0o755);
  const port = await freePort();
  const { username } = userInfo();
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${file("host_ed25519", ed25519.privatePem)}`,
    `HostKey ${file("host_rsa", rsa.privatePem)}`,
    `PidFile ${join(folder, "pid")}`,
    `AuthorizedKeysFile ${file("authorized_keys", `${plain.publicLine}\n${guarded.publicLine}\n`)}`,
    `Banner ${file("banner", "Authorised users only.\n@A is not a protocol line here\n")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    `AllowUsers ${username}`,
    "AllowTcpForwarding local",
    `SetEnv PATH=${join(folder, "bin")}:/usr/bin:/bin`,
    "LogLevel VERBOSE",
    ...more,
  ];
  const configFile = file("sshd_config", `${config.join("\n")}\n`);
  // sshd separates privileges only when root runs it, and wants this folder then.
  if (process.getuid?.() === 0 && !existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });

  const sockets = new Set<Socket>();
  const sshd: Sshd = {
    port,
    user: username,
    ed25519: ed25519.publicLine,
    rsa: rsa.publicLine,
    privateKey: plain.privatePem,
    protectedKey: guarded.privatePem,
    onStart: async () => 1,
    killSessionOf: (pid) => process.kill(sessionProcess(pid, child.pid ?? 0), "SIGKILL"),
    log: () => log,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    void serve(socket, sshd);
  });
  await new Promise<void>((resolve) => listener.listen(socketPath, resolve));

  let log = "";
  const child: ChildProcess = spawn(program, ["-D", "-e", "-f", configFile], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  try {
    await accepting(port, child, () => log);
  } catch (error) {
    await sshd.stop();
    throw error;
  }
  return sshd;
}

/** The first line that the stand-in sends says who it is; after it come the bytes of its standard input. */
async function serve(socket: Socket, sshd: Sshd): Promise<void> {
  const first = await new Promise<string>((resolve) => {
    let text = Buffer.alloc(0);
    const onReadable = () => {
      for (let chunk = socket.read() as Buffer | null; chunk; chunk = socket.read() as Buffer | null) {
        text = Buffer.concat([text, chunk]);
        const end = text.indexOf("\n");
        if (end < 0) continue;
        socket.off("readable", onReadable);
        socket.unshift(text.subarray(end + 1));
        resolve(text.subarray(0, end).toString());
        return;
      }
    };
    socket.on("readable", onReadable);
  });
  const { argv, pid } = JSON.parse(first) as { argv: string[]; pid: number };
  await sshd.onStart({ argv, pid, io: { stdin: socket, stdout: socket, stderr: socket } }).catch(() => 1);
  socket.end();
}

function standIn(socketPath: string): string {
  return `#!${process.execPath}
const socket = require("node:net").connect({ path: ${JSON.stringify(socketPath)}, allowHalfOpen: true });
socket.write(JSON.stringify({ argv: process.argv.slice(2), pid: process.pid }) + "\\n");
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on("end", () => process.exit(0));
socket.on("error", () => process.exit(1));
`;
}

/** The sshd process nearest above `pid` that is not the listening one. */
function sessionProcess(pid: number, listener: number): number {
  for (let at = parentOf(pid); at > 1 && at !== listener; at = parentOf(at)) {
    if (readFileSync(`/proc/${at}/comm`, "utf8").startsWith("sshd")) return at;
  }
  throw new Error(`process ${pid} does not belong to a session of this sshd`);
}

function parentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function accepting(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) break;
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await sleep(25);
  }
  throw new Error(`sshd did not start:\n${log()}`);
}
