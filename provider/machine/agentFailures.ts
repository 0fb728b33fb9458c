import type { StrayOutput } from "./agentOutput";
import { AGENT_IDLE_SECONDS, type AgentLine } from "./protocol";
import { SessionError } from "./session";

type Fatal = Extract<AgentLine, { fatal: string }>;
type End = { exitCode?: number; error?: Error };

const AGAIN = "Run the operation again: it looks at the machine first and does only what is still missing.";

/** The agent said that it cannot run, or, once it was `ready`, that it cannot go on. */
export function fatalError(
  where: string,
  line: Fatal,
  stray: StrayOutput,
  ready: boolean,
  open: string | undefined,
): SessionError {
  const detail = line.message ? ` (${line.message})` : "";
  if (ready && line.fatal === "agent") {
    const during = open ? ` during "${open}"; how much of it was done is not known` : "";
    return new SessionError(
      "died",
      `${where}: the agent failed${detail}${during}.`,
      `${AGAIN} If it fails again, report it with this message.`,
    );
  }
  switch (line.fatal) {
    case "languagemode":
      return new SessionError(
        "blocked",
        `${where}: PowerShell runs in ${line.mode ?? "a restricted"} language mode there, in which the agent cannot work${detail}.`,
        "Application control (WDAC or AppLocker) restricts scripts on this machine. Let this account's PowerShell run in " +
          "FullLanguage mode, or manage the machine from another one that is not restricted.",
      );
    case "idle":
      return new SessionError(
        "died",
        `${where}: the agent ended itself, since it had heard nothing for ${AGENT_IDLE_SECONDS} s${detail}.`,
        `Check the network on the way for lost connections. ${AGAIN}`,
      );
    default:
      return new SessionError(
        "blocked",
        `${where}: PowerShell would not run the agent${detail}.${stray.quote()}`,
        "If malware protection (AMSI) stopped it, see the machine's protection history and permit the script; its text is " +
          "agent/agent.ps1 of the provider package. In an old or damaged PowerShell the message above says what is missing.",
      );
  }
}

const NOT_FOUND = /is not recognized|command not found|not found|No such file|No such command/i;

/** The command ended before the agent said "ready". */
export function endedBeforeReady(where: string, end: End, stray: StrayOutput): SessionError {
  if (NOT_FOUND.test(stray.text) || end.exitCode === 127 || end.exitCode === 9009) {
    return new SessionError(
      "noPowerShell",
      `${where}: logged in, but there is no powershell.exe to start.${stray.quote()}`,
      "Check that this is the Windows machine that you mean, and that powershell.exe is on the PATH of SSH sessions " +
        "(restart the sshd service after a change of PATH).",
    );
  }
  if (end.error && end.exitCode === undefined) {
    return new SessionError(
      "died",
      `${where}: the connection was lost while the agent was starting: ${end.error.message}.${stray.quote()}`,
      `Nothing was changed. Check the network and the machine's SSH log. ${AGAIN}`,
    );
  }
  const code = end.exitCode === undefined ? "" : ` (exit code ${end.exitCode})`;
  return new SessionError(
    "noPowerShell",
    `${where}: the command line ran and ended${code}, but no agent came up.${stray.quote()}`,
    "Check that the account may start powershell.exe over SSH (no ForceCommand, no profile or shell that ends the session).",
  );
}

/** The agent was there and is gone. `open` is the operation that it was busy with. */
export function lostAgent(where: string, end: End, open: string | undefined, stray: StrayOutput): SessionError {
  const how = end.error
    ? `the connection was lost: ${end.error.message}`
    : `the agent's PowerShell ended${end.exitCode === undefined ? "" : ` (exit code ${end.exitCode})`}`;
  const during = open ? ` during "${open}"; how much of it was done is not known` : "";
  return new SessionError(
    "died",
    `${where}: ${how}${during}.${stray.quote()}`,
    `Check that the machine is up (it may have restarted). ${AGAIN}`,
  );
}

/** No agent in the time for connecting. */
export function startTimedOut(where: string, stray: StrayOutput): SessionError {
  if (stray.hasNoise) {
    return new SessionError(
      "noPowerShell",
      `${where}: logged in, but no agent came up in time; something else talks there.${stray.quote()}`,
      "Check the account's shell and profile: a menu, a banner that waits for a key or another program takes the place " +
        "of powershell.exe. A slow machine needs a longer timeouts.connect.",
    );
  }
  return new SessionError(
    "timeout",
    `${where}: logged in, but PowerShell did not start the agent in time.${stray.quote()}`,
    "Check the load of the machine; a slow one needs a longer timeouts.connect.",
  );
}

export function callTimedOut(where: string, op: string, seconds: number): SessionError {
  return new SessionError(
    "timeout",
    `${where}: "${op}" was not answered within the operation's ${seconds} s; how much of it was done is not known.`,
    `${AGAIN} If the machine is merely slow, raise timeouts.operation.`,
  );
}

export function protocolError(where: string, what: string): SessionError {
  return new SessionError(
    "protocol",
    `${where}: the agent does not speak the expected protocol: ${what}.`,
    "Something on the way or on the machine changes the agent's text or its answers. Install the provider package anew; if " +
      "it stays, report it with this message.",
  );
}
