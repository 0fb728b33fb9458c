import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../../provider/log/logger";
import { AgentSession, type AgentSessionOptions } from "../../../provider/machine/agentSession";
import { within } from "../../../provider/machine/deadline";
import { MAX_REQUEST_BYTES, type Request } from "../../../provider/machine/protocol";
import { AgentFailure, SessionError } from "../../../provider/machine/session";
import { errorOf } from "../../failures";
import { type Behaviour, HELLO, type Io, line, memoryMachine, ok, runFakeAgent, testProgram } from "./fakeAgent";

const never = new AbortController().signal;

const machineWith = (behaviour: Behaviour) => memoryMachine((command, io) => runFakeAgent(command, io, behaviour));
const machineRunning = (exec: (io: Io) => Promise<number>) => memoryMachine((_command, io) => exec(io));

const open = (machine: ReturnType<typeof memoryMachine>, options: Partial<AgentSessionOptions> = {}) =>
  AgentSession.open(machine, testProgram, { signal: never, log: silentLogger, ...options });

async function sessionError(promise: Promise<unknown>): Promise<SessionError> {
  const error = await errorOf(SessionError, promise);
  expect(error.remedy).not.toBe("");
  expect(error.message).toContain("memory admin@kms01:22");
  return error;
}

describe("a session's start", () => {
  it("sends the program, waits for it, and keeps only a hash of the machine's identity", async () => {
    const machine = machineWith({});
    const session = await open(machine);
    const identity = `${HELLO.smbiosUuid}|${HELLO.machineGuid}`.toLowerCase();
    expect(session.hello.machineId).toBe(createHash("sha256").update(identity).digest("hex").slice(0, 16));
    expect(JSON.stringify(session.hello).toLowerCase()).not.toContain("4c4c4544");
    expect(session.hello.computerName).toBe("KMS01");
    expect(session.description).toBe("KMS01 (memory admin@kms01:22)");
    expect(machine.commands).toEqual([testProgram.command(testProgram.text().length)]);
    await session.close();
    expect(machine.closed).toBe(1);
  });

  it.each([1, 3, 50])("reads answers that come in pieces of %i bytes, after a message of the day", async (pieces) => {
    const before = "****\r\n* Authorised users only *\r\n****\r\n#< CLIXML\r\n";
    const session = await open(machineWith({ before, pieces, answer: (r) => ["stray\r\n", ok(r, { existed: true })] }));
    await expect(session.call("registry.delete", { key: "K", name: "N" }, never)).resolves.toEqual({ existed: true });
    await session.close();
  });

  it("identifies a machine by what can be read of its identity, and refuses one with nothing", async () => {
    const session = await open(machineWith({ hello: { smbiosUuid: null } }));
    expect(session.hello.machineId).toMatch(/^[0-9a-f]{16}$/);
    await session.close();
    const error = await sessionError(open(machineWith({ hello: { smbiosUuid: null, machineGuid: null } })));
    expect(error.kind).toBe("protocol");
  });

  it.each([
    [
      "another protocol version",
      { ready: { protocol: 2, agentVersion: "9", agentLength: HELLO.agentLength } },
      "version 2",
    ],
    ["a program that arrived cut", { ready: { protocol: 1, agentVersion: "1", agentLength: 17 } }, "17 bytes"],
    ["a hello for another program", { hello: { agentLength: 5 } }, "5 bytes"],
    ["a hello with a wrong field", { hello: { osVersion: 10 as unknown as string } }, "osVersion"],
  ])("refuses %s", async (_what, behaviour: Behaviour, words) => {
    const machine = machineWith(behaviour);
    const error = await sessionError(open(machine));
    expect(error.kind).toBe("protocol");
    expect(error.message).toContain(words);
    await vi.waitFor(() => expect(machine.closed).toBe(1));
  });

  it.each([
    ["cmd.exe", "'powershell.exe' is not recognized as an internal or external command,\r\n", 1],
    ["bash", "bash: line 1: powershell.exe: command not found\n", 127],
  ])("says that there is no PowerShell when %s does not find it", async (_shell, text, code) => {
    const error = await sessionError(
      open(
        machineRunning(async (io) => {
          io.stderr.write(text);
          return code;
        }),
      ),
    );
    expect(error.kind).toBe("noPowerShell");
    expect(error.message).toContain("there is no powershell.exe");
    expect(error.message).toContain(text.trim().slice(0, 20));
  });

  it("quotes what came instead of an agent, with product keys masked", async () => {
    const error = await sessionError(
      open(
        machineRunning(async (io) => {
          io.stdout.write("This account is currently not available. AAAAA-BBBBB-CCCCC-DDDDD-EEEEE\n");
          return 1;
        }),
      ),
    );
    expect(error.kind).toBe("noPowerShell");
    expect(error.message).toContain("exit code 1");
    expect(error.message).toContain("This account is currently not available");
    expect(error.message).toContain("XXXXX-EEEEE");
    expect(error.message).not.toContain("AAAAA");
  });

  it("decodes PowerShell's CLIXML error stream", async () => {
    const xml =
      '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj S="progress" RefId="0"/>' +
      '<S S="Error">Out of memory_x000D__x000A_</S><S S="Error">at &lt;1&gt;</S></Objs>';
    const error = await sessionError(
      open(
        machineRunning(async (io) => {
          io.stderr.write(xml);
          return 1;
        }),
      ),
    );
    expect(error.message).toContain("Out of memory | at <1>");
    expect(error.message).not.toContain("Objs");
  });

  it.each([
    [
      "constrained language mode",
      { fatal: "languagemode", mode: "ConstrainedLanguage" },
      "blocked",
      "ConstrainedLanguage",
    ],
    [
      "malware protection",
      { fatal: "agent", message: "ScriptContainedMaliciousContent" },
      "blocked",
      "ScriptContained",
    ],
    ["its own silence limit", { fatal: "idle" }, "died", "60 s"],
  ])("tells that the agent was stopped by %s", async (_what, fatal, kind, words) => {
    const error = await sessionError(
      open(
        machineRunning(async (io) => {
          io.stdout.write(line(fatal));
          return 71;
        }),
      ),
    );
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(words);
  });

  it("names something else that talks instead, when time runs out", async () => {
    const menu = machineRunning((io) => {
      io.stdout.write("1) Shell 2) Logout\nYour choice? \n");
      return new Promise(() => {});
    });
    const error = await sessionError(within([], 200, (signal) => open(menu, { signal })));
    expect(error.kind).toBe("noPowerShell");
    expect(error.message).toContain("1) Shell 2) Logout");
    expect(menu.closed).toBe(0);
    await vi.waitFor(() => expect(menu.closed).toBe(1));
  });

  it("times out where nothing talks", async () => {
    const error = await sessionError(
      within([], 50, (signal) =>
        open(
          machineRunning(() => new Promise(() => {})),
          { signal },
        ),
      ),
    );
    expect(error.kind).toBe("timeout");
  });

  it("tells a lost connection from a missing PowerShell", async () => {
    const machine = machineRunning(() => new Promise(() => {}));
    const opening = sessionError(open(machine));
    await vi.waitFor(() => expect(machine.commands.length).toBe(1));
    await sleep(5);
    machine.drop(new Error("read ECONNRESET"));
    const error = await opening;
    expect(error.kind).toBe("died");
    expect(error.message).toContain("read ECONNRESET");
  });
});

