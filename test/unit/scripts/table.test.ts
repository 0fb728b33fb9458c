import { expect, it } from "vitest";
import { displayWidth, problemLines, statusTable } from "../../../scripts/report/table.ts";
import type { StatusRow } from "../../../scripts/report/topology.ts";

const row = (values: Partial<StatusRow>): StatusRow => ({
  machine: "kms01",
  windows: "Server 2022",
  role: "KMS host",
  status: "licensed",
  count: "",
  findings: [],
  lookedAt: true,
  ...values,
});

it("aligns the columns and gives further findings lines of their own", () => {
  const table = statusTable([
    row({ count: "12", findings: ["port 1700 is served", "two records"] }),
    row({ machine: "pc1", role: "client" }),
  ]);
  expect(table.split("\n")).toEqual([
    "MACHINE  WINDOWS      ROLE      STATUS    COUNT  FINDINGS",
    "kms01    Server 2022  KMS host  licensed  12     port 1700 is served",
    "                                                 two records",
    "pc1      Server 2022  client    licensed  -      -",
  ]);
});

it("counts Chinese characters as two cells, so that what follows them stays aligned", () => {
  const lines = statusTable([row({ windows: "Windows 11 專業版" }), row({ windows: "Windows 11 Pro" })]).split("\n");
  const starts = lines.map((line) =>
    displayWidth(line.slice(0, line.indexOf(line.includes("ROLE") ? "ROLE" : "KMS host"))),
  );
  expect(new Set(starts)).toEqual(new Set([28]));
});

it("shows no status that was not read just now", () => {
  const rows = [row({ lookedAt: false, status: "licensed", count: "7", problem: "refused\n  by kms01" })];
  const table = statusTable(rows);
  expect(table).toContain("not looked at");
  expect(problemLines(rows)).toEqual([`${rows[0]?.machine}: refused by kms01`]);
  expect(table).not.toMatch(/licensed|7/);
});

it("puts KMS hosts first and counts machines as people do", () => {
  const rows = ["srv10", "srv9"].map((machine) => row({ machine, role: "KMS client" }));
  const lines = statusTable([...rows, row({ machine: "zeus" })]).split("\n");
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["MACHINE", "zeus", "srv9", "srv10"]);
});
