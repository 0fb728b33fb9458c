import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  AGENT_PARTS,
  AGENT_VERSION,
  agentCommand,
  agentHash,
  agentText,
  bootstrapScript,
  parseAgentCommand,
} from "../../../provider/agent";
import { AGENT_IDLE_SECONDS, MAX_REQUEST_BYTES, PROTOCOL_VERSION } from "../../../provider/machine/protocol";
import { repository, textOf } from "./powershell";

const length = agentText().length;

describe("the agent's command line", () => {
  it("is shorter than 2000 characters even for an agent of nine digits", () => {
    expect(agentCommand(999_999_999).length).toBeLessThan(2000);
  });

  it("has only characters that cmd, PowerShell and bash leave alone", () => {
    expect(agentCommand(length)).toMatch(/^[A-Za-z0-9 .+/=-]+$/);
  });

  it("carries the bootstrap, and nothing else, as UTF-16LE", () => {
    const encoded = agentCommand(length).split(" -EncodedCommand ")[1] ?? "";
    expect(Buffer.from(encoded, "base64").toString("utf16le")).toBe(bootstrapScript(length));
  });

  it("is recognised with its length", () => {
    for (const size of [1, 42, length, 999_999_999])
      expect(parseAgentCommand(agentCommand(size))).toEqual({ agentLength: size });
  });

  it.each([
    ["another program", "cmd.exe /c dir"],
    ["another option", agentCommand(length).replace("-NoProfile ", "")],
    ["a changed loader", agentCommand(length).slice(0, -4)],
    ["something after it", `${agentCommand(length)} `],
    ["something before it", ` ${agentCommand(length)}`],
    ["nothing", ""],
  ])("is not recognised in %s", (_what, commandLine) => {
    expect(parseAgentCommand(commandLine)).toBeNull();
  });

  it.each([0, -1, 1.5, Number.NaN])("is refused for a length of %s", (size) => {
    expect(() => agentCommand(size)).toThrow(/positive number of bytes/);
  });
});

describe("the bootstrap", () => {
  it("never names the variable by which PowerShell would read the requests itself", () => {
    expect(bootstrapScript(length)).not.toMatch(/\$input/i);
  });

  it("silences progress before anything else, or Windows PowerShell writes CLIXML to standard error", () => {
    expect(bootstrapScript(length).startsWith("$ProgressPreference='SilentlyContinue';")).toBe(true);
  });
});

describe("the agent's text", () => {
  it("is agent.ps1 with every file of ops in its place, and its hash is of the whole", () => {
    const text = agentText().toString("utf8");
    const files = readdirSync(join(repository, "provider/agent/ops"));
    expect(files.sort()).toEqual(AGENT_PARTS.map((name) => `${name}.ps1`).sort());
    for (const file of files) expect(text.split(textOf(`provider/agent/ops/${file}`))).toHaveLength(2);
    const lines = textOf("provider/agent/agent.ps1").split("\n");
    expect(lines.filter((line) => !text.includes(line))).toEqual(["# ---- Operations: the files of ops/ stand here"]);
    expect(agentHash()).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("reports the version, protocol and limits that the provider knows", () => {
    const state = /^\$agent = @\{ version = '([^']+)'; protocol = (\d+); maxBytes = (\d+); idleMs = (\d+);/m;
    const found = state.exec(agentText().toString("utf8"));
    expect(found?.slice(1)).toEqual([
      AGENT_VERSION,
      String(PROTOCOL_VERSION),
      String(MAX_REQUEST_BYTES),
      String(AGENT_IDLE_SECONDS * 1000),
    ]);
  });
});
