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

export function time48(seconds: number): Buffer {
  const octets = Buffer.alloc(6);
  octets.writeUIntBE(seconds, 0, 6);
  return octets;
}

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);

export function encodeTsig(
  keyName: string,
  algorithm: string,
  { timeSigned, fudge }: TsigTimes,
  mac: Buffer,
  originalId: number,
): Buffer {
  const rdata = Buffer.concat([
    encodeName(algorithm),
    time48(timeSigned),
    u16(fudge),
    u16(mac.length),
    mac,
    u16(originalId),
    u16(0),
    u16(0),
  ]);
  return Buffer.concat([
    encodeName(keyName),
    u16(TYPE.TSIG),
    u16(CLASS.ANY),
    Buffer.alloc(4),
    u16(rdata.length),
    rdata,
  ]);
}

/** The message's TSIG record, undefined without one. It must be the last record, and the only one (RFC 8945 5.1). */
export function tsigOf(message: Message): TsigRecord | undefined {
  const records = [...message.answers, ...message.authority, ...message.additional];
  const found = records.filter(({ type }) => type === TYPE.TSIG);
  const [record, second] = found;
  if (!record) return undefined;
  if (second || record !== message.additional.at(-1)) throw new MalformedError("a TSIG record is not the last record");
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
