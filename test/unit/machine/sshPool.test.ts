import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../provider/log/logger";
import { SessionPool } from "../../../provider/machine/pool";
import { sshTransport } from "../../../provider/machine/ssh";
import { type Io, ok, runFakeAgent, testProgram } from "./fakeAgent";
import { cleanups, connection, never, PASSWORD, server } from "./sshServers";

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
