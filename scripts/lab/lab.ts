import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { progress, UserError } from "../command.ts";
import { example, labDirectory, root } from "../paths.ts";
import { alive, commandLine, end } from "../processes.ts";
import { capture, start } from "../program.ts";
import { type LabInfo, readLabInfo } from "./info.ts";

export const labProgram = join(root, "test", "lab", "dist", "bin.js");

/** Milliseconds: for a lab to come up, for it to write its state and go, and for one answer of its control. */
const limits = { start: 30_000, stop: 10_000, answer: 2_000 };

/** The lab that runs on this checkout's state, if one does. */
export async function runningLab(): Promise<LabInfo | undefined> {
  const info = readLabInfo(labDirectory);
  return info && isLab(info.pid) && (await answers(info)) ? info : undefined;
}

/**
 * The running lab; started in the background if none runs. One that was started before the agent or the network changed
 * (by `git pull`, say) would refuse what is sent to it now: it is started again on its state.
 */
export async function ensureLab(): Promise<LabInfo> {
  const running = await runningLab();
  if (!running) return startLab();
  if (running.network === example && running.agentHash === (await shippedAgentHash())) return running;
  progress("the lab that runs is of an earlier version: starting it again");
  await stopLab();
  return startLab();
}

/** Of the agent that the provider sends: its text is the same in the sources and in what is built from them. */
async function shippedAgentHash(): Promise<string> {
  const { href } = pathToFileURL(join(root, "provider", "dist", "agent", "index.js"));
  const { agentHash } = (await import(href)) as typeof import("../../provider/dist/agent/index.js");
  return agentHash();
}

export async function stopLab(): Promise<boolean> {
  const info = readLabInfo(labDirectory);
  if (!info || !isLab(info.pid)) return false;
  // By its own command first: a signal ends a process on Windows before it has written its state.
  await capture(process.execPath, [labProgram, "stop", "--state", labDirectory], { cwd: root });
  await end([info.pid], "SIGTERM", limits.stop);
  return true;
}

async function startLab(): Promise<LabInfo> {
  progress("starting the lab (simulated Windows machines) in the background");
  mkdirSync(labDirectory, { recursive: true, mode: 0o700 });
  const logFile = join(labDirectory, "lab.log");
  const log = openSync(logFile, "w", 0o600);
  const args = [labProgram, "serve", "--network", example, "--state", labDirectory, "--json"];
  const child = start(process.execPath, args, { cwd: root, detached: true, stdio: ["ignore", log, log] });
  let ended = false;
  child.on("exit", () => {
    ended = true;
  });
  child.unref();
  const deadline = Date.now() + limits.start;
  while (!ended && Date.now() < deadline) {
    const info = readLabInfo(labDirectory);
    if (info?.pid === child.pid && info && (await answers(info))) return info;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const why = ended ? "it ended" : `it did not answer within ${limits.start / 1000} s`;
  if (!ended && child.pid !== undefined) await end([child.pid], "SIGTERM", limits.stop);
  const said = readFileSync(logFile, "utf8").trim().split("\n").slice(-10).join("\n");
  throw new UserError(`The lab did not start: ${why}. The end of ${logFile}:\n${said}`);
}

/** Any answer over HTTP will do: what is refused is answered too. */
async function answers(info: LabInfo): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${info.control.token}` };
    const answer = await fetch(info.control.url, { headers, signal: AbortSignal.timeout(limits.answer) });
    await answer.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** The file may outlive its lab, and the process id go to another program. */
function isLab(pid: number): boolean {
  return alive(pid) && (commandLine(pid)?.includes("serve") ?? true);
}
