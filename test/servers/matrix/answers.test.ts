import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addRecord, encodeSrv, RcodeError, type Signer, setIsAbsent, TYPE, tsigSigner } from "../../../provider/dns";
import { SigningKey } from "../../../provider/dns/tsig/key";
import { encodeTsig, tsigOf } from "../../../provider/dns/tsig/record";
import { verifyAnswer } from "../../../provider/dns/tsig/tsig";
import { type Message, parseMessage } from "../../../provider/dns/wire/message";
import { encodeQuery } from "../../../provider/dns/wire/query";
import { PartialFailure } from "../../../provider/errors/failure";
import { freePort } from "../bind/named";
import { requirement } from "../requirement";
import { exchange, relayTo, withoutLastRecord } from "./relay";
import { type BindServer, CAPPED_ZONE, startBind, startSecondary } from "./servers/bind";
import type { Folder } from "./servers/process";
import { KEY_NAME } from "./servers/server";
import { refusal, Stand } from "./stand";

const named = requirement("BIND", "/usr/sbin/named");
const tools = [requirement("dig and nsupdate", "dig"), requirement("dig and nsupdate", "nsupdate")];
const [STATUS, UPDATE] = [2, 5];
/** Octets of a MAC that are left of it: half, the least that may be sent (RFC 8945 5.2.2.1). */
const CUT_MAC = 16;

