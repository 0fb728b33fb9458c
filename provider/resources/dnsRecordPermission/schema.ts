import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { checkDnsDomain, normalizeDomain, quote } from "../../checks/index";
import { MalformedSecurity } from "../../directory/security/malformed";
import { sidBytes } from "../../directory/security/sid";
import type { Connection } from "../../machine/connection";
import { checkInputs, type Rules } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, text } from "../shared/fields";
import { type LdapAccess, ldapRules, ldapSchema } from "./ldap";

/** What KMS hosts publish. */
const KMS_SERVICE = "_vlmcs._tcp";
const MOST_LABEL = 63;
const MOST_NAME = 253;

function checkNodeName(value: string): string | undefined {
  if (/^_vmlcs\b/i.test(value))
    return `${quote(value)} is a misspelling that many pages copy; KMS uses ${KMS_SERVICE}.`;
  const labels = value.replace(/\.$/, "").split(".");
  const wrong = labels.find(
    (label) => !/^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i.test(label) || label.length > MOST_LABEL,
  );
  return wrong === undefined ? undefined : `${quote(value)} is no name of DNS records, like "${KMS_SERVICE}".`;
}

function isSid(text: string): boolean {
  if (!/^S-1-\d+(-\d+)+$/i.test(text)) return false;
  try {
    sidBytes(text);
    return true;
  } catch (error) {
    if (error instanceof MalformedSecurity) return false;
    throw error;
  }
}

/** A user's or group's name in one of the ways that Windows writes it, or a SID. */
function checkAccount(value: string): string | undefined {
  if (value.trim() !== value || value === "" || value.length > 256 || /\p{Cc}/u.test(value)) {
    return "must be one line of 1 to 256 characters, without spaces around it";
  }
  if (/^S-1-/i.test(value)) return isSid(value) ? undefined : `${quote(value)} is no SID`;
  if (/["/[\]:;|=,+*?<>]/.test(value) || /\\.*[\\@]|@.*[\\@]|^[\\@]|[\\@]$/.test(value)) {
    return `${quote(value)} is no account: give "CONTOSO\\KMS Hosts", "KMS Hosts", "kms@contoso.com" or a SID`;
  }
  return undefined;
}

export const dnsRecordPermissionSchema = z.strictObject({
  resourceName: z.string().optional(),
  ldap: ldapSchema.optional(),
  connection: connectionSchema.optional(),
  zone: text("a DNS zone that is kept in Active Directory", checkDnsDomain).optional(),
  name: text("the records' name in the zone", checkNodeName).default(KMS_SERVICE),
  account: text("a group or account of the domain", checkAccount).optional(),
  rights: choice(["update", "full"]).default("update"),
  onDelete: choice(["restore", "retain"]).default("restore"),
});

export type Rights = "update" | "full";

/** Checked inputs of a DnsRecordPermission; one of `ldap` and `connection` is there. */
export interface DnsRecordPermissionInputs {
  resourceName: string;
  ldap?: LdapAccess;
  connection?: Connection;
  /** Lower case, without the final dot. */
  zone: string;
  name: string;
  account: string;
  rights: Rights;
  onDelete: "restore" | "retain";
}

export const DNS_RECORD_PERMISSION_INPUTS: readonly (keyof DnsRecordPermissionInputs)[] = [
  "resourceName",
  "ldap",
  "connection",
  "zone",
  "name",
  "account",
  "rights",
  "onDelete",
];

/** What makes it this permission: a change of one of these is another one. */
export const IDENTITY = ["zone", "name", "account"] as const;

export const fqdnOf = ({ name, zone }: Pick<DnsRecordPermissionInputs, "name" | "zone">): string => `${name}.${zone}`;

export function checkDnsRecordPermission(input: Props): CheckResult {
  return checkInputs(dnsRecordPermissionSchema, input, (known, rules) => {
    rules.require(["zone"], "the DNS zone that the records are in");
    rules.require(["account"], "the group or account that may change them");
    const companions: Props = {};
    const zone = known.zone === undefined ? undefined : normalizeDomain(known.zone);
    if (zone !== undefined) companions["zone"] = zone;
    if (!rules.unknown("name")) {
      const name = normalizeDomain(known.name);
      companions["name"] = name;
      if (zone !== undefined) nameRules(name, zone, rules);
    }
    const { ldap, connection } = known;
    if (ldap && connection) {
      rules.fail(["connection"], "and ldap exclude each other: the directory is reached in one way");
    } else if (!ldap && !connection && !rules.unknown("ldap") && !rules.unknown("connection")) {
      rules.fail(
        ["ldap"],
        "is required, or connection: how to reach the directory, by LDAP over TLS or through a Windows machine of the domain",
      );
    }
    if (ldap) companions["ldap"] = ldapRules(ldap, rules);
    if (connection) connectionRules(connection, rules);
    return companions;
  });
}

function nameRules(name: string, zone: string, rules: Rules): void {
  if (name === zone || name.endsWith(`.${zone}`)) {
    rules.fail(["name"], `is relative to the zone: give it without ${zone}`);
  } else if (name.length + 1 + zone.length > MOST_NAME) {
    rules.fail(
      ["name"],
      `is, with its zone, ${name.length + 1 + zone.length} characters long; DNS allows ${MOST_NAME}`,
    );
  }
}
