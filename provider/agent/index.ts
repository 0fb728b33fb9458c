import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export { agentCommand, bootstrapScript, parseAgentCommand } from "./bootstrap";

/** The version that agent.ps1 reports in its `ready` line and in `hello`. */
export const AGENT_VERSION = "0.1.0";

/** The files of ops/, by subject, in the order in which they stand in the agent. */
export const AGENT_PARTS = [
  "wmi",
  "licensing",
  "registry",
  "service",
  "firewall",
  "events",
  "dns",
  "directory",
] as const;

/** The line of agent.ps1 in whose place the parts are put. */
const PLACE = "# ---- Operations: the files of ops/ stand here\n";

let text: Buffer | undefined;

/** The agent's bytes, exactly as they are sent: agent.ps1 with its parts in their place; read once. */
export function agentText(): Buffer {
  text ??= Buffer.from(composed(agentFolder()));
  return text;
}

/** SHA-256 of {@link agentText}, in hex. */
export function agentHash(): string {
  return createHash("sha256").update(agentText()).digest("hex");
}

function composed(folder: string): string {
  const [before, after, ...more] = readFileSync(join(folder, "agent.ps1"), "latin1").split(PLACE);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error("agent.ps1 must have one place for its operations. Install the provider package again.");
  }
  const parts = AGENT_PARTS.map((name) => readFileSync(join(folder, "ops", `${name}.ps1`), "latin1"));
  return before + parts.join("\n") + after;
}

/** Where this source file is, or, when it was compiled to dist/agent, the package's agent folder. */
function agentFolder(): string {
  const candidates = [__dirname, join(__dirname, "..", "..", "agent")];
  const found = candidates.find((path) => existsSync(join(path, "agent.ps1")));
  if (found === undefined)
    throw new Error(
      `The agent's text is missing from the provider package: looked in ${candidates.join(" and ")}. Install the package again.`,
    );
  return found;
}
