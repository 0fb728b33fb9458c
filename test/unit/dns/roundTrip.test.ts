import { describe, expect, it } from "vitest";
import { TSIG_ALGORITHMS } from "../../../provider/dns/tsig/algorithms";
import { tsigSigner } from "../../../provider/dns/tsig/tsig";
import { CLASS, TYPE } from "../../../provider/dns/wire/constants";
import { parseMessage } from "../../../provider/dns/wire/message";
import { encodeName, normalName, readName } from "../../../provider/dns/wire/names";
import { answersQuery, encodeQuery } from "../../../provider/dns/wire/query";
import { encodeSrv, readSrv, type SrvData } from "../../../provider/dns/wire/srv";
import {
  addRecord,
  deleteRecord,
  encodeUpdate,
  setExists,
  setIs,
  setIsAbsent,
} from "../../../provider/dns/wire/update";
import { verifyRequest } from "../../lab/dns/tsig";
import * as lab from "../../lab/dns/wire/message";
import * as labNames from "../../lab/dns/wire/names";
import { queryAnswer } from "./messages";
import { randoms } from "./mutations";

/** What is written is read back as it was: by our own reader, and by the lab's, which was written apart from it. */
const ROUNDS = 2000;
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
const ZONE = "contoso.com";

type Random = (below: number) => number;
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

/** A host name or a service's name in the zone, of one to five more labels. */
function nameOf(random: Random): string {
  const labels = times(1 + random(5), () => times(1 + random(12), () => LETTERS[random(LETTERS.length)]).join(""));
  return [...labels, ZONE].join(".");
}

/** Labels of any octets whatever, as a server may send them. */
function wireOf(random: Random): Buffer {
  const labels = times(random(6), () => {
    const octets = Buffer.from(times(1 + random(random(8) === 0 ? 63 : 8), () => random(256)));
    return Buffer.concat([Buffer.of(octets.length), octets]);
  });
  const wire = Buffer.concat([...labels, Buffer.of(0)]);
  return wire.length <= 255 ? wire : Buffer.of(0);
}

const srvOf = (random: Random): SrvData => ({
  priority: random(65_536),
  weight: random(65_536),
  port: random(65_536),
  target: nameOf(random),
});

