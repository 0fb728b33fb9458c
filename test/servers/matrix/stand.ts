import { execFileSync, spawnSync } from "node:child_process";
import type { Operation, OperationContext } from "../../../provider/adapter/handler";
import { encode, type Json, type Props } from "../../../provider/adapter/props";
import {
  DnsError,
  DnsNetwork,
  type DnsNetworkOptions,
  type Entry,
  encodeSrv,
  type Sent,
  type SrvChange,
  type SrvData,
} from "../../../provider/dns";
import { judge } from "../../../provider/dns/gss/nsupdate";
import { OperationFailure } from "../../../provider/errors/failure";
import type { SessionPool } from "../../../provider/machine/pool";
import { makeSrvRecordHandler } from "../../../provider/resources/srvRecord/handler";
import type { SrvRecordInputs } from "../../../provider/resources/srvRecord/schema";
import { sendingOf } from "../../../provider/resources/srvRecord/sending";
import type { MatrixServer } from "./servers/server";

/** Seconds of a set that a case does not care about. */
export const TTL = 600;

type Over = { [name: string]: Json | undefined };

/** One case at one server: the resource under test, and what others do and see there with dig and nsupdate. */
export class Stand {
  readonly network: DnsNetwork;
  readonly handler: ReturnType<typeof makeSrvRecordHandler>;
  readonly log: string[] = [];
  /** Done once, between the look and the update. */
  meanwhile: (() => void) | undefined;
  readonly fqdn: string;

  constructor(
    readonly server: MatrixServer,
    /** The record's name in the zone; a name of its own for each case. */
    readonly name: string,
    options: DnsNetworkOptions = {},
  ) {
    this.network = new DnsNetwork(options);
    this.handler = makeSrvRecordHandler(this.network);
    this.fqdn = `${name}.${server.zone}`;
  }
  get address(): string {
    return `127.0.0.1:${this.server.port}`;
  }
  host = (label: string) => `${label}.${this.server.zone}`;
  close(): void {
    this.network.close();
  }

  context(operation: Operation, env: NodeJS.ProcessEnv = this.server.env): OperationContext {
    const info = (message: string) => {
      this.log.push(message);
      const meanwhile = this.meanwhile;
      this.meanwhile = undefined;
      meanwhile?.();
    };
    return {
      operation,
      log: { info, warn: (message) => void this.log.push(message), debug: (message) => void this.log.push(message) },
      signal: new AbortController().signal,
      pool: undefined as unknown as SessionPool,
      env,
      credentials: undefined,
      hide: () => {},
    };
  }
  /** Checked inputs; what is undefined in `over` is left out. */
  wanted(over: Over = {}): Props {
    const declared: Over = {
      resourceName: "kms01",
      zone: this.server.zone,
      name: this.name,
      target: this.host("kms01"),
      server: this.address,
      auth: this.server.auth,
      ...over,
    };
    const given = Object.entries(declared).filter((entry): entry is [string, Json] => entry[1] !== undefined);
    const { inputs, failures } = this.handler.check(Object.fromEntries(given));
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
    return inputs;
  }
  async create(over: Over = {}) {
    const { id, outs } = await this.handler.create(this.context("create"), this.wanted(over));
    return { id, outs: encode(outs) };
  }
  async update(outs: Props, over: Props = {}) {
    return encode((await this.handler.update(this.context("update"), "id", outs, this.wanted(over))).outs);
  }
  async read(outs: Props) {
    const seen = await this.handler.read(this.context("read"), "id", outs);
    return seen === "absent" ? seen : encode(seen.outs);
  }
  remove = (id: string, outs: Props) => this.handler.delete(this.context("delete"), id, outs);

