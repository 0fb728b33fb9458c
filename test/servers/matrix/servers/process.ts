import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DnsNetwork } from "../../../../provider/dns";

const execute = promisify(execFile);

/** A server's own folder; it and the programs that work in it go with `clear`. */
export class Folder {
  readonly path: string;
  private readonly stops: (() => Promise<void>)[] = [];

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `${name}-`));
    chmodSync(this.path, 0o755);
  }
  at(name: string): string {
    return join(this.path, name);
  }
  write(name: string, text: string, mode = 0o644): string {
    writeFileSync(this.at(name), text, { mode });
    return this.at(name);
  }
  /** AppArmor profiles keep named out of temporary folders, and go by the program's path. */
  copyOf(program: string, name: string): string {
    copyFileSync(program, this.at(name));
    chmodSync(this.at(name), 0o755);
    return this.at(name);
  }

  /** Starts a server and waits until `ready` holds; its output is in the error when it does not. */
  async start(
    program: string,
    words: readonly string[],
    ready: (output: string) => boolean | Promise<boolean>,
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<ChildProcess> {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env, cwd: this.path });
    let output = "";
    const take = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.stops.unshift(async () => {
      if (child.exitCode === null) child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), 3000);
      await ended;
      clearTimeout(forced);
    });
    const until = Date.now() + 30_000;
    while (!(await ready(output))) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`${program} did not start:\n${output}`);
      await sleep(25);
    }
    return child;
  }

  async clear(): Promise<void> {
    for (const stop of this.stops.splice(0)) await stop();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Starts a server in a folder of its own, which goes again when that fails. */
export async function inFolder<T>(name: string, start: (folder: Folder) => Promise<T>): Promise<T> {
  const folder = new Folder(name);
  try {
    return await start(folder);
  } catch (error) {
    await folder.clear();
    throw error;
  }
}

/** Runs a program to its end; its output is in the error when it fails. */
export async function run(program: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const { stdout, stderr } = await execute(program, [...words], { env });
  return stdout + stderr;
}

/** Whether a name server answers for a zone with authority. */
export async function serves(port: number, zone: string, host = "127.0.0.1"): Promise<boolean> {
  const network = new DnsNetwork();
  try {
    const client = await network.client({ host, port }, new AbortController().signal);
    const answer = await client.query(zone, "SOA", AbortSignal.timeout(1000));
    return answer.rcode === 0 && answer.authoritative && answer.answers.length > 0;
  } catch {
    return false;
  } finally {
    network.close();
  }
}
