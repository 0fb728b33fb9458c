import * as dnsPacket from "dns-packet";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../provider/dns/wire/message";
import { canonical, encodeName, isWithin, readName, sameName } from "../../../provider/dns/wire/names";
import { answersQuery, encodeQuery } from "../../../provider/dns/wire/query";
import { encodeSrv, readSrv } from "../../../provider/dns/wire/srv";
import {
  addRecord,
  deleteRecord,
  encodeUpdate,
  setExists,
  setIs,
  setIsAbsent,
} from "../../../provider/dns/wire/update";
import { FQDN, KMS01, KMS02, queryAnswer, srvAnswer, ZONE } from "./messages";

const SRV = 33;
const label63 = "a".repeat(63);

describe("a name", () => {
  it("is written label by label, with or without a final dot", () => {
    const wire = Buffer.from("\x06_vlmcs\x04_tcp\x00", "latin1");
    expect(encodeName("_vlmcs._tcp")).toEqual(wire);
    expect(encodeName("_vlmcs._tcp.")).toEqual(wire);
    expect(encodeName(`${label63}.com`)).toHaveLength(69);
  });

  it.each([
    ["an empty label, which would end it early", "a..b"],
    ["a label of 64", `${label63}a.com`],
    ["a label of 192, which would be a pointer", "a".repeat(192)],
    ["254 characters", `${"abcdefg.".repeat(31)}abcdef`],
    ["an escape", "a\\.b.com"],
    ["a space", "a b.com"],
    ["a character outside ASCII", "m\u00fcnchen.de"],
    ["a NUL", "a\0.com"],
  ])("is refused with %s", (_what, name) => {
    expect(() => encodeName(name)).toThrow(expect.objectContaining({ kind: "name" }));
  });

  it("may have 253 characters and no more", () => {
    expect(encodeName(`${"abcdefg.".repeat(31)}abcde`)).toHaveLength(255);
  });

  it("is read back with dots inside labels and odd octets escaped, and its exact octets", () => {
    const wire = Buffer.from("\x04a.\xff\\\x03COM\x00", "latin1");
    expect(readName(wire, 0)).toEqual({ text: "a\\.\\255\\\\.COM", wire, end: wire.length });
    expect(readName(Buffer.of(0), 0)).toMatchObject({ text: ".", end: 1 });
  });

  it("is followed through pointers backwards, and ends after the first pointer", () => {
    const message = Buffer.from("\x03com\x00\x05kms01\xc0\x00\x01a\xc0\x05", "latin1");
    expect(readName(message, 13)).toMatchObject({ text: "a.kms01.com", end: 17 });
    expect(readName(message, 13).wire).toEqual(encodeName("a.kms01.com"));
  });

  it.each([
    ["points at itself", "\xc0\x00"],
    ["points forward", "\x01a\xc0\x06\x00\x00\x00"],
    ["runs past the end", "\x05ab"],
    ["has no end", "\x01a"],
    ["has half a pointer", "\xc0"],
    ["has a reserved label type", "\x41a\x00"],
    ["is longer than 255 octets", `${`\x3f${label63}`.repeat(4)}\x00`],
  ])("that %s is malformed", (_what, text) => {
    expect(() => readName(Buffer.from(text, "latin1"), 0)).toThrow(expect.objectContaining({ kind: "malformed" }));
  });

  it("of two labels that points at one of them again does not loop", () => {
    const message = Buffer.from("\x01a\x01b\xc0\x02", "latin1");
    expect(() => readName(message, 0)).toThrow("points forward");
  });

  it("is the same in any case, with or without a final dot", () => {
    expect(sameName("KMS01.contoso.com.", "kms01.Contoso.com")).toBe(true);
    expect(sameName("kms01.contoso.com", "kms010.contoso.com")).toBe(false);
    expect(canonical(encodeName("KMS-01.Com"))).toEqual(encodeName("kms-01.com"));
  });

  it("lies in a zone by whole labels", () => {
    expect(isWithin("a.Contoso.com", "contoso.COM.")).toBe(true);
    expect(isWithin("contoso.com", "contoso.com")).toBe(true);
    expect(isWithin("xcontoso.com", "contoso.com")).toBe(false);
    expect(isWithin("com", ".")).toBe(true);
  });
});

describe("a query", () => {
  it("asks without recursion, as another implementation reads it", () => {
    const read = dnsPacket.decode(encodeQuery(513, FQDN, "SRV"));
    expect(read).toMatchObject({ id: 513, type: "query", flag_rd: false, opcode: "QUERY", answers: [] });
    expect(read.questions).toEqual([{ name: FQDN, type: "SRV", class: "IN" }]);
  });

  it("is answered by an answer to the same question only", () => {
    const answers = (over: Parameters<typeof queryAnswer>[0], type: "SRV" | "SOA" = "SRV") =>
      answersQuery(parseMessage(queryAnswer(over)), FQDN, type);
    expect(answers({})).toBe(true);
    expect(answers({ name: FQDN.toUpperCase() })).toBe(true);
    expect(answers({ name: "_vlmcs._tcp.fabrikam.com" })).toBe(false);
    expect(answers({}, "SOA")).toBe(false);
    const query = parseMessage(encodeQuery(7, FQDN, "SRV"));
    expect(answersQuery(query, FQDN, "SRV")).toBe(false);
  });
});

