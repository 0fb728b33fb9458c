import type { EventType } from "pulumi-volume-activation-provider/machine/protocol";
import type { DirectoryService } from "../directory/service";
import type { DnsAdministration } from "../dns/administration";
import type { Microsoft } from "../microsoft/microsoft";
import { fqdnOf, type MachineSpec, type NetworkSpec } from "../networks/spec";
import { APPLICATION_LOG, EventLogs, SPP_SOURCE } from "./events";
import { type Faults, noFaults } from "./faults";
import { Firewall } from "./firewall";
import { HR, WindowsError } from "./hresult";
import { Mutexes } from "./mutex";
import { captionOf, type OsKind, osKind } from "./os";
import { Registry } from "./registry";
import type { MachineState, PublishEntry } from "./state";

/** What a machine meets outside of itself. */
export interface Surroundings {
  /** Lab time, milliseconds. */
  now(): number;
  /** Runs the timers that have become due; called before anything on a machine is read or changed. */
  catchUp(): void;
  readonly microsoft: Microsoft;
  /** Active Directory, for machines that are joined. */
  readonly directory: DirectoryService;
  /** One attempt of a KMS client; throws the HRESULT that Activate() would. */
  requestActivation(machine: Machine): void;
  /** The host registers itself in a domain; answers the HRESULT. */
  publish(machine: Machine, entry: PublishEntry): number;
  /** The network's zones; undefined where it has none. */
  dnsAdministration(): DnsAdministration | undefined;
}

/** One simulated Windows. Its memory is `state`; everything else is found again from the network's description. */
export class Machine {
  readonly os: OsKind;
  readonly edition: string;
  readonly language: "en-US" | "zh-TW";
  readonly faults: Faults = noFaults();
  readonly mutexes = new Mutexes();
  /** Why the lab refused something, newest last; for people who look for the reason. */
  readonly notes: string[] = [];
  /** Agents that run right now. */
  openAgents = 0;
  registry: Registry;
  firewall: Firewall;
  logs: EventLogs;
  #state: MachineState;

  constructor(
    readonly spec: MachineSpec,
    readonly forest: NetworkSpec,
    state: MachineState,
    readonly world: Surroundings,
  ) {
    this.os = osKind(spec.os);
    this.edition = spec.edition ?? this.os.defaultEdition;
    this.language = spec.language ?? "en-US";
    this.#state = state;
    this.registry = new Registry(state.registry);
    this.firewall = new Firewall(state.firewall, this.registry);
    this.logs = new EventLogs(state.logs);
  }

  get state(): MachineState {
    return this.#state;
  }

  /** Another world, the same machine object: running agents see it at their next request. */
  replaceState(state: MachineState): void {
    this.#state = state;
    this.registry = new Registry(state.registry);
    this.firewall = new Firewall(state.firewall, this.registry);
    this.logs = new EventLogs(state.logs);
    this.notes.length = 0;
  }

  get name(): string {
    return this.spec.name;
  }

  get joined(): boolean {
    return this.spec.domainJoined !== false && this.state.leftDomain !== "left";
  }

  /** Active Directory domain, or the workgroup. */
  get domain(): string {
    return this.joined ? (this.spec.domain ?? this.forest.domain) : "WORKGROUP";
  }

  get fqdn(): string {
    return this.joined ? fqdnOf(this.forest, this.spec) : this.name;
  }

  /** "" for a workgroup machine. */
  get primaryDnsSuffix(): string {
    return this.joined ? this.domain : "";
  }

  get caption(): string {
    return captionOf(this.os, this.edition);
  }

  get reachable(): boolean {
    return this.state.powered && !this.faults.down;
  }

  /** The machine's own clock, milliseconds. */
  clock(): number {
    return this.world.now() + (this.spec.clockSkewMinutes ?? 0) * 60_000;
  }

  /** What Microsoft knows the hardware by: the same after a reinstallation, another after a change of hardware. */
  get hardwareId(): string {
    return `${this.state.identity.smbiosUuid}/${this.state.identity.hardware}`;
  }

  note(text: string): void {
    this.notes.push(text);
    if (this.notes.length > 50) this.notes.shift();
  }

  logApplication(id: number, strings: string[], type: EventType = "information"): void {
    this.logs.append(APPLICATION_LOG, { id, time: this.clock(), source: SPP_SOURCE, type, strings });
  }

  /** Throws `code` when the account has no elevated rights. */
  requireElevation(code: number = HR.accessDenied): void {
    if (this.faults.notElevated) throw new WindowsError(code);
  }

  /** For what UserOperations = 1 gives to everybody: installing keys, activating, rearming. */
  requireLicensingRight(): void {
    if (this.state.service.settings?.userOperations !== true) this.requireElevation(HR.elevationRequired);
  }
}
