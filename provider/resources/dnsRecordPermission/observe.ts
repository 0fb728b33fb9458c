import type { Account, Directory } from "../../directory/directory";
import { DirectoryError } from "../../directory/errors";
import { readDescriptor, type SecurityDescriptor } from "../../directory/security/descriptor";
import { MalformedSecurity } from "../../directory/security/malformed";
import type { DnsRecordPermissionInputs } from "./schema";

export interface SeenNode {
  dn: string;
  tombstoned: boolean;
  /** As the directory gave it, for the comparison before a write. */
  bytes: Buffer;
  descriptor: SecurityDescriptor;
  owner: Account | undefined;
}

/** What one look brings. */
export interface PermissionObservation {
  account: Account;
  zoneDn: string;
  alsoIn: string[];
  node: SeenNode | undefined;
}

type Subject = Pick<DnsRecordPermissionInputs, "zone" | "name" | "account">;

export async function observe(directory: Directory, subject: Subject): Promise<PermissionObservation> {
  const { zoneDn, alsoIn, node } = await directory.findNode(subject.zone, subject.name);
  const account = await directory.account(subject.account);
  if (!node) return { account, zoneDn, alsoIn, node: undefined };
  const descriptor = readable(node.descriptor, node.dn);
  const owner = descriptor.owner === undefined ? undefined : await directory.account(descriptor.owner);
  return {
    account,
    zoneDn,
    alsoIn,
    node: { dn: node.dn, tombstoned: node.tombstoned, bytes: node.descriptor, descriptor, owner },
  };
}

/** The node alone, for a delete, which needs no account. */
export async function observeNode(directory: Directory, { zone, name }: Subject): Promise<SeenNode | undefined> {
  const { node } = await directory.findNode(zone, name);
  if (!node) return undefined;
  const { dn, tombstoned, descriptor } = node;
  return { dn, tombstoned, bytes: descriptor, descriptor: readable(descriptor, dn), owner: undefined };
}

function readable(bytes: Buffer, dn: string): SecurityDescriptor {
  try {
    const descriptor = readDescriptor(bytes);
    if (descriptor.dacl !== undefined) return descriptor;
  } catch (error) {
    if (!(error instanceof MalformedSecurity)) throw error;
    throw new DirectoryError(
      "malformed",
      `the permissions of ${dn} cannot be read: ${error.message}`,
      "please report this",
    );
  }
  throw new DirectoryError(
    "refused",
    `the directory does not show the permissions of ${dn}`,
    "use an account that may read them (Read permissions)",
  );
}
