import { expect, it } from "vitest";
import {
  countLine,
  parseSkips,
  readReport,
  skipLine,
  testExitCode,
  type VitestReport,
} from "../../../scripts/report/tests.ts";

const file = (name: string, status: string, ...statuses: string[]): VitestReport["testResults"][number] => ({
  name: `/repo/test/${name}`,
  status,
  assertionResults: statuses.map((each) => ({ status: each, fullName: "x" })),
});

it("counts tests, and a file that could not be loaded as one failure", () => {
  const report = {
    testResults: [file("a.test.ts", "failed", "passed", "failed", "failed"), file("b.test.ts", "failed")],
  };
  expect(countLine(readReport(report, [], "/repo"))).toBe("1 passed, 3 failed");
});

it("names every suite that did not run, with the reason that it stated or that it stated none", () => {
  const stated = parseSkips("servers/bind: no named here\nservers/bind: no named here\n");
  const report = {
    testResults: [
      file("servers/bind/life.test.ts", "passed", "skipped"),
      file("unit/x.test.ts", "passed", "todo", "passed"),
    ],
  };
  expect(skipLine(readReport(report, stated, "/repo").skips)).toBe(
    "skipped: servers/bind (no named here); test/unit/x.test.ts (1 test, no reason stated)",
  );
});

it("says none when nothing was skipped", () => {
  expect(skipLine([])).toBe("skipped: none");
});

it("lets a skipped suite pass on a desk and not in CI", () => {
  const result = { passed: 3, failed: 0, skips: [{ suite: "servers", reason: "no named" }] };
  expect([testExitCode(result, false), testExitCode(result, true)]).toEqual([0, 1]);
});

it("does not take a run without tests for a success", () => {
  expect(testExitCode({ passed: 0, failed: 0, skips: [] }, false)).toBe(1);
});
