import { progress } from "../command.ts";
import { root } from "../paths.ts";
import { capture } from "../program.ts";
import { dependencyCommand } from "./build.ts";

const checks = [
  { name: "format and lint", words: [dependencyCommand("@biomejs/biome", "biome"), "check", "."] },
  { name: "types", words: [dependencyCommand("typescript", "tsc"), "-b"] },
  { name: "types of scripts", words: [dependencyCommand("typescript", "tsc"), "-p", "scripts", "--noEmit"] },
] as const;

/**
 * Format, lint and types. Prints one line for each, and what those that fail answer, up to so many lines; returns the
 * names of these.
 */
export async function check(lines: number): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, words } of checks) {
    const done = await capture(process.execPath, words, { cwd: root });
    progress(`${name}: ${done.code === 0 ? "ok" : "not ok"}`);
    if (done.code === 0) continue;
    const answer = `${done.stdout}${done.stderr}`.trim().split("\n");
    progress(answer.slice(0, lines).join("\n"));
    if (answer.length > lines) progress(`... ${answer.length - lines} more lines: npm run check`);
    failed.push(name);
  }
  return failed;
}
