import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One simulated machine, as the running lab tells it. */
export interface LabMachine {
  name: string;
  host: string;
  port: number;
  /** One authorized_keys line. */
  hostKey: string;
}

/** What a running lab writes into `lab.json`, as far as the commands here need it. */
export interface LabInfo {
  pid: number;
  control: { url: string; token: string };
  /** Simulated seconds in a real one. */
  clockFactor: number;
  /** Name of the network it plays. */
  network: string;
  /** SHA-256 of the agent text that its machines accept. */
  agentHash: string;
  machines: LabMachine[];
  /** Absent in a network without a DNS server. */
  dns?: { host: string; port: number; tsig: { keyName: string; algorithm: string; secret: string } };
  admin: { user: string; password: string };
  /** Product keys that this lab made up, by machine. */
  keys: Record<string, string>;
}

export function labInfoFile(directory: string): string {
  return join(directory, "lab.json");
}

/** Undefined when there is no such file, or it is half written. */
export function readLabInfo(directory: string): LabInfo | undefined {
  try {
    return parseLabInfo(readFileSync(labInfoFile(directory), "utf8"));
  } catch {
    return undefined;
  }
}

export function parseLabInfo(text: string): LabInfo | undefined {
  const info = JSON.parse(text) as Partial<LabInfo> | null;
  const complete =
    typeof info?.pid === "number" &&
    typeof info.control?.url === "string" &&
    Array.isArray(info.machines) &&
    typeof info.admin?.password === "string" &&
    typeof info.keys === "object";
  return complete ? (info as LabInfo) : undefined;
}
