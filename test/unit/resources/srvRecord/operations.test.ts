import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Operation, OperationContext } from "../../../../provider/adapter/handler";
import { encode, type Props } from "../../../../provider/adapter/props";
import { DnsNetwork } from "../../../../provider/dns";
import { PartialFailure } from "../../../../provider/errors/failure";
import type { SessionPool } from "../../../../provider/machine/pool";
import { makeSrvRecordHandler } from "../../../../provider/resources/srvRecord/handler";
import { type FakeServer, FakeZone, startFakeServer } from "../../dns/fakeServer";
import { KMS01, KMS02, queryAnswer, updateAnswer } from "../../dns/messages";
import { recordFailure, wantedBag } from "./samples";

const SECRET = "c3VwZXItc2VjcmV0LXRleHQ=";
const ID = "_vlmcs._tcp.contoso.com/kms01.contoso.com";
let zone: FakeZone;
let server: FakeServer;
let network: DnsNetwork;
let handler: ReturnType<typeof makeSrvRecordHandler>;
let log: string[];
let hidden: string[];

beforeEach(async () => {
  zone = new FakeZone();
  server = await startFakeServer(zone.answer);
  network = new DnsNetwork({ times: { answerMs: 200 } });
  handler = makeSrvRecordHandler(network);
  log = [];
  hidden = [];
});
afterEach(async () => {
  network.close();
  await server.stop();
});

function context(operation: Operation, over: Partial<OperationContext> = {}): OperationContext {
  const say = (message: string) => void log.push(message);
  return {
    operation,
    log: { info: say, warn: (message) => say(`warning: ${message}`), debug: () => {} },
    signal: new AbortController().signal,
    pool: undefined as unknown as SessionPool,
    env: {},
    credentials: undefined,
    hide: (secrets) => void hidden.push(...secrets),
    ...over,
  };
}
const wanted = (over: Props = {}) => wantedBag({ server: `127.0.0.1:${server.port}`, ...over });
async function create(over: Props = {}) {
  const { id, outs } = await handler.create(context("create"), wanted(over));
  expect(id).toBe(ID);
  return encode(outs);
}
const failureOf = (work: Promise<unknown>) => recordFailure(work, SECRET);
const targets = () => [...zone.records.keys()].length;

describe("a set that others change at the same time", () => {
  it("is read again and changed then, and the other's record stays", async () => {
    zone.before = (_message, { updates }) => {
      if (updates === 1) zone.put(KMS02);
      return undefined;
    };
    const outs = await create();
    expect(outs["neighboursSeen"]).toEqual(["0 5 1688 kms02.contoso.com"]);
    expect(zone.updates).toBe(2);
    expect(targets()).toBe(2);
  });

  it("all the time is given up after a few attempts, with nothing changed", async () => {
    zone.before = (message) => updateAnswer(message.id, 7);
    const failure = await failureOf(create());
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain(
      "was never what had been read a moment before, in 6 attempts. Nothing was changed.",
    );
    expect(failure.message).toContain("wildcard");
    expect(zone.updates).toBe(6);
  });

  it("still keeps the rule of adopt when the other one made a record for the same target", async () => {
    zone.before = (_message, { updates }) => {
      if (updates === 1) zone.put({ ...KMS01, weight: 9 });
      return undefined;
    };
    expect((await failureOf(create())).message).toContain("with other data is there already");
    expect(zone.updates).toBe(1);
  });
});

describe("an update whose answer is lost", () => {
  it("and that was done is found done, and not sent again", async () => {
    zone.before = (message) => {
      zone.apply(message);
      return "close";
    };
    const outs = await create({ adopt: "never" });
    expect(outs).toMatchObject({ ensure: "present", port: 1688 });
    expect(zone.updates).toBe(1);
    expect(log).toEqual(["update add _vlmcs._tcp.contoso.com. 3600 SRV 0 0 1688 kms01.contoso.com."]);
  });

  it("and that was not done is sent again", async () => {
    zone.before = (_message, { updates }) => (updates === 1 ? "silence" : undefined);
    await create();
    expect(zone.updates).toBe(2);
    expect(targets()).toBe(1);
  });

  it("and that was not done does not make another's record ours: the rule of adopt holds", async () => {
    zone.before = (_message, { updates }) => {
      if (updates > 1) return undefined;
      zone.put({ ...KMS01, weight: 9 });
      return "close";
    };
    expect((await failureOf(create())).message).toContain("with other data is there already");
    expect(zone.updates).toBe(1);
  });

  it("again and again fails, and says that it was not done", async () => {
    zone.before = () => "close";
    const failure = await failureOf(create());
    expect(failure.message).toContain("the server closed the connection");
    expect(failure.message).toContain("Read back: it was not done.");
    expect(zone.updates).toBe(3);
  });
});

