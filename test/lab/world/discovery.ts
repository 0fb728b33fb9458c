import { HR, WindowsError } from "../machine/hresult";
import type { Machine } from "../machine/machine";
import { hostCaching, lookupDomain } from "../machine/settings";
import type { ProductState } from "../machine/state";
import type { Directory, Target } from "./kms";

const TCPIP_KEY = "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters";

/**
 * Domains in which a client looks for `_vlmcs._tcp`, in this order: the one that /skms-domain names, and no other; else
 * its primary DNS suffix (with that its Active Directory domain), what DHCP gave it, and the suffix search list.
 */
export function searchDomains(client: Machine, product: ProductState): string[] {
  const only = lookupDomain(client, product);
  if (only !== null) return [only];
  const listed = (client.registry.text(TCPIP_KEY, "SearchList") ?? "").split(/[,\s]+/);
  const dhcp = client.registry.text(TCPIP_KEY, "DhcpDomain") ?? "";
  return [...new Set([client.primaryDnsSuffix, dhcp, ...listed].map((domain) => domain.toLowerCase()))].filter(
    (domain) => domain !== "",
  );
}

/**
 * KMS hosts one after the other: the cached one, and DNS is only asked when that one did not answer. It is forgotten
 * then. Throws what the lookup answered when no domain has a record.
 */
export function* hostsToTry(client: Machine, product: ProductState, directory: Directory): Generator<Target> {
  const memory = client.state.client;
  const cached = hostCaching(client) ? memory.discovered : null;
  if (cached) yield { name: cached.name, port: cached.port };
  memory.discovered = null;
  for (const target of discover(searchDomains(client, product), directory)) {
    if (target.name !== cached?.name || target.port !== cached.port) yield target;
  }
}

function discover(domains: string[], directory: Directory): Target[] {
  let failure: number | undefined;
  for (const domain of domains) {
    const found = directory.discover(domain);
    if (typeof found !== "number") return found;
    failure ??= found;
  }
  throw new WindowsError(failure ?? HR.noPrimarySuffix);
}
