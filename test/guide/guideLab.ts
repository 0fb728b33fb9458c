import { expect } from "vitest";
import type { OperationContext, ResourceHandler } from "../../provider/adapter/handler";
import type { Props } from "../../provider/adapter/props";
import type { Logger } from "../../provider/log/logger";
import { SessionPool } from "../../provider/machine/pool";
import { sshTransport } from "../../provider/machine/ssh";
import { Lab, type MachineSpec, type NetworkSpec } from "../lab/index";
import { START } from "../unit/conformance/harness";
import { SPP as SPP_KEY, withAgent } from "../unit/lab/helpers";

export { HOST } from "../unit/lab/helpers";

/** A resource after its last operation: what the engine would keep of it. */
export interface Applied {
  handler: ResourceHandler;
  id: string;
  /** Checked inputs of the program. */
  wanted: Props;
  /** What was last seen. */
  outs: Props;
}

const asStored = (bag: object): Props => JSON.parse(JSON.stringify(bag)) as Props;

/**
 * The guide's procedures on a lab in this process: the real handlers over real SSH sessions, without the engine. What
 * the engine would do between them (keep the state, compare, choose create or update) is done here in the same way.
 */
export class GuideLab {
  /** What was said in the log, newest last: commands in slmgr's words among it. */
  readonly said: string[] = [];
  #pool = new SessionPool({ transport: sshTransport });
  readonly #open = new AbortController();

  private constructor(readonly lab: Lab) {}

  static async start(network: Omit<NetworkSpec, "name" | "domain"> & Partial<NetworkSpec>): Promise<GuideLab> {
    const dns = (network.zones?.length ?? 0) > 0;
    const whole = { name: "guide", domain: "contoso.com", ...network };
    return new GuideLab(await Lab.start({ network: whole, ssh: true, dns, start: START }));
  }

  async end(): Promise<void> {
    await this.#pool.close();
    await this.lab.stop();
  }

  /** As in another run of Pulumi: no session of before is open. */
  async newRun(): Promise<void> {
    await this.#pool.close();
    this.#pool = new SessionPool({ transport: sshTransport });
  }

  connection(machine: string): Props {
    const { host, port, hostKey } = this.lab.machine(machine);
    return { host, port, hostKey, ...this.lab.admin };
  }

  /** A made-up key of the network, whole. */
  key(name: string): string {
    const key = this.lab.keys[name];
    if (key === undefined) throw new Error(`the lab has no key called ${name}`);
    return key;
  }

  /** On a machine: check, then create, or update what is there already. */
  on(handler: ResourceHandler, machine: string, props: Props = {}, before?: Applied): Promise<Applied> {
    return this.apply(handler, { resourceName: machine, connection: this.connection(machine), ...props }, before);
  }

  async apply(handler: ResourceHandler, props: Props, before?: Applied): Promise<Applied> {
    const wanted = checked(handler, props);
    if (!before) {
      const { id, outs } = await handler.create(this.#context("create"), wanted);
      return { handler, id, wanted, outs: asStored(outs) };
    }
    const { id } = before;
    const { outs } = await handler.update(this.#context("update"), id, before.outs, wanted);
    return { handler, id, wanted, outs: asStored(outs) };
  }

  /** Looks again, as a refresh does. */
  async read(applied: Applied): Promise<Applied> {
    const seen = await applied.handler.read(this.#context("read"), applied.id, applied.outs);
    if (seen === "absent") throw new Error(`${applied.id} is absent`);
    return { ...applied, outs: asStored(seen.outs) };
  }

  /** Looks again, and names what differs from the program. */
  async drift(applied: Applied): Promise<string[]> {
    const { handler, outs } = await this.read(applied);
    return handler.diff(outs, applied.wanted).changed;
  }

  /** A refresh, and an update where it found a difference. */
  async repair(applied: Applied): Promise<Applied> {
    const seen = await this.read(applied);
    const { handler, wanted, outs, id } = seen;
    if (handler.diff(outs, wanted).changed.length === 0) return seen;
    const updated = await handler.update(this.#context("update"), id, outs, wanted);
    return { ...seen, outs: asStored(updated.outs) };
  }

  async remove({ handler, id, outs }: Applied): Promise<void> {
    await handler.delete(this.#context("delete"), id, outs);
  }

  /** What an administrator types at a machine. */
  async type(machine: string, line: string): Promise<string> {
    return (await this.lab.change(machine, [line])).output;
  }

  /** The data of a registry value below HKEY_LOCAL_MACHINE; undefined where there is none. */
  async value(machine: string, name: string, key = SPP_KEY): Promise<unknown> {
    const { values } = await withAgent(this.lab, machine, (agent) =>
      agent.call("registry.read", { values: [{ key, name }] }),
    );
    return values[0]?.data;
  }

  /** SRV records of a domain as "priority weight port target". */
  srv(domain: string): string[] {
    const records = this.lab.dns
      .records(domain)
      .filter(({ name, type }) => type === "SRV" && name.startsWith("_vlmcs"));
    return records.map(({ data }) => data);
  }

  /** Commands that were said since the last call, in slmgr's words. */
  commands(): string[] {
    return this.said.splice(0).filter((line) => /^(slmgr|reg|net|netsh) /.test(line));
  }

  #context(operation: OperationContext["operation"]): OperationContext {
    const say = (text: string) => void this.said.push(text);
    const log: Logger = { debug: () => {}, info: say, warn: say };
    const { signal } = this.#open;
    return { operation, log, signal, pool: this.#pool, env: {}, credentials: undefined, hide: () => {} };
  }
}

/** Checked inputs; a failure fails the test with its own words. */
export function checked(handler: ResourceHandler, props: Props): Props {
  const { inputs, failures } = handler.check(props);
  expect(failures).toEqual([]);
  return asStored(inputs);
}

/** Clients of one network segment, with the setup key of their edition. */
export function clients(count: number, os: MachineSpec["os"] = "ws2022", first = 1): MachineSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `c${first + index}`,
    os,
    address: `10.0.1.${first + index}`,
  }));
}

export const DAYS = 24 * 60 * 60_000;