describe("NOERROR that did nothing", () => {
  const nothing = (message: { id: number }) => updateAnswer(message.id, 0);

  it("is found out by reading back; of a create nothing is recorded", async () => {
    zone.before = nothing;
    const failure = await failureOf(create());
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain("the server answered NOERROR, but the record is not there");
    expect(failure.message).toContain("Read back: no SRV records.");
  });

  it("because of a CNAME that came meanwhile is explained", async () => {
    zone.before = (message) => {
      zone.alias = "other.contoso.com";
      return nothing(message);
    };
    expect((await failureOf(create())).message).toContain("the name is an alias (CNAME) for other.contoso.com now");
  });

  it("of a record that stays is explained, and the state keeps what was seen", async () => {
    const outs = await create();
    zone.before = nothing;
    const failure = await failureOf(handler.delete(context("delete"), ID, outs));
    expect(failure.message).toContain('"0 0 1688 kms01.contoso.com" is still there');
    expect(targets()).toBe(1);
  });

  it("of a TTL is explained, and recorded as it is", async () => {
    zone.put(KMS01);
    zone.before = nothing;
    const failure = await failureOf(create({ ttl: 60 }));
    expect(failure.message).toContain("the TTL is 3600 instead of 60");
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure).toMatchObject({ id: ID, outs: { ttl: 3600, declared: { ttl: 60 } } });
  });
});

describe("a server that fails after the update", () => {
  it("leaves the resource recorded, with a look owed", async () => {
    zone.before = (message) => {
      server.answer = () => "close";
      const answer = zone.apply(message);
      return answer;
    };
    const failure = await failureOf(create());
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain("An update was sent, and what state it is in is not known.");
    const { outs } = failure as PartialFailure;
    expect(handler.diff(encode(outs), wanted()).changed).toEqual(["lookedAt"]);
  });
});

describe("a server that is gone after an answer that cannot be believed", () => {
  const auth = { method: "tsig", keyName: "updater", secret: SECRET };
  beforeEach(() => {
    zone.before = (message) => {
      server.answer = () => "close";
      return zone.apply(message);
    };
  });

  it("leaves a new record recorded, with a look owed", async () => {
    const failure = await failureOf(create({ auth, adopt: "never" }));
    expect(failure.message).toContain("is not signed");
    expect(failure.message).toContain("Whether it was done is not known.");
    expect(failure).toMatchObject({ id: ID, outs: { lookedAt: false } });
    expect(targets()).toBe(1);
  });

  it("leaves a look owed for a changed one too, so that taking the change back is a change", async () => {
    zone.put(KMS01);
    const outs = await create();
    const failure = await failureOf(handler.update(context("update"), ID, outs, wanted({ auth, weight: 9 })));
    const recorded = encode((failure as PartialFailure).outs ?? {});
    expect(handler.diff(recorded, wanted({ auth })).changed).toContain("lookedAt");
  });
});

describe("strangers where none may be", () => {
  const strict = { onStranger: "fail" };

  it("fail the up that creates, too; our record is made and recorded", async () => {
    zone.put(KMS02);
    const failure = await failureOf(create(strict));
    expect(failure.message).toContain(
      'SRV records that nobody declared are there, and onStranger is "fail": "0 5 1688 kms02',
    );
    expect(failure).toMatchObject({ id: ID, outs: { ensure: "present", strangers: ["0 5 1688 kms02.contoso.com"] } });
    expect(targets()).toBe(2);
  });

  it("keep no wait from being done or owed", async () => {
    const outs = await create(strict);
    zone.put(KMS02);
    const waitFor = [{ server: "127.0.0.1:1", timeout: 1 }];
    const failure = await failureOf(handler.update(context("update"), ID, outs, wanted({ ...strict, waitFor })));
    expect(failure).toMatchObject({ outs: { waitOwed: ["127.0.0.1:1"] } });
  });
});

