import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export { agentCommand, bootstrapScript, parseAgentCommand } from "./bootstrap";

/** The version that agent.ps1 reports in its `ready` line and in `hello`. */
export const AGENT_VERSION = "0.1.0";

let text: Buffer | undefined;

/** The bytes of agent.ps1, exactly as they are sent; read once. */
export function agentText(): Buffer {
  text ??= readFileSync(agentFile());
  return text;
}

/** SHA-256 of {@link agentText}, in hex. */
export function agentHash(): string {
  return createHash("sha256").update(agentText()).digest("hex");
}

/** Beside this source file, or, when compiled to dist/agent, in the package's agent folder. */
function agentFile(): string {
  const candidates = [join(__dirname, "agent.ps1"), join(__dirname, "..", "..", "agent", "agent.ps1")];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(
      `The agent's text is missing from the provider package: looked for ${candidates.join(" and ")}. Install the package again.`,
    );
  return found;
}
