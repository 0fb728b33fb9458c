import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { progress } from "../command.ts";
import { alive, commandLine, end, hasEnvironment, readsProcesses, startTime, withEnvironment } from "../processes.ts";
import type { Home } from "./home.ts";

/** Set for an engine and so for all that it starts: whose process it is, also when its parents are dead. */
export const runVariable = "VOLUME_ACTIVATION_RUN";

/** Milliseconds for an engine to cancel by itself, and for the programs that it started to end. */
const grace = { engine: 15_000, plugins: 3_000 };

export interface Run {
  /** The value of VOLUME_ACTIVATION_RUN. */
  id: string;
  /** The engine's process. */
  engine: number;
  /** The process of this repository's command that started it. */
  runner: number;
  /** When that process began, as `startTime` tells it. */
  runnerStart?: string | undefined;
}

export function record(home: Home, run: Run): void {
  writeFileSync(join(home.runs, `${run.id}.json`), JSON.stringify(run), { mode: 0o600 });
}

export function forget(home: Home, run: Run): void {
  rmSync(join(home.runs, `${run.id}.json`), { force: true });
}

/**
 * Puts away what killed runs left: their engines, the programs that these started, and the locks that dead engines hold
 * in our backend. A run whose command still lives is left alone.
 */
export async function clearLeftovers(home: Home): Promise<void> {
  for (const run of recordedRuns(home)) {
    if (alive(run.runner) && startTime(run.runner) === run.runnerStart) continue;
    await endRun(run);
    forget(home, run);
  }
  for (const path of lockFiles(home.backend)) {
    const holder = parseLock(readText(path));
    if (holder && abandoned(holder)) {
      rmSync(path, { force: true });
      rmSync(`${path}.attrs`, { force: true });
      progress(`cleared the lock that a killed run (process ${holder.pid}) left on the stack`);
    }
  }
}

export interface LockHolder {
  pid: number;
  hostname: string;
}

/** What Pulumi's file backend writes into a lock file; undefined for anything else. */
export function parseLock(text: string | undefined): LockHolder | undefined {
  try {
    const lock = JSON.parse(text ?? "") as Partial<LockHolder> | null;
    return typeof lock?.pid === "number" && typeof lock.hostname === "string"
      ? { pid: lock.pid, hostname: lock.hostname }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Only a lock of this machine can be judged; a process id may meanwhile belong to something else than an engine. */
export function abandoned(
  holder: LockHolder,
  here: string = hostname(),
  isEngine: (pid: number) => boolean = (pid) => alive(pid) && (commandLine(pid)?.includes("pulumi") ?? true),
): boolean {
  return holder.hostname === here && !isEngine(holder.pid);
}

/** Ends the engine of a run, if it lives, and everything that it had started. */
export async function endRun(run: Run): Promise<void> {
  // Without /proc a process cannot be told from a stranger with its id: the provider then ends by itself.
  if (!readsProcesses()) return;
  if (alive(run.engine) && hasEnvironment(run.engine, runVariable, run.id)) {
    progress(`ending the engine of a killed run (process ${run.engine})`);
    await end([run.engine], "SIGINT", grace.engine);
  }
  const left = withEnvironment(runVariable, run.id);
  if (left.length === 0) return;
  progress(`ending ${left.length} ${left.length === 1 ? "process" : "processes"} that a killed run left`);
  await end(left, "SIGTERM", grace.plugins);
}

function recordedRuns(home: Home): Run[] {
  return readdirSync(home.runs)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      const run = parseRun(readText(join(home.runs, name)));
      return run ? [run] : [];
    });
}

function parseRun(text: string | undefined): Run | undefined {
  try {
    const run = JSON.parse(text ?? "") as Partial<Run> | null;
    return typeof run?.id === "string" && typeof run.engine === "number" && typeof run.runner === "number"
      ? { id: run.id, engine: run.engine, runner: run.runner, runnerStart: run.runnerStart }
      : undefined;
  } catch {
    return undefined;
  }
}

function lockFiles(backend: string): string[] {
  const locks = join(backend, ".pulumi", "locks");
  try {
    return readdirSync(locks, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
