/** What one host publishes itself into. */
export interface PublishedBy {
  machineId: string;
  /** Computer name. */
  name: string;
  /** DNS domains, lower case; its own suffix where no list is set. */
  domains: readonly string[];
}

/**
 * The publish lists that this process has seen, by the DNS domain of the hosts. Hosts of one domain are meant to publish
 * into the same domains, or clients of some find only some hosts. Priorities and weights may differ: that is how hosts
 * are ranked.
 */
export class PublishLists {
  private readonly seen = new Map<string, Map<string, PublishedBy>>();

  /** Remembers a host's list; a host that does not publish is forgotten. */
  note(domain: string, host: PublishedBy, publishes: boolean): void {
    const hosts = this.seen.get(domain) ?? new Map<string, PublishedBy>();
    if (publishes) hosts.set(host.machineId, host);
    else hosts.delete(host.machineId);
    this.seen.set(domain, hosts);
  }

  /** Domains that other hosts of the domain publish into and this one does not: said once, at the host that lacks them. */
  lacking(domain: string, machineId: string): { domain: string; hosts: string[] }[] {
    const hosts = [...(this.seen.get(domain)?.values() ?? [])];
    const own = hosts.find((host) => host.machineId === machineId);
    if (!own) return [];
    const others = new Map<string, string[]>();
    for (const host of hosts) {
      for (const each of host.domains) {
        if (!own.domains.includes(each)) others.set(each, [...(others.get(each) ?? []), host.name]);
      }
    }
    return [...others].map(([each, names]) => ({ domain: each, hosts: names.sort() }));
  }
}

/** One for the process, as hosts are resources of their own. */
export const publishLists = new PublishLists();
