import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(__dirname, "../../..");

/** Every Markdown file of the repository, as paths from its root; what git ignores is not looked at. */
export function documents(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.split("\n").filter((path) => path !== "");
}

export const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8").replaceAll("\r\n", "\n");

/** The text below a heading, up to the next heading of the same or a higher level. */
export function section(text: string, heading: string): string {
  const [marks = ""] = heading.split(" ", 1);
  const lines = text.split("\n");
  const begin = lines.indexOf(heading);
  if (begin < 0) throw new Error(`there is no heading "${heading}"`);
  const end = lines.findIndex((line, index) => index > begin && new RegExp(`^#{1,${marks.length}} `).test(line));
  return lines.slice(begin + 1, end < 0 ? undefined : end).join("\n");
}

/** The rows of the first table whose first column has this title; "\|" in a cell is a "|". */
export function table(text: string, firstColumn: string): string[][] {
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => cells(line)[0] === firstColumn);
  if (begin < 0) return [];
  const rows = lines.slice(begin + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return (end < 0 ? rows : rows.slice(0, end)).map(cells);
}

function cells(line: string): string[] {
  if (!line.startsWith("|")) return [];
  return line
    .replaceAll("\\|", "\u0000")
    .replace(/^\||\|\s*$/g, "")
    .split("|")
    .map((cell) => cell.trim().replaceAll("\u0000", "|"));
}

/** A cell without its code marks. */
export const plain = (cell: string): string => cell.replaceAll("`", "");

/** What stands in fenced blocks of one language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, body = ""]) =>
    found === language ? [body] : [],
  );
}

/** GitHub's anchor of a heading. */
export const anchor = (heading: string): string =>
  heading
    .replace(/^#+ /, "")
    .replaceAll("`", "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

/** Targets of links and images, outside of code. */
export function links(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => (target ? [target] : []));
}
