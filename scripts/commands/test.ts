import { duration, main, progress } from "../command.ts";
import type { Engine } from "../engine/engine.ts";
import { findEngine } from "../engine/find.ts";
import { countLine, type Skip, skipLine, type TestResult, testExitCode } from "../report/tests.ts";
import { build } from "../setup/build.ts";
import { check } from "../setup/check.ts";
import { runVitest } from "../setup/vitest.ts";

/** Suites that need the Pulumi engine, by folder and by name of the vitest project. */
const engineSuites = ["engine", "guide"];

/** Further arguments go to vitest: paths narrow the run, and need no engine where they lead to unit tests only. */
await main(async (args) => {
  const begin = Date.now();
  const failedChecks = await buildAndCheck();
  const { engine, skips } = await engineFor(args);
  const without = engine ? [] : engineSuites.map((suite) => `--project=!${suite}`);
  const tests = await runVitest([...without, ...args], engine);
  const result: TestResult = {
    passed: tests.passed,
    failed: tests.failed + failedChecks.length,
    skips: [...tests.skips, ...skips],
  };
  progress(`tests took ${duration(Date.now() - begin)}`);
  if (failedChecks.length > 0) console.log(`failed besides tests: ${failedChecks.join(", ")}`);
  console.log(skipLine(result.skips));
  console.log(countLine(result));
  return testExitCode(result, Boolean(process.env.CI));
});

/** Names of what is not in order. Tests run even so: they may say more about why. */
async function buildAndCheck(): Promise<string[]> {
  try {
    await build();
  } catch (error) {
    progress(error instanceof Error ? error.message : String(error));
    return ["build"];
  }
  return check(40);
}

async function engineFor(args: readonly string[]): Promise<{ engine: Engine | undefined; skips: Skip[] }> {
  const paths = args.filter((word) => !word.startsWith("-"));
  const wanted = paths.length === 0 || paths.some((path) => !/(^|\/)unit(\/|$)/.test(path));
  if (!wanted) return { engine: undefined, skips: [] };
  try {
    return { engine: await findEngine(), skips: [] };
  } catch (error) {
    progress(error instanceof Error ? error.message : String(error));
    return {
      engine: undefined,
      skips: engineSuites.map((suite) => ({ suite, reason: "no Pulumi engine, see above" })),
    };
  }
}
