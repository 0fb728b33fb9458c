import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { alive, gone, startTime } from "../../../scripts/processes.ts";
import { type Home, openHome } from "../../../scripts/pulumi/home.ts";
import { abandoned, clearLeftovers, parseLock, record, runVariable } from "../../../scripts/pulumi/leftovers.ts";

const nobody = 2 ** 30;
let folder: string;
let home: Home;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leftovers-"));
  home = openHome(folder);
  children = [];
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

/** A process that a run of this id has started and that does not end by itself. */
async function plugin(id: string): Promise<number> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"], {
    env: { ...process.env, [runVariable]: id },
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return child.pid ?? 0;
}

function lock(pid: number, host = hostname()): string {
  const locks = join(home.backend, ".pulumi", "locks", "organization", "p", "s");
  mkdirSync(locks, { recursive: true });
  const path = join(locks, `${pid}-${host}.json`);
  writeFileSync(path, JSON.stringify({ pid, username: "u", hostname: host, timestamp: "2026-01-01T00:00:00Z" }));
  return path;
}

it.runIf(process.platform === "linux")("ends what a killed run left, and nothing of another run", async () => {
  const [left, other] = [await plugin("killed"), await plugin("other")];
  record(home, { id: "killed", engine: nobody, runner: nobody });
  await clearLeftovers(home);
  expect(await gone([left], 1000)).toBe(true);
  expect(alive(other)).toBe(true);
  expect(existsSync(join(home.runs, "killed.json"))).toBe(false);
});

it("leaves a run alone whose command still lives", async () => {
  const working = await plugin("working");
  record(home, { id: "working", engine: working, runner: process.pid, runnerStart: startTime(process.pid) });
  await clearLeftovers(home);
  expect(alive(working)).toBe(true);
  expect(existsSync(join(home.runs, "working.json"))).toBe(true);
});

it.runIf(process.platform === "linux")("is not misled by a process that got the dead command's id", async () => {
  const left = await plugin("reused");
  record(home, { id: "reused", engine: nobody, runner: process.pid, runnerStart: "1" });
  await clearLeftovers(home);
  expect(await gone([left], 1000)).toBe(true);
});

it("clears the lock of a dead engine of this machine, and no other", async () => {
  const [dead, foreign] = [lock(nobody), lock(nobody, "elsewhere")];
  await clearLeftovers(home);
  expect([existsSync(dead), existsSync(foreign)]).toEqual([false, true]);
});

it("does not touch the lock of an engine that lives", () => {
  expect(abandoned({ pid: 5, hostname: "here" }, "here", () => true)).toBe(false);
  expect(abandoned({ pid: 5, hostname: "here" }, "here", () => false)).toBe(true);
});

it("takes nothing for a lock that is not one", () => {
  expect([parseLock("{"), parseLock("null"), parseLock('{"pid":"1"}'), parseLock(undefined)]).toEqual(
    Array(4).fill(undefined),
  );
});

it("makes the passphrase once and for its owner only", async () => {
  const { readFileSync, statSync } = await import("node:fs");
  const first = readFileSync(home.passphrase, "utf8");
  expect(first.length).toBeGreaterThan(30);
  expect(readFileSync(openHome(folder).passphrase, "utf8")).toBe(first);
  if (process.platform !== "win32") expect(statSync(home.passphrase).mode & 0o777).toBe(0o600);
});
