import { AndFilter, EqualityFilter, type Filter, PresenceFilter } from "ldapts";
import type { Account, Directory, DnsNode, FoundNode } from "../directory";
import { DescriptorChanged, DirectoryError } from "../errors";
import { nodeDn, parseAccount, zoneContainers, zoneDn } from "../names";
import { MalformedSecurity } from "../security/malformed";
import { readSid, sidBytes } from "../security/sid";
import { DESCRIPTOR, type LdapEntry, type LdapSession, SD_PARTS, textOf, textsOf } from "./session";

const READ_PARTS = SD_PARTS.owner | SD_PARTS.group | SD_PARTS.rights;

/** Where a domain controller keeps what. */
interface Contexts {
  domain: string;
  configuration: string;
  all: string[];
}

/** Active Directory by LDAP. */
export class LdapDirectory implements Directory {
  #contexts: Promise<Contexts> | undefined;

  constructor(private readonly session: LdapSession) {}

  async findNode(zone: string, name: string): Promise<FoundNode> {
    const { all, domain } = await this.#roots();
    const containers = zoneContainers(all, domain);
    const zones: string[] = [];
    for (const container of containers) {
      const found = await this.session.read(zoneDn(zone, container), ["objectClass"]);
      if (found) zones.push(found.dn);
    }
    const [first, ...alsoIn] = zones;
    if (first === undefined) {
      throw new DirectoryError(
        "noZone",
        `the domain controller keeps no zone ${zone} that this account may see (looked in ${containers.join("; ")})`,
        "correct the zone, or give a domain controller of the zone's own domain; a zone that is kept in a file has no permissions of this kind",
      );
    }
    return { zoneDn: first, alsoIn, node: await this.#node(nodeDn(name, first)) };
  }

  async #node(dn: string): Promise<DnsNode | undefined> {
    const entry = await this.session.read(dn, [DESCRIPTOR, "dNSTombstoned"], READ_PARTS);
    if (!entry) return undefined;
    return { dn: entry.dn, tombstoned: textOf(entry, "dNSTombstoned") === "TRUE", descriptor: this.#descriptor(entry) };
  }

  #descriptor(entry: LdapEntry): Buffer {
    const [descriptor] = entry.values.get(DESCRIPTOR.toLowerCase()) ?? [];
    if (descriptor) return descriptor;
    throw new DirectoryError(
      "refused",
      `the domain controller does not show the permissions of ${entry.dn}`,
      "use an account that may read them (Read permissions)",
    );
  }

  async account(text: string): Promise<Account> {
    const parsed = parseAccount(text);
    const { domain } = await this.#roots();
    if (parsed.kind === "sid") {
      const [found] = await this.#accounts(
        domain,
        new EqualityFilter({ attribute: "objectSid", value: sidBytes(parsed.sid) }),
      );
      return found ?? { sid: parsed.sid, name: undefined };
    }
    const found =
      parsed.kind === "name" ? await this.#byName(parsed.name, parsed.domain) : await this.#byPrincipal(parsed);
    const [first, second] = found;
    if (!first) {
      throw new DirectoryError(
        "account",
        `the domain controller knows no account "${text}"`,
        'correct "account" (the name before Windows 2000, like "CONTOSO\\KMS Hosts"), make the group first, or give its SID; an account of another domain is given by its SID',
      );
    }
    if (second) {
      throw new DirectoryError(
        "account",
        `the domain controller knows several accounts "${text}": ${found.map(({ name, sid }) => `${name} (${sid})`).join(", ")}`,
        'give the SID in "account"',
      );
    }
    return first;
  }

  async #byName(name: string, shortDomain: string | undefined): Promise<Account[]> {
    const { domain } = await this.#roots();
    if (shortDomain !== undefined && shortDomain.toLowerCase() !== (await this.#shortName(domain))?.toLowerCase())
      return [];
    return this.#accounts(domain, new EqualityFilter({ attribute: "sAMAccountName", value: name }));
  }

  async #byPrincipal({ name, suffix }: { name: string; suffix: string }): Promise<Account[]> {
    const { domain } = await this.#roots();
    const value = `${name}@${suffix}`;
    const found = await this.#accounts(domain, new EqualityFilter({ attribute: "userPrincipalName", value }));
    if (found.length > 0) return found;
    // Every account has this name too, groups among them: its short name at the domain's own.
    const own = domain.replace(/^DC=/i, "").replace(/,DC=/gi, ".");
    return suffix.toLowerCase() === own.toLowerCase() ? this.#byName(name, undefined) : [];
  }

  async #accounts(domain: string, filter: Filter): Promise<Account[]> {
    const filters = [filter, new PresenceFilter({ attribute: "objectSid" })];
    const attributes = ["objectSid", "sAMAccountName"];
    const entries = await this.session.find(domain, new AndFilter({ filters }), attributes);
    const short = entries.length > 0 ? await this.#shortName(domain) : undefined;
    return entries.flatMap((entry) => {
      const [sid] = entry.values.get("objectsid") ?? [];
      const name = textOf(entry, "sAMAccountName");
      if (!sid) return [];
      return [
        { sid: sidOf(sid), name: name === undefined ? undefined : short === undefined ? name : `${short}\\${name}` },
      ];
    });
  }

  /** The domain's short name, like "CONTOSO". */
  async #shortName(domain: string): Promise<string | undefined> {
    const { configuration } = await this.#roots();
    const filter = new AndFilter({
      filters: [
        new EqualityFilter({ attribute: "nCName", value: domain }),
        new PresenceFilter({ attribute: "nETBIOSName" }),
      ],
    });
    const [found] = await this.session.find(`CN=Partitions,${configuration}`, filter, ["nETBIOSName"]);
    return found && textOf(found, "nETBIOSName");
  }

  async writeRights(dn: string, expected: Buffer, descriptor: Buffer): Promise<void> {
    // LDAP has no compare-and-write for descriptors: what is between this look and the write is a round trip.
    const now = await this.#node(dn);
    if (!now?.descriptor.equals(expected)) throw new DescriptorChanged(dn);
    await this.session.writeRights(dn, descriptor);
  }

  #roots(): Promise<Contexts> {
    this.#contexts ??= this.#readRoots();
    return this.#contexts;
  }

  async #readRoots(): Promise<Contexts> {
    const attributes = ["defaultNamingContext", "configurationNamingContext", "namingContexts"];
    const root = await this.session.read("", attributes);
    const domain = root && textOf(root, "defaultNamingContext");
    const configuration = root && textOf(root, "configurationNamingContext");
    if (!root || domain === undefined || configuration === undefined) {
      throw new DirectoryError("answer", "it is no domain controller of Active Directory", 'correct "ldap.server"');
    }
    return { domain, configuration, all: textsOf(root, "namingContexts") };
  }
}

function sidOf(bytes: Buffer): string {
  try {
    return readSid(bytes).sid;
  } catch (error) {
    if (!(error instanceof MalformedSecurity)) throw error;
    throw new DirectoryError("malformed", `an account's SID cannot be read: ${error.message}`, "please report this");
  }
}