  /** What another program does: nsupdate, with commands like "add 600 SRV 0 0 1688 kms02" (all of this name; targets in this zone). */
  outsider(...commands: string[]): void {
    const { code, output } = this.nsupdate(commands.map((command) => `update ${this.withName(command)}`));
    // Samba's answer is never verified; what it says besides is said of failures only.
    if (code !== 0 && /failed/.test(output)) throw new Error(`nsupdate: ${output}`);
  }
  private withName(command: string): string {
    const [verb, ...rest] = command.split(" ");
    const last = rest.at(-1) ?? "";
    return [verb, `${this.fqdn}.`, ...rest.slice(0, -1), `${last}.${this.server.zone}.`].join(" ");
  }
  nsupdate(lines: readonly string[], zone = this.server.zone, words: readonly string[] = []) {
    const script = [`server 127.0.0.1 ${this.server.port}`, `zone ${zone}`, ...lines, "send", ""].join("\n");
    const cache = this.server.auth["credentialCache"];
    const env = { ...this.server.env, ...(cache === undefined ? {} : { KRB5CCNAME: String(cache) }) };
    const programWords = [...this.server.nsupdate, "-v", ...words];
    const { status, stdout, stderr, error } = spawnSync("nsupdate", programWords, { input: script, env });
    if (error) throw error;
    return { code: status, output: `${stdout}${stderr}` };
  }

  /** What dig reads: "ttl priority weight port target" without the zone, sorted. */
  dig(): string[] {
    const words = ["+noall", "+answer", "+tries=1", "-p", String(this.server.port), "@127.0.0.1", this.fqdn, "SRV"];
    const text = execFileSync("dig", words, { encoding: "utf8" });
    const records = text.split("\n").filter((line) => /\sSRV\s/.test(line));
    return records
      .map((line) => line.split(/\s+/))
      .map(
        ([, ttl, , , ...data]) => `${ttl} ${data.join(" ").replace(new RegExp(`\\.${this.server.zone}\\.$`, "i"), "")}`,
      )
      .sort();
  }

  /** The zone's serial. */
  serial(): number {
    const words = ["+short", "+tries=1", "-p", String(this.server.port), "@127.0.0.1", this.server.zone, "SOA"];
    return Number(execFileSync("dig", words, { encoding: "utf8" }).split(" ")[2]);
  }

  /** A change as a whole, past the handler's own care: what the server makes of it. */
  async send(change: Partial<SrvChange>): Promise<Sent> {
    const context = this.context("update");
    const { signal } = context;
    const { auth } = this.wanted() as unknown as SrvRecordInputs;
    const sending = await sendingOf(this.network, context, auth, 'SrvRecord "kms01"', signal);
    try {
      const whole: SrvChange = {
        zone: this.server.zone,
        fqdn: this.fqdn,
        expected: [],
        deletes: [],
        add: undefined,
        ...change,
      };
      return await sending.send(await this.client(), whole, signal);
    } finally {
      sending.release();
    }
  }
  client = () => this.network.client({ host: "127.0.0.1", port: this.server.port }, new AbortController().signal);

  /** A message of other entries, by our own layer where there is a key, and by nsupdate where there is a ticket. */
  async message(entries: Entry[], lines: string[], zone = this.server.zone): Promise<void> {
    const context = this.context("update");
    if (this.server.nsupdate[0] === "-g") {
      judge(this.nsupdate(lines, zone), { where: this.address, zone, signer: 'Kerberos principal "kmsadmin"' });
      return;
    }
    const { auth } = this.wanted() as unknown as SrvRecordInputs;
    const { signer } = await sendingOf(this.network, context, auth, "", context.signal);
    await (await this.client()).update({ zone, prerequisites: entries, updates: [] }, signer, context.signal);
  }

  srv = (target: string, over: Partial<SrvData & { ttl: number }> = {}) => ({
    priority: 0,
    weight: 0,
    port: 1688,
    ttl: TTL,
    target: this.host(target),
    ...over,
  });
  seen = (target: string, over: Partial<SrvData & { ttl: number }> = {}) => {
    const data = this.srv(target, over);
    return { ...data, rdata: encodeSrv(data) };
  };
}

/** The mnemonic that a failure begins its answer with ("REFUSED"), and that nothing was changed where it says so. */
export async function refusal(work: Promise<unknown>): Promise<{ word: string; message: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return { word: "done", message: "" };
  if (error instanceof DnsError) return { word: error.name, message: `${error.message} Next: ${error.remedy}` };
  if (!(error instanceof OperationFailure)) throw error;
  const [, word] = /failed: ([A-Z]+): /.exec(error.message) ?? [];
  return { word: word ?? error.message, message: error.message };
}
