import { randomInt } from "node:crypto";
import { fqdnOf, type MachineSpec, type NetworkSpec } from "../networks/spec";

/** What the state file has of the directory. */
export interface DirectoryState {
  /** SID of each domain, by its DNS name. Made up at the first start. */
  domains: Record<string, string>;
}

export function newDirectoryState(network: NetworkSpec): DirectoryState {
  const part = () => randomInt(1_000_000_000, 2 ** 32 - 1);
  const sid = () => `S-1-5-21-${part()}-${part()}-${part()}`;
  return { domains: Object.fromEntries(domainsOf(network).map((domain) => [domain, sid()])) };
}

/** DNS names of the network's domains, its own first. */
export function domainsOf({ domain, machines, groups, accounts }: NetworkSpec): string[] {
  const named = [...machines, ...(groups ?? []), ...(accounts ?? [])].map((one) => one.domain ?? domain);
  return [...new Set([domain, ...named].map((one) => one.toLowerCase()))];
}

/** A computer, group or user, with its SID. */
export interface DirectoryAccount {
  sid: string;
  /** DNS name of its domain. */
  domain: string;
  /** Name before Windows 2000: "KMS01$", "KMS Hosts". */
  sam: string;
  /** The lab's name, of a computer. */
  machine?: string;
  /** SIDs of the groups that it is in itself. */
  memberOf: string[];
}

const DOMAIN_ADMINS = 512;
const DOMAIN_USERS = 513;
const DOMAIN_COMPUTERS = 515;
const DNS_ADMINS = 1101;
const FIRST_COMPUTER = 1103;
const FIRST_GROUP = 2103;
const FIRST_USER = 3103;

export const WELL_KNOWN = {
  everyone: "S-1-1-0",
  authenticated: "S-1-5-11",
  controllers: "S-1-5-9",
  system: "S-1-5-18",
  administrators: "S-1-5-32-544",
} as const;
const WELL_KNOWN_NAMES: Readonly<Record<string, string>> = {
  [WELL_KNOWN.everyone]: "Everyone",
  [WELL_KNOWN.authenticated]: "NT AUTHORITY\\Authenticated Users",
  [WELL_KNOWN.controllers]: "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS",
  [WELL_KNOWN.system]: "NT AUTHORITY\\SYSTEM",
  [WELL_KNOWN.administrators]: "BUILTIN\\Administrators",
};

/** Every Windows knows these by itself. */
export const wellKnownName = (sid: string): string | undefined => WELL_KNOWN_NAMES[sid];

const shortName = (domain: string) => (domain.split(".")[0] ?? "").toUpperCase();
const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** Who there is in the network's domains. SIDs follow from the network's description and the domains' own. */
export class Accounts {
  readonly all: readonly DirectoryAccount[];

  constructor(
    private readonly network: NetworkSpec,
    private readonly state: DirectoryState,
  ) {
    this.all = this.#everybody();
  }

