import { afterEach, describe, expect, it, vi } from "vitest";
import { agentCommand, agentText } from "../../../provider/agent/index";
import type { BatchArgs } from "../../../provider/machine/protocol";
import type { Lab, MachineSpec } from "../../lab/index";
import { AgentClient, agentOn, startOn, testLab } from "../conformance/harness";
import { kmsHost, SPP, withAgent } from "./helpers";

let lab: Lab;
afterEach(async () => {
  vi.useRealTimers();
  await lab.stop();
});

const MARKER = { key: "SOFTWARE\\pulumi-volume-activation", name: "RestartOwed" };
async function host(more: Partial<MachineSpec> = {}): Promise<void> {
  lab = await testLab({ machines: [kmsHost("m", 1, more)] });
}
const port = (value: string): BatchArgs["steps"][number] => ({
  op: "slmgr",
  args: { verb: "/sprt", values: [value] },
  restart: true,
});
const restart = (owed = false): NonNullable<BatchArgs["restart"]> => ({ service: "sppsvc", marker: MARKER, owed });
const listenerRead: BatchArgs["reads"] = [{ op: "net.listeners", args: {} }];
const marker = () =>
  withAgent(lab, "m", async (agent) => (await agent.call("registry.read", { values: [MARKER] })).values[0]);
const ports = () => lab.state("m").listeners.map((one) => one.port);

/** What a command line prints, and how it ends. */
async function run(
  commandLine: string,
  input: Buffer | string = "",
): Promise<{ code: number; stderr: string; line: unknown }> {
  const client = new AgentClient(startOn(lab.machine("m"), commandLine));
  client.send(input);
  client.end();
  const line = await client.line();
  return { code: await client.exit, stderr: client.stderr, line };
}

describe("a machine's shell", () => {
  it.each(["whoami", "powershell.exe -Command Get-Date", `${agentCommand(10)} `, "cmd /c slmgr.vbs /dli"])(
    "refuses %s as a command that it does not have, and notes why",
    async (command) => {
      await host();
      expect(await run(command)).toMatchObject({
        code: 1,
        line: null,
        stderr: expect.stringContaining("not recognized"),
      });
      expect(lab.state("m").notes).toEqual([expect.stringContaining("not the agent's")]);
      expect(lab.state("m").counters.powershellStarts).toBe(0);
    },
  );

  it("says so in the language of the machine", async () => {
    await host({ language: "zh-TW" });
    expect((await run("whoami")).stderr).toContain("不是內部或外部命令");
  });

  it("refuses an agent that differs by one byte, and one of another length", async () => {
    await host();
    const text = Buffer.from(agentText());
    text.writeUInt8(text.readUInt8(100) ^ 1, 100);
    for (const wrong of [text, text.subarray(0, 1000)]) {
      expect(await run(agentCommand(wrong.length), wrong)).toMatchObject({ code: 1, line: null });
    }
    expect(lab.state("m").notes).toEqual(Array(2).fill(expect.stringContaining("byte for byte")));
  });

  it("answers for a missing PowerShell, and for constrained language mode, as Windows does", async () => {
    await host();
    await lab.fault("m", { noPowerShell: true });
    const command = agentCommand(agentText().length);
    expect(await run(command, agentText())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("powershell.exe"),
    });
    await lab.fault("m", { noPowerShell: false, constrainedLanguage: true });
    expect(await run(command, agentText())).toMatchObject({
      code: 71,
      line: { fatal: "languagemode", mode: "ConstrainedLanguage" },
    });
  });
});

describe("an agent in the lab", () => {
  it("ends itself after 60 seconds without a line, and not before", async () => {
    await host();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const agent = await agentOn(lab.machine("m"));
    await vi.advanceTimersByTimeAsync(59_000);
    await agent.call("ping", {});
    await vi.advanceTimersByTimeAsync(59_000);
    await agent.call("ping", {});
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await agent.line()).toEqual({ fatal: "idle" });
    expect(await agent.exit).toBe(0);
  });

  it("is counted: starts, requests, batches, restarts", async () => {
    await host();
    await withAgent(lab, "m", async (agent) => {
      await agent.call("ping", {});
      await agent.call("batch", { steps: [port("1700")], restart: restart(), reads: [] });
    });
    expect(lab.state("m").counters).toMatchObject({ dials: 0, powershellStarts: 1, requests: 2, batches: 1 });
    expect(lab.state("m").service.restarts).toBe(1);
  });
});

