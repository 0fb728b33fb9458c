import { isIPv4 } from "node:net";
import { type LabClock, MINUTE_MS } from "../clock/clock";
import type { DirectoryService } from "../directory/service";
import type { DnsAdministration } from "../dns/administration";
import { HR, WindowsError } from "../machine/hresult";
import { finishLeaving } from "../machine/leaving";
import { clientIntervals, finishRearm, primaryProduct, scheduleAttempt, tryMak } from "../machine/licensing";
import { Machine, type Surroundings } from "../machine/machine";
import { applyPolicy } from "../machine/policy";
import { publish, startService } from "../machine/service";
import type { MachineState, PublishEntry } from "../machine/state";
import type { Microsoft } from "../microsoft/microsoft";
import type { NetworkSpec } from "../networks/spec";
import { type Directory, requestActivation, type Target } from "./kms";

/** Zones of the lab's DNS: absent as long as nobody plugs a server in. */
export interface Zones {
  /** `_vlmcs._tcp` of a domain in the order to try, or the HRESULT of the lookup. */
  discover(domain: string): Target[] | number;
  /** A host's own dynamic update; answers the HRESULT. */
  publish(domain: string, publication: Publication): number;
  /** IPv4 address of a full name; without this, machines are found by their names as such. */
  resolve?(name: string): string | undefined;
  /** The zones as a Windows DNS server's administrator has them. */
  administration?(): DnsAdministration;
}

/** What a KMS host says of itself. */
export interface Publication extends Target {
  /** The lab's name for the machine that asks. */
  machine: string;
  joined: boolean;
  priority: number;
  weight: number;
}

interface Due {
  at: number;
  run(): void;
}

/** All machines of a network, what they see of one another, and the timers that run without anybody asking. */
export class World implements Surroundings, Directory {
  readonly machines: ReadonlyMap<string, Machine>;
  zones: Zones | undefined;
  /** Set while a timer runs: the time when it was due. */
  #timerTime: number | undefined;

  constructor(
    network: NetworkSpec,
    states: Record<string, MachineState>,
    readonly microsoft: Microsoft,
    private readonly clock: LabClock,
    /** Called after something may have changed. */
    private readonly changed: () => void,
    readonly directory: DirectoryService,
    zones?: Zones,
  ) {
    // Before the machines start: a KMS host publishes itself as soon as its service runs.
    this.zones = zones;
    this.machines = new Map(
      network.machines.map((spec) => {
        const state = states[spec.name];
        if (!state) throw new Error(`The lab has no state for the machine ${spec.name}.`);
        return [spec.name, new Machine(spec, network, state, this)];
      }),
    );
    for (const machine of this.machines.values()) if (machine.state.powered) startService(machine);
  }

  now(): number {
    return this.#timerTime ?? this.clock.now();
  }

  /** Runs every timer that is due, in the order of time, each at its own time. */
  catchUp(): void {
    if (this.#timerTime !== undefined) return;
    const now = this.clock.now();
    try {
      for (;;) {
        const due = this.#nextDue();
        if (!due || due.at > now) break;
        this.#timerTime = due.at;
        due.run();
      }
    } finally {
      this.#timerTime = undefined;
    }
    this.changed();
  }

  /** An address as such; a full name by the DNS server, if there is one; a short one below the asker's suffix, or NetBIOS. */
  find(name: string, from: Machine): Machine | undefined {
    const wanted = name.toLowerCase().replace(/\.$/, "");
    const machines = [...this.machines.values()];
    const atAddress = (address: string | undefined) => machines.find(({ spec }) => spec.address === address);
    const resolve = this.zones?.resolve?.bind(this.zones);
    if (isIPv4(wanted)) return atAddress(wanted);
    if (!wanted.includes(".")) {
      const full = `${wanted}.${from.primaryDnsSuffix}`;
      const found = from.joined && resolve ? atAddress(resolve(full)) : undefined;
      return found ?? machines.find((machine) => machine.name.toLowerCase() === wanted);
    }
    if (resolve) return atAddress(resolve(wanted));
    return machines.find((machine) => machine.fqdn.toLowerCase() === wanted);
  }

  discover(domain: string): Target[] | number {
    return this.zones ? this.zones.discover(domain) : HR.dnsNameDoesNotExist;
  }

  publish(machine: Machine, { domain, priority, weight }: PublishEntry): number {
    const port = machine.state.service.settings?.port;
    if (!this.zones || !port) return HR.noDnsServers;
    const { name, joined, fqdn } = machine;
    return this.zones.publish(domain, { machine: name, joined, name: fqdn, port, priority, weight });
  }

  dnsAdministration(): DnsAdministration | undefined {
    return this.zones?.administration?.();
  }

  requestActivation(machine: Machine): void {
    requestActivation(machine, this);
  }

  powerOff(machine: Machine): void {
    machine.state.powered = false;
    machine.state.service.running = false;
    machine.state.service.settings = null;
    machine.state.host.nextPublishAt = null;
  }

  /** Windows starts: a rearm takes effect, sppsvc reads its settings, and a KMS client asks at once. */
  powerOn(machine: Machine): void {
    if (machine.state.powered) return;
    machine.state.powered = true;
    if (machine.state.leftDomain === "atRestart") finishLeaving(machine);
    finishRearm(machine);
    applyPolicy(machine);
    startService(machine);
    scheduleAttempt(machine, 0);
  }

  #nextDue(): Due | undefined {
    let first: Due | undefined;
    const offer = (at: number | null, run: () => void) => {
      if (at !== null && (!first || at < first.at)) first = { at, run };
    };
    for (const machine of this.machines.values()) {
      if (!machine.reachable) continue;
      offer(machine.state.client.nextAttemptAt, () => this.#timedAttempt(machine));
      offer(machine.state.host.nextPublishAt, () => publish(machine));
      offer(machine.state.policy.nextRefreshAt, () => applyPolicy(machine));
    }
    return first;
  }

  #timedAttempt(machine: Machine): void {
    startService(machine);
    const product = primaryProduct(machine);
    if (product?.channel === "mak") {
      const again = tryMak(machine, product);
      machine.state.client.nextAttemptAt = again ? this.now() + clientIntervals(machine).activation * MINUTE_MS : null;
      return;
    }
    scheduleAttempt(machine, clientIntervals(machine).activation);
    try {
      if (machine.state.client.nextAttemptAt !== null) requestActivation(machine, this);
    } catch (error) {
      // Windows has noted it in the event log and asks again later.
      if (!(error instanceof WindowsError)) throw error;
    }
  }
}
