import { relative } from "node:path";

/** What vitest's JSON reporter writes, as far as it is used here. */
export interface VitestReport {
  testResults: {
    name: string;
    status: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

export interface Skip {
  suite: string;
  reason: string;
}

export interface TestResult {
  passed: number;
  failed: number;
  skips: Skip[];
}

/** A test that did not run, whatever vitest calls it. */
const notRun = ["skipped", "pending", "todo", "disabled"];

/** Counts tests; a file that could not be loaded is one failure. Skipped tests without a stated reason are named by file. */
export function readReport(report: VitestReport, stated: readonly Skip[], root: string): TestResult {
  let passed = 0;
  let failed = 0;
  const skips = [...stated];
  for (const file of report.testResults) {
    const count = (statuses: readonly string[]) =>
      file.assertionResults.filter(({ status }) => statuses.includes(status)).length;
    passed += count(["passed"]);
    const failures = count(["failed"]);
    failed += failures > 0 || file.status !== "failed" ? failures : 1;
    const skipped = count(notRun);
    const path = relative(root, file.name).replaceAll("\\", "/");
    if (skipped > 0 && !stated.some(({ suite }) => path.includes(suite))) {
      skips.push({ suite: path, reason: `${skipped} ${skipped === 1 ? "test" : "tests"}, no reason stated` });
    }
  }
  return { passed, failed, skips };
}

/** The lines "SUITE: reason" that suites leave when they cannot run; each once. */
export function parseSkips(text: string): Skip[] {
  const lines = new Set(text.split(/\r?\n/).filter((line) => line.trim() !== ""));
  return [...lines].map((line) => {
    const [, suite = line, reason = "no reason stated"] = /^([^:]+):\s*(.+)$/.exec(line.trim()) ?? [];
    return { suite: suite.trim(), reason: reason.trim() };
  });
}

export function skipLine(skips: readonly Skip[]): string {
  return `skipped: ${skips.map(({ suite, reason }) => `${suite} (${reason})`).join("; ") || "none"}`;
}

/** The very last line of a test run: scripts read it. */
export function countLine({ passed, failed }: TestResult): string {
  return `${passed} passed, ${failed} failed`;
}

/** Nothing run is no success; in CI neither is anything left out. */
export function testExitCode({ passed, failed, skips }: TestResult, ci: boolean): number {
  return failed > 0 || passed === 0 || (ci && skips.length > 0) ? 1 : 0;
}