describe("a batch that restarts", () => {
  it("restarts once for several steps, removes the marker, and reads the new listener", async () => {
    await host();
    const result = await withAgent(lab, "m", (agent) =>
      agent.call("batch", { steps: [port("1700"), port("1701")], restart: restart(), reads: listenerRead }),
    );
    expect(result.restart).toEqual({ status: "done", tookMs: expect.any(Number) });
    expect(result.reads).toMatchObject([
      { ok: true, result: { listeners: expect.arrayContaining([{ address: "0.0.0.0", port: 1701 }]) } },
    ]);
    expect(lab.state("m").service.restarts).toBe(1);
    expect(await marker()).toBeNull();
  });

  it("restarts for a restart that is owed from before, with no step at all", async () => {
    await host();
    await withAgent(lab, "m", (agent) => agent.call("batch", { steps: [], restart: restart(true), reads: [] }));
    expect(lab.state("m").service.restarts).toBe(1);
  });

  it("restarts after a later step has failed, because the first one waits for it", async () => {
    await host();
    const result = await withAgent(lab, "m", (agent) =>
      agent.call("batch", {
        steps: [port("1700"), { op: "slmgr", args: { verb: "/sai", values: ["1"] } }],
        restart: restart(),
        reads: [],
      }),
    );
    expect(result.steps.map((step) => step.status)).toEqual(["done", "failed"]);
    expect(result.restart.status).toBe("done");
    expect(ports()).toContain(1700);
  });

  it("leaves marker and old listener when the service does not stop", async () => {
    await host();
    await lab.fault("m", { stopRefused: true });
    const result = await withAgent(lab, "m", (agent) =>
      agent.call("batch", { steps: [port("1700")], restart: restart(), reads: [] }),
    );
    expect(result.restart).toMatchObject({ status: "failed", error: { kind: "restartRefused" } });
    expect(ports()).toContain(1688);
    expect(await marker()).toMatchObject({ kind: "REG_SZ" });
  });

  it("dies before the restart: setting and marker are there, the port is not served", async () => {
    await host();
    await lab.fault("m", { dieAtRestart: "before" });
    const agent = await agentOn(lab.machine("m"));
    await expect(agent.ask("batch", { steps: [port("1700")], restart: restart(), reads: [] })).rejects.toThrow(
      "no answer",
    );
    expect(await agent.exit).not.toBe(0);
    expect(ports()).toContain(1688);
    expect(await marker()).toMatchObject({ kind: "REG_SZ" });
  });

  it("dies after the restart: the port is served, the marker is still there", async () => {
    await host();
    await lab.fault("m", { dieAtRestart: "after" });
    const agent = await agentOn(lab.machine("m"));
    await expect(agent.ask("batch", { steps: [port("1700")], restart: restart(), reads: [] })).rejects.toThrow(
      "no answer",
    );
    expect(ports()).toContain(1700);
    expect(await marker()).toMatchObject({ kind: "REG_SZ" });
  });

  it("dies after a step: that one is done, the next is not, and the batch after it is served again", async () => {
    await host();
    await lab.fault("m", { dieAfterStep: 1 });
    const agent = await agentOn(lab.machine("m"));
    const low: BatchArgs["steps"][number] = { op: "slmgr", args: { verb: "/cpri" }, restart: true };
    await expect(agent.ask("batch", { steps: [port("1700"), low], restart: restart(), reads: [] })).rejects.toThrow(
      "no answer",
    );
    expect(lab.state("m").registry[`HKLM\\${SPP}`]).toEqual({
      KeyManagementServiceListeningPort: { kind: "REG_SZ", data: "1700" },
    });
    const again = await withAgent(lab, "m", (next) =>
      next.call("batch", { steps: [low], restart: restart(), reads: [] }),
    );
    expect(again.restart.status).toBe("done");
  });
});

describe("a guard in a batch", () => {
  const eq = (property: string, value: string | number, test: "eq" | "ne" | "match" | "notMatch" = "eq") => ({
    partialProductKey: "",
    property,
    test,
    value,
  });

  it("stops /ato after a key of the wrong channel, so that nothing is spent", async () => {
    await host({ initialKey: "gvlk", activated: false });
    const result = await withAgent(lab, "m", (agent) =>
      agent.call("batch", {
        steps: [
          { op: "expect", args: eq("Description", "VOLUME_KMS(?!CLIENT)", "match") },
          { op: "slmgr", args: { verb: "/ato" } },
        ],
        reads: [],
      }),
    );
    expect(result.steps).toMatchObject([
      { status: "failed", error: { kind: "expectation", actual: expect.stringContaining("VOLUME_KMSCLIENT") } },
      { status: "notRun" },
    ]);
  });

  it("skips /ato where the key is Licensed already, so that nothing is spent", async () => {
    await host();
    const result = await withAgent(lab, "m", (agent) =>
      agent.call("batch", {
        steps: [{ op: "slmgr", args: { verb: "/ato" }, when: eq("LicenseStatus", 1, "ne") }],
        reads: [],
      }),
    );
    expect(result.steps).toEqual([{ status: "skipped" }]);
    expect(lab.ledger()).toEqual([]);
  });

  it("compares whole numbers, texts and flags as text, and null with nothing", async () => {
    await host();
    const holds = (expectation: ReturnType<typeof eq>) =>
      withAgent(lab, "m", async (agent) => (await agent.ask("expect", expectation)).ok);
    expect(await holds(eq("LicenseStatus", "1"))).toBe(true);
    expect(await holds(eq("LicenseIsAddon", "false"))).toBe(true);
    expect(await holds(eq("ADActivationObjectName", ""))).toBe(false);
    expect(await holds(eq("ADActivationObjectName", "x", "ne"))).toBe(true);
    expect(await holds(eq("ADActivationObjectName", "x", "notMatch"))).toBe(true);
    expect(await withAgent(lab, "m", (agent) => agent.ask("expect", eq("Name", "(", "match")))).toMatchObject({
      ok: false,
      error: { kind: "refused" },
    });
  });
});

