import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import ts from "typescript";

const PROGRAM = "pulumi-resource-command";

export interface CommandPlugin {
  /** For people: which of the two it is. */
  what: string;
  /** Makes it ready, below `parent` if something has to be written, and answers the folder that must be on PATH. */
  ready(parent: string): string;
}

/** The real plugin where this computer has it, on PATH or as `pulumi plugin install` leaves it; else the stand-in. */
export function commandPlugin(env: NodeJS.ProcessEnv = process.env): CommandPlugin {
  const home = env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  const folders = [...(env.PATH ?? "").split(delimiter), join(home, "plugins", "resource-command-v1.2.1")];
  const found = folders.find((folder) => folder !== "" && existsSync(join(folder, PROGRAM)));
  if (found) return { what: `the real ${PROGRAM} in ${found}`, ready: () => found };
  return { what: `a stand-in, since ${PROGRAM} 1.2.1 is not installed here`, ready: standIn };
}

/** Compiles the stand-in beside this file, and writes the program that starts it. */
function standIn(parent: string): string {
  const folder = join(parent, "command-plugin");
  mkdirSync(folder);
  symlinkSync(resolve(__dirname, "../../../node_modules"), join(folder, "node_modules"));
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, esModuleInterop: true };
  for (const name of readdirSync(__dirname).filter((file) => file.endsWith(".ts") && file !== "install.ts")) {
    const { outputText } = ts.transpileModule(readFileSync(join(__dirname, name), "utf8"), { compilerOptions });
    writeFileSync(join(folder, name.replace(/\.ts$/, ".js")), outputText);
  }
  const launcher = join(folder, PROGRAM);
  writeFileSync(launcher, `#!/bin/sh\nexec "${process.execPath}" "${join(folder, "main.js")}" "$@"\n`);
  chmodSync(launcher, 0o755);
  return folder;
}
