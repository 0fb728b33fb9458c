import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Named {
  port: number;
  /** Base64 secrets of the keys "updater" (may change the zones) and "reader" (known, and may change nothing). */
  secret: string;
  readerSecret: string;
  /** What named wrote to its log. */
  log(): string;
  stop(): Promise<void>;
}

/** Zones of the server: which is updated with the key, without one, not at all, and one that is not loaded. */
export const ZONES = { signed: "contoso.test", open: "open.test", fixed: "fixed.test", broken: "broken.test" } as const;

const DAY = 86_400;

const zoneText = (zone: string) => `$TTL 3600
@ IN SOA ns.${zone}. hostmaster.${zone}. 1 ${DAY} 7200 ${30 * DAY} 300
@ IN NS ns.${zone}.
ns IN A 127.0.0.1
_vlmcs._tcp.alias IN CNAME _vlmcs._tcp.other
child IN NS ns.elsewhere.test.
`;

/** A zone that a test brings with it: further lines of its file, and its statement on updates. */
export interface ZoneOfTest {
  name: string;
  lines: string;
  policy: string;
}

/** Starts a real BIND on a free loopback port, with a folder, keys and zones of its own, and those that a test brings. */
export async function startNamed(program: string, more: readonly ZoneOfTest[] = []): Promise<Named> {
  const folder = mkdtempSync(join(tmpdir(), "named-"));
  // named, started by root, stays root here: it must be able to write its journals beside the zone files.
  chmodSync(folder, 0o755);
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const secret = randomBytes(32).toString("base64");
  const readerSecret = randomBytes(32).toString("base64");
  const port = await freePort();
  const zone = (name: string, policy: string, lines = "") =>
    `zone "${name}" { type primary; file "${file(`${name}.zone`, zoneText(name) + lines)}"; ${policy} };`;
  const config = file(
    "named.conf",
    `options {
  directory "${folder}"; pid-file "${join(folder, "pid")}"; session-keyfile "${join(folder, "session.key")}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-query { any; }; notify no; dnssec-validation no; tcp-clients 50; request-ixfr no;
};
controls { };
key "updater" { algorithm hmac-sha256; secret "${secret}"; };
key "updater512" { algorithm hmac-sha512; secret "${secret}"; };
key "updatermd5" { algorithm hmac-md5; secret "${secret}"; };
key "reader" { algorithm hmac-sha256; secret "${readerSecret}"; };
${zone(ZONES.signed, "allow-update { key updater; key updater512; key updatermd5; };")}
${zone(ZONES.open, "allow-update { any; };")}
${zone(ZONES.fixed, "allow-update { key updater; }; allow-query { key updater; };")}
${more.map(({ name, policy, lines }) => zone(name, policy, lines)).join("\n")}
zone "${ZONES.broken}" { type primary; file "${file("broken.zone", "this is no zone file\n")}"; allow-update { any; }; };
`,
  );
  // Debian's and Ubuntu's AppArmor profile keeps /usr/sbin/named out of temporary folders; it goes by the program's path.
  const copy = join(folder, "named");
  copyFileSync(program, copy);
  chmodSync(copy, 0o755);
  let log = "";
  let stopped = false;
  const child: ChildProcess = spawn(copy, ["-4", "-g", "-n", "1", "-c", config], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + 20_000;
  while (!/\brunning$/m.test(log) || !(await listens(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`named did not start:\n${log}`);
    }
    await sleep(20);
  }
  return { port, secret, readerSecret, log: () => log, stop };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
