import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../../provider/log/logger";
import type { ResolvedConnection } from "../../../provider/machine/connection";
import { type PoolOptions, SessionPool } from "../../../provider/machine/pool";
import { type MachineSession, SessionError } from "../../../provider/machine/session";
import { ConnectError } from "../../../provider/machine/transport";
import { type Behaviour, type MemoryMachine, memoryMachine, ok, runFakeAgent, testProgram } from "./fakeAgent";

const to = (
  host: string,
  more: Partial<ResolvedConnection["endpoint"]> = {},
  connectTimeoutMs = 5000,
): ResolvedConnection => ({
  endpoint: { host, port: 22, user: "admin", password: "pw", hostKey: "k", ...more },
  connectTimeoutMs,
});
const options = (signal = new AbortController().signal, operationTimeoutMs = 5000) => ({
  signal,
  log: silentLogger,
  operationTimeoutMs,
});
const look = (session: MachineSession) => session.call("net.listeners", {});

const pools: SessionPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

interface World {
  pool: SessionPool;
  /** Every connection opened, by host. */
  machines: Map<string, MemoryMachine[]>;
  open: () => number;
  most: () => number;
}

function world(
  behaviour: Behaviour | ((host: string) => Behaviour) = {},
  more: Partial<PoolOptions> = {},
  open?: (host: string, signal: AbortSignal) => Promise<void>,
): World {
  const machines = new Map<string, MemoryMachine[]>();
  let openNow = 0;
  let most = 0;
  const pool = new SessionPool({
    program: testProgram,
    transport: ({ endpoint: { host } }, _log, hooks) => {
      const machine = memoryMachine(
        async (command, io) => {
          most = Math.max(most, ++openNow);
          const own = typeof behaviour === "function" ? behaviour(host) : behaviour;
          const hello = { computerName: host.toUpperCase(), machineGuid: host, ...own.hello };
          return runFakeAgent(command, io, { ...own, hello }).finally(() => openNow--);
        },
        {
          open: async (signal) => {
            hooks.onDial();
            await open?.(host, signal);
          },
        },
      );
      machines.set(host, [...(machines.get(host) ?? []), machine]);
      return machine;
    },
    ...more,
  });
  pools.push(pool);
  return { pool, machines, open: () => openNow, most: () => most };
}

