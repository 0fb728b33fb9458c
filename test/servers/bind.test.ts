import { Resolver } from "node:dns/promises";
import { connect, createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Operation, OperationContext } from "../../provider/adapter/handler";
import { encode, type Props } from "../../provider/adapter/props";
import { addRecord, DnsNetwork, deleteRecord, encodeSrv, type SrvData, TYPE, tsigSigner } from "../../provider/dns";
import { OperationFailure, PartialFailure } from "../../provider/errors/failure";
import type { SessionPool } from "../../provider/machine/pool";
import { makeSrvRecordHandler } from "../../provider/resources/srvRecord/handler";
import { freePort, type Named, startNamed, ZONES } from "./bind/named";
import { requirement } from "./requirement";

const program = requirement("BIND", "/usr/sbin/named");
const HOUR = 3_600_000;

describe.skipIf(!program.available)("SrvRecord on a real BIND", () => {
  let named: Named;
  let network: DnsNetwork;
  let handler: ReturnType<typeof makeSrvRecordHandler>;
  let log: string[];
  let count = 0;
  /** A name of its own for each test. */
  let name: string;

  beforeAll(async () => {
    named = await startNamed(program.why);
  });
  afterAll(() => named?.stop());
  beforeEach(() => {
    network = new DnsNetwork();
    handler = makeSrvRecordHandler(network);
    log = [];
    name = `_vlmcs._tcp.site${++count}`;
  });
  afterEach(() => network.close());

  const context = (operation: Operation): OperationContext => ({
    operation,
    log: {
      info: (message) => void log.push(message),
      warn: (message) => void log.push(`warning: ${message}`),
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
      name,
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
    const error: unknown = await work.then(
      () => new Error("it did not fail"),
      (reason: unknown) => reason,
    );
    if (!(error instanceof OperationFailure)) throw error;
    expect(error.message).toMatch(/^SrvRecord "kms01" on .+: .+ failed: .+ Next: .+\.$/);
    expect(error.message).not.toContain(named.secret);
    return error;
  }

  /** What another program does, on the open wire. */
  async function change(zone: string, adds: (SrvData & { ttl: number })[], deletes: SrvData[] = [], at = name) {
    const client = await network.client({ host: "127.0.0.1", port: named.port }, new AbortController().signal);
    const signer = tsigSigner({
      name: "updater",
      algorithm: "hmac-sha256",
      secret: Buffer.from(named.secret, "base64"),
    });
    const updates = [
      ...deletes.map((data) => deleteRecord(`${at}.${zone}`, TYPE.SRV, encodeSrv(data))),
      ...adds.map((data) => addRecord(`${at}.${zone}`, TYPE.SRV, data.ttl, encodeSrv(data))),
    ];
    await client.update({ zone, prerequisites: [], updates }, signer, new AbortController().signal);
  }

  /** What another program reads: "priority weight port target", sorted. */
  async function records(zone: string = ZONES.signed, at = name): Promise<string[]> {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([server()]);
    try {
      const found = await resolver.resolveSrv(`${at}.${zone}`);
      return found.map((one) => `${one.priority} ${one.weight} ${one.port} ${one.name}`).sort();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTFOUND" || code === "ENODATA") return [];
      throw error;
    }
  }
  const NEIGHBOUR = { priority: 5, weight: 6, port: 1688, target: "KMS02.contoso.test", ttl: 600 };

  describe("a record's life", () => {
    it("is created, read, changed in place, and deleted, without touching its neighbour", async () => {
      await change(ZONES.signed, [NEIGHBOUR]);
      const { id, outs } = await create({ neighbours: ["kms02.contoso.test"] });
      expect(id).toBe(`${name}.${ZONES.signed}/kms01.contoso.test`);
      expect(outs).toMatchObject({
        fqdn: `${name}.${ZONES.signed}`,
        port: 1688,
        ttl: 600,
        ensure: "present",
        server: server(),
        neighboursSeen: ["5 6 1688 KMS02.contoso.test"],
        strangers: [],
        findings: [],
      });
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test", "5 6 1688 KMS02.contoso.test"]);
      expect(await read(outs)).toEqual(outs);

      const next = wanted({ neighbours: ["kms02.contoso.test"], port: 1700, weight: 9 });
      expect(handler.diff(outs, next)).toMatchObject({ changed: ["port", "weight"], replaces: [] });
      const updated = encode((await handler.update(context("update"), id, outs, next)).outs);
      expect(updated).toMatchObject({ port: 1700, weight: 9, ttl: 600 });
      expect(await records()).toEqual(["0 9 1700 kms01.contoso.test", "5 6 1688 KMS02.contoso.test"]);
      expect(handler.diff(updated, next).changed).toEqual([]);

      await handler.delete(context("delete"), id, updated);
      expect(await records()).toEqual(["5 6 1688 KMS02.contoso.test"]);
      expect(await read(updated)).toBe("absent");
      await handler.delete(context("delete"), id, updated);
    });

    it("is written as an administrator would type it, and not again when it is right", async () => {
      const { id, outs } = await create();
      expect(log).toEqual([`update add ${name}.contoso.test. 3600 SRV 0 0 1688 kms01.contoso.test.`]);
      log = [];
      await handler.update(context("update"), id, outs, wanted());
      expect(log).toEqual([]);
    });

    it("gives the whole set the declared TTL, and sees when it is changed", async () => {
      await change(ZONES.signed, [NEIGHBOUR]);
      const { id, outs } = await create({ ttl: 120, neighbours: [NEIGHBOUR.target] });
      expect(outs["ttl"]).toBe(120);
      expect(log.at(-1)).toBe("this server keeps one TTL for a set: 5 6 1688 KMS02.contoso.test has 120 s now too");
      await change(ZONES.signed, [{ ...NEIGHBOUR, ttl: 900 }]);
      const drifted = await read(outs);
      expect(drifted).toMatchObject({ ttl: 900 });
      const next = wanted({ ttl: 120, neighbours: [NEIGHBOUR.target] });
      expect(handler.diff(drifted as Props, next).changed).toEqual(["ttl"]);
      const { outs: repaired } = await handler.update(context("update"), id, drifted as Props, next);
      expect(repaired).toMatchObject({ ttl: 120, findings: [] });
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test", "5 6 1688 KMS02.contoso.test"]);
    });

    it("shows a re-weighted record as drift, and repairs it, also when it is written in other letters", async () => {
      const { id, outs } = await create();
      const { priority, weight, port } = { priority: 0, weight: 0, port: 1688 };
      await change(
        ZONES.signed,
        [{ priority, weight: 50, port, target: "KMS01.Contoso.Test", ttl: 3600 }],
        [{ priority, weight, port, target: "kms01.contoso.test" }],
      );
      const drifted = (await read(outs)) as Props;
      expect(handler.diff(drifted, wanted()).changed).toEqual(["weight"]);
      expect(handler.inputsOf(drifted)).toMatchObject({ weight: 50 });
      await handler.update(context("update"), id, drifted, wanted());
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
    });

    it("keeps one record when somebody added a second one for the same target", async () => {
      const { id, outs } = await create();
      await change(ZONES.signed, [{ priority: 0, weight: 0, port: 1689, target: "kms01.contoso.test", ttl: 3600 }]);
      const drifted = (await read(outs)) as Props;
      expect(handler.diff(drifted, wanted()).changed).toEqual(["port"]);
      await handler.update(context("update"), id, drifted, wanted());
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
    });

    it("is removed by ensure: absent, which a later addition drifts from", async () => {
      await create();
      const { id, outs } = await create({ ensure: "absent" });
      expect(outs["ensure"]).toBe("absent");
      expect(await records()).toEqual([]);
      expect(await read(outs)).toEqual(outs);
      await change(ZONES.signed, [{ priority: 0, weight: 0, port: 1688, target: "kms01.contoso.test", ttl: 60 }]);
      const drifted = (await read(outs)) as Props;
      const next = wanted({ ensure: "absent" });
      expect(handler.diff(drifted, next).changed).toEqual(["ensure"]);
      await handler.update(context("update"), id, drifted, next);
      expect(await records()).toEqual([]);
    });

    it("moves to another target by making the new record before the old one goes", async () => {
      const { id, outs } = await create();
      const next = wanted({ target: "kms03.contoso.test" });
      expect(handler.diff(outs, next)).toEqual({
        changed: ["target"],
        replaces: ["target"],
        deleteBeforeReplace: false,
      });
      await handler.create(context("create"), next);
      expect(await records()).toHaveLength(2);
      await handler.delete(context("delete"), id, outs);
      expect(await records()).toEqual(["0 0 1688 kms03.contoso.test"]);
    });

    it("stays when the same record was declared anew before the old declaration is deleted", async () => {
      const first = await create();
      const second = await create();
      await handler.delete(context("delete"), first.id, first.outs);
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
      await handler.delete(context("delete"), second.id, second.outs);
      expect(await records()).toEqual([]);
    });
  });

  describe("a record that is there already", () => {
    const there = { priority: 0, weight: 0, port: 1688, target: "kms01.contoso.test", ttl: 777 };

    it("is taken over when it is identical, TTL apart, and that is told", async () => {
      await change(ZONES.signed, [there]);
      const { outs } = await create();
      expect(outs).toMatchObject({ ttl: 777, ensure: "present" });
      expect(log).toEqual([
        `takes over the record that is there: ${name}.contoso.test 777 SRV 0 0 1688 kms01.contoso.test`,
      ]);
    });

    it("is refused with the way out when its data is another, and replaced with adopt: always", async () => {
      await change(ZONES.signed, [{ ...there, weight: 10 }]);
      const failure = await failureOf(create());
      expect(failure).not.toBeInstanceOf(PartialFailure);
      expect(failure.message).toContain('with other data is there already: "0 10 1688 kms01.contoso.test"');
      expect(failure.message).toContain('adopt to "always"');
      expect(await records()).toEqual(["0 10 1688 kms01.contoso.test"]);
      await create({ adopt: "always" });
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
    });

    it("is refused with adopt: never", async () => {
      await change(ZONES.signed, [there]);
      const failure = await failureOf(create({ adopt: "never" }));
      expect(failure.message).toContain('adopt is "never"');
    });
  });

  describe("strangers", () => {
    const stranger = { priority: 0, weight: 0, port: 1688, target: "rogue.contoso.test", ttl: 3600 };

    it("are kept and printed as a finding", async () => {
      await change(ZONES.signed, [stranger]);
      const { outs } = await create();
      expect(outs["strangers"]).toEqual(["0 0 1688 rogue.contoso.test"]);
      expect(log.at(-1)).toMatch(/^warning: an SRV record that nobody declared is in the set: 0 0 1688 rogue/);
      expect(handler.diff(outs, wanted()).changed).toEqual([]);
      expect(await records()).toHaveLength(2);
    });

    it("are drift with onStranger: fail, and up says how they may go", async () => {
      const { id, outs } = await create({ onStranger: "fail" });
      await change(ZONES.signed, [stranger]);
      const drifted = (await read(outs)) as Props;
      const next = wanted({ onStranger: "fail" });
      expect(handler.diff(drifted, next).changed).toEqual(["strangers"]);
      const failure = await failureOf(handler.update(context("update"), id, drifted, next));
      expect(failure).toBeInstanceOf(PartialFailure);
      expect(failure.message).toContain('"0 0 1688 rogue.contoso.test"');
      expect(await records()).toHaveLength(2);
    });
  });

  describe("trouble", () => {
    it("of a CNAME beside it: said before anything is sent", async () => {
      name = "_vlmcs._tcp.alias";
      const failure = await failureOf(create());
      expect(failure.message).toContain(`is an alias (CNAME) for _vlmcs._tcp.other.${ZONES.signed}`);
    });

    it.each([
      ["an unknown key", { keyName: "nobody" }, 'BADKEY: the server does not know the TSIG key "nobody"'],
      ["another algorithm", { algorithm: "hmac-sha1" }, "BADKEY"],
      ["a wrong secret", { credentials: null, secret: "d3Jvbmc=" }, "BADSIG"],
    ])("of %s", async (_what, over, text) => {
      const auth = Object.fromEntries(Object.entries(tsig(over as Props)).filter(([, value]) => value !== null));
      const failure = await failureOf(create({ auth: auth as Props }));
      expect(failure.message).toContain(text);
      expect(failure.message).toContain("Nothing was changed.");
      expect(failure.couldNotLook).toBe(false);
      expect(await records()).toEqual([]);
    });

    it("of clocks apart: both times are told", async () => {
      const slow = makeSrvRecordHandler(new DnsNetwork({ now: () => Date.now() - HOUR }));
      const failure = await failureOf(create({}, slow));
      expect(failure.message).toMatch(
        /BADTIME: the clocks differ too much: here it is (\S+Z), at the server (\S+Z): (1 h|59 min 59 s|1 h 1 s) apart/,
      );
    });

    it("of a key that may not change the zone, and of none at all: REFUSED", async () => {
      const reader = { method: "tsig", keyName: "reader", secret: named.readerSecret };
      expect((await failureOf(create({ auth: reader }))).message).toContain('signed by TSIG key "reader"');
      const failure = await failureOf(create({ auth: { method: "none" } }));
      expect(failure.message).toContain("REFUSED: the server does not allow this update, which was unsigned");
      expect(failure.message).toContain("(zone contoso.test)");
    });

    it("of a zone that this server does not have, one that is not loaded, and one that is delegated", async () => {
      const foreign = await failureOf(create({ zone: "fabrikam.test" }));
      expect(foreign.message).toContain("REFUSED: the server does not answer queries about fabrikam.test");
      expect(foreign.couldNotLook).toBe(true);
      const broken = await failureOf(create({ zone: ZONES.broken }));
      expect(broken.message).toContain("SERVFAIL");
      name = "_vlmcs._tcp.child";
      const child = await failureOf(create());
      expect(child.message).toContain("lies in child.contoso.test, which contoso.test delegates");
    });

    it("of a zone above or below the right one: the right one is named", async () => {
      const failure = await failureOf(create({ zone: `sub.${ZONES.signed}` }));
      expect(failure.message).toContain(`lies in the zone ${ZONES.signed} on this server, not in sub.${ZONES.signed}`);
    });

    it("of a server that is down: a read fails instead of taking the record for gone", async () => {
      const { outs } = await create();
      const down = `127.0.0.1:${await freePort()}`;
      const declared = { ...(outs["declared"] as Props), server: down };
      const failure = await failureOf(read({ ...outs, declared }));
      expect(failure.couldNotLook).toBe(true);
      expect(failure.message).toContain(`the name server ${down} cannot be reached: nothing listens there`);
      expect((await failureOf(create({ server: down }))).message).toContain("connection refused");
    });
  });

  it("updates an open zone without a signature, and signs with the algorithms that are named", async () => {
    await create({ zone: ZONES.open, auth: { method: "none" } });
    expect(await records(ZONES.open)).toEqual(["0 0 1688 kms01.contoso.test"]);
    await create({ auth: tsig({ keyName: "updater512", algorithm: "hmac-sha512" }), target: "a.contoso.test" });
    await create({ auth: tsig({ keyName: "updatermd5", algorithm: "hmac-md5" }), target: "b.contoso.test" });
    expect(await records()).toHaveLength(2);
  });

  it("signs its queries where the server answers to key holders only", async () => {
    const { outs } = await create({ zone: ZONES.fixed });
    expect(await read(outs)).toEqual(outs);
    const failure = await failureOf(read({ ...outs, auth: { method: "none" } }));
    expect(failure.message).toContain("REFUSED: the server does not answer queries");
  });

  it("works over TCP alone, where UDP does not come through", async () => {
    const tcp = await forwarder(named.port);
    try {
      const { outs } = await create({ server: `127.0.0.1:${tcp.port}` });
      expect(outs["ensure"]).toBe("present");
    } finally {
      network.close();
      await tcp.stop();
    }
  });

  it("reads a set that does not fit into a datagram, and swaps one record of it", async () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ ...NEIGHBOUR, target: `kms${100 + index}.contoso.test` }));
    await change(ZONES.signed, many);
    const { outs } = await create();
    expect(outs["neighboursSeen"]).toHaveLength(10);
    expect(JSON.stringify(outs["findings"])).toContain("60 SRV records that nobody declared");
    expect(await records()).toHaveLength(61);
  });

  it("changes one set from many resources at once, over two connections, and loses nothing", async () => {
    const targets = Array.from({ length: 40 }, (_, index) => `kms${index}.contoso.test`);
    await Promise.all(targets.map((target) => create({ target })));
    expect(await records()).toHaveLength(40);
    expect(network.tcp("127.0.0.1", named.port, "").dials).toBeLessThanOrEqual(2);
  });

  it("meets another process at the same set: what it read is checked by the server, and read again", async () => {
    const others = Array.from({ length: 6 }, () => makeSrvRecordHandler(new DnsNetwork()));
    const done = await Promise.all(others.map((other, index) => create({ target: `kms${index}.contoso.test` }, other)));
    expect(done.map(({ outs }) => outs["ensure"])).toEqual(Array(6).fill("present"));
    expect(await records()).toHaveLength(6);
  });
});

/** Passes TCP on, so that behind its port there is no UDP. */
async function forwarder(to: number): Promise<{ port: number; stop(): Promise<void> }> {
  const server: Server = createServer((socket) => {
    const onward = connect({ host: "127.0.0.1", port: to });
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on("error", () => onward.destroy());
    socket.on("close", () => onward.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { port, stop: () => new Promise((resolve) => void server.close(() => resolve())) };
}
