import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Engine, pathFor } from "../engine/engine.ts";
import { root } from "../paths.ts";
import { finished, start } from "../program.ts";
import { parseSkips, readReport, type TestResult, type VitestReport } from "../report/tests.ts";
import { dependencyCommand } from "./build.ts";

/** Runs vitest on this terminal and reads what it counted. `engine` is put on PATH for the suites that run Pulumi. */
export async function runVitest(args: readonly string[], engine: Engine | undefined): Promise<TestResult> {
  const folder = mkdtempSync(join(tmpdir(), "volume-activation-tests-"));
  try {
    const report = join(folder, "report.json");
    const skips = join(folder, "skips");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const env = {
      ...process.env,
      VOLUME_ACTIVATION_SKIPS: skips,
      ...(engine ? { PATH: pathFor(engine, process.env.PATH), VOLUME_ACTIVATION_ENGINE: dirname(engine.pulumi) } : {}),
    };
    const words = [dependencyCommand("vitest"), "run", ...reporters, ...args];
    const code = await finished("vitest", start(process.execPath, words, { cwd: root, env, stdio: "inherit" }));
    const result = readReport(parseReport(readText(report)), parseSkips(readText(skips)), root);
    // An error outside of any test, or a vitest that ended before it could report.
    return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parseReport(text: string): VitestReport {
  return text === "" ? { testResults: [] } : (JSON.parse(text) as VitestReport);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
