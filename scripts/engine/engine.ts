import { delimiter } from "node:path";

/** The Pulumi engine that the tests are run with and that is fetched or built when the machine has none. */
export const engineVersion = "3.259.0";

/** Since 3.227 found drift has an exit code of its own (7). */
const oldestUsable = [3, 227] as const;

/** The three programs that make an engine for Node programs with dynamic resources. */
export const engineParts = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"] as const;

export interface Engine {
  /** Full path of the pulumi program. */
  pulumi: string;
  /** Folders that must come first on PATH, for the two programs that pulumi starts. */
  path: readonly string[];
  version: string;
  origin: "PATH" | "official" | "built";
}

/** "v3.259.0" or "3.260.0-dev" to "3.259.0"; undefined for what is no version. */
export function parseVersion(text: string): string | undefined {
  return /^v?(\d+\.\d+\.\d+)/.exec(text.trim())?.[1];
}

export function usable(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  return major > oldestUsable[0] || (major === oldestUsable[0] && minor >= oldestUsable[1]);
}

export const oldestUsableVersion = oldestUsable.join(".");

/** PATH with the engine's folders first. */
export function pathFor(engine: Engine, path: string | undefined): string {
  return [...engine.path, ...(path ? [path] : [])].join(delimiter);
}