describe("what is written is read back:", () => {
  it("names", () => {
    const random = randoms(1035);
    for (let round = 0; round < ROUNDS; round++) {
      const name = nameOf(random);
      const wire = encodeName(name);
      expect(readName(wire, 0)).toEqual({ text: name, wire, end: wire.length });
      expect(labNames.readName(wire, 0)).toEqual({ name, next: wire.length });
    }
  });

  it("names of any octets: the text stands for the same octets, to the lab too", () => {
    const random = randoms(4343);
    for (let round = 0; round < ROUNDS; round++) {
      const wire = wireOf(random);
      const { text, end } = readName(wire, 0);
      expect(end).toBe(wire.length);
      expect(labNames.writeName(text)).toEqual(wire);
    }
  });

  it("names that point at what stands before them, octet for octet as without pointers", () => {
    const random = randoms(4_14);
    for (let round = 0; round < ROUNDS; round++) {
      const [first, before] = [wireOf(random), wireOf(random).subarray(0, -1)];
      // Only the beginning of a label can be pointed at.
      const starts = [0];
      for (let at = 0; first[at]; starts.push(at)) at += 1 + (first[at] ?? 0);
      const target = starts[random(starts.length)] ?? 0;
      const whole = Buffer.concat([before, first.subarray(target)]);
      if (whole.length > 255) continue;
      const message = Buffer.concat([first, before, Buffer.of(0xc0, target)]);
      expect(readName(message, first.length)).toMatchObject({ wire: whole, end: message.length });
      expect(labNames.readName(message, first.length).next).toBe(message.length);
    }
  });

  it("SRV data", () => {
    const random = randoms(2782);
    for (let round = 0; round < ROUNDS; round++) {
      const data = srvOf(random);
      const rdata = encodeSrv(data);
      const bytes = queryAnswer({ answers: [{ type: "NULL", name: ZONE, ttl: 5, data: rdata }] });
      const message = parseMessage(bytes);
      const [record] = message.answers;
      if (!record) throw new Error("there is no answer");
      expect(readSrv(message, record)).toEqual({ ...data, ttl: 5, rdata });
    }
  });

  it("questions", () => {
    const random = randoms(1034);
    for (let round = 0; round < ROUNDS; round++) {
      const [id, name, type] = [random(65_536), nameOf(random), (["SRV", "SOA", "CNAME"] as const)[random(3)] ?? "SRV"];
      const bytes = encodeQuery(id, name, type);
      expect(lab.parseMessage(bytes)).toMatchObject({ id, opcode: 0, questions: [{ name, type, klass: CLASS.IN }] });
      const answer = parseMessage(Object.assign(Buffer.from(bytes), { 2: 0x84 }));
      expect(answersQuery(answer, name.toUpperCase(), type)).toBe(true);
      expect(answersQuery(answer, `x${name}`, type)).toBe(false);
    }
  });

  it("updates, with any number of prerequisites and changes, signed with any algorithm", () => {
    const random = randoms(2136);
    const now = 1_795_000_000;
    for (let round = 0; round < ROUNDS; round++) {
      const [id, name] = [random(65_536), nameOf(random)];
      const [listed, deleted, added] = [random(4), random(4), random(4)].map((count) =>
        times(count, () => encodeSrv(srvOf(random))),
      );
      const ttl = random(2 ** 31);
      const message = encodeUpdate(id, {
        zone: ZONE,
        prerequisites: [
          ...setIs(name, TYPE.SRV, listed ?? []),
          setIsAbsent(name, TYPE.CNAME),
          setExists(ZONE, TYPE.SOA),
        ],
        updates: [
          ...(deleted ?? []).map((rdata) => deleteRecord(name, TYPE.SRV, rdata)),
          ...(added ?? []).map((rdata) => addRecord(name, TYPE.SRV, ttl, rdata)),
        ],
      });
      const algorithm = TSIG_ALGORITHMS[random(TSIG_ALGORITHMS.length)] ?? "hmac-sha256";
      const secret = Buffer.from(times(1 + random(80), () => random(256)));
      const key = { name: normalName(nameOf(random)), algorithm, secret };
      const request = tsigSigner(key, () => now * 1000).sign(message);

      const read = parseMessage(request.bytes);
      expect(read).toMatchObject({ id, opcode: 5, response: false, questions: [{ name: { text: ZONE } }] });
      const fields = (klass: number, own: number, rdatas: Buffer[] = []) =>
        rdatas.map((rdata) => ({ name: { text: name }, type: TYPE.SRV, class: klass, ttl: own, rdata }));
      expect(read.answers.slice(0, -2)).toMatchObject(fields(CLASS.IN, 0, listed));
      expect(read.authority).toMatchObject([...fields(CLASS.NONE, 0, deleted), ...fields(CLASS.IN, ttl, added)]);

      const theirs = lab.parseMessage(request.bytes);
      const labKey = { keyName: key.name, algorithm, secret: secret.toString("base64") };
      const verified = verifyRequest(request.bytes, theirs, [labKey], now);
      expect(verified).toMatchObject({ kind: "signed", keyName: key.name });
      const answer = lab.formatMessage({
        ...{ id, flags: 0x8000 | (5 << 11), questions: theirs.questions },
        ...{ answers: [], authorities: [], additionals: [] },
      });
      expect(() => request.verify(parseMessage(verified.sign(answer)))).not.toThrow();
      const other = verifyRequest(request.bytes, theirs, [{ ...labKey, secret: "AAAA" }], now);
      expect(other).toMatchObject({ kind: "refused" });
    }
  });
});
