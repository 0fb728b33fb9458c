import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, stateDirectory } from "../paths.ts";

/** Where Pulumi keeps what belongs to this checkout. */
export interface Home {
  /** The file backend: stacks, history, locks. */
  backend: string;
  /** PULUMI_HOME: plugins and the selected stack. */
  home: string;
  /** A file with the passphrase of the backend's secrets. */
  passphrase: string;
  /** One file for each engine of ours that runs, or was killed. */
  runs: string;
}

export function openHome(directory: string = stateDirectory()): Home {
  const home: Home = {
    backend: join(directory, "backend"),
    home: join(directory, "home"),
    passphrase: join(directory, "passphrase"),
    runs: join(directory, "runs"),
  };
  for (const folder of [home.backend, home.home, home.runs]) makeFolder(folder, "VOLUME_ACTIVATION_HOME");
  if (!existsSync(home.passphrase)) writePassphrase(home.passphrase);
  return home;
}

/** Never overwrites: the secrets of an existing backend can be read with its own passphrase only. */
function writePassphrase(path: string): void {
  try {
    writeFileSync(path, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
