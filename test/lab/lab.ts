import type { Readable, Writable } from "node:stream";
import { execOnMachine } from "./agent/exec";
import { change } from "./changes/change";
import { ChangeRefused, type ChangeResult } from "./changes/words";
import { LabClock } from "./clock/clock";
import { type ControlAddress, type ControlServer, startControl } from "./control/server";
import { Accounts } from "./directory/accounts";
import { DirectoryService } from "./directory/service";
import { noDnsFaults } from "./dns/faults";
import { LabDns } from "./dns/labDns";
import { type Faults, noFaults } from "./machine/faults";
import { installationIdOf } from "./machine/licensing";
import type { Machine } from "./machine/machine";
import { startService } from "./machine/service";
import { type LedgerEntry, Microsoft, type SoldKey } from "./microsoft/microsoft";
import type { NetworkSpec } from "./networks/spec";
import { newHostKey } from "./ssh/keys";
import { writeJson } from "./state/file";
import { bearMachines, type LabState, loadLabState, newLabState } from "./state/state";
import { newMachineState, newOrigin } from "./world/birth";
import { describeMachine, type MachineDescription } from "./world/describe";
import { SshPorts } from "./world/sshPorts";
import { World, type Zones } from "./world/world";

export interface LabOptions {
  network: NetworkSpec;
  /** Where the lab is kept over restarts; without it the lab is forgotten. */
  stateFile?: string;
  /** How many times as fast as real time the lab's clock runs; default 0: it stands still and is moved by `advance`. */
  clockFactor?: number;
  /** Real time to begin at when the lab is new; default now. */
  start?: Date;
  /** Every machine gets an SSH server on loopback. Default false. */
  ssh?: boolean;
  /** The network's DNS server, if it has zones, is opened on loopback, UDP and TCP. Default false. */
  dns?: boolean;
  /** 0 up to 1; decides among KMS hosts of one priority. Default Math.random. */
  random?: () => number;
  /** The HTTP control of the command line. Default false. */
  control?: boolean;
  /** Called when somebody asks the lab to stop through its control. */
  onStop?: () => void;
}

export interface LabMachine {
  readonly name: string;
  readonly fqdn: string;
  readonly address: string;
  readonly os: string;
  readonly language: string;
  /** 127.0.0.1 and the port of its SSH server; port 0 without one. */
  readonly host: string;
  readonly port: number;
  /** One authorized_keys line. */
  readonly hostKey: string;
  /** Runs a command line as its SSH server (or a stand-in for powershell.exe) does; answers the exit code. */
  exec(commandLine: string, io: { stdin: Readable; stdout: Writable; stderr: Writable }): Promise<number>;
}

const SAVE_DELAY_MS = 250;
const TICK_MS = 500;
/** What the DNS server is called in commands. */
export const DNS_NAME = "dns";

/** A simulated Windows network in this process. */
export class Lab {
  readonly #state: LabState;
  readonly #world: World;
  readonly #clock: LabClock;
  readonly #microsoft: Microsoft;
  readonly #ports: SshPorts | undefined;
  readonly #dns: LabDns | undefined;
  #control: ControlServer | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;
  #stopped = false;

  private constructor(private readonly options: LabOptions) {
    const start = options.start?.getTime() ?? Date.now();
    const fresh = () => {
      const key = newHostKey();
      return { hostKeyPem: key.privatePem, hostKeyLine: key.publicLine };
    };
    const loaded = options.stateFile === undefined ? undefined : loadLabState(options.stateFile, options.network);
    this.#state = loaded ?? newLabState(options.network, start, fresh);
    this.#clock = new LabClock(this.#state.labTime, options.clockFactor ?? 0);
    this.#microsoft = new Microsoft(this.#state.microsoft);
    const changed = () => this.#changed();
    const accounts = new Accounts(options.network, this.#state.directory);
    const { random } = options;
    this.#dns = options.network.zones?.length
      ? new LabDns(this.#state.dns, {
          accounts,
          changed,
          labTime: () => this.#clock.now(),
          ...(random ? { random } : {}),
        })
      : undefined;
    const directory = new DirectoryService({
      accounts,
      zones: () => this.#dns?.all ?? [],
      isUp: (name) => this.#world.machines.get(name)?.reachable === true,
      changed,
    });
    this.#world = new World(
      options.network,
      this.#state.machines,
      this.#microsoft,
      this.#clock,
      changed,
      directory,
      this.#dns,
    );
    this.#ports = options.ssh
      ? new SshPorts(this.#state, (machine, command, io) => execOnMachine(machine, command, io))
      : undefined;
  }

