import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { capture } from "../program.ts";
import { type Engine, engineParts, parseVersion, usable } from "./engine.ts";

/** Full path of a program, looked for as the shell does. */
export function which(
  program: string,
  folders: readonly string[],
  platform: string = process.platform,
): string | undefined {
  const suffixes = platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  return folders
    .filter((folder) => folder !== "")
    .flatMap((folder) => suffixes.map((suffix) => join(folder, program + suffix)))
    .find(executable);
}

export function pathFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  return (env.PATH ?? "").split(delimiter);
}

/** The engine whose programs lie in one folder, if it is complete. */
export async function engineIn(folder: string, origin: Engine["origin"]): Promise<Engine | undefined> {
  if (engineParts.some((part) => which(part, [folder]) === undefined)) return undefined;
  const pulumi = which("pulumi", [folder]);
  const version = pulumi ? await versionOf(pulumi) : undefined;
  return pulumi && version ? { pulumi, path: [folder], version, origin } : undefined;
}

/** What is on PATH, and why it cannot be used if it cannot. */
export async function installedEngine(folders: readonly string[]): Promise<Engine | { refused: string | undefined }> {
  const pulumi = which("pulumi", folders);
  if (!pulumi) return { refused: undefined };
  const version = await versionOf(pulumi);
  if (!version) return { refused: `${pulumi} does not tell its version` };
  if (!usable(version)) return { refused: `${pulumi} is version ${version}` };
  // A link on PATH may lead to the folder where the other two programs are.
  const beside = dirname(realpathSync(pulumi));
  const missing = engineParts.filter((part) => which(part, [...folders, beside]) === undefined);
  if (missing.length > 0) return { refused: `${pulumi} comes without ${missing.join(" and ")}` };
  return { pulumi, path: [dirname(pulumi), beside], version, origin: "PATH" };
}

async function versionOf(pulumi: string): Promise<string | undefined> {
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" };
    const answer = await capture(pulumi, ["version"], { env, limit: 20_000 });
    return answer.code === 0 ? parseVersion(answer.stdout) : undefined;
  } catch {
    return undefined;
  }
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
