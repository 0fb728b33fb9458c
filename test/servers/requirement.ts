import { accessSync, appendFileSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export interface Requirement {
  available: boolean;
  /** Where it was found, or why the suite cannot run. */
  why: string;
}

/**
 * Whether a suite's server program is here: `path` is absolute, or a name looked up on the PATH and among the system's
 * programs. Without it the suite is skipped, and says so in the file that VOLUME_ACTIVATION_SKIPS names; on a build
 * server (CI is set) that is a failure, since nobody would read the note there.
 *
 * Use: `describe.skipIf(!requirement("OpenSSH", "/usr/sbin/sshd").available)("...", ...)`
 */
export function requirement(name: string, path: string): Requirement {
  const found = candidates(path).find(isExecutable);
  if (found) return { available: true, why: found };
  const why = `${path} is not installed`;
  if (process.env.CI && process.env.CI !== "false") {
    throw new Error(`${name}: ${why}, and on a build server this suite may not be skipped. Install it there.`);
  }
  return skipped(name, why);
}

/** Whether a suite may do what only root may. Without it the suite is skipped and says so, on a build server too: nothing can be installed against it. */
export function rootRequirement(name: string): Requirement {
  if (process.getuid?.() === 0) return { available: true, why: "root" };
  return skipped(name, "needs root");
}

function skipped(name: string, why: string): Requirement {
  const notes = process.env.VOLUME_ACTIVATION_SKIPS;
  if (notes) appendFileSync(notes, `${name}: ${why}\n`);
  return { available: false, why };
}

function candidates(path: string): string[] {
  if (isAbsolute(path)) return [path];
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"];
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
