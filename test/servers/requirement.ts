import { spawnSync } from "node:child_process";
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
  return found ? { available: true, why: found } : missing(name, `${path} is not installed`);
}

/** The system's own Python (not one that hides it on the PATH), with a module of a Debian package. */
export function pythonRequirement(module: string): Requirement {
  const python = requirement(module, "/usr/bin/python3");
  if (!python.available || spawnSync(python.why, ["-c", `import ${module}`]).status === 0) return python;
  return missing(module, `the module of that name is not installed for ${python.why}`);
}

/** Some servers change to other accounts, which only root may. */
export function rootRequirement(name: string): Requirement {
  const isRoot = process.getuid?.() === 0;
  return isRoot ? { available: true, why: "root" } : missing(name, "it is started by root only");
}

function missing(name: string, why: string): Requirement {
  if (process.env.CI && process.env.CI !== "false") {
    throw new Error(`${name}: ${why}, and on a build server this suite may not be skipped. Provide it there.`);
  }
  return skipped(name, why);
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
