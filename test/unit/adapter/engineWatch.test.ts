import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findEngine, type ProcessRow, processTable, watchEngine } from "../../../provider/adapter/engineWatch";

const rows = (table: Record<number, [parent: number, command: string]>) => async (pid: number) => {
  const row = table[pid];
  return row && { parent: row[0], command: row[1], started: String(pid) };
};

describe("the engine is found", () => {
  it("behind the official launcher, a shell script that stays between", async () => {
    const table = rows({
      30: [20, "/bin/sh /home/ci/.pulumi/bin/pulumi-resource-pulumi-nodejs 127.0.0.1:40123"],
      20: [10, "pulumi up --yes"],
    });
    expect(await findEngine(table, 30)).toBe(20);
  });

  it("as the parent itself, where the launcher became the provider", async () => {
    expect(await findEngine(rows({ 20: [10, "/opt/pulumi/pulumi refresh"] }), 20)).toBe(20);
  });

  it("behind a batch file on Windows", async () => {
    const command =
      'C:\\Windows\\system32\\cmd.exe /c ""C:\\Pulumi\\bin\\pulumi-resource-pulumi-nodejs.cmd" 127.0.0.1:40123"';
    expect(await findEngine(rows({ 400: [300, command], 300: [4, "C:\\Pulumi\\bin\\pulumi.exe up"] }), 400)).toBe(300);
  });

  it("behind two launchers, but not for ever", async () => {
    const launcher = "sh pulumi-resource-pulumi-nodejs 127.0.0.1:1";
    expect(await findEngine(rows({ 4: [3, launcher], 3: [2, launcher], 2: [1, "pulumi up"] }), 4)).toBe(2);
    expect(await findEngine(rows({ 7: [7, launcher] }), 7)).toBeUndefined();
  });

  it("not at all when a parent has vanished or only init is left", async () => {
    expect(await findEngine(rows({}), 30)).toBeUndefined();
    expect(await findEngine(rows({ 30: [20, "sh pulumi-resource-pulumi-nodejs"] }), 30)).toBeUndefined();
    expect(await findEngine(rows({ 1: [0, "init"] }), 1)).toBeUndefined();
  });
});

describe.skipIf(process.platform === "win32")("the process table of this machine", () => {
  it.each(["linux", "darwin"] as const)("knows parent and command as on %s", async (platform) => {
    if (platform === "linux" && process.platform !== "linux") return;
    const row = await processTable(platform)(process.pid);
    expect(row).toMatchObject({ parent: process.ppid, command: expect.stringContaining("node") });
    expect(row?.started).not.toBe("");
  });

  it.each(["linux", "darwin"] as const)("has no row for a process that is not there, as on %s", async (platform) => {
    expect(await processTable(platform)(2 ** 22 + 1)).toBeUndefined();
  });
});

describe("watching", () => {
  const started: ChildProcess[] = [];
  const folders: string[] = [];
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
    for (const child of started.splice(0)) child.kill("SIGKILL");
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const idle = "setInterval(() => {}, 1000)";
  async function start(command: string, args: string[], env = process.env): Promise<ChildProcess & { pid: number }> {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "ignore"] });
    await once(child, "spawn");
    started.push(child);
    return child as ChildProcess & { pid: number };
  }

  it("tells when the parent process was killed with SIGKILL", async () => {
    const engine = await start(process.execPath, ["-e", idle]);
    const onGone = vi.fn();
    const watch = await watchEngine(onGone, { parent: engine.pid, everyMs: 20 });
    expect(watch?.engine).toBe(engine.pid);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(onGone).not.toHaveBeenCalled();
    engine.kill("SIGKILL");
    await vi.waitFor(() => expect(onGone).toHaveBeenCalledOnce(), { timeout: 5000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(onGone).toHaveBeenCalledOnce();
  });

  it.skipIf(process.platform === "win32")(
    "sees the engine's end behind a launcher script that outlives it",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "launcher-"));
      folders.push(folder);
      const launcher = join(folder, "pulumi-resource-pulumi-nodejs");
      writeFileSync(
        launcher,
        `#!/bin/sh\n"${process.execPath}" -e 'console.log(process.ppid, process.pid); ${idle}' "$@"\n`,
      );
      chmodSync(launcher, 0o755);
      const script = `require("node:child_process").spawn(process.env.LAUNCHER, ["127.0.0.1:1"], { stdio: "inherit" })`;
      const engine = await start(process.execPath, ["-e", script], { ...process.env, LAUNCHER: launcher });
      const [line] = (await once(engine.stdout ?? engine, "data")) as [Buffer];
      const [shell, provider] = String(line).split(" ").map(Number) as [number, number];
      try {
        expect(shell).not.toBe(engine.pid);
        const onGone = vi.fn();
        const watch = await watchEngine(onGone, { parent: shell, everyMs: 20 });
        expect(watch?.engine).toBe(engine.pid);
        engine.kill("SIGKILL");
        await vi.waitFor(() => expect(onGone).toHaveBeenCalledOnce(), { timeout: 5000 });
        expect(() => process.kill(shell, 0)).not.toThrow();
      } finally {
        process.kill(provider, "SIGKILL");
      }
    },
  );

  it.runIf(process.platform === "linux")("takes an engine that nobody has buried yet for ended", async () => {
    const careless = await start("/bin/sh", ["-c", "sleep 0.3 & echo $!; exec sleep 30"]);
    const [line] = (await once(careless.stdout ?? careless, "data")) as [Buffer];
    const onGone = vi.fn();
    const watch = await watchEngine(onGone, { parent: Number(line), everyMs: 20 });
    expect(watch?.engine).toBe(Number(line));
    await vi.waitFor(() => expect(onGone).toHaveBeenCalledOnce(), { timeout: 5000 });
    expect(() => process.kill(Number(line), 0)).not.toThrow();
  });

  it("takes a later process with the same number for another one", async () => {
    let born = "first";
    const table = async (): Promise<ProcessRow> => ({ parent: 1, command: "pulumi up", started: born });
    const onGone = vi.fn();
    await watchEngine(onGone, { table, parent: process.pid, everyMs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(onGone).not.toHaveBeenCalled();
    born = "second";
    await vi.waitFor(() => expect(onGone).toHaveBeenCalledOnce());
  });

  it("says nothing any more once it is stopped", async () => {
    const engine = await start(process.execPath, ["-e", idle]);
    const onGone = vi.fn();
    const watch = await watchEngine(onGone, { parent: engine.pid, everyMs: 10 });
    watch?.stop();
    engine.kill("SIGKILL");
    await once(engine, "exit");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(onGone).not.toHaveBeenCalled();
  });

  it("watches nothing when there is no engine to be found", async () => {
    expect(await watchEngine(() => {}, { table: rows({}), parent: 30 })).toBeUndefined();
  });
});
