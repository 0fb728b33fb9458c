import { ByteReader, MalformedSecurity } from "./malformed";
import { readSid, sidBytes } from "./sid";

/** Types of entries (MS-DTYP 2.4.4.1) that a plain look at rights understands; all others are carried along. */
export const ACE_TYPE = {
  allow: 0,
  deny: 1,
  allowObject: 5,
  denyObject: 6,
  allowCallback: 9,
  denyCallback: 10,
} as const;
const DENIES: ReadonlySet<number> = new Set([1, 6, 10, 12]);

export const ACE_FLAG = { inheritOnly: 0x08, inherited: 0x10 } as const;

const HEADER = 4;
const OBJECT_TYPE_PRESENT = 1;
const INHERITED_OBJECT_TYPE_PRESENT = 2;
const GUID = 16;

/** One access control entry: the bytes as they were, and what was understood of them. */
export interface Ace {
  type: number;
  flags: number;
  bytes: Buffer;
  /** Missing where the type is not understood. */
  known?: {
    mask: number;
    sid: string;
    /** The property, set of properties or class that it is about; missing: the object as a whole. */
    objectType?: string;
    inheritedObjectType?: string;
  };
}

/** The entry that begins at `at`. */
export function readAce(acl: Buffer, at: number): Ace {
  const reader = new ByteReader(acl, "list of entries");
  const size = reader.u16(at + 2);
  if (size < HEADER) throw new MalformedSecurity(`an entry of ${size} bytes is too short`);
  const bytes = Buffer.from(reader.slice(at, size));
  const ace: Ace = { type: reader.u8(at), flags: reader.u8(at + 1), bytes };
  const known = understood(ace);
  return known ? { ...ace, known } : ace;
}

function understood({ type, bytes }: Ace): Ace["known"] {
  const plain = type === ACE_TYPE.allow || type === ACE_TYPE.deny;
  const object = type === ACE_TYPE.allowObject || type === ACE_TYPE.denyObject;
  if (!plain && !object) return undefined;
  const reader = new ByteReader(bytes, "entry");
  const mask = reader.u32(HEADER);
  if (plain) return { mask, sid: readSid(bytes.subarray(HEADER + 4)).sid };
  const present = reader.u32(HEADER + 4);
  let at = HEADER + 8;
  const guid = (bit: number) => {
    if ((present & bit) === 0) return undefined;
    at += GUID;
    return guidText(reader.slice(at - GUID, GUID));
  };
  const objectType = guid(OBJECT_TYPE_PRESENT);
  const inheritedObjectType = guid(INHERITED_OBJECT_TYPE_PRESENT);
  return {
    mask,
    sid: readSid(bytes.subarray(at)).sid,
    ...(objectType === undefined ? {} : { objectType }),
    ...(inheritedObjectType === undefined ? {} : { inheritedObjectType }),
  };
}

function guidText(bytes: Buffer): string {
  const swapped = Buffer.concat([
    Buffer.from(bytes.subarray(0, 4)).reverse(),
    Buffer.from(bytes.subarray(4, 6)).reverse(),
    Buffer.from(bytes.subarray(6, 8)).reverse(),
    bytes.subarray(8),
  ]);
  return swapped.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** An explicit entry about the object as a whole, which nothing below inherits. */
export function plainAce(kind: "allow" | "deny", mask: number, sid: string, flags = 0): Ace {
  const who = sidBytes(sid);
  const bytes = Buffer.alloc(HEADER + 4 + who.length);
  bytes.writeUInt8(ACE_TYPE[kind], 0);
  bytes.writeUInt8(flags, 1);
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt32LE(mask, HEADER);
  who.copy(bytes, HEADER + 4);
  return readAce(bytes, 0);
}

export const isInherited = ({ flags }: Ace): boolean => (flags & ACE_FLAG.inherited) !== 0;
export const isDeny = ({ type }: Ace): boolean => DENIES.has(type);
