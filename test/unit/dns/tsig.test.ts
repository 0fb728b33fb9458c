import { describe, expect, it } from "vitest";
import { DnsError, TsigError } from "../../../provider/dns/errors";
import { TSIG_ALGORITHMS, type TsigAlgorithm } from "../../../provider/dns/tsig/algorithms";
import type { TsigKey } from "../../../provider/dns/tsig/key";
import { encodeTsig, tsigOf } from "../../../provider/dns/tsig/record";
import { decodeSecret } from "../../../provider/dns/tsig/secret";
import { tsigSigner } from "../../../provider/dns/tsig/tsig";
import { parseMessage } from "../../../provider/dns/wire/message";
import { encodeUpdate } from "../../../provider/dns/wire/update";
import { errorTsig, queryAnswer, signAnswer, updateAnswer, withRecord, ZONE } from "./messages";

const NOW = 1_795_000_000;
const secret = Buffer.from("0123456789abcdef0123456789abcdef");
const KEY: TsigKey = { name: "updater", algorithm: "hmac-sha256", secret };
const ID = 4711;
const [BADSIG, BADKEY, BADTIME] = [16, 17, 18];
const [NOERROR, REFUSED, NOTAUTH] = [0, 5, 9];

function signed(key: TsigKey = KEY) {
  const message = encodeUpdate(ID, { zone: ZONE, prerequisites: [], updates: [] });
  const request = tsigSigner(key, () => NOW * 1000).sign(message);
  const record = tsigOf(parseMessage(request.bytes));
  if (!record) throw new Error("the request is not signed");
  return { message, record, ...request };
}
const judge = (answer: Buffer, request = signed()) => request.verify(parseMessage(answer));
/** What a server with the key answers to `signed()`. */
const proved = (rcode = NOERROR, how: Partial<Parameters<typeof signAnswer>[2]> = {}) =>
  signAnswer(updateAnswer(ID, rcode), signed().record.mac, { secret, time: NOW, ...how });

function failureOf(work: () => void): DnsError {
  try {
    work();
  } catch (error) {
    if (error instanceof DnsError) return error;
    throw error;
  }
  throw new Error("it was believed");
}

describe("a signed request", () => {
  it("ends with one TSIG record, which names key, algorithm, time and its own ID", () => {
    const { bytes, message, record } = signed();
    expect(bytes.subarray(12, message.length)).toEqual(message.subarray(12));
    expect(record).toMatchObject({
      keyName: { text: "updater" },
      algorithm: { text: "hmac-sha256" },
      timeSigned: NOW,
      fudge: 300,
      originalId: ID,
      error: 0,
    });
  });

  it.each<[TsigAlgorithm, number, string]>([
    ["hmac-sha256", 32, "hmac-sha256"],
    ["hmac-sha512", 64, "hmac-sha512"],
    ["hmac-sha384", 48, "hmac-sha384"],
    ["hmac-sha224", 28, "hmac-sha224"],
    ["hmac-sha1", 20, "hmac-sha1"],
    ["hmac-md5", 16, "hmac-md5.sig-alg.reg.int"],
  ])("has a whole MAC of %s", (algorithm, octets, wireName) => {
    const { record } = signed({ ...KEY, algorithm });
    expect(record.mac).toHaveLength(octets);
    expect(record.algorithm.text).toBe(wireName);
  });

  it("knows every algorithm, the best one first", () => {
    expect(TSIG_ALGORITHMS[0]).toBe("hmac-sha256");
    expect(TSIG_ALGORITHMS).toHaveLength(6);
  });

  it("has the same MAC for a key name in other letters", () => {
    expect(signed({ ...KEY, name: "UPDATER" }).record.mac).toEqual(signed().record.mac);
  });

  it("never holds the secret", () => {
    expect(signed().bytes.includes(secret)).toBe(false);
    expect(tsigSigner(KEY).description).toBe('TSIG key "updater" (hmac-sha256)');
  });
});

