/** The matrix as a table of plain text: one line a row, one column a server. */
export function tableText(
  columns: readonly string[],
  rows: readonly { title: string; cells: readonly string[] }[],
): string {
  const lines = [["", ...columns], ...rows.map(({ title, cells }) => [title, ...cells])];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index + 1] ?? "").length)));
  const first = Math.max(...lines.map(([title = ""]) => title.length));
  const text = lines.map(([title = "", ...cells]) =>
    [title.padEnd(first), ...cells.map((cell, index) => cell.padEnd(widths[index] ?? 0))].join(" | ").trimEnd(),
  );
  text.splice(1, 0, [first, ...widths].map((width) => "-".repeat(width)).join("-+-"));
  return `${text.join("\n")}\n`;
}
