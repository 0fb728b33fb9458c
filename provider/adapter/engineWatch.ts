import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

/** One row of the process table. `started` tells a process from a later one with the same number. */
export interface ProcessRow {
  parent: number;
  command: string;
  started: string;
}
export type ProcessTable = (pid: number) => Promise<ProcessRow | undefined>;

/**
 * The engine is the first ancestor that is not the launcher script: the official launcher is a shell script (a batch
 * file on Windows) which stays between the engine and this process and would outlive a killed engine.
 */
export async function findEngine(table: ProcessTable, start: number): Promise<number | undefined> {
  let pid = start;
  for (let hop = 0; hop < 4 && pid > 1; hop++) {
    const row = await table(pid);
    if (!row) return undefined;
    if (!/pulumi-resource-pulumi-nodejs/.test(row.command)) return pid;
    pid = row.parent;
  }
  return undefined;
}

/** /proc on Linux, ps on other Unixes, CIM on Windows. */
export function processTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  if (platform === "linux") return async (pid) => fromProc(pid);
  if (platform === "win32") return fromCim;
  return fromPs;
}

function fromProc(pid: number): ProcessRow | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { parent: Number(fields[1]), command, started: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

const run = promisify(execFile);

async function fromPs(pid: number): Promise<ProcessRow | undefined> {
  try {
    const { stdout } = await run("ps", ["-o", "ppid=,lstart=,command=", "-p", String(pid)]);
    const match = /^\s*(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/m.exec(stdout);
    return match ? { parent: Number(match[1]), started: match[2] ?? "", command: match[3] ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

async function fromCim(pid: number): Promise<ProcessRow | undefined> {
  const query =
    `$p=Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}';` +
    'if($p){[Console]::Out.Write("$($p.ParentProcessId)`t$($p.CreationDate.Ticks)`t$($p.CommandLine)")}';
  try {
    const { stdout } = await run("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", query]);
    const [parent, started, command] = stdout.split("\t");
    return parent ? { parent: Number(parent), started: started ?? "", command: command ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Calls `onGone` once the engine's process has ended. A killed engine (kill -9, a lost terminal) tells its plugins
 * nothing; without this its sessions would stay open on every machine.
 */
export async function watchEngine(
  onGone: () => void,
  options: { table?: ProcessTable; parent?: number; everyMs?: number } = {},
): Promise<{ engine: number; stop(): void } | undefined> {
  const table = options.table ?? processTable();
  const parent = options.parent ?? process.ppid;
  const engine = await findEngine(table, parent);
  if (engine === undefined) return undefined;
  const born = (await table(engine))?.started;
  const cheap = process.platform === "linux" || options.table !== undefined;
  const timer = setInterval(async () => {
    if (!alive(engine) || (cheap && (await table(engine))?.started !== born)) {
      clearInterval(timer);
      onGone();
    }
  }, options.everyMs ?? 1000);
  timer.unref();
  return { engine, stop: () => clearInterval(timer) };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
