/** One value in a distinguished name (RFC 4514 2.4). */
export function dnValue(text: string): string {
  return text
    .replace(/[\\,+"<>;=]/g, "\\$&")
    .replace(/\0/g, "\\00")
    .replace(/^[ #]/, "\\$&")
    .replace(/ $/, "\\ ");
}

/** Where a zone stands below the container of a directory partition's DNS. */
export const zoneDn = (zone: string, container: string): string => `DC=${dnValue(zone)},${container}`;
export const nodeDn = (name: string, zone: string): string => `DC=${dnValue(name)},${zone}`;

/** Partitions that hold no zones. */
const isSchema = (context: string) => /^CN=(Configuration|Schema),/i.test(context);

/**
 * The containers of zones on one domain controller, in the order in which zones are looked for: the domain's and the
 * forest's DNS partitions, further partitions, and the domain itself (the only place before Server 2003).
 */
export function zoneContainers(namingContexts: readonly string[], domain: string): string[] {
  const rank = (context: string) =>
    /^DC=DomainDnsZones,/i.test(context) ? 0 : /^DC=ForestDnsZones,/i.test(context) ? 1 : 2;
  const partitions = namingContexts
    .filter((context) => !isSchema(context) && context.toLowerCase() !== domain.toLowerCase())
    .sort((a, b) => rank(a) - rank(b));
  return [...partitions.map((context) => `CN=MicrosoftDNS,${context}`), `CN=MicrosoftDNS,CN=System,${domain}`];
}

export type AccountName =
  | { kind: "sid"; sid: string }
  /** "KMS Hosts", with the domain's short name in front if it was given. */
  | { kind: "name"; name: string; domain: string | undefined }
  | { kind: "principal"; name: string; suffix: string };

/** The ways to write an account: `CONTOSO\KMS Hosts`, `KMS Hosts`, `kms@contoso.com`, `S-1-5-21-...`. */
export function parseAccount(text: string): AccountName {
  if (/^S-1-/i.test(text)) return { kind: "sid", sid: text.toUpperCase() };
  const [, domain, inDomain] = /^([^\\@]+)\\(.+)$/.exec(text) ?? [];
  if (domain !== undefined && inDomain !== undefined) return { kind: "name", name: inDomain, domain };
  const [, name, suffix] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
  if (name !== undefined && suffix !== undefined) return { kind: "principal", name, suffix };
  return { kind: "name", name: text, domain: undefined };
}
