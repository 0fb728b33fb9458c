import { Resolver } from "node:dns/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { Operation, OperationContext } from "../../../provider/adapter/handler";
import { encode, type Props } from "../../../provider/adapter/props";
import { addRecord, DnsNetwork, deleteRecord, encodeSrv, type SrvData, TYPE, tsigSigner } from "../../../provider/dns";
import { OperationFailure } from "../../../provider/errors/failure";
import type { SessionPool } from "../../../provider/machine/pool";
import { makeSrvRecordHandler } from "../../../provider/resources/srvRecord/handler";
import { errorOf } from "../../failures";
import { requirement } from "../requirement";
import { type Named, startNamed, ZONES } from "./named";

export const program = requirement("BIND", "/usr/sbin/named");

export const NEIGHBOUR = { priority: 5, weight: 6, port: 1688, target: "KMS02.contoso.test", ttl: 600 };

/** The resource at a BIND that is started for the tests around this call, and what others do and see there. */
export function recordOnBind() {
  let named: Named;
  let network: DnsNetwork;
  let handler: ReturnType<typeof makeSrvRecordHandler>;
  let count = 0;
  const at = {
    log: [] as string[],
    /** A name of its own for each test. */
    name: "",
    get named() {
      return named;
    },
    get network() {
      return network;
    },
    get handler() {
      return handler;
    },
  };

  beforeAll(async () => {
    named = await startNamed(program.why);
  });
  afterAll(() => named?.stop());
  beforeEach(() => {
    network = new DnsNetwork();
    handler = makeSrvRecordHandler(network);
    at.log = [];
    at.name = `_vlmcs._tcp.site${++count}`;
  });
  afterEach(() => network.close());

  const context = (operation: Operation): OperationContext => ({
    operation,
    log: {
      info: (message) => void at.log.push(message),
      warn: (message) => void at.log.push(`warning: ${message}`),
      debug: () => {},
    },
    signal: new AbortController().signal,
    pool: undefined as unknown as SessionPool,
    env: { VOLUME_ACTIVATION_DNS_TSIG_SECRET: named.secret },
    credentials: undefined,
    hide: () => {},
  });
  const server = () => `127.0.0.1:${named.port}`;
  const tsig = (over: Props = {}): Props => ({ method: "tsig", keyName: "updater", credentials: "dns", ...over });

  function wanted(over: Props = {}): Props {
    const { inputs, failures } = handler.check({
      resourceName: "kms01",
      zone: ZONES.signed,
      name: at.name,
      target: "kms01.contoso.test",
      server: server(),
      auth: tsig(),
      ...over,
    });
    expect(failures).toEqual([]);
    return inputs;
  }
  async function create(over: Props = {}, by = handler) {
    const { id, outs } = await by.create(context("create"), wanted(over));
    return { id, outs: encode(outs) };
  }
  async function read(outs: Props) {
    const seen = await handler.read(context("read"), "", outs);
    return seen === "absent" ? seen : encode(seen.outs);
  }
  async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
    const error = await errorOf(OperationFailure, work);
    expect(error.message).toMatch(/^SrvRecord "kms01" on .+: .+ failed: .+ Next: .+\.$/);
    expect(error.message).not.toContain(named.secret);
    return error;
  }

  /** What another program does, on the open wire. */
  async function change(zone: string, adds: (SrvData & { ttl: number })[], deletes: SrvData[] = [], on = at.name) {
    const client = await network.client({ host: "127.0.0.1", port: named.port }, new AbortController().signal);
    const signer = tsigSigner({
      name: "updater",
      algorithm: "hmac-sha256",
      secret: Buffer.from(named.secret, "base64"),
    });
    const updates = [
      ...deletes.map((data) => deleteRecord(`${on}.${zone}`, TYPE.SRV, encodeSrv(data))),
      ...adds.map((data) => addRecord(`${on}.${zone}`, TYPE.SRV, data.ttl, encodeSrv(data))),
    ];
    await client.update({ zone, prerequisites: [], updates }, signer, new AbortController().signal);
  }

  /** What another program reads: "priority weight port target", sorted. */
  async function records(zone: string = ZONES.signed, on = at.name): Promise<string[]> {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([server()]);
    try {
      const found = await resolver.resolveSrv(`${on}.${zone}`);
      return found.map((one) => `${one.priority} ${one.weight} ${one.port} ${one.name}`).sort();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTFOUND" || code === "ENODATA") return [];
      throw error;
    }
  }

  return Object.assign(at, { context, server, tsig, wanted, create, read, failureOf, change, records });
}
