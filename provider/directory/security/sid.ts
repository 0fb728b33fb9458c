import { ByteReader, MalformedSecurity } from "./malformed";

/** MS-DTYP 2.4.2: revision, count, authority of 48 bits, then the subauthorities. */
const REVISION = 1;
const HEADER = 8;
const MOST_SUBAUTHORITIES = 15;
const MOST_AUTHORITY = 2 ** 48;
/** From here on an authority is written in hexadecimal. */
const HEX_AUTHORITY = 2 ** 32;

/** Bytes of a SID at the beginning of `bytes`, as text like "S-1-5-21-1-2-3-1105", and how long it is. */
export function readSid(bytes: Buffer): { sid: string; length: number } {
  const reader = new ByteReader(bytes, "SID");
  if (reader.u8(0) !== REVISION) throw new MalformedSecurity(`a SID of revision ${reader.u8(0)} is not known`);
  const count = reader.u8(1);
  if (count > MOST_SUBAUTHORITIES) throw new MalformedSecurity(`a SID has ${count} subauthorities`);
  const authority = reader.slice(2, 6).readUIntBE(0, 6);
  const parts = Array.from({ length: count }, (_, index) => reader.u32(HEADER + 4 * index));
  const head = authority >= HEX_AUTHORITY ? `0x${authority.toString(16).padStart(12, "0")}` : String(authority);
  return { sid: ["S", REVISION, head, ...parts].join("-"), length: HEADER + 4 * count };
}

/** The bytes of a SID that is written as text; the inverse of {@link readSid}. */
export function sidBytes(text: string): Buffer {
  const [, head = "", rest = ""] = /^S-1-(\d{1,15}|0x[0-9a-f]{1,12})((?:-\d{1,10})*)$/i.exec(text) ?? [];
  const authority = head === "" ? Number.NaN : Number(head);
  const parts = rest.split("-").slice(1).map(Number);
  if (!(authority < MOST_AUTHORITY) || parts.length > MOST_SUBAUTHORITIES || parts.some((part) => part > 0xffffffff)) {
    throw new MalformedSecurity(`"${text}" is no SID`);
  }
  const bytes = Buffer.alloc(HEADER + 4 * parts.length);
  bytes.writeUInt8(REVISION, 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUIntBE(authority, 2, 6);
  for (const [index, part] of parts.entries()) bytes.writeUInt32LE(part, HEADER + 4 * index);
  return bytes;
}
