import { type Ace, readAce } from "./ace";
import { ByteReader, MalformedSecurity } from "./malformed";
import { readSid, sidBytes } from "./sid";

/** Bits of a descriptor's control field (MS-DTYP 2.4.6). */
const SACL_PRESENT = 0x0010;
const DACL_PRESENT = 0x0004;
const SELF_RELATIVE = 0x8000;
const HEADER = 20;
const ACL_HEADER = 8;
/** The size of a list is a field of 16 bits. */
const MOST_ACL = 0xffff;

export interface Acl {
  /** 2, or 4 where it may hold entries about single properties (Active Directory). */
  revision: number;
  aces: Ace[];
}

export interface SecurityDescriptor {
  revision: number;
  /** Second byte: control flags of the resource manager. */
  resourceManager: number;
  control: number;
  owner?: string;
  group?: string;
  /** The audit list, as it was; null and undefined as with `dacl`. */
  sacl?: Buffer | null;
  /** null: there is none, which admits everybody; undefined: it was not given to us. */
  dacl?: Acl | null;
}

/** A self-relative security descriptor. Throws {@link MalformedSecurity}, and nothing else, at bytes that are none. */
export function readDescriptor(bytes: Buffer): SecurityDescriptor {
  const reader = new ByteReader(bytes, "security descriptor");
  reader.slice(0, HEADER);
  const control = reader.u16(2);
  if (reader.u8(0) !== 1 || (control & SELF_RELATIVE) === 0) {
    throw new MalformedSecurity("the bytes are no self-relative security descriptor of revision 1");
  }
  const part = (field: number): Buffer | undefined => {
    const offset = reader.u32(field);
    if (offset === 0) return undefined;
    if (offset < HEADER) throw new MalformedSecurity(`a part of the security descriptor begins at ${offset}`);
    return reader.slice(offset, Math.max(0, reader.length - offset));
  };
  const [owner, group, sacl, dacl] = [part(4), part(8), part(12), part(16)];
  return {
    revision: reader.u8(0),
    resourceManager: reader.u8(1),
    control,
    ...(owner ? { owner: readSid(owner).sid } : {}),
    ...(group ? { group: readSid(group).sid } : {}),
    ...((control & SACL_PRESENT) === 0 ? {} : { sacl: sacl ? rawAcl(sacl) : null }),
    ...((control & DACL_PRESENT) === 0 ? {} : { dacl: dacl ? readAcl(dacl) : null }),
  };
}

function rawAcl(bytes: Buffer): Buffer {
  const reader = new ByteReader(bytes, "list of entries");
  const size = reader.u16(2);
  if (size < ACL_HEADER) throw new MalformedSecurity(`a list of ${size} bytes is too short`);
  return Buffer.from(reader.slice(0, size));
}

function readAcl(bytes: Buffer): Acl {
  const acl = rawAcl(bytes);
  const count = acl.readUInt16LE(4);
  const aces: Ace[] = [];
  let at = ACL_HEADER;
  for (let index = 0; index < count; index++) {
    const ace = readAce(acl, at);
    aces.push(ace);
    at += ace.bytes.length;
  }
  return { revision: acl.readUInt8(0), aces };
}

function aclBytes({ revision, aces }: Acl): Buffer {
  const body = Buffer.concat(aces.map(({ bytes }) => bytes));
  const size = ACL_HEADER + body.length;
  if (size > MOST_ACL) throw new MalformedSecurity(`a list of ${size} bytes is too long; ${MOST_ACL} are allowed`);
  const head = Buffer.alloc(ACL_HEADER);
  head.writeUInt8(revision, 0);
  head.writeUInt16LE(size, 2);
  head.writeUInt16LE(aces.length, 4);
  return Buffer.concat([head, body]);
}

/** The inverse of {@link readDescriptor}: owner, group, audit list, list of rights, in this order. */
export function descriptorBytes(descriptor: SecurityDescriptor): Buffer {
  const { revision, resourceManager, control, owner, group, sacl, dacl } = descriptor;
  const head = Buffer.alloc(HEADER);
  head.writeUInt8(revision, 0);
  head.writeUInt8(resourceManager, 1);
  const present = (bit: number, there: boolean, flags: number) => (there ? flags | bit : flags & ~bit);
  const flags = present(DACL_PRESENT, dacl !== undefined, present(SACL_PRESENT, sacl !== undefined, control));
  head.writeUInt16LE(flags | SELF_RELATIVE, 2);
  const parts: Buffer[] = [head];
  let at = HEADER;
  const put = (field: number, part: Buffer | null | undefined) => {
    if (!part) return;
    head.writeUInt32LE(at, field);
    parts.push(part);
    at += part.length;
  };
  put(4, owner === undefined ? undefined : sidBytes(owner));
  put(8, group === undefined ? undefined : sidBytes(group));
  put(12, sacl);
  put(16, dacl ? aclBytes(dacl) : undefined);
  return Buffer.concat(parts);
}
