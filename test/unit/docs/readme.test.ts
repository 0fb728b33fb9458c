import { describe, expect, it } from "vitest";
import { anchor, blocks, plain, section, table, textOf } from "./markdown";
import { type Argument, readSdk } from "./sdkText";

const readme = textOf("README.md");
const sdk = readSdk();

/** What the column "Default" says of an argument. */
const shown = (argument: Argument) => (argument.required ? "required" : (argument.default ?? "unset"));

function expectTable(heading: string, interfaceName: string) {
  const rows = table(section(readme, heading), "Property");
  expect(rows.map(([name = "", value = ""]) => [plain(name), plain(value)])).toEqual(
    sdk.argumentsOf(interfaceName).map((argument) => [argument.path, shown(argument)]),
  );
  for (const [name = "", , meaning = ""] of rows) expect(meaning.length, name).toBeGreaterThan(10);
}

describe("the README's tables", () => {
  it("exist for at least the KMS host and the KMS client", () => {
    expect(sdk.resources).toEqual(expect.arrayContaining(["KmsHost", "KmsClientConfig"]));
  });

  it.each(sdk.resources)("list every property of %s with its default, in the SDK's order", (resource) => {
    expectTable(`### ${resource}`, `${resource}Args`);
  });

  it("list every field of a connection with its default, in the SDK's order", () => {
    expectTable("### Connection", "ConnectionArgs");
  });

  it.each(sdk.resources)("list every output of %s", (resource) => {
    const rows = table(section(readme, `### ${resource}`), "Output");
    const common = table(section(readme, "### Outputs that every machine resource has"), "Output");
    const named = rows.map(([name = ""]) => plain(name));
    const outputs = sdk.outputsOf(resource);
    const elsewhere = common.map(([name = ""]) => plain(name)).filter((name) => outputs.includes(name));
    expect([...named, ...elsewhere.filter((name) => !named.includes(name))].sort()).toEqual([...outputs].sort());
  });
});

it("shows the quickstart program as it is", () => {
  const [program] = blocks(section(readme, "## A program"), "typescript");
  expect(program).toBe(textOf("examples/quickstart/index.ts"));
});

it("has a line of contents that leads to every chapter, in their order", () => {
  const titles = [...readme.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^## (.*)$/gm)].map(([, title = ""]) => title);
  const line = /^Contents: ([\s\S]*?)\n\n/m.exec(readme)?.[1] ?? "";
  expect([...line.matchAll(/\[([^\]]+)\]\(#([^)]+)\)/g)].map(([, text, target]) => [text, target])).toEqual(
    titles.map((title) => [title, anchor(title)]),
  );
});

it("lists every resource and component before their chapters", () => {
  const listed = table(section(readme, "## Resources"), "Resource").map(([name = ""]) => name);
  const chapters = [...readme.matchAll(/^### ([A-Z][A-Za-z]+)$/gm)].map(([, name = ""]) => name);
  const described = chapters.filter((name) => table(section(readme, `### ${name}`), "Property").length > 0);
  const wanted = described.filter((name) => name !== "Connection").map((name) => `[${name}](#${anchor(name)})`);
  expect(wanted.length).toBeGreaterThanOrEqual(sdk.resources.length);
  expect([...listed].sort()).toEqual([...wanted].sort());
});

it("says on its first screen that the agent has not been run on Windows, and how to check it", () => {
  const screen = readme.split("\n").slice(0, 40).join("\n");
  expect(screen).toContain("has not yet been run on Windows");
  expect(screen).toContain("npm run check-agent -- --host");
});
