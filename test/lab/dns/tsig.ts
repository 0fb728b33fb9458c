import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { CLASS, RCODE, type Rcode, TSIG_ERROR } from "./wire/constants";
import { type Message, type PacketRecord, recordBytes, withAdditional } from "./wire/message";
import { DnsFormatError, nameKey, readName, sameName, writeName } from "./wire/names";

/** Transaction signatures as RFC 8945 has them, the server's side, and enough of the client's to test it. */
export type TsigAlgorithm = "hmac-md5" | "hmac-sha1" | "hmac-sha224" | "hmac-sha256" | "hmac-sha384" | "hmac-sha512";

export interface TsigKey {
  keyName: string;
  algorithm: TsigAlgorithm;
  /** Base64. */
  secret: string;
}

/** The algorithm's name on the wire, its hash, and the length of its MAC in bytes. */
const ALGORITHMS: Record<TsigAlgorithm, { wire: string; hash: string; bytes: number }> = {
  "hmac-md5": { wire: "hmac-md5.sig-alg.reg.int", hash: "md5", bytes: 16 },
  "hmac-sha1": { wire: "hmac-sha1", hash: "sha1", bytes: 20 },
  "hmac-sha224": { wire: "hmac-sha224", hash: "sha224", bytes: 28 },
  "hmac-sha256": { wire: "hmac-sha256", hash: "sha256", bytes: 32 },
  "hmac-sha384": { wire: "hmac-sha384", hash: "sha384", bytes: 48 },
  "hmac-sha512": { wire: "hmac-sha512", hash: "sha512", bytes: 64 },
};
export const TSIG_ALGORITHMS = Object.keys(ALGORITHMS) as TsigAlgorithm[];

/** Shortest MAC that may be sent at all, bytes. */
const LEAST_MAC_BYTES = 10;
const FUDGE_SECONDS = 300;

export function newTsigKey(keyName: string, algorithm: TsigAlgorithm): TsigKey {
  return { keyName, algorithm, secret: randomBytes(ALGORITHMS[algorithm].bytes).toString("base64") };
}

export interface Tsig {
  keyName: string;
  /** As on the wire. */
  algorithm: string;
  /** Seconds since 1970 UTC. */
  timeSigned: number;
  fudge: number;
  mac: Buffer;
  originalId: number;
  error: number;
  other: Buffer;
}