describe("an answer", () => {
  it("that the key holder signed for this request is believed, success or refusal", () => {
    expect(() => judge(proved())).not.toThrow();
    expect(() => judge(proved(REFUSED))).not.toThrow();
  });

  it("under an ID that a forwarder changed is believed: the original one is signed", () => {
    const answer = proved();
    answer.writeUInt16BE(1, 0);
    expect(() => judge(answer)).not.toThrow();
  });

  it("without a signature is believed as a refusal and not as a success", () => {
    expect(() => judge(updateAnswer(ID, REFUSED))).not.toThrow();
    expect(failureOf(() => judge(updateAnswer(ID, NOERROR))).kind).toBe("unsigned");
  });

  it("that carries the request's own signature is not signed", () => {
    const { record } = signed();
    const own = encodeTsig("updater", "hmac-sha256", { timeSigned: NOW, fudge: 300 }, record.mac, ID);
    const failure = failureOf(() => judge(withRecord(updateAnswer(ID, NOERROR), own)));
    expect(failure).toMatchObject({ kind: "unsigned", message: expect.stringContaining("own signature") });
    expect(() => judge(withRecord(updateAnswer(ID, REFUSED), own))).not.toThrow();
  });

  it.each([
    ["another rcode", () => Object.assign(Buffer.from(proved()), { 3: REFUSED })],
    ["another key's name", () => proved(NOERROR, { keyName: "other" })],
    ["another algorithm", () => proved(NOERROR, { algorithm: "hmac-sha1" })],
    ["another secret", () => proved(NOERROR, { secret: Buffer.from("another") })],
    ["a signature cut short", () => proved(NOERROR, { cut: 16 })],
    ["an old time", () => proved(NOERROR, { time: NOW - 301 })],
    ["a time to come", () => proved(NOERROR, { time: NOW + 301 })],
    [
      "the signature for another request",
      () => signAnswer(updateAnswer(ID, 0), Buffer.alloc(32), { secret, time: NOW }),
    ],
  ])("with %s is not believed", (_what, answer) => {
    expect(failureOf(() => judge(answer())).kind).toBe("unverified");
  });

  it("may be 300 seconds apart", () => {
    expect(() => judge(proved(NOERROR, { time: NOW - 300 }))).not.toThrow();
  });

  it.each([
    [BADKEY, "BADKEY", 'does not know the TSIG key "updater" with hmac-sha256', "auth.keyName"],
    [BADSIG, "BADSIG", "its secret is another one", "base64"],
    [22, "BADTRUNC", "longer signature", "longer algorithm"],
    [21, "BADALG", "does not know hmac-sha256", "auth.algorithm"],
    [20, "BADNAME", "does not take the signature", "log"],
  ])("with TSIG error %i is told as %s, with cause and remedy", (error, name, message, remedy) => {
    const failure = failureOf(() => judge(withRecord(updateAnswer(ID, NOTAUTH), errorTsig(error))));
    expect(failure).toBeInstanceOf(TsigError);
    expect(failure).toMatchObject({
      name,
      kind: "tsig",
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    });
  });

  it("of a server whose clock differs tells both times", () => {
    const other = Buffer.alloc(6);
    other.writeUIntBE(NOW + 3723, 0, 6);
    const failure = failureOf(() => judge(proved(NOTAUTH, { error: BADTIME, other })));
    expect(failure.name).toBe("BADTIME");
    expect(failure.message).toBe(
      "BADTIME: the clocks differ too much: here it is 2026-11-18T11:06:40Z, at the server 2026-11-18T12:08:43Z: " +
        "1 h 2 min 3 s apart",
    );
  });

  it("of a server whose clock is beyond all dates is told as it is", () => {
    const failure = failureOf(() => judge(proved(NOTAUTH, { error: BADTIME, other: Buffer.alloc(6, 0xff) })));
    expect(failure.message).toContain("at the server 281474976710655 s after 1970");
  });

  it("about clocks that is not signed is told without the server's time", () => {
    const failure = failureOf(() => judge(withRecord(updateAnswer(ID, NOTAUTH), errorTsig(BADTIME))));
    expect(failure.message).toContain("the server did not tell its own time");
  });

  it.each([
    ["is not the last record", (tsig: Buffer) => Buffer.concat([tsig, Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])])],
    ["stands twice", (tsig: Buffer) => Buffer.concat([tsig, tsig])],
  ])("whose TSIG record %s is malformed", (_what, records) => {
    const bytes = Buffer.concat([updateAnswer(ID, NOTAUTH), records(errorTsig(BADKEY))]);
    bytes.writeUInt16BE(2, 10);
    expect(failureOf(() => judge(bytes)).kind).toBe("malformed");
  });

  it("whose TSIG record has lengths that contradict each other is malformed", () => {
    const tsig = errorTsig(BADKEY);
    tsig.writeUInt16BE(400, tsig.length - 8);
    expect(failureOf(() => judge(withRecord(queryAnswer(), tsig))).kind).toBe("malformed");
  });
});

describe("a secret", () => {
  it("is base64, with or without padding", () => {
    expect(decodeSecret(" c2VjcmV0LXRleHQ= ")).toEqual(Buffer.from("secret-text"));
    expect(decodeSecret("c2VjcmV0LXRleHQ")).toEqual(Buffer.from("secret-text"));
  });
  it.each(["", "====", "not base64!", "a", "YR=="])("is not %j", (text) => {
    expect(decodeSecret(text)).toBeUndefined();
  });
});
