import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { alive } from "../processes.ts";

/** After this time (milliseconds) a lock from another machine, whose processes cannot be seen, counts as left behind. */
const foreignLockAge = 30 * 60 * 1000;

export interface Holder {
  pid: number;
  host: string;
}

/** Runs `work` while this process alone holds the lock file; `waiting` is called once if another holds it. */
export async function withLock<T>(path: string, waiting: (holder: Holder) => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  let said = false;
  while (!take(path)) {
    const holder = read(path);
    if (holder && leftBehind(holder, ageOf(path))) {
      discard(path);
      continue;
    }
    if (holder && !said) {
      said = true;
      waiting(holder);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** `age` in milliseconds. */
export function leftBehind(holder: Holder, age: number, isAlive: (pid: number) => boolean = alive): boolean {
  return holder.host === hostname() ? !isAlive(holder.pid) : age > foreignLockAge;
}

function take(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Undefined while the file is being written, or when its holder has just let go. */
function read(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    return typeof holder.pid === "number" && typeof holder.host === "string"
      ? { pid: holder.pid, host: holder.host }
      : undefined;
  } catch {
    return undefined;
  }
}

function ageOf(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** By renaming first: of two that find the same dead lock only one removes it, and neither a new one. */
function discard(path: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch {
    // Another process was first.
  }
}
