import type { StatusRow } from "./topology.ts";

const headings = ["MACHINE", "WINDOWS", "ROLE", "STATUS", "COUNT", "FINDINGS"] as const;

/** The machines as aligned lines, KMS hosts first; further findings follow on lines of their own. */
export function statusTable(rows: readonly StatusRow[]): string {
  const cells = [...rows].sort(hostsFirst).flatMap((row) => {
    const [first = "-", ...others] = findings(row);
    const count = row.count || "-";
    const known = row.lookedAt
      ? [row.windows, row.role, row.status, count]
      : [row.windows, row.role, "not looked at", "-"];
    return [[row.machine, ...known, first], ...others.map((finding) => ["", "", "", "", "", finding])];
  });
  return aligned([headings, ...cells]);
}

function hostsFirst(a: StatusRow, b: StatusRow): number {
  const rank = (row: StatusRow) => (row.role.startsWith("KMS host") ? 0 : 1);
  return rank(a) - rank(b) || a.machine.localeCompare(b.machine, "en", { numeric: true });
}

/** Columns two blanks apart; no blanks at the end of a line. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...lines.map((line) => displayWidth(line[column] ?? ""))),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Terminal cells that a text takes: Chinese, Japanese and Korean characters take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** Scripts written in full-width cells, their punctuation, and full-width forms of Latin ones. */
const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - displayWidth(cell)));
}

function findings(row: StatusRow): string[] {
  return row.findings.map(oneLine);
}

/** What is wrong, a line for each machine, to stand below the table: too long for a column. */
export function problemLines(rows: readonly StatusRow[]): string[] {
  return rows.flatMap(({ machine, problem }) => (problem ? [`${machine}: ${oneLine(problem)}`] : []));
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ");