describe("the pool", () => {
  it("gives all who use one machine one session, one after the other, in their order", async () => {
    const { pool } = world();
    const order: string[] = [];
    await Promise.all(
      ["a", "b", "c"].map((name) =>
        pool.use(to("kms01"), options(), async (session) => {
          order.push(`${name} in`);
          await look(session);
          await look(session);
          order.push(`${name} out`);
        }),
      ),
    );
    expect(order).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
    expect(pool.counters).toEqual({ dials: 1, powershellStarts: 1, roundTrips: 8 });
  });

  it("keeps accounts, ports, host keys and jump hosts apart, but not timeouts and letter case", async () => {
    const { pool } = world();
    const connections = [
      to("kms01"),
      to("KMS01", { perDialTimeout: 3, dialErrorLimit: 7 }, 9000),
      to("kms01", { user: "other" }),
      to("kms01", { port: 2222 }),
      to("kms01", { password: "new" }),
      to("kms01", { hostKey: "k2" }),
      { ...to("kms01"), proxy: { host: "jump", port: 22, user: "j" } },
      { ...to("kms01"), knownHosts: "x" },
    ];
    for (const connection of connections) await pool.use(connection, options(), look);
    expect(pool.counters.dials).toBe(7);
  });

  it("works on different machines at the same time, but on no more than the limit", async () => {
    const { pool, most } = world({}, { maxOpenMachines: 3 });
    const hosts = Array.from({ length: 12 }, (_, i) => `m${i}`);
    let working = 0;
    let mostWorking = 0;
    await Promise.all(
      hosts.map((host) =>
        pool.use(to(host), options(), async (session) => {
          mostWorking = Math.max(mostWorking, ++working);
          await sleep(5);
          await look(session);
          working--;
        }),
      ),
    );
    expect(mostWorking).toBe(3);
    // A session that is closing may overlap with the next one's start.
    expect(most()).toBeLessThanOrEqual(6);
    expect(pool.counters.dials).toBe(12);
  });

  it("keeps a session for those in line even while other machines wait, so that each is dialled once", async () => {
    const { pool } = world({}, { maxOpenMachines: 1 });
    const uses = ["a", "b", "a", "b", "a", "b"].map((host) => pool.use(to(host), options(), look));
    await Promise.all(uses);
    expect(pool.counters.dials).toBe(2);
  });

  it("closes the session that has been idle for longest when another machine needs its place", async () => {
    const { pool, machines } = world({}, { maxOpenMachines: 2 });
    for (const host of ["a", "b", "a", "c"]) await pool.use(to(host), options(), look);
    await vi.waitFor(() => expect(machines.get("b")?.[0]?.closed).toBe(1));
    expect(machines.get("a")?.[0]?.closed).toBe(0);
    expect(pool.counters.dials).toBe(3);
  });

  it("closes an idle session after its time, and opens a new one on the next use", async () => {
    const { pool, machines } = world({}, { idleMs: 20 });
    await pool.use(to("a"), options(), look);
    await vi.waitFor(() => expect(machines.get("a")?.[0]?.closed).toBe(1));
    await pool.use(to("a"), options(), look);
    expect(pool.counters.dials).toBe(2);
  });

  it("does not keep the process alive for an idle session, and does for a working one", async () => {
    const { pool, machines } = world();
    await pool.use(to("a"), options(), look);
    await pool.use(to("a"), options(), look);
    expect(machines.get("a")?.[0]?.heldOpen).toEqual([false, true, false]);
  });

  it("replaces a session that died between two turns", async () => {
    const { pool, machines } = world();
    await pool.use(to("a"), options(), look);
    machines.get("a")?.[0]?.drop(new Error("read ECONNRESET"));
    await pool.use(to("a"), options(), look);
    expect(pool.counters).toMatchObject({ dials: 2, powershellStarts: 2 });
  });

  it("asks a session that was idle for a while whether it lives, before real work goes to it", async () => {
    let restarted = false;
    const asked: string[] = [];
    const { pool, machines } = world({
      onRequest: ({ op }) => {
        asked.push(op);
        // The machine restarted: what is written to the old connection is answered by its reset.
        if (restarted && op === "ping") machines.get("a")?.[0]?.drop(new Error("write EPIPE"));
      },
    });
    await pool.use(to("a"), options(), look);
    await sleep(1100);
    await pool.use(to("a"), options(), look);
    expect(pool.counters).toMatchObject({ dials: 1, powershellStarts: 1 });
    restarted = true;
    await sleep(1100);
    await expect(pool.use(to("a"), options(), look)).resolves.toEqual({});
    expect(pool.counters.dials).toBe(2);
    expect(asked).toEqual(["hello", "net.listeners", "ping", "net.listeners", "ping", "hello", "net.listeners"]);
  });

  it("tells the turn in which a session died, and gives the next turn a new one", async () => {
    let deaths = 1;
    const { pool } = world({ answer: (request) => (deaths-- > 0 ? "die" : [ok(request)]) });
    const first = pool.use(to("a"), options(), look);
    const second = pool.use(to("a"), options(), look);
    await expect(first).rejects.toMatchObject({ name: "SessionError", kind: "died" });
    await expect(second).resolves.toEqual({});
    expect(pool.counters.dials).toBe(2);
  });

  it("never uses a session again whose request timed out", async () => {
    let slow = true;
    const { pool, machines } = world({
      answer: async (request) => {
        if (slow) await sleep(60);
        slow = false;
        return [ok(request, { late: request.id })];
      },
    });
    const error = await pool.use(to("a"), options(undefined, 15), look).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SessionError);
    expect(error).toMatchObject({ kind: "timeout" });
    await expect(pool.use(to("a"), options(), look)).resolves.toBeDefined();
    expect(pool.counters.dials).toBe(2);
    expect(machines.get("a")?.[0]?.closed).toBe(1);
  });

  it("counts an operation's time from when its turn came and the session was open", async () => {
    const { pool } = world({}, {}, async () => {
      await sleep(200);
    });
    const slowTurn = () => sleep(150);
    await Promise.all([1, 2, 3].map(() => pool.use(to("a"), options(undefined, 400), slowTurn)));
    expect(pool.counters.dials).toBe(1);
  });

  it("ends an operation that waits for something else than the machine, too", async () => {
    const { pool } = world();
    const error = await pool
      .use(to("a"), options(undefined, 15), () => new Promise(() => {}))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "SessionError", kind: "timeout" });
  });

  it("lets work say more about a timeout than the pool could", async () => {
    const { pool } = world({ answer: () => new Promise(() => {}) });
    const error = await pool
      .use(to("a"), options(undefined, 15), async (session) => {
        try {
          await look(session);
        } catch (reason) {
          throw new Error(`after step 2: ${(reason as Error).name}`);
        }
      })
      .catch((reason: unknown) => reason);
    expect((error as Error).message).toBe("after step 2: SessionError");
  });

  it("makes the handle of a turn useless after the turn", async () => {
    const { pool } = world();
    let kept: MachineSession | undefined;
    await pool.use(to("a"), options(), async (session) => {
      kept = session;
    });
    await expect(kept?.call("net.listeners", {})).rejects.toThrow("after its turn");
    expect(pool.counters.roundTrips).toBe(2);
  });

  it("passes on what work throws, and keeps the session", async () => {
    const { pool } = world();
    await expect(pool.use(to("a"), options(), () => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
    await pool.use(to("a"), options(), look);
    expect(pool.counters.dials).toBe(1);
  });

  it("gives those who already waited for a dead machine the same answer, and dials again for later ones", async () => {
    const { pool } = world({}, {}, async () => {
      await sleep(5);
      throw new ConnectError("login", "refused", "check the password");
    });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => pool.use(to("a"), options(), look)));
    const errors = results.map((result) =>
      result.status === "rejected" ? (result.reason as ConnectError) : undefined,
    );
    expect(errors.map((error) => error?.kind)).toEqual(["login", "login", "login", "login"]);
    expect(new Set(errors).size).toBe(4);
    expect(pool.counters.dials).toBe(1);
    await expect(pool.use(to("a"), options(), look)).rejects.toThrow("refused");
    expect(pool.counters.dials).toBe(2);
  });

  it("bounds opening by the connection's own time, and frees the place", async () => {
    const { pool } = world({}, { maxOpenMachines: 1 }, (host, signal) =>
      host === "dead"
        ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        : Promise.resolve(),
    );
    const error = await pool.use(to("dead", {}, 20), options(), look).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as Error).message).toContain("no session within 0.02 s");
    await expect(pool.use(to("alive"), options(), look)).resolves.toEqual({});
  });

  describe("when aborted", () => {
    const reason = new Error("cancelled by the user");

    it("stops waiting for a turn", async () => {
      const { pool } = world();
      const abort = new AbortController();
      const first = pool.use(to("a"), options(), () => sleep(30));
      const second = pool.use(to("a"), options(abort.signal), look);
      abort.abort(reason);
      await expect(second).rejects.toBe(reason);
      await first;
    });

    it("stops waiting for a place", async () => {
      const { pool } = world({}, { maxOpenMachines: 1 });
      const abort = new AbortController();
      const first = pool.use(to("a"), options(), () => sleep(30));
      const second = pool.use(to("b"), options(abort.signal), look);
      await sleep(5);
      abort.abort(reason);
      await expect(second).rejects.toBe(reason);
      await first;
      await expect(pool.use(to("b"), options(), look)).resolves.toEqual({});
    });

    it("stops dialling, and the next in line dials for itself", async () => {
      let dials = 0;
      const { pool } = world({}, {}, (_host, signal) =>
        ++dials === 1
          ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
          : Promise.resolve(),
      );
      const abort = new AbortController();
      const first = pool.use(to("a"), options(abort.signal), look);
      const second = pool.use(to("a"), options(), look);
      await sleep(5);
      abort.abort(reason);
      await expect(first).rejects.toBe(reason);
      await expect(second).resolves.toEqual({});
    });

    it("stops working, and the open request's session is not used again", async () => {
      let stuck = true;
      const { pool } = world({
        answer: (request) => {
          if (!stuck) return [ok(request)];
          stuck = false;
          return new Promise(() => {});
        },
      });
      const abort = new AbortController();
      const first = pool.use(to("a"), options(abort.signal), look);
      await sleep(10);
      abort.abort(reason);
      await expect(first).rejects.toBe(reason);
      await expect(pool.use(to("a"), options(), look)).resolves.toEqual({});
      expect(pool.counters.dials).toBe(2);
    });

    it("never throws an error with a numeric code", async () => {
      const { pool } = world();
      const error = await pool.use(to("a"), options(AbortSignal.abort()), look).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(typeof (error as { code?: unknown }).code).toBe("undefined");
    });
  });

  it("tells when two connections reach the same machine, once for each connection", async () => {
    const met = vi.fn();
    const { pool } = world({ hello: { machineGuid: "the-same" } }, { onSharedMachine: met });
    for (const host of ["kms01", "kms01.contoso.com", "kms01"]) await pool.use(to(host), options(), look);
    expect(met).toHaveBeenCalledTimes(1);
    expect(met.mock.calls[0]?.[0]).toMatchObject({ addresses: ["kms01:22", "kms01.contoso.com:22"] });
    expect(pool.sharedMachines()).toHaveLength(1);
  });

  it("ends everything when closed, at once, whatever is going on", async () => {
    const { pool, open, machines } = world({ answer: () => new Promise(() => {}) }, {}, (host, signal) =>
      host === "dialling"
        ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        : Promise.resolve(),
    );
    await pool.use(to("idle"), options(), async () => {});
    const running = [
      pool.use(to("busy"), options(), look),
      pool.use(to("busy"), options(), look),
      pool.use(to("dialling"), options(), look),
    ];
    const settled = Promise.allSettled(running);
    await sleep(10);
    const start = performance.now();
    await pool.close();
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(performance.now() - start).toBeLessThan(2500);
    await vi.waitFor(() => expect(machines.get("busy")?.[0]?.closed).toBe(1));
    expect(machines.get("idle")?.[0]?.closed).toBe(1);
    expect(open()).toBeLessThanOrEqual(1);
    await expect(pool.use(to("idle"), options(), look)).rejects.toThrow("ending");
    await pool.close();
  });
});
