import { setTimeout as sleep } from "node:timers/promises";
import type { OperationContext } from "../../adapter/handler";
import type { Turn } from "../shared/onMachine";
import { look } from "../shared/runSteps";
import { withoutResult } from "./events";
import { type HostObservation, parseHost, readsFor } from "./observe";
import { publishLists } from "./publishLists";
import type { KmsHostInputs } from "./schema";

/** sppsvc publishes when it starts; a name server that does not answer may keep it longer than this. */
const WAIT_MS = 10_000;
const ASK_EVERY_MS = 1000;

/** Domains that the host is sure to publish into: those of its list, else its own suffix. */
function domainsOf(seen: HostObservation, { session }: Turn): string[] {
  if (seen.publishDomains.length) return seen.publishDomains.map(({ domain }) => domain);
  const { primaryDnsSuffix, partOfDomain, domain } = session.hello;
  const own = primaryDnsSuffix || (partOfDomain ? domain : "");
  return own === "" ? [] : [own.toLowerCase()];
}

/**
 * After a restart of sppsvc: waits, for ten seconds at most, until the log tells of each domain what publishing came to
 * (12294, 12293). A result that does not come is a finding, no failure.
 */
export async function waitForPublishing(
  context: OperationContext,
  turn: Turn,
  wanted: KmsHostInputs,
  before: HostObservation,
  after: HostObservation,
): Promise<{ seen: HostObservation; unpublished: string[] }> {
  const since = before.events.now;
  const { isKmsHost, dnsPublishing } = after.licensing;
  if (!(wanted.verifyPublishing ?? wanted.dnsPublishing) || !isKmsHost || !dnsPublishing || since === undefined) {
    return { seen: after, unpublished: [] };
  }
  const domains = domainsOf(after, turn);
  const reads = readsFor(wanted, turn.session.hello);
  let seen = after;
  let missing = withoutResult(domains, since, seen.events.publishing);
  for (let waited = 0; missing.length > 0 && waited < WAIT_MS; waited += ASK_EVERY_MS) {
    try {
      await sleep(ASK_EVERY_MS, undefined, { signal: context.signal });
      seen = parseHost(await look(turn.session, reads), reads);
    } catch {
      // What was applied must be recorded, whatever becomes of the waiting.
      break;
    }
    missing = withoutResult(domains, since, seen.events.publishing);
  }
  return { seen, unpublished: missing };
}

/** Remembers the host's publish list, and says what it lacks beside those of other hosts of its domain. */
export function comparePublishList(turn: Turn, seen: HostObservation): { domain: string; hosts: string[] }[] {
  const { session, machine } = turn;
  const { partOfDomain, domain, primaryDnsSuffix } = session.hello;
  const group = (partOfDomain ? domain : primaryDnsSuffix).toLowerCase();
  const { isKmsHost, dnsPublishing } = seen.licensing;
  if (group === "") return [];
  const host = { machineId: machine.id, name: machine.name, domains: domainsOf(seen, turn) };
  publishLists.note(group, host, isKmsHost && dnsPublishing);
  return publishLists.lacking(group, machine.id);
}