/** Answers that the matrix's cases do not lead to, each by a real BIND. */
describe.skipIf(!named.available || !tools.every((tool) => tool.available))("a real BIND", () => {
  let bind: BindServer;
  let secondary: { port: number; folder: Folder };
  let stand: Stand;
  let count = 0;
  /** A server in whose way something stands. */
  const behind = relayTo(() => bind.port);

  beforeAll(async () => {
    const port = await freePort();
    bind = await startBind(named.why, [port]);
    secondary = { port, folder: await startSecondary(named.why, bind, port) };
  });
  afterAll(async () => {
    await secondary?.folder.clear();
    await bind?.stop();
  });
  beforeEach(() => {
    stand = new Stand(bind, `_vlmcs._tcp.answer${++count}`);
  });
  afterEach(() => stand.close());

  const key = () => ({
    name: KEY_NAME("hmac-sha256"),
    algorithm: "hmac-sha256" as const,
    secret: Buffer.from(bind.keys.secret, "base64"),
  });
  const signal = () => AbortSignal.timeout(10_000);

  it("says FORMERR to a prerequisite with a TTL", async () => {
    const rdata = encodeSrv(stand.srv("kms01"));
    const update = { zone: bind.zone, prerequisites: [addRecord(stand.fqdn, TYPE.SRV, 60, rdata)], updates: [] };
    const { word, message } = await refusal((await stand.client()).update(update, tsigSigner(key()), signal()));
    expect(word).toBe("FORMERR");
    expect(message).toMatch(/does not understand the update Next: check that this server knows DNS UPDATE/);
  });

  it("says NOTIMP to a kind of message that it does not know", async () => {
    const opcode = (bytes: Buffer, number: number) =>
      Object.assign(Buffer.from(bytes), { 2: ((bytes[2] ?? 0) & 0x87) | (number << 3) });
    const server = await behind((request) => {
      if (request.opcode !== UPDATE) return {};
      const zoneOnly = Buffer.from(request.bytes.subarray(0, request.answers[0]?.start)).fill(0, 6, 12);
      return { request: opcode(zoneOnly, STATUS), answer: ({ bytes }) => opcode(bytes, UPDATE) };
    });
    const { word, message } = await refusal(stand.create({ server, auth: { method: "none" } }));
    expect(word).toBe("NOTIMP");
    expect(message).toMatch(
      /does not know DNS UPDATE, so it is not the primary of the zone bind.test. Nothing was changed/,
    );
    expect(message).toContain(
      'Next: point "server" at the primary name server of the zone, which its SOA record names',
    );
  });

  it("says REFUSED where it is a secondary of the zone", async () => {
    const { word, message } = await refusal(stand.create({ server: `127.0.0.1:${secondary.port}` }));
    expect(word).toBe("REFUSED");
    expect(message).toMatch(/Next: .*a secondary of the zone always: "server" must be the primary/);
  });

  it("says BADVERS to an EDNS version that something in the way has added", async () => {
    const opt = Buffer.from([0, 0, TYPE.OPT, 4, 208, 0, 1, 0, 0, 0, 0]);
    const query = Buffer.concat([encodeQuery(7, bind.zone, "SOA"), opt]);
    query.writeUInt16BE(1, 10);
    const { rcode } = parseMessage(await exchange(bind.port, query));
    const error = new RcodeError(rcode, { what: "query", zone: bind.zone, signer: undefined });
    expect(error.name).toBe("BADVERS");
    expect(`${error.message} Next: ${error.remedy}`).toMatch(/an EDNS version that it was sent.*stands between/);
  });

  it("says BADTRUNC to a signature that is cut short", async () => {
    const cutting: Signer = {
      description: "",
      sign: (message) => {
        const whole = tsigSigner(key()).sign(message);
        const record = tsigOf(parseMessage(whole.bytes));
        if (!record) throw new Error("it is not signed");
        const mac = record.mac.subarray(0, CUT_MAC);
        const cut = encodeTsig(key().name, "hmac-sha256", record, mac, record.originalId);
        const bytes = Buffer.concat([whole.bytes.subarray(0, record.start), cut]);
        const now = Math.floor(Date.now() / 1000);
        return { bytes, verify: (answer) => verifyAnswer(answer, new SigningKey(key()), mac, record.timeSigned, now) };
      },
    };
    const update = { zone: bind.zone, prerequisites: [setIsAbsent(stand.fqdn, TYPE.SRV)], updates: [] };
    const { word, message } = await refusal((await stand.client()).update(update, cutting, signal()));
    expect(word).toBe("BADTRUNC");
    expect(message).toMatch(/wants a longer signature Next: use a longer algorithm than hmac-sha256/);
  });

  it("says BADSIG to an update that was changed on the way", async () => {
    const server = await behind(({ opcode, bytes, authority }) => {
      const changed = Buffer.from(bytes);
      // The port of the record to be added.
      if (opcode === UPDATE) changed.writeUInt16BE(1, (authority[0]?.rdataStart ?? 0) + 4);
      return { request: changed };
    });
    const { word, message } = await refusal(stand.create({ server }));
    expect(word).toBe("BADSIG");
    expect(message).toContain("Nothing was changed.");
    expect(stand.dig()).toEqual([]);
  });

  it("is not believed when its signature is lost on the way; what it did is found by reading back", async () => {
    const server = await behind(({ opcode }) => (opcode === UPDATE ? { answer: withoutLastRecord } : {}));
    const failure = await stand.create({ server }).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(PartialFailure);
    const { message } = failure as Error;
    expect(message).toContain("the answer to a signed update says NOERROR and is not signed");
    expect(message).toContain("Read back: it was done all the same. Next: check what stands between");
    expect(stand.dig()).toEqual(["3600 0 0 1688 kms01"]);
  });

  it("is not believed when its refusal is turned into a success on the way", async () => {
    const server = await behind(({ opcode }) => {
      const answer = ({ bytes }: Message) => Object.assign(Buffer.from(bytes), { 3: 0 });
      return opcode === UPDATE ? { answer } : {};
    });
    const failure = await stand.create({ server, auth: bind.forbidden }).catch((reason: unknown) => reason);
    expect((failure as Error).message).toContain("its signature is not made with this key for this request");
    expect((failure as Error).message).toContain("Read back: it was not done.");
    expect(stand.dig()).toEqual([]);
  });

  it("limits a TTL in silence: told as the server's, with both figures", async () => {
    const { name: zone, mostTtl } = CAPPED_ZONE;
    const failure = await stand.create({ zone, target: `kms01.${zone}`, ttl: 5000 }).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(PartialFailure);
    expect((failure as Error).message).toContain(
      `the server answered NOERROR, but the TTL is ${mostTtl} instead of 5000: this server keeps the TTL of a set, or limits it`,
    );
  });
});