describe("two runs on one machine", () => {
  it("wait for the mutex, or are told that it is busy; reads alone do not need it", async () => {
    await host();
    const [machine] = [...lab.machines];
    if (!machine) throw new Error("no machine");
    const [one, two] = [await agentOn(machine), await agentOn(machine)];
    const batch = (waitMs: number, steps: BatchArgs["steps"]) => ({
      mutex: { name: "sppsvc", waitMs },
      steps,
      reads: listenerRead,
    });
    const held = await lab.holdMutex("m", "sppsvc");
    expect(
      await one.ask(
        "batch",
        batch(
          10,
          [port("1700")].map(({ restart: _, ...step }) => step as BatchArgs["steps"][number]),
        ),
      ),
    ).toMatchObject({ ok: false, error: { kind: "busy" } });
    expect(await one.ask("batch", batch(10, []))).toMatchObject({ ok: true });
    const waiting = two.ask("batch", batch(5_000, [{ op: "slmgr", args: { verb: "/cpri" } }]));
    held();
    expect(await waiting).toMatchObject({ ok: true, result: { steps: [{ status: "done" }] } });
    for (const agent of [one, two]) {
      agent.end();
      await agent.exit;
    }
  });
});

describe("an account without elevated rights", () => {
  it("reads everything, changes nothing, and is told so as Windows tells it", async () => {
    await host();
    await lab.fault("m", { notElevated: true });
    await withAgent(lab, "m", async (agent) => {
      const code = async (op: string, args: unknown) => {
        const answer = await agent.ask(op, args);
        return answer.ok ? "ok" : `${answer.error.kind} ${answer.error.code}`;
      };
      expect((await agent.call("hello", {})).elevated).toBe(false);
      expect(await code("licensing.read", { service: ["Version"], product: ["ID"] })).toBe("ok");
      expect(await code("slmgr", { verb: "/dti" })).toBe("ok");
      expect(await code("slmgr", { verb: "/ipk", values: ["VDYBN-27WPP-V4HQT-9VMD4-VMK7H"] })).toBe(
        "hresult 0xC004F025",
      );
      expect(await code("slmgr", { verb: "/ato" })).toBe("hresult 0xC004F025");
      expect(await code("slmgr", { verb: "/sprt", values: ["1700"] })).toBe("hresult 0x80070005");
      expect(await code("registry.write", { ...MARKER, kind: "REG_SZ", data: "x" })).toBe("hresult 0x80070005");
      expect(await code("firewall.group", { group: "@FirewallAPI.dll,-28002", profiles: 1, enabled: true })).toBe(
        "hresult 0x80070005",
      );
      expect(await code("service.restart", { name: "sppsvc" })).toBe("restartRefused 0x80070005");
    });
  });

  it("may install keys and activate when UserOperations is 1, once the service has read it", async () => {
    await host();
    await lab.change("m", ["reg", "add", `HKLM\\${SPP}`, "/v", "UserOperations", "/t", "REG_DWORD", "/d", "1"]);
    await lab.change("m", ["restart-service", "sppsvc"]);
    await lab.fault("m", { notElevated: true });
    const answer = await withAgent(lab, "m", (agent) =>
      agent.ask("slmgr", { verb: "/ipk", values: ["VDYBN-27WPP-V4HQT-9VMD4-VMK7H"] }),
    );
    expect(answer.ok).toBe(true);
  });
});

describe("faults", () => {
  it("hang: an operation and all after it are never answered", async () => {
    await host();
    await lab.fault("m", { hangOn: "net.listeners" });
    const agent = await agentOn(lab.machine("m"));
    await agent.call("ping", {});
    agent.send('{"id":1,"op":"net.listeners","args":{}}\n{"id":2,"op":"ping","args":{}}\n');
    agent.end();
    expect(await agent.line()).toBeNull();
  });

  it("latency: every answer comes later", async () => {
    await host();
    await lab.fault("m", { latencyMs: 80 });
    const before = performance.now();
    await withAgent(lab, "m", (agent) => agent.call("ping", {}));
    expect(performance.now() - before).toBeGreaterThan(75);
  });
});
