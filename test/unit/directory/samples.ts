import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Ace, plainAce, readAce } from "../../../provider/directory/security/ace";
import { type Acl, descriptorBytes, type SecurityDescriptor } from "../../../provider/directory/security/descriptor";

export const DOMAIN = "S-1-5-21-1659550883-4171454541-1406309108";
export const GROUP = `${DOMAIN}-1105`;
export const OTHER = `${DOMAIN}-1106`;
export const KMS01 = `${DOMAIN}-1103`;
const INHERITED = 0x10;

/**
 * The descriptor of a node that a domain controller of Samba 4.17 made for a user's update, as it came over LDAP: 29
 * entries, most of them inherited, many about single properties.
 */
export const NODE = Buffer.from(
  readFileSync(join(__dirname, "../../fixtures/dnsNodeDescriptor.base64"), "latin1"),
  "base64",
);

/** An object entry that denies writing one property. */
export const OBJECT_DENY: Ace = readAce(
  Buffer.from(
    `06003800200000000100000089dcea70aa46d011b9a200a0244a6f3e${"010500000000000515000000a3bcea624d58a3f8f492d25352040000"}`,
    "hex",
  ),
  0,
);
/** A conditional entry, whose type is not understood. */
export const CALLBACK: Ace = readAce(
  Buffer.from(`09002000${"ff010f00"}${"0101000000000005"}0b000000${"61727478"}${"00".repeat(8)}`, "hex"),
  0,
);

export const allow = (sid: string, mask: number, flags = 0) => plainAce("allow", mask, sid, flags);
export const deny = (sid: string, mask: number, flags = 0) => plainAce("deny", mask, sid, flags);
export const inherited = (sid: string, mask: number) => plainAce("allow", mask, sid, INHERITED | 0x02);

export const aclOf = (...aces: Ace[]): Acl => ({ revision: 4, aces });

export function descriptorWith(dacl: Acl | null, owner = KMS01): SecurityDescriptor {
  return { revision: 1, resourceManager: 0, control: 0x8404, owner, group: `${DOMAIN}-513`, dacl };
}

export const bytesWith = (...aces: Ace[]): Buffer => descriptorBytes(descriptorWith(aclOf(...aces)));
