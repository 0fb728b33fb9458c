import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { progress, UserError } from "../command.ts";
import { root } from "../paths.ts";
import { capture } from "../program.ts";

/** Full path of the JavaScript that a dependency's command stands for. */
export function dependencyCommand(name: string, command: string = name): string {
  const manifest = createRequire(join(root, "package.json")).resolve(`${name}/package.json`);
  const { bin } = createRequire(manifest)(manifest) as { bin: string | Record<string, string> };
  const file = typeof bin === "string" ? bin : bin[command];
  if (!file) throw new UserError(`The dependency ${name} has no command ${command}: run "npm ci".`);
  return join(dirname(manifest), file);
}

/** Compiles what runs outside the tests: the SDK, the provider, the lab. Incremental: nothing to do takes a second. */
export async function build(): Promise<void> {
  const args = [dependencyCommand("typescript", "tsc"), "-b", "provider", "sdk", "test/lab"];
  if (!existsSync(join(root, "provider", "dist"))) progress("compiling the packages, about 15 seconds, once");
  const done = await capture(process.execPath, args, { cwd: root });
  if (done.code !== 0) throw new UserError(`The packages do not compile:\n${done.stdout}${done.stderr}`);
}
