import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { progress } from "../command.ts";
import { capture, TimeLimitError } from "../program.ts";
import { type Engine, engineVersion } from "./engine.ts";
import { engineIn } from "./installed.ts";

const oneDay = 24 * 3600 * 1000;

export function officialFolder(cache: string): string {
  return join(cache, "official");
}

/** Whether a failed try is recent enough not to try again. */
export function triedLately(note: string | undefined, now: number): boolean {
  const at = Date.parse(note ?? "");
  return Number.isFinite(at) && now - at < oneDay;
}

/** An engine that the official launcher put there earlier. */
export function officialEngine(cache: string): Promise<Engine | undefined> {
  return engineIn(join(officialFolder(cache), "versions", engineVersion, "bin"), "official");
}

/**
 * Lets the npm package `pulumi` fetch the engine into our cache. Where Pulumi's site cannot be reached, this is
 * remembered for a day. `limit`: milliseconds.
 */
export async function fetchOfficial(cache: string, limit: number): Promise<Engine | { refused: string }> {
  const folder = officialFolder(cache);
  const note = join(folder, "failed");
  if (triedLately(readNote(note), Date.now())) {
    return { refused: `the official download did not answer within the last day (${note})` };
  }
  mkdirSync(folder, { recursive: true });
  progress(`asking for the official Pulumi engine ${engineVersion}`);
  const refused = await launch(folder, limit);
  const engine = refused ? undefined : await officialEngine(cache);
  if (engine) {
    rmSync(note, { force: true });
    return engine;
  }
  writeFileSync(note, new Date().toISOString());
  return { refused: `the official launcher did not deliver: ${refused ?? "parts of the engine are missing"}` };
}

async function launch(folder: string, limit: number): Promise<string | undefined> {
  const env = { ...process.env, PULUMI_HOME: folder, PULUMI_SKIP_UPDATE_CHECK: "1" };
  try {
    const done = await capture("npx", ["--yes", `pulumi@${engineVersion}`, "version"], { cwd: folder, env, limit });
    return done.code === 0 ? undefined : (lastLine(done.stderr) ?? `exit code ${done.code}`);
  } catch (error) {
    if (error instanceof TimeLimitError) return `no answer within ${limit / 1000} s`;
    return error instanceof Error ? error.message : String(error);
  }
}

function lastLine(text: string): string | undefined {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("npm warn"))
    .at(-1);
}

function readNote(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
