import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "./command.ts";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The example that the commands deploy, and the lab's network of the same name. The root project is contoso's; another
 * one is chosen by the environment.
 */
export const example = process.env.VOLUME_ACTIVATION_EXAMPLE || "contoso";
const isRoot = example === "contoso";

/** The folder of the Pulumi project. */
export const projectDirectory = isRoot ? root : join(root, "examples", example);

/** Where the lab keeps its state, its log and `lab.json`. Ignored by git. */
export const labDirectory = join(root, ".lab", example);

type Environment = Readonly<Record<string, string | undefined>>;

/** What can be made again at any time: built and downloaded engines. */
export function cacheDirectory(env: Environment = process.env, platform: string = process.platform): string {
  return join(userDirectory(env, platform, env.XDG_CACHE_HOME, ".cache"), "pulumi-volume-activation");
}

/**
 * What belongs to this checkout and must outlive it being cleaned: Pulumi's backend, its home and the passphrase. Two
 * checkouts on one machine do not share it.
 */
export function stateDirectory(
  env: Environment = process.env,
  platform: string = process.platform,
  checkout: string = root,
): string {
  const parent =
    env.VOLUME_ACTIVATION_HOME ??
    join(userDirectory(env, platform, env.XDG_STATE_HOME, ".local", "state"), "pulumi-volume-activation");
  return resolve(parent, createHash("sha256").update(checkout).digest("hex").slice(0, 12));
}

/** Makes a folder of ours for this user alone. `variable` names what moves it elsewhere. */
export function makeFolder(path: string, variable: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`The folder ${path} cannot be made (${why}). Set ${variable} to a folder that can be written.`);
  }
}

function userDirectory(env: Environment, platform: string, xdg: string | undefined, ...fallback: string[]): string {
  if (xdg) return xdg;
  if (platform === "win32" && env.LOCALAPPDATA) return env.LOCALAPPDATA;
  return join(env.HOME ?? homedir(), ...fallback);
}