describe("a request", () => {
  it("is one line of ASCII, with its secret in it and nowhere else", async () => {
    const seen: Request[] = [];
    const machine = machineWith({ onRequest: (request) => seen.push(request) });
    const session = await open(machine);
    await session.call("slmgr", { verb: "/ipk", values: ["SECRET-東京-\u{1F511}"] }, never);
    expect(seen.map(({ id, op }) => [id, op])).toEqual([
      [1, "hello"],
      [2, "slmgr"],
    ]);
    expect(seen[1]?.args).toEqual({ verb: "/ipk", values: ["SECRET-東京-\u{1F511}"] });
    expect(machine.commands.join()).not.toContain("SECRET");
    expect(testProgram.text().toString()).not.toContain("SECRET");
    await session.close();
  });

  it("gives the agent's error as it is, and leaves the session usable", async () => {
    const error = { kind: "hresult", code: "0xC004F050", message: "der Schlüssel ist ungültig" };
    let first = true;
    const session = await open(
      machineWith({
        answer: (request) => {
          if (!first) return [ok(request)];
          first = false;
          return [line({ id: request.id, ok: false, error })];
        },
      }),
    );
    const failure = await session.call("slmgr", { verb: "/ato" }, never).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(AgentFailure);
    expect((failure as AgentFailure).error).toEqual(error);
    await expect(session.call("slmgr", { verb: "/ato" }, never)).resolves.toEqual({});
    await session.close();
  });

  it("is never answered by another's answer: unknown and repeated ids are dropped", async () => {
    const session = await open(
      machineWith({
        answer: (r) => [line({ id: 999, ok: true, result: "not mine" }), ok(r, { n: r.id }), ok(r, "again")],
      }),
    );
    for (let i = 0; i < 3; i++) {
      await expect(session.call("net.listeners", {}, never)).resolves.toEqual({ n: 2 + i });
    }
    await session.close();
  });

  it("waits until the one before is answered", async () => {
    let open_ = 0;
    let most = 0;
    const session = await open(
      machineWith({
        answer: async (request) => {
          most = Math.max(most, ++open_);
          await sleep(2);
          open_--;
          return [ok(request, { n: request.id })];
        },
      }),
    );
    const results = await Promise.all([1, 2, 3].map(() => session.call("net.listeners", {}, never)));
    expect(results).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }]);
    expect(most).toBe(1);
    await session.close();
  });

  it("that is too long is not sent, and harms nobody", async () => {
    const seen: Request[] = [];
    const session = await open(machineWith({ onRequest: (request) => seen.push(request) }));
    const values = ["x".repeat(MAX_REQUEST_BYTES)];
    const error = await sessionError(session.call("slmgr", { verb: "/ipk", values }, never));
    expect(error.kind).toBe("protocol");
    expect(error.message).not.toContain("xxx");
    await session.call("net.listeners", {}, never);
    expect(seen.map(({ op }) => op)).toEqual(["hello", "net.listeners"]);
    await session.close();
  });

  it("fails as died, naming what was open, when the agent ends or the connection is lost", async () => {
    const ending = await open(machineWith({ answer: () => "die" }));
    const ended = await sessionError(ending.call("batch", { steps: [], reads: [] }, never));
    expect(ended.kind).toBe("died");
    expect(ended.message).toMatch(/exit code 1.*during "batch"/);
    expect(ending.alive).toBe(false);

    const machine = machineWith({ answer: () => new Promise(() => {}) });
    const session = await open(machine);
    const call = sessionError(session.call("batch", { steps: [], reads: [] }, never));
    await sleep(5);
    machine.drop(new Error("read ECONNRESET"));
    expect((await call).message).toMatch(/read ECONNRESET.*during "batch"/);
    expect((await sessionError(session.call("net.listeners", {}, never))).kind).toBe("died");
  });

  it("fails as died when the agent itself fails at it", async () => {
    const session = await open(machineWith({ answer: () => [line({ fatal: "agent", message: "StackOverflow" })] }));
    const error = await sessionError(session.call("batch", { steps: [], reads: [] }, never));
    expect(error.kind).toBe("died");
    expect(error.message).toMatch(/StackOverflow.*during "batch"/);
  });

  it("that is not answered in time ends the session, so that its late answer meets nobody", async () => {
    const machine = machineWith({
      answer: async (request) => {
        await sleep(80);
        return [ok(request)];
      },
    });
    const session = await open(machine);
    const error = await sessionError(
      within([], 20, (signal) => session.call("batch", { steps: [], reads: [] }, signal)),
    );
    expect(error.kind).toBe("timeout");
    expect(error.message).toContain('"batch" was not answered within the operation\'s 0.02 s');
    expect(session.alive).toBe(false);
    await vi.waitFor(() => expect(machine.closed).toBe(1));
  });

  it.each([
    ["garbage after the sentinel", "@A not json\n", "cannot be read"],
    ["JSON that is no answer", '@A {"id":2,"ok":"yes"}\n', "cannot be read"],
    ["an error without its fields", '@A {"id":2,"ok":false,"error":"x"}\n', "cannot be read"],
    [
      "a request that the agent could not read",
      '@A {"id":null,"ok":false,"error":{"kind":"refused","message":"m"}}\n',
      "refused",
    ],
    ["an endless line", `@A ${"x".repeat(8 * 1024 * 1024)}\n`, "8 MiB"],
  ])("fails as a protocol error at %s", async (_what, text, words) => {
    const session = await open(machineWith({ answer: () => [text] }));
    const error = await sessionError(session.call("net.listeners", {}, never));
    expect(error.kind).toBe("protocol");
    expect(error.message).toContain(words);
    expect(session.alive).toBe(false);
  });
});

