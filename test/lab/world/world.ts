import type { LabClock } from "../clock/clock";
import { HR, WindowsError } from "../machine/hresult";
import { clientIntervals, finishRearm, scheduleAttempt } from "../machine/licensing";
import { Machine, type Surroundings } from "../machine/machine";
import { publish, startService } from "../machine/service";
import type { MachineState } from "../machine/state";
import type { Microsoft } from "../microsoft/microsoft";
import type { NetworkSpec } from "../networks/spec";
import { type Directory, requestActivation, type Target } from "./kms";

/** Zones of the lab's DNS: absent as long as nobody plugs a server in. */
export interface Zones {
  /** `_vlmcs._tcp` of a domain in the order to try, or the HRESULT of the lookup. */
  discover(domain: string): Target[] | number;
  /** A host's own dynamic update; answers the HRESULT. */
  publish(domain: string, target: Target): number;
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
  ) {
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

  find(name: string): Machine | undefined {
    const wanted = name.toLowerCase().replace(/\.$/, "");
    return [...this.machines.values()].find(
      (machine) =>
        wanted === machine.fqdn.toLowerCase() ||
        wanted === machine.name.toLowerCase() ||
        wanted === machine.spec.address,
    );
  }

  discover(domain: string): Target[] | number {
    return this.zones ? this.zones.discover(domain) : HR.dnsNameDoesNotExist;
  }

  publish(machine: Machine, domain: string): number {
    const port = machine.state.service.settings?.port;
    if (!this.zones || !port) return HR.noDnsServers;
    return this.zones.publish(domain, { name: machine.fqdn, port });
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
    finishRearm(machine);
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
    }
    return first;
  }

  #timedAttempt(machine: Machine): void {
    startService(machine);
    scheduleAttempt(machine, clientIntervals(machine).activation);
    try {
      if (machine.state.client.nextAttemptAt !== null) requestActivation(machine, this);
    } catch (error) {
      // Windows has noted it in the event log and asks again later.
      if (!(error instanceof WindowsError)) throw error;
    }
  }
}
