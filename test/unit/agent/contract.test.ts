import { describe, expect, it } from "vitest";
import { agentText } from "../../../provider/agent";
import { hashKeys, listItems, parse, protocolText, textOf } from "./powershell";

const protocol = protocolText();
const document = textOf("provider/agent/PROTOCOL.md");
const agent = agentText().toString("utf8");
const agentTree = parse(agent);

/** The members of a union of text literals, or the names of an interface's members, as written in protocol.ts. */
function declared(name: string): string[] {
  const body = new RegExp(
    `export (?:type ${name} =|interface ${name} \\{)([\\s\\S]*?)(?:;\\n\\n|;\\nexport|;\\n/\\*\\*|\\n\\})`,
  ).exec(protocol)?.[1];
  if (body === undefined) throw new Error(`protocol.ts declares no ${name}`);
  const names = protocol.includes(`interface ${name} {`)
    ? [...body.matchAll(/^ {2}"?([\w.]+)"?\??:/gm)]
    : [...body.matchAll(/"([^"]+)"/g)];
  return names.map((match) => match[1] ?? "");
}

const sorted = (texts: readonly string[]): string[] => [...texts].sort();

describe("agent.ps1 and protocol.ts agree", () => {
  it("on the operations", async () => {
    expect(sorted(hashKeys(await agentTree, "$ops"))).toEqual(sorted(declared("Primitives")));
  });

  it("on the verbs of slmgr", async () => {
    expect(sorted(hashKeys(await agentTree, "$verbs"))).toEqual(sorted(declared("SlmgrVerb")));
  });

  it("on what may stand in a batch's steps and reads", async () => {
    expect(sorted(listItems(await agentTree, "$stepOps"))).toEqual(sorted(declared("StepOp")));
    expect(sorted(listItems(await agentTree, "$readOps"))).toEqual(sorted(declared("ReadOp")));
  });

  it("on the kinds of errors", () => {
    const used = [...agent.matchAll(/(?:Stop-Op|kind =|\['kind'\] =) '(\w+)'/g)].map((match) => match[1] ?? "");
    const kinds = [...new Set(used)].filter((kind) => !kind.startsWith("REG_"));
    expect(sorted(kinds)).toEqual(sorted(declared("AgentErrorKind")));
  });

  it("on the kinds of registry values", () => {
    const line = /^\$registryKinds = .*$/m.exec(agent)?.[0] ?? "";
    expect(sorted([...line.matchAll(/'(REG_\w+)'/g)].map((match) => match[1] ?? ""))).toEqual(
      sorted(declared("RegistryKind")),
    );
  });

  it("on the fields of hello", () => {
    const body = agent.slice(agent.indexOf("function Invoke-Hello"), agent.indexOf("function Invoke-Request"));
    const fields = [...(body.split("return @{")[1] ?? "").matchAll(/(?:^|; ) *(\w+) = /gm)].map(
      (match) => match[1] ?? "",
    );
    expect(sorted(fields)).toEqual(sorted(declared("HelloResult")));
  });
});

describe("PROTOCOL.md", () => {
  it.each(declared("Primitives"))("describes the operation %s", (op) => {
    expect(document).toMatch(new RegExp(`^### \`${op.replace(".", "\\.")}\``, "m"));
  });

  it.each(declared("AgentErrorKind"))("describes the error %s", (kind) => {
    expect(document).toMatch(new RegExp(`^\\| \`${kind}\` +\\|`, "m"));
  });

  it.each(declared("SlmgrVerb"))("describes the verb %s", (verb) => {
    expect(document).toContain(`| \`${verb}\``);
  });

  it("says that the agent has not been run on Windows", () => {
    expect(document).toContain("has not yet been run on Windows");
  });
});