  static async start(options: LabOptions): Promise<Lab> {
    const lab = new Lab(options);
    try {
      await lab.#syncPorts();
      if (options.dns) await lab.#dns?.open();
      if (options.control) lab.#control = await startControl(lab, options.onStop ?? (() => void lab.stop()));
      if (lab.#clock.factor > 0) {
        lab.#tick = setInterval(() => lab.#world.catchUp(), TICK_MS);
        lab.#tick.unref();
      }
      lab.save();
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return lab;
  }

  get control(): ControlAddress | undefined {
    return this.#control?.address;
  }

  get network(): NetworkSpec {
    return this.options.network;
  }

  get clockFactor(): number {
    return this.#clock.factor;
  }

  /** The account that logs in to every machine. */
  get admin(): { user: string; password: string } {
    return { ...this.#state.admin };
  }

  /** Made-up keys by name: the KMS host keys by machine, others by the network's own names. */
  get keys(): Record<string, string> {
    return Object.fromEntries(this.#microsoft.state.keys.map((sold) => [sold.name, sold.key]));
  }

  get machines(): LabMachine[] {
    return [...this.#world.machines.keys()].map((name) => this.machine(name));
  }

  machine(name: string): LabMachine {
    const machine = this.#find(name);
    const access = this.#state.access[name];
    return {
      name,
      fqdn: machine.fqdn,
      address: machine.spec.address,
      os: machine.caption,
      language: machine.language,
      host: "127.0.0.1",
      port: access?.port ?? 0,
      hostKey: access?.hostKeyLine ?? "",
      exec: (commandLine, io) => execOnMachine(machine, commandLine, io),
    };
  }

  /** The network's DNS server. Throws when the network has no zones, see {@link Lab.hasDns}. */
  get dns(): LabDns {
    if (this.#dns) return this.#dns;
    throw new ChangeRefused(`The network ${this.options.network.name} has no DNS zones.`);
  }

  get hasDns(): boolean {
    return this.#dns !== undefined;
  }

  /** Lab time. */
  now(): Date {
    return new Date(this.#world.now());
  }

  /** Moves the clock by hand and runs what became due. */
  advance(ms: number): void {
    this.#clock.advance(ms);
    this.#world.catchUp();
  }

  state(name: string): MachineDescription {
    const machine = this.#find(name);
    this.#world.catchUp();
    return describeMachine(machine);
  }

  /** Every activation that was spent at the simulated Microsoft, oldest first. */
  ledger(): LedgerEntry[] {
    return this.#microsoft.state.ledger.map((entry) => ({ ...entry }));
  }

  /** How often each sold key was activated, by hardware. No whole key. */
  balances(): (Omit<SoldKey, "key"> & { partialProductKey: string })[] {
    return this.#microsoft.state.keys.map(({ key, ...rest }) => ({ ...rest, partialProductKey: key.slice(-5) }));
  }

  /** Microsoft blocks a key, or lets it go again. */
  block(keyName: string, blocked = true): void {
    const sold = this.#microsoft.state.keys.find((one) => one.name === keyName);
    if (!sold) throw new ChangeRefused(`No key goes by the name ${keyName}.`);
    sold.blocked = blocked;
    this.#changed();
  }

  /** A call to Microsoft: spends one activation and answers the confirmation id. */
  phone(name: string): string {
    const machine = this.#find(name);
    const [product] = machine.state.products;
    if (!product || product.channel === "gvlk")
      throw new ChangeRefused(`${name} has no key that is activated by phone.`);
    this.#microsoft.activate({
      key: product.key,
      machine: name,
      hardwareId: machine.hardwareId,
      now: this.#world.now(),
      method: "phone",
    });
    this.#changed();
    return this.#microsoft.confirmationId(installationIdOf(machine, product));
  }

  /**
   * What an administrator changes behind our back, in his own words, on a machine or ("dns") on the DNS server.
   * Throws {@link ChangeRefused}.
   */
  async change(name: string, words: string[]): Promise<ChangeResult> {
    this.#world.catchUp();
    if (name.toLowerCase() === DNS_NAME) return this.dns.change(words);
    const machine = this.#find(name);
    const result = change(this.#world, machine, words, (one) => this.#reinstall(one));
    this.#changed();
    await this.#syncPorts();
    return result;
  }

  /** The account has another password from now on, on every machine. */
  changePassword(password: string): void {
    this.#state.admin.password = password;
    this.#changed();
  }

  /** Switches faults of a machine on or off; those not named stay as they are. */
  async fault(name: string, faults: Partial<Faults>): Promise<Faults> {
    const machine = this.#find(name);
    Object.assign(machine.faults, faults);
    await this.#syncPorts();
    return { ...machine.faults };
  }

  /** Another run holds a machine-wide mutex until the answered function is called. */
  async holdMutex(name: string, mutex: string): Promise<() => void> {
    const release = await this.#find(name).mutexes.acquire(mutex, 0);
    if (!release) throw new ChangeRefused(`The mutex ${mutex} of ${name} is held already.`);
    return release;
  }

  /** Plugs a DNS server in: where hosts publish themselves and clients look them up. */
  connectZones(zones: Zones): void {
    this.#world.zones = zones;
  }

  /** Machines and ledger as at the network's start; addresses, host keys, identities and product keys stay. */
  async reset(): Promise<void> {
    bearMachines(this.#state, this.options.network, this.#world.now());
    await this.#dns?.fault(noDnsFaults());
    for (const machine of this.#world.machines.values()) {
      const state = this.#state.machines[machine.name];
      if (state) machine.replaceState(state);
      Object.assign(machine.faults, noFaults());
      startService(machine);
    }
    this.#ports?.dropAll();
    this.save();
    await this.#syncPorts();
  }

  /** Writes the state file now. */
  save(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    if (this.options.stateFile === undefined) return;
    this.#state.labTime = this.#clock.now();
    writeJson(this.options.stateFile, this.#state);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#tick);
    await this.#control?.close();
    await this.#ports?.close();
    await this.#dns?.close();
    this.save();
  }

  #find(name: string): Machine {
    const machine = this.#world.machines.get(name);
    if (machine) return machine;
    throw new ChangeRefused(
      `No machine of the lab is called "${name}"; it has ${[...this.#world.machines.keys()].join(", ")}.`,
    );
  }

  /** Windows from scratch on the same hardware: another MachineGuid and CMID, the key that it came with. */
  #reinstall(machine: Machine): void {
    const { identity, counters } = machine.state;
    const origin = { ...newOrigin(), smbiosUuid: identity.smbiosUuid };
    const state = newMachineState(machine.spec, this.options.network, origin, this.#microsoft, this.#world.now());
    for (const product of state.products) product.activation = null;
    state.identity.hardware = identity.hardware;
    state.counters = counters;
    this.#state.machines[machine.name] = state;
    machine.replaceState(state);
    startService(machine);
    this.#ports?.drop(machine.name);
  }

  #changed(): void {
    if (this.options.stateFile === undefined || this.#stopped || this.#saveTimer) return;
    this.#saveTimer = setTimeout(() => this.save(), SAVE_DELAY_MS);
    this.#saveTimer.unref();
  }

  async #syncPorts(): Promise<void> {
    await this.#ports?.sync([...this.#world.machines.values()]);
  }
}
