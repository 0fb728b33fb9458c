import { checks } from "./lazy";
import { demand, refuse } from "./refuse";

/** One KMS host's SRV record. */
export interface BindHost {
  /** Full name of the KMS host, like "kms01.contoso.com". */
  target: string;
  /**
   * TCP port that KMS serves, 1..65535.
   * @default 1688
   */
  port?: number;
  /**
   * SRV priority, 0..65535, lower first; read by Windows 7, Server 2008 R2 and later.
   * @default 0
   */
  priority?: number;
  /**
   * SRV weight, 0..65535; read by Windows 7, Server 2008 R2 and later.
   * @default 0
   */
  weight?: number;
}

export interface BindZoneArgs {
  /** DNS domain that clients look in, like "contoso.com". */
  domain: string;
  /** The KMS hosts, each once. */
  hosts: readonly BindHost[];
  /**
   * Seconds that the records may be cached, 0..2147483647; one for the whole set (RFC 2181).
   * @default 3600
   */
  ttl?: number;
}

/** Most of a TTL (RFC 2181, section 8). */
const MOST_TTL = 2 ** 31 - 1;

/**
 * Lines for a zone file of BIND 8.2 or later (or any other server of RFC 1035 zone files): the SRV records that KMS
 * clients look for. Names are complete, with their final dot, so they mean the same in every zone file that may hold them.
 */
export function bindZoneLines({ domain, hosts, ttl = 3600 }: BindZoneArgs): string {
  const helper = "bindZoneLines";
  demand(helper, "domain", checks().checkDnsDomain(domain));
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > MOST_TTL)
    refuse(helper, "ttl", `${ttl} is no TTL; a whole number from 0 to ${MOST_TTL} seconds is allowed`);
  if (hosts.length === 0) refuse(helper, "hosts", "is empty; name one KMS host at least");
  const owner = recordName(domain);
  const seen = new Set<string>();
  const lines = hosts.map(({ target, port = 1688, priority = 0, weight = 0 }, index) => {
    const at = `hosts[${index}]`;
    demand(helper, `${at}.target`, checks().checkFqdn(target));
    demand(helper, `${at}.port`, checks().checkPort(port));
    demand(helper, `${at}.priority`, checks().checkSrvPriorityWeight(priority));
    demand(helper, `${at}.weight`, checks().checkSrvPriorityWeight(weight));
    const name = checks().normalizeDomain(target);
    if (seen.has(name)) refuse(helper, `${at}.target`, `names ${name} a second time`);
    seen.add(name);
    return `${owner} ${ttl} IN SRV ${priority} ${weight} ${port} ${name}.`;
  });
  return `${lines.join("\n")}\n`;
}

export interface BindUpdatePolicyArgs {
  /** DNS domain whose SRV set may be changed, like "contoso.com". */
  domain: string;
  /** Names of TSIG keys (`key "NAME" { ... };` in named.conf), as `SrvRecord.auth.keyName` has them. */
  keys?: readonly string[];
  /**
   * Kerberos principals that sign with GSS-TSIG; KMS hosts of a domain publish themselves as "KMS01$@CONTOSO.COM". The
   * server needs `tkey-gssapi-keytab` for that.
   */
  principals?: readonly string[];
}

/**
 * The update-policy of a zone in named.conf: who is named may change the SRV set at `_vlmcs._tcp` and nothing else. The
 * deployment guide opens the zone to any update (`allow-update { any; };`), by which anybody on the network can take
 * over every name in it; this is the safe form of the same step. A zone has either update-policy or allow-update.
 */
export function bindUpdatePolicy({ domain, keys = [], principals = [] }: BindUpdatePolicyArgs): string {
  const helper = "bindUpdatePolicy";
  demand(helper, "domain", checks().checkDnsDomain(domain));
  keys.forEach((key, index) => {
    demand(helper, `keys[${index}]`, checks().checkDnsDomain(key));
  });
  principals.forEach((principal, index) => {
    demand(helper, `principals[${index}]`, checkPrincipal(principal));
  });
  const grantees = [...keys.map((key) => checks().normalizeDomain(key)), ...principals];
  if (grantees.length === 0) refuse(helper, "keys", "and principals are empty; name who may change the records");
  if (new Set(grantees).size !== grantees.length) refuse(helper, "keys", "or principals name one twice");
  const owner = recordName(domain);
  return ["update-policy {", ...grantees.map((who) => `  grant "${who}" name ${owner} SRV;`), "};", ""].join("\n");
}

const recordName = (domain: string) => `_vlmcs._tcp.${checks().normalizeDomain(domain)}.`;

/** An account, or a service with its host, of one realm. A wildcard would grant to everybody in the realm. */
function checkPrincipal(principal: string): string | undefined {
  if (/^[A-Za-z0-9._-]+\$?(?:\/[A-Za-z0-9.-]+)?@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(principal)) return undefined;
  return `${checks().quote(principal)} is no Kerberos principal like "KMS01$@CONTOSO.COM"`;
}
