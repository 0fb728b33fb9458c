import { MalformedError } from "../errors";
import { CLASS, TYPE } from "../wire/constants";
import type { Message, ResourceRecord } from "../wire/message";
import { encodeName, type Name, readName } from "../wire/names";

/** The TSIG record of a message (RFC 8945 4.2). */
export interface TsigRecord {
  keyName: Name;
  algorithm: Name;
  /** Seconds since 1970. */
  timeSigned: number;
  /** Seconds that clocks may be apart. */
  fudge: number;
  mac: Buffer;
  originalId: number;
  error: number;
  other: Buffer;
  /** Where the record begins in the message. */
  start: number;
}

/** What both the record and the MAC hold beside names and MAC. */
export interface TsigTimes {
  timeSigned: number;
  fudge: number;
}

/** Octets of a TSIG record's fields: before its RDATA, between algorithm and MAC, and after the MAC. */
const [BEFORE, BETWEEN, AFTER] = [10, 10, 6];

export function encodeTsig(
  keyName: string,
  algorithm: string,
  { timeSigned, fudge }: TsigTimes,
  mac: Buffer,
  originalId: number,
): Buffer {
  const algorithmName = encodeName(algorithm);
  // What is not written stays 0: the TTL, the error, the length of other data.
  const before = Buffer.alloc(BEFORE);
  before.writeUInt16BE(TYPE.TSIG, 0);
  before.writeUInt16BE(CLASS.ANY, 2);
  before.writeUInt16BE(algorithmName.length + BETWEEN + mac.length + AFTER, 8);
  const between = Buffer.alloc(BETWEEN);
  between.writeUIntBE(timeSigned, 0, 6);
  between.writeUInt16BE(fudge, 6);
  between.writeUInt16BE(mac.length, 8);
  const after = Buffer.alloc(AFTER);
  after.writeUInt16BE(originalId, 0);
  return Buffer.concat([encodeName(keyName), before, algorithmName, between, mac, after]);
}

/** The message's TSIG record, undefined without one. It must be the last record, and the only one (RFC 8945 5.1). */
export function tsigOf(message: Message): TsigRecord | undefined {
  const { answers, authority, additional } = message;
  const isTsig = ({ type }: ResourceRecord) => type === TYPE.TSIG;
  const record = additional.at(-1);
  const elsewhere = answers.some(isTsig) || authority.some(isTsig) || additional.slice(0, -1).some(isTsig);
  if (!elsewhere && !(record && isTsig(record))) return undefined;
  if (elsewhere || !record) throw new MalformedError("a TSIG record is not the last record");
  if (record.class !== CLASS.ANY || record.ttl !== 0) throw new MalformedError("a TSIG record has a class or a TTL");
  return readTsig(message.bytes, record);
}

function readTsig(bytes: Buffer, record: ResourceRecord): TsigRecord {
  const { end } = record;
  const short = () => new MalformedError("a TSIG record is too short");
  const algorithm = readName(bytes, record.rdataStart);
  let at = algorithm.end;
  if (at + 10 > end) throw short();
  const timeSigned = bytes.readUIntBE(at, 6);
  const fudge = bytes.readUInt16BE(at + 6);
  const macLength = bytes.readUInt16BE(at + 8);
  at += 10;
  if (at + macLength + 6 > end) throw short();
  const mac = bytes.subarray(at, at + macLength);
  at += macLength;
  const originalId = bytes.readUInt16BE(at);
  const error = bytes.readUInt16BE(at + 2);
  const otherLength = bytes.readUInt16BE(at + 4);
  at += 6;
  if (at + otherLength !== end) throw new MalformedError("a TSIG record's lengths contradict each other");
  const other = bytes.subarray(at, end);
  const { name: keyName, start } = record;
  return { keyName, algorithm, timeSigned, fudge, mac, originalId, error, other, start };
}
