import { isUnknown, type Props, pick, sameValue } from "../../adapter/props";
import type { Account } from "../../directory/directory";
import { aceText } from "../../directory/security/sddl";
import { permissionFindings } from "./findings";
import type { PermissionObservation } from "./observe";
import { type Remembered, rightsSeen } from "./plan";
import { DNS_RECORD_PERMISSION_INPUTS, type DnsRecordPermissionInputs, IDENTITY } from "./schema";

/** What is stored: the inputs with what was seen in the place of what was wanted, and what else was seen. */
export interface DnsRecordPermissionOutputs extends Omit<DnsRecordPermissionInputs, "rights"> {
  /** As declared, or what is there instead: "none", "partial", "update" or "full". */
  rights: string;
  /** What was declared, where `rights` shows something else. */
  declaredRights?: string;
  /** Who answered. */
  server: string;
  dn?: string;
  /** Who owns the node: a name, or a SID that has none. */
  owner?: string;
  accountSid: string;
  accountName?: string;
  /** The account's entries in SDDL, in their order. */
  entries: string[];
  findings: string[];
  /** The entry that this resource added, in SDDL: the one that a delete takes away. */
  added?: string;
  /** The entry that was to make room for `added`, where the answer to that write never came. */
  replacing?: string;
  /** Tells this declaration from a later one of the same permission. */
  claim: string;
  lookedAt?: boolean;
}

/** Lists in outputs end here. */
const MOST_LISTED = 10;

export interface Memory extends Remembered {
  claim: string;
}

const shown = ({ name, sid }: Account) => name ?? sid;

export function permissionOutputs(
  seen: PermissionObservation,
  wanted: DnsRecordPermissionInputs,
  server: string,
  { claim, added, replacing }: Memory,
): DnsRecordPermissionOutputs {
  const { account, node } = seen;
  const rights = rightsSeen(seen, wanted.rights, added);
  const aces = node?.descriptor.dacl?.aces ?? [];
  const own = aces.filter(({ known }) => known?.sid === account.sid).map(aceText);
  return {
    ...wanted,
    rights,
    ...(rights === wanted.rights ? {} : { declaredRights: wanted.rights }),
    server,
    ...(node ? { dn: node.dn } : {}),
    ...(node?.owner ? { owner: shown(node.owner) } : {}),
    accountSid: account.sid,
    ...(account.name === undefined ? {} : { accountName: account.name }),
    entries: own.slice(0, MOST_LISTED),
    findings: permissionFindings(seen, wanted, added).slice(0, MOST_LISTED),
    ...(added === undefined ? {} : { added }),
    ...(replacing === undefined ? {} : { replacing }),
    claim,
  };
}

/** The inputs as they were declared, of outputs. */
export function declaredInputs(outs: Props): DnsRecordPermissionInputs {
  const inputs = pick(outs, DNS_RECORD_PERMISSION_INPUTS);
  const { declaredRights } = outs;
  return {
    ...inputs,
    ...(declaredRights === undefined ? {} : { rights: declaredRights }),
  } as unknown as DnsRecordPermissionInputs;
}

export const permissionInputsOf = (outs: Props): Props => pick(outs, DNS_RECORD_PERMISSION_INPUTS);

export function memoryOf(outs: Props): Memory {
  const { added, replacing, claim } = outs;
  return {
    claim: String(claim ?? ""),
    added: typeof added === "string" ? added : undefined,
    ...(typeof replacing === "string" ? { replacing } : {}),
  };
}

export function diffPermission(outs: Props, wanted: Props): { changed: string[]; replaces: string[] } {
  const changed = DNS_RECORD_PERMISSION_INPUTS.filter(
    (name) => isUnknown(wanted[name]) || !sameValue(outs[name], wanted[name]),
  ) as string[];
  if (outs["lookedAt"] === false) changed.unshift("lookedAt");
  return { changed, replaces: changed.filter((name) => (IDENTITY as readonly string[]).includes(name)) };
}
