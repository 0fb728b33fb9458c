/** The part of the contract in `protocol.ts` that is about a domain's servers: its DNS server and its directory. */

/** Data of an SRV record on a Windows DNS server; names without the final dot. */
export interface DnsSrvData {
  priority: number;
  weight: number;
  port: number;
  target: string;
}
export interface DnsSrvRecord extends DnsSrvData {
  /** Seconds. On Windows each record has its own. */
  ttl: number;
  /** Without a time stamp: scavenging never removes it. */
  static: boolean;
}
/** One name in one zone of the machine's own DNS server. */
export interface DnsReadArgs {
  zone: string;
  /** Relative to the zone, like "_vlmcs._tcp". */
  name: string;
}
export interface DnsZoneFacts {
  adIntegrated: boolean;
  /** Records with an old time stamp may be scavenged. */
  aging: boolean;
  dynamicUpdate: "none" | "secure" | "any";
}
export interface DnsReadResult {
  zone: DnsZoneFacts;
  records: DnsSrvRecord[];
  /** Where the name's CNAME leads. */
  alias: string | null;
}
/** Done only if the name has exactly the `expected` SRV records and no alias, else `expectation`. Adds before it deletes. */
export interface DnsChangeArgs extends DnsReadArgs {
  expected: DnsSrvData[];
  /** Some of `expected`. */
  deletes: DnsSrvData[];
  /** Written without a time stamp. */
  add: (DnsSrvData & { ttl: number }) | null;
}
export interface DirectoryNodeArgs {
  /** DNS zone, and the node's name in it, like "_vlmcs._tcp". */
  zone: string;
  name: string;
}
export interface DirectoryNodeResult {
  /** The domain controller that answered. */
  server: string;
  /** Distinguished names of the zone, one for each place in which it is kept; the node is looked for in the first. */
  zones: string[];
  /** `descriptor`: owner, group and rights as a self-relative security descriptor (MS-DTYP), base64. */
  node: { dn: string; tombstoned: boolean; descriptor: string } | null;
}
export interface AccountSidArgs {
  /** `CONTOSO\KMS Hosts`, `KMS Hosts`, `kms@contoso.com`, or a SID. */
  account: string;
}
/** `name`: as Windows shows it; `null` where nobody has that SID. */
export interface AccountSidResult {
  sid: string;
  name: string | null;
}
/** Writes the rights (DACL) of one DNS node, unless its descriptor is not `expected` any more: `expectation`. */
export interface DirectoryWriteArgs {
  dn: string;
  /** Both as `descriptor` of `directory.node`. */
  expected: string;
  descriptor: string;
}
