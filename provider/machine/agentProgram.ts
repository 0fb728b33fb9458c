import { agentCommand, agentText } from "../agent";
import type { AgentProgram } from "./agentSession";

/** The shipped agent. */
export const shippedAgent: AgentProgram = { text: agentText, command: agentCommand };
