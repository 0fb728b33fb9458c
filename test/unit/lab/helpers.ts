import type { MachineEvent } from "../../../provider/machine/protocol";
import type { Lab, MachineSpec } from "../../lab/index";
import { type AgentClient, agentOn } from "../conformance/harness";

export const SPP = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
export const KMS_GROUP = "@FirewallAPI.dll,-28002";
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

/** A KMS host to be, whose firewall admits KMS clients. */
export const HOST: MachineSpec = {
  name: "kms01",
  os: "ws2022",
  edition: "ServerDatacenter",
  address: "10.0.0.10",
  csvlk: "ws2025",
  firewallGroups: [KMS_GROUP],
};

/** A KMS host in 10.0.0.0/24 whose key is activated. */
export const kmsHost = (name: string, last: number, more: Partial<MachineSpec> = {}): MachineSpec => ({
  name,
  os: "ws2022",
  address: `10.0.0.${last}`,
  csvlk: "ws2022",
  initialKey: "csvlk",
  activated: true,
  ...more,
});

/** The result of slmgr's exit code for an HRESULT. */
export function exitCodeOf(hresult: number): number {
  return hresult | 0;
}

export async function type(lab: Lab, machine: string, line: string): Promise<{ output: string; exitCode: number }> {
  return lab.change(machine, [line]);
}

/** The only product of a machine, or undefined. */
export function product(lab: Lab, machine: string) {
  return lab.state(machine).products[0];
}

export function statusOf(lab: Lab, machine: string): string | undefined {
  return product(lab, machine)?.licenseStatusName;
}

export async function withAgent<T>(lab: Lab, machine: string, use: (agent: AgentClient) => Promise<T>): Promise<T> {
  const agent = await agentOn(lab.machine(machine));
  try {
    return await use(agent);
  } finally {
    agent.end();
    await agent.exit;
  }
}

/** Events of a machine's Application log by id, newest first. */
export function events(lab: Lab, machine: string, id: number, log = "Application"): Promise<MachineEvent[]> {
  return withAgent(lab, machine, async (agent) => {
    const answer = await agent.call("events.read", { log, ids: [id], max: 1000 });
    return answer.events;
  });
}
