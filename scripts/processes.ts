import { readdirSync, readFileSync } from "node:fs";

/** Whether a process of this id exists. One that belongs to another user exists too. */
export function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // A zombie answers signals and does nothing any more.
  return !/^State:\s+Z/m.test(procFile(pid, "status") ?? "");
}

/** The command line, words separated by blanks; undefined where it cannot be read (no /proc, another user's). */
export function commandLine(pid: number): string | undefined {
  return procFile(pid, "cmdline")?.replaceAll("\0", " ").trim();
}

/** Together with its id this names a process for good, where ids are used again; undefined without /proc. */
export function startTime(pid: number): string | undefined {
  // The second word is the program's name in brackets, and may hold blanks and brackets itself.
  return procFile(pid, "stat")?.split(") ").at(-1)?.split(" ")[19];
}

/** Processes whose environment holds NAME=VALUE. Empty where the system has no /proc. */
export function withEnvironment(name: string, value: string): number[] {
  return processIds().filter((pid) => pid !== process.pid && hasEnvironment(pid, name, value));
}

export function hasEnvironment(pid: number, name: string, value: string): boolean {
  return (procFile(pid, "environ") ?? "").split("\0").includes(`${name}=${value}`);
}

export function readsProcesses(): boolean {
  return procFile(process.pid, "environ") !== undefined;
}

/** Sends a signal; false when there is no such process. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Waits until none of the processes is alive; false when the time (milliseconds) is over before. */
export async function gone(pids: readonly number[], limit: number): Promise<boolean> {
  const end = Date.now() + limit;
  while (pids.some(alive)) {
    if (Date.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

/** Asks the processes to end, and ends those that have not after `grace` milliseconds. */
export async function end(pids: readonly number[], first: NodeJS.Signals, grace: number): Promise<void> {
  for (const pid of pids.filter(alive)) signal(pid, first);
  if (await gone(pids, grace)) return;
  for (const pid of pids.filter(alive)) signal(pid, "SIGKILL");
  await gone(pids, 2000);
}

function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function procFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
