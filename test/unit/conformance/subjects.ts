import { spawnSync } from "node:child_process";
import { afterAll, beforeAll } from "vitest";
import { agentCommand, agentText } from "../../../provider/agent/index";
import type { Lab } from "../../lab/index";
import { type AgentClient, type Pipes, ready, startOn, startReal, testLab } from "./harness";
import { SCRATCH } from "./requests";

/** One agent under test: the lab's always, the real one wherever a Windows has a PowerShell. */
export interface Subject {
  name: string;
  start(): Pipes;
  open(): Promise<void>;
  close(): Promise<void>;
}

function labSubject(name: string, os: "ws2022" | "ws2008r2"): Subject {
  let lab: Lab | undefined;
  const machine = () => {
    if (!lab) throw new Error("the lab has not started");
    return lab.machine("kms01");
  };
  return {
    name,
    start: () => startOn(machine(), agentCommand(agentText().length)),
    open: async () => {
      lab = await testLab({ machines: [{ name: "kms01", os, address: "10.0.0.10", language: "zh-TW" }] });
    },
    close: async () => lab?.stop(),
  };
}

function realSubjects(): Subject[] {
  if (process.platform !== "win32") return [];
  return ["powershell.exe", "pwsh.exe"]
    .filter((executable) => spawnSync(executable, ["-NoProfile", "-Command", "exit 0"]).status === 0)
    .map((executable) => ({
      name: `agent.ps1 in ${executable}`,
      start: () => startReal(executable),
      open: async () => {},
      close: async () => {},
    }));
}

/** Every agent that each part of the suite runs on. */
export const SUBJECTS = [
  labSubject("the lab's Server 2022", "ws2022"),
  labSubject("the lab's Server 2008 R2", "ws2008r2"),
  ...realSubjects(),
];

/** The agent under test, with a session for the tests around this call; afterwards the values they wrote are deleted. */
export function agentOf(subject: Subject, written: readonly string[] = []): () => AgentClient {
  let agent: AgentClient | undefined;
  const current = () => {
    if (!agent) throw new Error(`${subject.name} has not started`);
    return agent;
  };
  beforeAll(async () => {
    await subject.open();
    agent = await ready(subject.start());
  }, 120_000);
  afterAll(async () => {
    for (const name of written) await current().ask("registry.delete", { key: SCRATCH, name });
    current().end();
    await current().exit;
    await subject.close();
  });
  return current;
}
