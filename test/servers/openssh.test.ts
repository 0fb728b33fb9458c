import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { agentText, parseAgentCommand } from "../../provider/agent";
import { type Logger, silentLogger } from "../../provider/log/logger";
import type { ResolvedConnection } from "../../provider/machine/connection";
import { SessionPool } from "../../provider/machine/pool";
import type { MachineSession } from "../../provider/machine/session";
import { sshTransport } from "../../provider/machine/ssh";
import { newHostKey } from "../lab/ssh/keys";
import { type Behaviour, ok, runFakeAgent } from "../unit/machine/fakeAgent";
import { PASSPHRASE, type Sshd, type Started, startSshd } from "./openssh/sshd";
import { requirement } from "./requirement";

const forever = { signal: new AbortController().signal, operationTimeoutMs: 20_000 };
const program = requirement("OpenSSH server", "/usr/sbin/sshd");

describe.skipIf(!program.available)("a real OpenSSH server", () => {
  let sshd: Sshd;
  let pool: SessionPool;
  let started: Started[];
  beforeAll(async () => {
    sshd = await startSshd(program.why);
  });
  afterAll(() => sshd?.stop());
  beforeEach(() => {
    pool = new SessionPool({
      transport: (connection, log, hooks) => sshTransport(connection, log, { ...hooks, env: {} }),
    });
    started = [];
    agent({});
  });
  afterEach(() => pool.close());

  /** What powershell.exe does from now on. The command line is the shipped one, as the login shell passed it on. */
  function agent(behaviour: Behaviour): void {
    sshd.onStart = (start) => {
      started.push(start);
      const command = parseAgentCommand(["powershell.exe", ...start.argv].join(" "));
      if (!command) throw new Error(`the command line arrived changed: ${start.argv.join(" ")}`);
      return runFakeAgent(`powershell.exe ${command.agentLength}`, start.io, behaviour);
    };
  }

  const connection = (
    fields: Partial<ResolvedConnection["endpoint"]> = {},
    more: Partial<ResolvedConnection> = {},
  ): ResolvedConnection => ({
    endpoint: {
      host: "127.0.0.1",
      port: sshd.port,
      user: sshd.user,
      privateKey: sshd.privateKey,
      hostKey: sshd.ed25519,
      dialErrorLimit: 0,
      ...fields,
    },
    connectTimeoutMs: 20_000,
    ...more,
  });
  const use = (
    to: ResolvedConnection,
    work: (session: MachineSession) => Promise<unknown> = (session) => session.call("net.listeners", {}),
    log: Logger = silentLogger,
  ) => pool.use(to, { ...forever, log }, work);

  it("runs the agent's command line through the login shell, and gets every byte of the agent", async () => {
    await use(connection(), async (session) => {
      expect(session.hello.agentLength).toBe(agentText().length);
      await expect(session.call("net.listeners", {})).resolves.toEqual({});
    });
    expect(started).toHaveLength(1);
  });

  it.each(["ed25519", "rsa"] as const)("proves itself by its %s key when that is the declared one", async (type) => {
    await use(connection({ hostKey: sshd[type] }));
  });

  it("is refused when it has another key than the declared one, of the same type or not", async () => {
    const same = use(connection({ hostKey: newHostKey("ed25519").publicLine }));
    await expect(same).rejects.toMatchObject({ name: "ConnectError", kind: "hostKey" });
    const other = use(connection({ hostKey: newHostKey("ecdsa").publicLine }));
    await expect(other).rejects.toMatchObject({ name: "ConnectError", kind: "hostKey" });
    expect(started).toEqual([]);
  });

  it("is recognised from knownHosts by its port", async () => {
    const knownHosts = `127.0.0.1 ${newHostKey().publicLine}\n[127.0.0.1]:${sshd.port} ${sshd.rsa}\n`;
    await use(connection({ hostKey: "" }, { knownHosts }));
    const elsewhere = use(connection({ hostKey: "" }, { knownHosts: `127.0.0.1 ${sshd.rsa}` }));
    await expect(elsewhere).rejects.toMatchObject({ kind: "hostKey" });
  });

  it("takes a key with a passphrase", async () => {
    await use(connection({ privateKey: sshd.protectedKey, privateKeyPassword: PASSPHRASE }));
  });

  it("refuses a key that it does not know, and the message says what it accepts", async () => {
    const refused = use(connection({ privateKey: newHostKey().privatePem }));
    await expect(refused).rejects.toMatchObject({
      kind: "login",
      message: expect.stringMatching(/tried publickey \(ssh-ed25519 SHA256:.*\); the server accepts publickey/),
    });
  });

  it("serves as its own jump host", async () => {
    const { endpoint } = connection();
    await use(connection({}, { proxy: endpoint }));
    expect(pool.counters.dials).toBe(2);
    const wrong = use(connection({}, { proxy: { ...endpoint, hostKey: newHostKey().publicLine } }));
    await expect(wrong).rejects.toMatchObject({ kind: "hostKey", message: expect.stringMatching(/^jump host /) });
  });

  it("may show a banner and print a message of the day before the agent speaks", async () => {
    agent({ before: "Last login: Mon Nov 23\r\nYou have 3 updates.\r\nprompt> ", pieces: 7 });
    const debug = vi.fn();
    await use(connection(), undefined, { ...silentLogger, debug });
    expect(debug.mock.calls.flat().join("\n")).toContain("Authorised users only");
  });

  it("that dies in the middle of a request is told as died, and the next use dials again", async () => {
    let requests = 0;
    agent({
      answer: (request) => {
        if (++requests > 1) return [ok(request)];
        sshd.killSessionOf(started[0]?.pid ?? 0);
        return new Promise(() => {});
      },
    });
    const died = use(connection(), (session) => session.call("batch", { steps: [], reads: [] }));
    await expect(died).rejects.toMatchObject({
      name: "SessionError",
      kind: "died",
      message: expect.stringContaining('during "batch"'),
    });
    await use(connection());
    expect(pool.counters).toMatchObject({ dials: 2, powershellStarts: 2 });
  });

  it("answers the checks for life, so that a quiet session stays", async () => {
    const quick = new SessionPool({
      transport: (to, log, hooks) => sshTransport(to, log, { ...hooks, env: {}, keepAliveMs: 10 }),
    });
    try {
      await quick.use(connection(), { ...forever, log: silentLogger }, async (session) => {
        await sleep(300);
        await session.call("net.listeners", {});
      });
      expect(quick.counters.dials).toBe(1);
    } finally {
      await quick.close();
    }
  });

  it("ends the agent's process when the session is closed", async () => {
    await use(connection());
    const { pid } = started[0] ?? { pid: 0 };
    expect(() => process.kill(pid, 0)).not.toThrow();
    await pool.close();
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"));
  });
});
