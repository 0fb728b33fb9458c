import { CLASS, HEADER, OPCODE, TYPE } from "./constants";
import { encodeName } from "./names";

/** One entry of an UPDATE's prerequisite or update section. */
export type Entry = Buffer;

function entry(name: string, type: number, klass: number, ttl: number, rdata: Buffer = Buffer.alloc(0)): Entry {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(klass, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([encodeName(name), fixed, rdata]);
}

/** The set is exactly these (RFC 2136 2.4.2; one entry for each record). */
export const setIs = (name: string, type: number, rdatas: readonly Buffer[]): Entry[] =>
  rdatas.map((rdata) => entry(name, type, CLASS.IN, 0, rdata));

/** There is no record of that type (RFC 2136 2.4.3). */
export const setIsAbsent = (name: string, type: number): Entry => entry(name, type, CLASS.NONE, 0);

/** There is a record of that type (RFC 2136 2.4.1). */
export const setExists = (name: string, type: number): Entry => entry(name, type, CLASS.ANY, 0);

/** Adds one record; the others stay (RFC 2136 2.5.1). */
export const addRecord = (name: string, type: number, ttl: number, rdata: Buffer): Entry =>
  entry(name, type, CLASS.IN, ttl, rdata);

/** Deletes the one record with exactly this RDATA (RFC 2136 2.5.4). */
export const deleteRecord = (name: string, type: number, rdata: Buffer): Entry =>
  entry(name, type, CLASS.NONE, 0, rdata);

export interface UpdateMessage {
  zone: string;
  prerequisites: readonly Entry[];
  updates: readonly Entry[];
}

/** RFC 2136 2.2 and 2.3: header with ZOCOUNT 1, zone section, then the entries. Nothing is compressed. */
export function encodeUpdate(id: number, { zone, prerequisites, updates }: UpdateMessage): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(OPCODE.UPDATE << 11, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(prerequisites.length, 6);
  header.writeUInt16BE(updates.length, 8);
  const section = Buffer.alloc(4);
  section.writeUInt16BE(TYPE.SOA, 0);
  section.writeUInt16BE(CLASS.IN, 2);
  return Buffer.concat([header, encodeName(zone), section, ...prerequisites, ...updates]);
}
