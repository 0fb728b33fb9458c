import { randomInt } from "node:crypto";
import type { ExecIo } from "../agent/exec";
import type { Machine } from "../machine/machine";
import { type SshServer, startSshServer } from "../ssh/server";
import type { LabState } from "../state/state";

/**
 * Below the ports that systems hand out to outgoing connections, so that none of those sits on a machine's address
 * while the lab is stopped.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;
const TRIES = 50;

async function onNewPort(start: (port: number) => Promise<SshServer>): Promise<SshServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(randomInt(FIRST_PORT, LAST_PORT + 1));
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

type Exec = (machine: Machine, commandLine: string, io: ExecIo) => Promise<number>;

/** One SSH server for each machine that is on, always on the same port; a machine that is off refuses the connection. */
export class SshPorts {
  readonly #servers = new Map<string, SshServer>();
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly state: LabState,
    private readonly exec: Exec,
  ) {}

  /** Opens and closes servers until they fit the machines. */
  sync(machines: Machine[]): Promise<void> {
    this.#queue = this.#queue.then(
      () => this.#sync(machines),
      () => this.#sync(machines),
    );
    return this.#queue;
  }

  async #sync(machines: Machine[]): Promise<void> {
    for (const machine of machines) {
      const server = this.#servers.get(machine.name);
      if (machine.reachable && !server) this.#servers.set(machine.name, await this.#open(machine));
      if (!machine.reachable && server) {
        this.#servers.delete(machine.name);
        await server.close();
      }
    }
  }

  drop(name: string): void {
    this.#servers.get(name)?.dropConnections();
  }

  dropAll(): void {
    for (const server of this.#servers.values()) server.dropConnections();
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => {});
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
    this.#servers.clear();
  }

  async #open(machine: Machine): Promise<SshServer> {
    const access = this.state.access[machine.name];
    if (!access) throw new Error(`The lab's state has no host key for ${machine.name}.`);
    const start = (port: number) =>
      startSshServer({
        hostKeyPem: access.hostKeyPem,
        port,
        accounts: (user) => (user === this.state.admin.user ? { password: this.state.admin.password } : undefined),
        exec: (_user, commandLine, io) =>
          this.exec(machine, commandLine, { ...io, drop: () => this.drop(machine.name) }),
        onDial: () => {
          machine.state.counters.dials += 1;
        },
      });
    const server = await (access.port === 0 ? onNewPort(start) : start(access.port)).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${machine.name}: its address 127.0.0.1:${access.port} cannot be opened (${why}). Another program may use the port now; free it, or delete the lab's state to get new ports.`,
      );
    });
    access.port = server.port;
    return server;
  }
}
