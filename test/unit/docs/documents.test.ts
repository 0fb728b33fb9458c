import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { anchor, documents, links, ROOT, textOf } from "./markdown";

const scripts = Object.keys((JSON.parse(textOf("package.json")) as { scripts: { [name: string]: string } }).scripts);

/** Commands of npm's own that need no script. */
const NPM_SCRIPTS_OF_ITS_OWN = ["test"];

function npmScripts(text: string): string[] {
  const run = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][a-z-]*)/g)].flatMap(([, name]) => (name ? [name] : []));
  const bare = [...text.matchAll(/\bnpm (test)\b/g)].flatMap(([, name]) => (name ? [name] : []));
  return [...new Set([...run, ...bare])];
}

const headings = (text: string) =>
  text
    .replace(/^```[\s\S]*?^```$/gm, "")
    .split("\n")
    .filter((line) => /^#+ /.test(line))
    .map(anchor);

/** What is wrong with a relative link, if anything is. */
function problem(document: string, link: string): string | undefined {
  const [path = "", fragment] = link.split("#", 2);
  const target = path === "" ? document : normalize(join(dirname(document), path));
  if (target.startsWith("..")) return `${link} leads out of the repository`;
  if (!existsSync(join(ROOT, target))) return `${link} leads nowhere`;
  if (fragment === undefined || !target.endsWith(".md")) return undefined;
  return headings(textOf(target)).includes(fragment) ? undefined : `${link}: ${target} has no such heading`;
}

it("are there", () => {
  expect(documents()).toEqual(
    expect.arrayContaining(["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "AGENTS.md", "SECURITY.md"]),
  );
});

describe.each(documents())("%s", (document) => {
  const text = textOf(document);

  it("names only commands that package.json has", () => {
    for (const name of npmScripts(text)) {
      if (!NPM_SCRIPTS_OF_ITS_OWN.includes(name)) expect(scripts, `npm run ${name}`).toContain(name);
    }
  });

  it("has no relative link that leads nowhere", () => {
    const relative = links(text).filter((link) => !/^[a-z]+:/.test(link));
    expect(relative.flatMap((link) => problem(document, link) ?? [])).toEqual([]);
  });

  it("has one title and no heading twice", () => {
    const all = headings(text);
    expect(all.filter((heading, index) => all.indexOf(heading) !== index)).toEqual([]);
    expect(text.split("\n").filter((line) => /^# /.test(line) && !/^# -/.test(line)).length).toBeGreaterThanOrEqual(1);
  });
});

it("says which commands there are where commands are explained", () => {
  const explained = new Set(npmScripts(`${textOf("CONTRIBUTING.md")}\n${textOf("AGENTS.md")}`));
  expect(scripts.filter((name) => !explained.has(name))).toEqual([]);
});

it("tells of every version in the changelog, the one being made first", () => {
  const { version } = JSON.parse(textOf("sdk/package.json")) as { version: string };
  const titles = [...textOf("CHANGELOG.md").matchAll(/^## (.*)$/gm)].map(([, title]) => title ?? "");
  expect(titles[0]).toContain(version);
});

it("gives all packages one version", () => {
  const versions = ["package.json", "sdk/package.json", "provider/package.json", "test/lab/package.json"].map(
    (path) => (JSON.parse(textOf(path)) as { version: string }).version,
  );
  expect(new Set(versions).size).toBe(1);
});
