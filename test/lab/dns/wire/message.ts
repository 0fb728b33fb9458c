import { CLASS, typeName, typeNumber } from "./constants";
import { DnsFormatError, readName, writeName } from "./names";
import { writeRdata } from "./rdata";

const HEADER_BYTES = 12;
export const FLAG = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, recursionDesired: 0x0100 } as const;

export interface Question {
  name: string;
  type: string;
  klass: number;
}

/** A record as it stands in a message that came in; its data is still in the packet. */
export interface PacketRecord {
  name: string;
  type: string;
  klass: number;
  ttl: number;
  /** Where the record begins, where its data begins, and how long that is. */
  start: number;
  dataAt: number;
  dataLength: number;
}

/** In an update, the sections are called zone, prerequisite, update, additional. */
export interface Message {
  id: number;
  flags: number;
  opcode: number;
  questions: Question[];
  answers: PacketRecord[];
  authorities: PacketRecord[];
  additionals: PacketRecord[];
}

export function opcodeOf(flags: number): number {
  return (flags >> 11) & 15;
}

/** Throws {@link DnsFormatError} for anything that is not one whole message. */
export function parseMessage(packet: Buffer): Message {
  if (packet.length < HEADER_BYTES) throw new DnsFormatError("The message has no whole header.");
  const counts = [4, 6, 8, 10].map((at) => packet.readUInt16BE(at));
  let offset = HEADER_BYTES;
  const question = (): Question => {
    const { name, next } = readName(packet, offset);
    requireBytes(packet, next, 4);
    offset = next + 4;
    return { name, type: typeName(packet.readUInt16BE(next)), klass: packet.readUInt16BE(next + 2) };
  };
  const record = (): PacketRecord => {
    const start = offset;
    const { name, next } = readName(packet, offset);
    requireBytes(packet, next, 10);
    const dataAt = next + 10;
    const dataLength = packet.readUInt16BE(next + 8);
    requireBytes(packet, dataAt, dataLength);
    offset = dataAt + dataLength;
    return {
      name,
      type: typeName(packet.readUInt16BE(next)),
      klass: packet.readUInt16BE(next + 2),
      ttl: packet.readUInt32BE(next + 4),
      start,
      dataAt,
      dataLength,
    };
  };
  const times = <T>(count: number | undefined, read: () => T) => Array.from({ length: count ?? 0 }, read);
  const questions = times(counts[0], question);
  const answers = times(counts[1], record);
  const authorities = times(counts[2], record);
  const additionals = times(counts[3], record);
  if (offset !== packet.length) throw new DnsFormatError("There are bytes after the message.");
  const flags = packet.readUInt16BE(2);
  return { id: packet.readUInt16BE(0), flags, opcode: opcodeOf(flags), questions, answers, authorities, additionals };
}

function requireBytes(packet: Buffer, offset: number, count: number): void {
  if (offset + count > packet.length) throw new DnsFormatError("The message ends inside a record.");
}

/** A record to send, its data in text. */
export interface Rr {
  name: string;
  type: string;
  ttl: number;
  data: string;
}

export interface OutMessage {
  id: number;
  flags: number;
  questions: Question[];
  answers: Buffer[];
  authorities: Buffer[];
  additionals: Buffer[];
}

/** Any record; `data` null = empty RDATA, as an update's "delete the set" has it. */
export function recordBytes(
  record: Pick<Rr, "name" | "type" | "ttl"> & { data: string | Buffer | null },
  klass: number = CLASS.IN,
): Buffer {
  const { name, type, ttl, data } = record;
  const rdata = data === null ? Buffer.alloc(0) : typeof data === "string" ? writeRdata(type, data) : data;
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(numberOf(type), 0);
  fixed.writeUInt16BE(klass, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([writeName(name), fixed, rdata]);
}

function numberOf(type: string): number {
  const number = typeNumber(type);
  if (number === undefined) throw new DnsFormatError(`"${type}" is no record type.`);
  return number;
}

/** Names are never compressed, so an SRV target is not either. */
export function formatMessage(message: OutMessage): Buffer {
  const { questions, answers, authorities, additionals } = message;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(message.id, 0);
  header.writeUInt16BE(message.flags, 2);
  [questions, answers, authorities, additionals].forEach((section, index) => {
    header.writeUInt16BE(section.length, 4 + 2 * index);
  });
  const asked = questions.map(({ name, type, klass }) => {
    const tail = Buffer.alloc(4);
    tail.writeUInt16BE(numberOf(type), 0);
    tail.writeUInt16BE(klass, 2);
    return Buffer.concat([writeName(name), tail]);
  });
  return Buffer.concat([header, ...asked, ...answers, ...authorities, ...additionals]);
}

/** The same message with one record more at its end. */
export function withAdditional(message: Buffer, record: Buffer): Buffer {
  const longer = Buffer.concat([message, record]);
  longer.writeUInt16BE(longer.readUInt16BE(10) + 1, 10);
  return longer;
}