  /** SID of an account of a domain by its relative id. */
  #sid(domain: string, rid: number): string {
    const sid = this.state.domains[domain.toLowerCase()];
    if (sid === undefined) throw new Error(`The lab's directory has no domain ${domain}.`);
    return `${sid}-${rid}`;
  }

  #everybody(): DirectoryAccount[] {
    const { domain: own, machines, groups = [], accounts = [] } = this.network;
    const account = (domain: string, rid: number, sam: string, more: object = {}): DirectoryAccount => ({
      sid: this.#sid(domain, rid),
      domain,
      sam,
      memberOf: [],
      ...more,
    });
    const everybody = [
      ...domainsOf(this.network).flatMap((domain) => [
        account(domain, DOMAIN_ADMINS, "Domain Admins"),
        account(domain, DOMAIN_USERS, "Domain Users"),
        account(domain, DOMAIN_COMPUTERS, "Domain Computers"),
        account(domain, DNS_ADMINS, "DnsAdmins"),
      ]),
      ...machines.flatMap((machine, index) => {
        const domain = machine.domain ?? own;
        if (machine.domainJoined === false) return [];
        const computers = [this.#sid(domain, DOMAIN_COMPUTERS)];
        const more = { machine: machine.name, memberOf: computers };
        return [account(domain, FIRST_COMPUTER + index, `${machine.name.toUpperCase()}$`, more)];
      }),
      ...groups.map(({ name, domain }, index) => account(domain ?? own, FIRST_GROUP + index, name)),
      ...accounts.map(({ name, domain }, index) =>
        account(domain ?? own, FIRST_USER + index, name, { memberOf: [this.#sid(domain ?? own, DOMAIN_USERS)] }),
      ),
    ];
    for (const [index, group] of groups.entries()) {
      const sid = this.#sid(group.domain ?? own, FIRST_GROUP + index);
      for (const member of group.members) {
        const found = everybody.find(({ sam, machine }) => machine === member || same(sam, member));
        if (!found) throw new Error(`The group ${group.name} has a member ${member} that is nowhere.`);
        found.memberOf.push(sid);
      }
    }
    return everybody;
  }

  admins(domain = this.network.domain): string {
    return this.#sid(domain, DOMAIN_ADMINS);
  }

  dnsAdmins(domain = this.network.domain): string {
    return this.#sid(domain, DNS_ADMINS);
  }

  ofMachine(name: string): DirectoryAccount | undefined {
    return this.all.find(({ machine }) => machine === name);
  }

  /** By SID, "DOMAIN\name", "name@domain" or "name", as Windows finds it. */
  find(text: string, domain = this.network.domain): DirectoryAccount | undefined {
    const [, short, inDomain] = /^([^\\@]+)\\(.+)$/.exec(text) ?? [];
    const [, name, suffix] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
    return this.all.find((one) => {
      if (same(one.sid, text)) return true;
      if (short !== undefined) return same(one.sam, inDomain ?? "") && same(shortName(one.domain), short);
      if (suffix !== undefined) return same(one.sam, name ?? "") && same(one.domain, suffix);
      return same(one.sam, text) && same(one.domain, domain);
    });
  }

  /** As Windows shows it; undefined where nobody has that SID. */
  nameOf(sid: string): string | undefined {
    const account = this.all.find((one) => same(one.sid, sid));
    return account ? `${shortName(account.domain)}\\${account.sam}` : WELL_KNOWN_NAMES[sid.toUpperCase()];
  }

  /** All SIDs for which a machine is let in: its own, its groups', their groups', and everybody's. */
  tokenOf(machine: string): ReadonlySet<string> {
    const account = this.ofMachine(machine);
    const token = new Set<string>([WELL_KNOWN.everyone]);
    if (!account) return token;
    token.add(WELL_KNOWN.authenticated);
    const add = (sid: string) => {
      if (token.has(sid)) return;
      token.add(sid);
      for (const group of this.all.find((one) => one.sid === sid)?.memberOf ?? []) add(group);
    };
    add(account.sid);
    if (this.spec(machine)?.domainController) token.add(WELL_KNOWN.controllers);
    return token;
  }

  spec(machine: string): MachineSpec | undefined {
    return this.network.machines.find(({ name }) => name === machine);
  }

  /** The domain controllers that serve a domain's machines, those of the same domain first. */
  controllersFor(domain: string): { name: string; fqdn: string }[] {
    const own = (machine: MachineSpec) => same(machine.domain ?? this.network.domain, domain);
    return this.network.machines
      .filter(({ domainController }) => domainController === true)
      .sort((one, other) => Number(own(other)) - Number(own(one)))
      .map((machine) => ({ name: machine.name, fqdn: fqdnOf(this.network, machine) }));
  }

  /** Where a zone is kept: in its domain's own partition, or in the forest's. */
  zoneDn(zone: string): string {
    const dn = (domain: string) => `DC=${domain.replaceAll(".", ",DC=")}`;
    const own = domainsOf(this.network).includes(zone.toLowerCase());
    const place = own ? `DC=DomainDnsZones,${dn(zone)}` : `DC=ForestDnsZones,${dn(this.network.domain)}`;
    return `DC=${zone},CN=MicrosoftDNS,${place}`;
  }
}
