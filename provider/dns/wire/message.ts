import { MalformedError } from "../errors";
import { HEADER, MOST_MESSAGE, TYPE } from "./constants";
import { type Name, readName } from "./names";

export interface Question {
  name: Name;
  type: number;
  class: number;
}

export interface ResourceRecord {
  name: Name;
  type: number;
  class: number;
  ttl: number;
  rdata: Buffer;
  /** Where it begins, where its RDATA begins and where it ends, in the message. */
  start: number;
  rdataStart: number;
  end: number;
}

/** A message taken apart, with the offsets that TSIG needs. In an UPDATE the sections are zone, prerequisite, update. */
export interface Message {
  bytes: Buffer;
  id: number;
  /** QR: it is an answer. */
  response: boolean;
  opcode: number;
  /** AA. */
  authoritative: boolean;
  /** TC. */
  truncated: boolean;
  /** With the upper bits of an OPT record, if there is one. */
  rcode: number;
  questions: Question[];
  answers: ResourceRecord[];
  authority: ResourceRecord[];
  additional: ResourceRecord[];
}

/** Takes a message apart, whatever is in it: it answers, or throws a MalformedError. */
export function parseMessage(bytes: Buffer): Message {
  if (bytes.length < HEADER) throw new MalformedError("it is shorter than a header");
  if (bytes.length > MOST_MESSAGE) throw new MalformedError("it is longer than a message can be");
  const flags = bytes.readUInt16BE(2);
  let at = HEADER;

  const take = (octets: number): number => {
    const from = at;
    if (at + octets > bytes.length) throw new MalformedError("a record runs past the end");
    at += octets;
    return from;
  };
  const name = (): Name => {
    const read = readName(bytes, at);
    at = read.end;
    return read;
  };
  const question = (): Question => {
    const owner = name();
    const from = take(4);
    return { name: owner, type: bytes.readUInt16BE(from), class: bytes.readUInt16BE(from + 2) };
  };
  const record = (): ResourceRecord => {
    const start = at;
    const owner = name();
    const from = take(10);
    const rdataStart = at;
    take(bytes.readUInt16BE(from + 8));
    return {
      name: owner,
      type: bytes.readUInt16BE(from),
      class: bytes.readUInt16BE(from + 2),
      ttl: bytes.readUInt32BE(from + 4),
      rdata: bytes.subarray(rdataStart, at),
      start,
      rdataStart,
      end: at,
    };
  };
  const section = <T>(countAt: number, read: () => T): T[] => {
    const items: T[] = [];
    // Not made in advance: the counts are the sender's word, and the end of the message is ours.
    for (let left = bytes.readUInt16BE(countAt); left > 0; left--) items.push(read());
    return items;
  };

  const questions = section(4, question);
  const answers = section(6, record);
  const authority = section(8, record);
  const additional = section(10, record);
  if (at !== bytes.length) throw new MalformedError("something stands after its end");
  const opt = additional.find(({ type }) => type === TYPE.OPT);
  return {
    bytes,
    id: bytes.readUInt16BE(0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0xf,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    rcode: (flags & 0xf) | (opt ? (opt.ttl >>> 24) << 4 : 0),
    questions,
    answers,
    authority,
    additional,
  };
}
