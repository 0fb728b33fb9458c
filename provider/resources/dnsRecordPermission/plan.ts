import { plainAce } from "../../directory/security/ace";
import { findExplicit, withAce, withoutAce } from "../../directory/security/change";
import type { Acl, SecurityDescriptor } from "../../directory/security/descriptor";
import { FULL_CONTROL, grantedTo, READ_WRITE } from "../../directory/security/rights";
import { aceText } from "../../directory/security/sddl";
import type { PermissionObservation } from "./observe";
import type { Rights } from "./schema";

/**
 * "update" is what Windows' dialogs call Read and Write; writing properties is what an update of records needs (found on
 * Samba: it alone is enough there, for the removal of records too).
 */
export const MASKS: { readonly [rights in Rights]: number } = { update: READ_WRITE, full: FULL_CONTROL };

/** What a resource remembers of its entry, in SDDL. */
export interface Remembered {
  /** The entry that it added. */
  added: string | undefined;
  /** The entry that was to make room for `added`, by a write whose answer never came. */
  replacing?: string;
}

/** What is ours by now: a write is done as a whole or not at all, so that what stands there tells which. */
export function settled(memory: Remembered, dacl: Acl | null | undefined): Remembered {
  const { added, replacing } = memory;
  if (replacing === undefined || !dacl) return memory;
  const stands = (entry: string | undefined) => entry !== undefined && findExplicit(dacl, entry) !== undefined;
  return { added: stands(replacing) && !stands(added) ? replacing : added };
}

export interface PermissionPlan {
  /** The list as it is to be; undefined where it stays as it is. */
  dacl: Acl | undefined;
  /** SDDL of the entries that go and come. */
  remove: string | undefined;
  add: string | undefined;
  /** SDDL of the entry that is ours afterwards. */
  ours: string | undefined;
}

/** The entry that gives an account these rights, in SDDL. */
export const entryText = (sid: string, rights: Rights): string => aceText(plainAce("allow", MASKS[rights], sid));

/**
 * What has to change so that the account has the rights as far as an entry that allows can give them. `ours` is the entry
 * that this resource added before: the only one that it takes away. Entries of others stay, whatever they say.
 */
export function planPermission(
  { account, node }: PermissionObservation,
  rights: Rights,
  ours: string | undefined,
): PermissionPlan {
  const dacl = node?.descriptor.dacl;
  const wanted = entryText(account.sid, rights);
  const mine = dacl && ours !== undefined ? findExplicit(dacl, ours) : undefined;
  const nothing: PermissionPlan = { dacl: undefined, remove: undefined, add: undefined, ours: mine && ours };
  if (!dacl || (mine && ours === wanted)) return nothing;

  const rest = mine ? withoutAce(dacl, mine) : dacl;
  const more = withAce(rest, plainAce("allow", MASKS[rights], account.sid));
  const add = helps(rest, more, account.sid, MASKS[rights]) ? wanted : undefined;
  if (add === undefined && !mine) return nothing;
  return { dacl: add === undefined ? rest : more, remove: mine && ours, add, ours: add };
}

/** Whether the account has any of these rights by the second list that it lacks by the first. */
function helps(before: Acl, after: Acl, sid: string, mask: number): boolean {
  const sids = new Set([sid]);
  return (grantedTo(after, sids).allowed & mask & ~grantedTo(before, sids).allowed) !== 0;
}

/** The list without the entry that was added here; undefined where that entry is not there (any more). */
export function planRemoval({ dacl }: SecurityDescriptor, ours: string): Acl | undefined {
  const mine = dacl ? findExplicit(dacl, ours) : undefined;
  return dacl && mine ? withoutAce(dacl, mine) : undefined;
}

/** The rights that were seen, in the words of the declaration: as declared, if nothing is missing that could be given. */
export function rightsSeen(seen: PermissionObservation, wanted: Rights, ours: string | undefined): string {
  if (!seen.node) return "none";
  if (planPermission(seen, wanted, ours).dacl === undefined) return wanted;
  const { allowed } = grantedTo(seen.node.descriptor.dacl, new Set([seen.account.sid]));
  const has = (rights: Rights) => (allowed & MASKS[rights]) === MASKS[rights];
  if (has("full")) return "full";
  if (has("update")) return "update";
  return (allowed & MASKS.update) === 0 ? "none" : "partial";
}
