import { expect, it } from "vitest";
import { driftLine } from "../../../scripts/report/drift.ts";
import { failedMachines, missingMachines, outcome } from "../../../scripts/report/outcome.ts";
import type { StatusRow } from "../../../scripts/report/topology.ts";

const row = (values: Partial<StatusRow>): StatusRow => ({
  machine: "kms01",
  windows: "Server 2022",
  role: "KMS host",
  status: "licensed",
  count: "25",
  findings: ["a stranger's record"],
  lookedAt: true,
  ...values,
});

it("is well when Pulumi and every machine are, findings or not", () => {
  expect(outcome(0, failedMachines([row({})]))).toEqual({ code: 0, line: "done" });
});

it("fails for a machine that was not looked at, though Pulumi ended well", () => {
  const failed = failedMachines([row({}), row({ machine: "pc1", lookedAt: false, problem: "no route" })]);
  expect(outcome(0, failed)).toEqual({ code: 1, line: "failed: pc1 (not looked at)" });
});

it("keeps Pulumi's exit code and names the machines with it", () => {
  expect(outcome(4, failedMachines([row({ problem: "0xC004F050" })]))).toEqual({
    code: 4,
    line: "failed: kms01 (has a problem); and what Pulumi reports above",
  });
});

it("fails with Pulumi when all machines answer well", () => {
  expect(outcome(255, []).code).toBe(255);
});

it("names machines that the stack should hold and does not, whatever case Windows writes their names in", () => {
  const missing = missingMachines([row({ machine: "KMS01" })], ["kms01", "pc1"]);
  expect(missing).toEqual([{ machine: "pc1", why: "not set up, see the messages above" }]);
});

it("tells drift, no drift and a check that could not be done apart", () => {
  expect(driftLine(0)).toMatch(/^no drift/);
  expect(driftLine(7)).toMatch(/^drift: .* made outside Pulumi; /);
  expect(driftLine(7, true)).toContain("or nobody could look");
  expect(driftLine(1)).toContain("could not be done");
});
