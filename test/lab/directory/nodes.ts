import { plainAce } from "pulumi-volume-activation-provider/directory/security/ace";
import { explicitOf, withAce } from "pulumi-volume-activation-provider/directory/security/change";
import {
  type Acl,
  descriptorBytes,
  readDescriptor,
  type SecurityDescriptor,
} from "pulumi-volume-activation-provider/directory/security/descriptor";
import {
  FULL_CONTROL,
  grantedTo,
  READ_WRITE,
  WRITE_PROPERTY,
} from "pulumi-volume-activation-provider/directory/security/rights";
import { type Accounts, WELL_KNOWN } from "./accounts";

/** Self-relative, rights present and inherited by Windows. */
const CONTROL = 0x8404;
const READ = 0x20094;
/** Inherited, and handed on to what is below. */
const INHERITED = 0x12;

/** The rights of a node that was just made: those of its class, of who made it, and those that the zone hands down. */
export function newDescriptor(accounts: Accounts, owner: string, grantedTo: readonly string[] = []): Buffer {
  const { everyone, controllers, system } = WELL_KNOWN;
  const admins = accounts.admins();
  const full = [admins, controllers, system, ...(owner === admins ? [] : [owner])];
  const aces = [
    ...grantedTo.map((sid) => plainAce("allow", READ_WRITE, sid)),
    ...full.map((sid) => plainAce("allow", FULL_CONTROL, sid)),
    plainAce("allow", READ, everyone),
    plainAce("allow", FULL_CONTROL, controllers, INHERITED),
    plainAce("allow", FULL_CONTROL, accounts.dnsAdmins(), INHERITED),
  ];
  return descriptorBytes({
    revision: 1,
    resourceManager: 0,
    control: CONTROL,
    owner,
    group: admins,
    dacl: { revision: 4, aces },
  });
}

/** Whether one of these SIDs may change the records. */
export const mayUpdate = (descriptor: Buffer, token: ReadonlySet<string>): boolean =>
  (grantedTo(readDescriptor(descriptor).dacl, token).allowed & WRITE_PROPERTY) !== 0;

export const ownerOf = (descriptor: Buffer): string => readDescriptor(descriptor).owner ?? "";

/** SIDs of the entries that stand on the node itself and let somebody change its records. */
export function writersOf(descriptor: Buffer): string[] {
  const { dacl } = readDescriptor(descriptor);
  const sids = dacl ? explicitOf(dacl).map(({ known }) => known?.sid ?? "") : [];
  return [...new Set(sids)].filter((sid) => mayUpdate(descriptor, new Set([sid])));
}

function changed(descriptor: Buffer, change: (dacl: Acl) => Acl): Buffer {
  const read: SecurityDescriptor = readDescriptor(descriptor);
  return descriptorBytes({ ...read, dacl: change(read.dacl ?? { revision: 4, aces: [] }) });
}

/** One more entry for an account. */
export const withEntry = (descriptor: Buffer, kind: "allow" | "deny", sid: string): Buffer =>
  changed(descriptor, (dacl) => withAce(dacl, plainAce(kind, READ_WRITE, sid)));

/** Without any entry of the account on the node itself. */
export const withoutEntries = (descriptor: Buffer, sid: string): Buffer =>
  changed(descriptor, (dacl) => {
    const gone = new Set(explicitOf(dacl).filter(({ known }) => known?.sid === sid));
    return { ...dacl, aces: dacl.aces.filter((ace) => !gone.has(ace)) };
  });

/** A directory takes over the entries of the object itself; what is inherited it knows better. */
export function withRightsOf(descriptor: Buffer, given: Buffer): Buffer {
  const { dacl } = readDescriptor(given);
  return changed(descriptor, (own) => {
    const inherited = own.aces.slice(explicitOf(own).length);
    return { revision: own.revision, aces: [...(dacl ? explicitOf(dacl) : []), ...inherited] };
  });
}