function readTsig(packet: Buffer, record: PacketRecord): Tsig {
  const end = record.dataAt + record.dataLength;
  const { name: algorithm, next } = readName(packet, record.dataAt);
  const room = (offset: number, count: number) => {
    if (offset + count > end) throw new DnsFormatError("The TSIG record is too short.");
    return offset;
  };
  const timeSigned = packet.readUIntBE(room(next, 10), 6);
  const macLength = packet.readUInt16BE(next + 8);
  const macAt = next + 10;
  const tail = room(macAt + macLength, 6);
  const otherLength = packet.readUInt16BE(tail + 4);
  if (tail + 6 + otherLength !== end) throw new DnsFormatError("The TSIG record has a wrong length.");
  return {
    keyName: record.name,
    algorithm,
    timeSigned,
    fudge: packet.readUInt16BE(next + 6),
    mac: Buffer.from(packet.subarray(macAt, tail)),
    originalId: packet.readUInt16BE(tail),
    error: packet.readUInt16BE(tail + 2),
    other: Buffer.from(packet.subarray(tail + 6, end)),
  };
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

function rdataOf(tsig: Tsig): Buffer {
  return Buffer.concat([
    writeName(tsig.algorithm),
    uint(tsig.timeSigned, 6),
    uint(tsig.fudge, 2),
    uint(tsig.mac.length, 2),
    tsig.mac,
    uint(tsig.originalId, 2),
    uint(tsig.error, 2),
    uint(tsig.other.length, 2),
    tsig.other,
  ]);
}

/** What the MAC covers besides the message: the record's own fields, names in lower case. */
function variables(tsig: Tsig): Buffer {
  return Buffer.concat([
    writeName(nameKey(tsig.keyName)),
    uint(CLASS.ANY, 2),
    uint(0, 4),
    writeName(nameKey(tsig.algorithm)),
    uint(tsig.timeSigned, 6),
    uint(tsig.fudge, 2),
    uint(tsig.error, 2),
    uint(tsig.other.length, 2),
    tsig.other,
  ]);
}

/** `requestMac` is null for a request, and goes in front of an answer. */
function macOf(key: TsigKey, message: Buffer, tsig: Tsig, requestMac: Buffer | null): Buffer {
  const { hash } = ALGORITHMS[key.algorithm];
  const hmac = createHmac(hash, Buffer.from(key.secret, "base64"));
  if (requestMac) hmac.update(uint(requestMac.length, 2)).update(requestMac);
  return hmac.update(message).update(variables(tsig)).digest();
}

function attach(message: Buffer, tsig: Tsig): Buffer {
  const record = recordBytes({ name: tsig.keyName, type: "TSIG", ttl: 0, data: rdataOf(tsig) }, CLASS.ANY);
  return withAdditional(message, record);
}

/** The message before it was signed: without the record, under the id with which it was signed. */
function unsigned(packet: Buffer, record: PacketRecord, originalId: number): Buffer {
  const copy = Buffer.from(packet.subarray(0, record.start));
  copy.writeUInt16BE(originalId, 0);
  copy.writeUInt16BE(copy.readUInt16BE(10) - 1, 10);
  return copy;
}

/** Who signed a request. `sign` puts the fitting TSIG record on the answer. */
export type Verified =
  | { kind: "unsigned"; sign(answer: Buffer): Buffer }
  | { kind: "signed"; keyName: string; sign(answer: Buffer): Buffer }
  | { kind: "refused"; rcode: Rcode; sign(answer: Buffer): Buffer };

/**
 * Checks a request's signature. `nowSeconds` is the server's clock, real time. Throws {@link DnsFormatError} when the
 * record is where none may be.
 */
export function verifyRequest(
  packet: Buffer,
  message: Message,
  keys: readonly TsigKey[],
  nowSeconds: number,
): Verified {
  const all = [...message.answers, ...message.authorities, ...message.additionals];
  const record = all.find((one) => one.type === "TSIG");
  if (!record) return { kind: "unsigned", sign: (answer) => answer };
  const last = message.additionals.at(-1) === record && all.filter((one) => one.type === "TSIG").length === 1;
  if (!last || record.klass !== CLASS.ANY || record.ttl !== 0) throw new DnsFormatError("TSIG is at a wrong place.");
  const tsig = readTsig(packet, record);
  const refused = (error: number): Verified => ({
    kind: "refused",
    rcode: RCODE.NOTAUTH,
    sign: (answer) => attach(answer, { ...tsig, mac: Buffer.alloc(0), error, other: Buffer.alloc(0) }),
  });
  const key = keys.find(
    (one) => sameName(one.keyName, tsig.keyName) && sameName(ALGORITHMS[one.algorithm].wire, tsig.algorithm),
  );
  if (!key) return refused(TSIG_ERROR.BADKEY);
  const { bytes } = ALGORITHMS[key.algorithm];
  if (tsig.mac.length > bytes || tsig.mac.length < Math.max(LEAST_MAC_BYTES, bytes / 2)) {
    throw new DnsFormatError("The MAC has a length that is not allowed.");
  }
  const right = macOf(key, unsigned(packet, record, tsig.originalId), tsig, null);
  if (!timingSafeEqual(right.subarray(0, tsig.mac.length), tsig.mac)) return refused(TSIG_ERROR.BADSIG);
  if (tsig.mac.length < bytes) return refused(TSIG_ERROR.BADTRUNC);
  const answerWith = (fields: Pick<Tsig, "timeSigned" | "error" | "other">) => (answer: Buffer) => {
    const own: Tsig = { ...tsig, ...fields, fudge: FUDGE_SECONDS, mac: Buffer.alloc(0) };
    own.originalId = answer.readUInt16BE(0);
    return attach(answer, { ...own, mac: macOf(key, answer, own, tsig.mac) });
  };
  if (Math.abs(nowSeconds - tsig.timeSigned) > tsig.fudge) {
    // Both clocks are in the answer: the client's where it was, the server's in "other".
    const fields = { timeSigned: tsig.timeSigned, error: TSIG_ERROR.BADTIME, other: uint(nowSeconds, 6) };
    return { kind: "refused", rcode: RCODE.NOTAUTH, sign: answerWith(fields) };
  }
  const fields = { timeSigned: nowSeconds, error: TSIG_ERROR.none, other: Buffer.alloc(0) };
  return { kind: "signed", keyName: key.keyName, sign: answerWith(fields) };
}

/** The client's side. */
export function signRequest(message: Buffer, key: TsigKey, nowSeconds: number): { packet: Buffer; mac: Buffer } {
  const tsig: Tsig = {
    keyName: key.keyName,
    algorithm: ALGORITHMS[key.algorithm].wire,
    timeSigned: nowSeconds,
    fudge: FUDGE_SECONDS,
    mac: Buffer.alloc(0),
    originalId: message.readUInt16BE(0),
    error: TSIG_ERROR.none,
    other: Buffer.alloc(0),
  };
  const mac = macOf(key, message, tsig, null);
  return { packet: attach(message, { ...tsig, mac }), mac };
}

/** The client's look at an answer: its TSIG record, and whether the MAC is right. null when it is not signed. */
export function readAnswer(
  packet: Buffer,
  message: Message,
  key: TsigKey,
  requestMac: Buffer,
): (Tsig & { valid: boolean }) | null {
  const record = message.additionals.at(-1);
  if (record?.type !== "TSIG") return null;
  const tsig = readTsig(packet, record);
  const right = macOf(key, unsigned(packet, record, tsig.originalId), tsig, requestMac);
  return { ...tsig, valid: right.length === tsig.mac.length && timingSafeEqual(right, tsig.mac) };
}
