import { randomBytes } from "node:crypto";
import { type DirectoryState, newDirectoryState } from "../directory/accounts";
import { type DnsState, newDnsState, newZones } from "../dns/birth";
import type { MachineState } from "../machine/state";
import { Microsoft, type MicrosoftState, newMicrosoftState } from "../microsoft/microsoft";
import type { NetworkSpec } from "../networks/spec";
import { hostKeyFor, newMachineState, newOrigin, type Origin } from "../world/birth";
import { readJson } from "./file";

const VERSION = 2;

/** How a machine is reached: kept over a reset, so that a configuration made for this lab stays valid. */
export interface Access {
  hostKeyPem: string;
  hostKeyLine: string;
  /** 0 until the first start of its SSH server. */
  port: number;
}

export interface LabState {
  version: number;
  network: string;
  /** Lab time when this was written, milliseconds. */
  labTime: number;
  origins: Record<string, Origin>;
  machines: Record<string, MachineState>;
  microsoft: MicrosoftState;
  access: Record<string, Access>;
  admin: { user: string; password: string };
  dns: DnsState;
  directory: DirectoryState;
}

export function newLabState(
  network: NetworkSpec,
  now: number,
  newHostKey: () => Pick<Access, "hostKeyPem" | "hostKeyLine">,
): LabState {
  const state: LabState = {
    version: VERSION,
    network: network.name,
    labTime: now,
    origins: {},
    machines: {},
    microsoft: newMicrosoftState(),
    access: {},
    admin: { user: "admin", password: randomBytes(18).toString("base64url") },
    dns: newDnsState(network),
    directory: newDirectoryState(network),
  };
  for (const machine of network.machines) {
    const original = network.machines.find((one) => one.name === machine.cloneOf);
    state.origins[machine.name] = newOrigin(original && state.origins[original.name]);
    state.access[machine.name] = { ...newHostKey(), port: 0 };
  }
  bearMachines(state, network, now);
  return state;
}

/** Every machine and zone as the network's description has it; identities, sold keys and the DNS keys stay. */
export function bearMachines(state: LabState, network: NetworkSpec, now: number): void {
  const microsoft = new Microsoft(state.microsoft);
  microsoft.reset();
  for (const [name, key] of Object.entries(network.keys ?? {})) {
    microsoft.sell(
      key.kind === "csvlk"
        ? { name, kind: "csvlk", csvlk: key.csvlk }
        : { name, kind: "mak", os: key.os, limit: key.activations },
    );
  }
  state.dns.zones = newZones(network);
  for (const machine of network.machines) {
    hostKeyFor(machine, microsoft);
    const origin = state.origins[machine.name];
    if (!origin) throw new Error(`The lab's state has no machine ${machine.name}.`);
    state.machines[machine.name] = newMachineState(machine, network, origin, microsoft, now);
  }
}

/** undefined when there is no state file yet; an error when it is of another lab. */
export function loadLabState(path: string, network: NetworkSpec): LabState | undefined {
  const read = readJson(path);
  if (read === undefined) return undefined;
  const advice = "Delete it to begin with a new lab, or name another directory.";
  if (!isLabState(read)) throw new Error(`${path} is not a state file of this version of the lab. ${advice}`);
  const missing = network.machines.filter((machine) => !read.machines[machine.name]);
  if (read.network !== network.name || missing.length > 0) {
    throw new Error(
      `${path} belongs to the network "${read.network}", not to "${network.name}" as it is now. ${advice}`,
    );
  }
  // State files of before there was a directory have neither domains nor permissions.
  read.directory ??= newDirectoryState(network);
  for (const zone of read.dns.zones) zone.nodes ??= {};
  return read;
}

function isLabState(value: unknown): value is LabState {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    value.version === VERSION &&
    "network" in value &&
    "machines" in value &&
    "microsoft" in value &&
    "access" in value &&
    "dns" in value
  );
}
