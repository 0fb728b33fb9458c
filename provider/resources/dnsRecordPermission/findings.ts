import { ACE_TYPE, type Ace, isDeny, isInherited } from "../../directory/security/ace";
import { FULL_CONTROL, grantedTo, maskText, specific, WRITE_PROPERTY } from "../../directory/security/rights";
import { aceText } from "../../directory/security/sddl";
import type { PermissionObservation } from "./observe";
import { MASKS } from "./plan";
import type { DnsRecordPermissionInputs } from "./schema";

/** Everybody who has logged in, and everybody. */
const ALL: readonly [sid: string, who: string][] = [
  ["S-1-5-11", "every account of the domain (Authenticated Users)"],
  ["S-1-1-0", "everybody (Everyone)"],
];

/** What deserves to be known although `up` does not change it. */
export function permissionFindings(
  seen: PermissionObservation,
  wanted: DnsRecordPermissionInputs,
  ours: string | undefined,
): string[] {
  const { account, alsoIn, node, zoneDn } = seen;
  const who = account.name ?? account.sid;
  const list: string[] = [];
  // Others than those of domains belong to Windows itself, and have no entry in a directory.
  if (account.name === undefined && account.sid.startsWith("S-1-5-21-")) {
    list.push(`the directory has no account with the SID ${account.sid}: it belongs to another domain, or was deleted`);
  }
  if (alsoIn.length > 0) {
    list.push(
      `the zone ${wanted.zone} is kept in ${alsoIn.length + 1} places: ${zoneDn} was looked at, ${alsoIn.join("; ")} not`,
    );
  }
  if (!node)
    return [
      ...list,
      `nobody has written ${wanted.name}.${wanted.zone} yet, so that there is nothing to have rights on`,
    ];
  if (node.tombstoned) {
    list.push(
      `all records of ${wanted.name}.${wanted.zone} are deleted; the DNS server removes their object, and these rights with it, ` +
        "after some days (14, unless it was told otherwise)",
    );
  }
  const { dacl } = node.descriptor;
  if (!dacl) return [...list, `${node.dn} has no list of rights at all: everybody may do everything with it`];

  const own = dacl.aces.filter(({ known }) => known?.sid === account.sid);
  const mask = MASKS[wanted.rights];
  const denies = own.filter((ace) => !isInherited(ace) && isDeny(ace) && specific(ace.known?.mask ?? 0) & mask);
  if (denies.length > 0) {
    list.push(
      `${who} is denied rights by ${denies.map(aceText).join(", ")}, which wins over every entry that allows: remove it on ${node.dn}`,
    );
  }
  if (ours === undefined && own.some((ace) => isInherited(ace) && allows(ace, mask))) {
    list.push(`${who} has these rights by inheritance from ${zoneDn}; nothing was added to ${node.dn}`);
  }
  const more = grantedTo(dacl, new Set([account.sid])).allowed & ~mask;
  if (wanted.rights === "update" && more !== 0) {
    list.push(`${who} has more rights than are declared: ${maskText(more & FULL_CONTROL)}`);
  }
  if (!inOrder(dacl.aces)) {
    list.push(
      `the entries of ${node.dn} are not in the canonical order (denying, allowing, inherited); Windows' dialogs will say so`,
    );
  }
  for (const [sid, everybody] of ALL) {
    if (sid !== account.sid && grantedTo(dacl, new Set([sid])).allowed & WRITE_PROPERTY) {
      list.push(`${everybody} may change the records of ${wanted.name}.${wanted.zone}`);
    }
  }
  return list;
}

const allows = ({ type, known }: Ace, mask: number): boolean =>
  type === ACE_TYPE.allow && (specific(known?.mask ?? 0) & mask) !== 0;

function inOrder(aces: readonly Ace[]): boolean {
  const ranks = aces.map((ace) => (isInherited(ace) ? 2 : isDeny(ace) ? 0 : 1));
  return ranks.every((rank, index) => rank >= (ranks[index - 1] ?? 0));
}