describe("pings", () => {
  it("are sent while idle and while busy, and are no round trips", async () => {
    let pings = 0;
    let trips = 0;
    const session = await open(
      machineWith({
        onRequest: ({ op }) => {
          if (op === "ping") pings++;
        },
        answer: async (request) => {
          await sleep(60);
          return [ok(request)];
        },
      }),
      { pingIntervalMs: 10, onRoundTrip: () => trips++ },
    );
    await session.call("net.listeners", {}, never);
    await vi.waitFor(() => expect(pings).toBeGreaterThan(5));
    expect(session.alive).toBe(true);
    expect(trips).toBe(3);
    await session.close();
  });

  it("find out about an idle agent that is gone", async () => {
    const session = await open(machineWith({ answersPings: false }), { pingIntervalMs: 10 });
    await new Promise<void>((resolve) => session.onEnd(resolve));
    expect((await sessionError(session.call("net.listeners", {}, never))).message).toContain("no longer answers");
  });

  it("do not take a busy agent for one that is gone", async () => {
    const session = await open(
      machineWith({
        answersPings: false,
        answer: async (request) => {
          await sleep(80);
          return [ok(request)];
        },
      }),
      { pingIntervalMs: 10 },
    );
    await expect(session.call("net.listeners", {}, never)).resolves.toEqual({});
    await session.close();
  });
});