describe("an SRV record", () => {
  it("is read as another implementation wrote it", () => {
    const message = parseMessage(queryAnswer({ answers: [srvAnswer(KMS01), srvAnswer(KMS02)] }));
    const read = message.answers.map((record) => readSrv(message, record));
    expect(read).toMatchObject([KMS01, KMS02]);
    expect(read[0]?.rdata).toEqual(encodeSrv(KMS01));
  });

  it("with a compressed target is kept with the whole target, in the letters that were sent", () => {
    const rdata = Buffer.from([0, 1, 0, 2, 6, 152, 5, ...Buffer.from("KMS01"), 0xc0, 12 + 12]);
    const bytes = queryAnswer({ answers: [{ type: "NULL", name: FQDN, ttl: 5, data: rdata }] });
    // The type of the only answer, which stands right after its name.
    bytes.writeUInt16BE(SRV, bytes.indexOf(rdata) - 10);
    const message = parseMessage(bytes);
    const [record] = message.answers;
    if (!record) throw new Error("there is no answer");
    expect(readSrv(message, record)).toMatchObject({ priority: 1, weight: 2, port: 1688, target: "KMS01.contoso.com" });
    expect(readSrv(message, record).rdata).toEqual(
      encodeSrv({ priority: 1, weight: 2, port: 1688, target: "KMS01.contoso.com" }),
    );
  });

  it.each([
    ["too short", Buffer.from([0, 0, 0, 0, 0, 0])],
    ["empty", Buffer.alloc(0)],
    ["longer than its target", Buffer.from([0, 0, 0, 0, 0, 0, 0, 9])],
    ["shorter than its target", Buffer.from([0, 0, 0, 0, 0, 0, 3, 97])],
  ])("that is %s is malformed", (_what, data) => {
    const bytes = Buffer.concat([queryAnswer({ answers: [{ type: "NULL", name: FQDN, ttl: 5, data }] })]);
    const message = parseMessage(bytes);
    const [record] = message.answers;
    if (!record) throw new Error("there is no answer");
    expect(() => readSrv(message, record)).toThrow(expect.objectContaining({ kind: "malformed" }));
  });

  it("never gets a target that cannot be written", () => {
    expect(() => encodeSrv({ ...KMS01, target: "kms01..com" })).toThrow("cannot be written");
  });
});

describe("an UPDATE", () => {
  const rdata = encodeSrv(KMS01);

  it("has the zone's SOA as its question, the opcode 5, and its sections in order", () => {
    const bytes = encodeUpdate(99, {
      zone: ZONE,
      prerequisites: setIs(FQDN, SRV, [rdata, encodeSrv(KMS02)]),
      updates: [deleteRecord(FQDN, SRV, rdata), addRecord(FQDN, SRV, 600, rdata)],
    });
    const message = parseMessage(bytes);
    expect(message).toMatchObject({ id: 99, opcode: 5, response: false });
    expect(message.questions).toMatchObject([{ name: { text: ZONE }, type: 6, class: 1 }]);
    // RFC 2136 2.4.2, 2.5.4, 2.5.1: class IN, then NONE, then IN with the TTL.
    expect(message.answers).toMatchObject([
      { type: SRV, class: 1, ttl: 0, rdata },
      { type: SRV, class: 1, ttl: 0, rdata: encodeSrv(KMS02) },
    ]);
    expect(message.authority).toMatchObject([
      { type: SRV, class: 254, ttl: 0, rdata },
      { type: SRV, class: 1, ttl: 600, rdata },
    ]);
  });

  it("asks for absence with class NONE and for existence with class ANY, without data", () => {
    const message = parseMessage(
      encodeUpdate(1, { zone: ZONE, prerequisites: [setIsAbsent(FQDN, SRV), setExists(FQDN, SRV)], updates: [] }),
    );
    expect(message.answers).toMatchObject([
      { class: 254, ttl: 0, rdata: Buffer.alloc(0) },
      { class: 255, ttl: 0, rdata: Buffer.alloc(0) },
    ]);
  });

  it("is octet for octet what RFC 2136 says", () => {
    const bytes = encodeUpdate(0x1234, { zone: "a", prerequisites: [], updates: [addRecord("b.a", SRV, 60, rdata)] });
    expect(bytes.toString("hex")).toBe(
      `123428000001000000010000016100000600010162016100002100010000003c0019${rdata.toString("hex")}`,
    );
  });
});

describe("a message", () => {
  it("with an OPT record has the upper bits of its rcode", () => {
    const opt = Buffer.from([0, 0, 41, 0x04, 0xd0, 1, 0, 0, 0, 0, 0]);
    const bytes = Buffer.concat([queryAnswer(), opt]);
    bytes.writeUInt16BE(1, 10);
    expect(parseMessage(bytes).rcode).toBe(16);
  });

  it.each([
    ["shorter than a header", queryAnswer().subarray(0, 11)],
    ["cut off in its question", queryAnswer().subarray(0, 20)],
    ["cut off in a record", queryAnswer({ answers: [srvAnswer(KMS01)] }).subarray(0, -1)],
    ["with something after its end", Buffer.concat([queryAnswer(), Buffer.of(0)])],
    ["longer than TCP can frame", Buffer.alloc(65_536)],
  ])("%s is malformed", (_what, bytes) => {
    expect(() => parseMessage(bytes)).toThrow(expect.objectContaining({ kind: "malformed" }));
  });

  it("that promises 65,535 records and has none ends at once", () => {
    const bytes = queryAnswer();
    bytes.writeUInt16BE(0xffff, 6);
    expect(() => parseMessage(bytes)).toThrow("runs past the end");
  });
});