describe("the TTL of others", () => {
  const told = () => log.filter((line) => line.includes("TTL"));

  it("is told where the server changed it with ours", async () => {
    zone.put({ ...KMS02, ttl: 900 });
    await create({ ttl: 60, neighbours: [KMS02.target] });
    expect(told()).toEqual(["this server keeps one TTL for a set: 0 5 1688 kms02.contoso.com has 60 s now too"]);
  });

  it("is not told where each record keeps its own, as on Samba and Windows", async () => {
    zone.put({ ...KMS02, ttl: 900 });
    zone.ttlOfSet = false;
    const outs = await create({ ttl: 60, neighbours: [KMS02.target] });
    expect(outs["ttl"]).toBe(60);
    expect(told()).toEqual([expect.stringMatching(/^warning: the set has records with different TTLs/)]);
  });
});

describe("a look", () => {
  it("at a record that is gone finds it absent, and one that is to be gone as declared", async () => {
    const outs = await create();
    zone.remove(KMS01);
    expect(await handler.read(context("read"), ID, outs)).toBe("absent");
    const gone = await create({ ensure: "absent" });
    expect(await handler.read(context("read"), ID, gone)).toEqual({ outs: gone });
  });

  it.each([
    ["a refusal", 5, "REFUSED"],
    ["a failure", 2, "SERVFAIL"],
  ])("that meets %s fails as not looked at", async (_what, rcode, name) => {
    const outs = await create();
    server.answer = (message) => queryAnswer({ id: message.id, rcode });
    const failure = await failureOf(handler.read(context("read"), ID, outs));
    expect(failure.couldNotLook).toBe(true);
    expect(failure.message).toContain(`${name}: `);
    expect(failure.message).toContain("Nothing was changed, and what state it is in is not known.");
  });

  it("needs no secret: one that is not at hand fails a change, not a look", async () => {
    const auth = { method: "tsig", keyName: "updater", credentials: "dns" };
    zone.put(KMS01);
    const outs = encode((await handler.create(context("create"), wanted())).outs);
    const signed = { ...outs, auth };
    expect(await handler.read(context("read"), ID, signed)).toMatchObject({ outs: { ensure: "present" } });
    const failure = await failureOf(handler.update(context("update"), ID, signed, wanted({ auth, port: 5 })));
    expect(failure.message).toContain('The credential set "dns" does not exist');
    expect(failure.message).toContain("Nothing was tried.");
    expect(zone.updates).toBe(0);
  });
});

describe("credentials", () => {
  const auth = { method: "tsig", keyName: "updater", credentials: "dns" };

  it("come from the set, are hidden, and sign the update", async () => {
    const env = { VOLUME_ACTIVATION_DNS_TSIG_SECRET: SECRET };
    const failure = await failureOf(handler.create(context("create", { env }), wanted({ auth })));
    expect(hidden).toEqual([SECRET]);
    // The stand-in does not sign, so its NOERROR is not believed; what it did is read back.
    expect(failure.message).toContain("says NOERROR and is not signed");
    expect(failure.message).toContain("Read back: it was done all the same.");
    expect(failure).toBeInstanceOf(PartialFailure);
  });

  it.each([
    [{ dns: { password: "x" } }, 'the credential set "dns" has no tsigSecret'],
    [{ dns: { tsigSecret: "not base64!" } }, 'the TSIG secret of the credential set "dns" is no base64 text'],
  ])("that are of no use are told by name", async (credentials, text) => {
    const failure = await failureOf(handler.create(context("create", { credentials }), wanted({ auth })));
    expect(failure.message).toContain(text);
    expect(failure.message).not.toContain("not base64!");
  });
});

describe("the server", () => {
  it("is the zone's primary unless one is given, and the outputs name it", async () => {
    const asked: string[] = [];
    const found = new DnsNetwork({
      primaryOf: async (name) => {
        asked.push(name);
        return { host: "127.0.0.1", port: server.port };
      },
    });
    const byZone = makeSrvRecordHandler(found);
    const { outs } = await byZone.create(context("create"), wantedBag());
    expect(asked).toEqual(["contoso.com"]);
    expect(outs).toMatchObject({ server: `127.0.0.1:${server.port}` });
    expect(byZone.inputsOf(encode(outs))).not.toHaveProperty("server");
    expect(byZone.diff(encode(outs), wantedBag()).changed).toEqual([]);
    found.close();
  });

  it("that cannot be found is a failure to look", async () => {
    const primaryOf = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
    const lost = makeSrvRecordHandler(
      new DnsNetwork({ resolve: primaryOf, primaryOf: async () => ({ host: "ns9.contoso.com", port: 53 }) }),
    );
    const failure = await failureOf(lost.create(context("create"), wantedBag()));
    expect(failure.couldNotLook).toBe(true);
    expect(failure.message).toContain("no such host name");
  });
});

describe("a delete", () => {
  it("of a record that was to be absent does not even connect", async () => {
    const outs = await create({ ensure: "absent" });
    const before = server.requests.length;
    await handler.delete(context("delete"), ID, outs);
    expect(server.requests).toHaveLength(before);
  });

  it("of an older declaration of the same record leaves it, and says so", async () => {
    const older = await create();
    await create();
    await handler.delete(context("delete"), ID, older);
    expect(targets()).toBe(1);
    expect(log.at(-1)).toContain("stays: another declaration stands for it now");
  });

  describe("by a process that has not made the record", () => {
    /** Another run: it knows what the engine tells it, and nothing of what was made before. */
    const anotherRun = () => {
      handler = makeSrvRecordHandler(network);
    };

    it("leaves the record of a declaration that stands, as after a run that was killed before this delete", async () => {
      const older = await create();
      const standing = await create();
      anotherRun();
      expect(handler.diff(standing, wanted()).changed).toEqual([]);
      await handler.delete(context("delete"), ID, older);
      expect(targets()).toBe(1);
      expect(log.at(-1)).toContain("stays: another declaration stands for it now");
    });

    it("removes the record of a declaration that nobody stands for any more, or that is to be absent", async () => {
      const older = await create();
      const absent = await create({ ensure: "absent" });
      zone.put(KMS01);
      anotherRun();
      handler.diff(absent, wanted({ ensure: "absent" }));
      await handler.delete(context("delete"), ID, older);
      expect(targets()).toBe(0);
    });

    it("removes the record of the declaration that was seen to stand, once that itself goes", async () => {
      const standing = await create();
      anotherRun();
      handler.diff(standing, wanted());
      handler.diff(standing, wanted({ target: "kms02.contoso.com" }));
      await handler.delete(context("delete"), ID, standing);
      expect(targets()).toBe(0);
    });
  });

  it("of an older declaration leaves what two declarations have swapped", async () => {
    const [first, second] = [await create(), encode((await swapped()).outs)];
    const firstNow = wanted({ target: KMS02.target });
    handler.diff(first, firstNow);
    await handler.create(context("create"), firstNow);
    handler.diff(second, wanted());
    await create();
    await handler.delete(context("delete"), ID, first);
    await handler.delete(context("delete"), "_vlmcs._tcp.contoso.com/kms02.contoso.com", second);
    expect(targets()).toBe(2);
  });
  const swapped = () => handler.create(context("create"), wanted({ target: KMS02.target }));

  it("of an older declaration leaves a record that the newer one was recorded with in part", async () => {
    const older = await create();
    zone.before = (message) => {
      server.answer = () => "close";
      return zone.apply(message);
    };
    expect(await failureOf(create({ ttl: 60 }))).toBeInstanceOf(PartialFailure);
    server.answer = zone.answer;
    zone.before = () => undefined;
    await handler.delete(context("delete"), ID, older);
    expect(targets()).toBe(1);
  });
});

it("a cancelled operation ends with the reason of the cancellation", async () => {
  server.answer = () => "silence";
  const controller = new AbortController();
  const work = handler.create(context("create", { signal: controller.signal }), wanted());
  setTimeout(() => controller.abort(new Error("the engine has ended")), 20);
  await expect(work).rejects.toThrow("the engine has ended");
});
