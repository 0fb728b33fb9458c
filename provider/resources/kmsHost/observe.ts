import type {
  AgentError,
  BatchRead,
  BatchResult,
  LicensingReadResult,
  NetListenersResult,
  RegistryReadResult,
} from "../../machine/protocol";
import { AgentFailure, type Hello } from "../../machine/session";
import { LICENSING_READ, type Licensing, parseLicensing } from "../shared/licensing";
import { OFFLINE_READ, type OfflineIds, parseOfflineIds } from "../shared/offlineIds";
import { RESTART_MARKER, SPP_KEY } from "../shared/steps";
import { EVENT_READS, type HostEvents, parseEvents } from "./events";
import { parseReadiness, type Readiness, readinessReads } from "./readiness";
import type { KmsHostInputs, PublishDomain } from "./schema";

export const PUBLISH_LIST = "DnsDomainPublishList";

/** What one look at a KMS host brings. */
export interface HostObservation {
  licensing: Licensing;
  publishDomains: PublishDomain[];
  /** A run of ours was killed between a write and its restart. */
  marker: boolean;
  listeners: number[];
  events: HostEvents;
  /** By the last five characters of the key; empty where they were not read. */
  offline: ReadonlyMap<string, OfflineIds>;
  /** What Windows Server 2025 and later warn of; absent where they do not, or where it was not read. */
  readiness?: Readiness | undefined;
}

export const HOST_READS: BatchRead[] = [
  { op: "licensing.read", args: LICENSING_READ },
  { op: "registry.read", args: { values: [{ key: SPP_KEY, name: PUBLISH_LIST }, RESTART_MARKER] } },
  { op: "net.listeners", args: {} },
  ...EVENT_READS,
];

/** Installation ids are computed by Windows one by one, so they are read only where something is done with them. */
export const readsFor = ({ activation }: KmsHostInputs, hello: Hello): BatchRead[] => [
  ...HOST_READS,
  ...(activation.method === "phone" ? [OFFLINE_READ] : []),
  ...readinessReads(hello),
];

/** `reads`: what was asked for, in its order. */
export function parseHost(result: BatchResult, reads: readonly BatchRead[] = HOST_READS): HostObservation {
  const [, , , publishing, requests] = result.reads;
  const outcome = (asked: BatchRead) => {
    const at = reads.indexOf(asked);
    return at < 0 ? undefined : result.reads[at];
  };
  const [licensing, registry, listeners] = result.reads.slice(0, 3).map((read) => {
    if (!read.ok) throw new AgentFailure("batch", read.error satisfies AgentError);
    return read.result;
  });
  const [list, marker] = (registry as RegistryReadResult).values;
  return {
    licensing: parseLicensing(licensing as LicensingReadResult),
    publishDomains: parsePublishList(Array.isArray(list?.data) ? list.data : []),
    marker: marker !== null && marker !== undefined,
    listeners: (listeners as NetListenersResult).listeners.map(({ port }) => port),
    events: parseEvents(publishing, requests),
    offline: parseOfflineIds(outcome(OFFLINE_READ)),
    readiness: parseReadiness(outcome),
  };
}

/** "contoso.com, 10, 5"; priority and weight may be missing (0). */
export function parsePublishList(lines: readonly string[]): PublishDomain[] {
  return lines
    .map((line) => line.split(",").map((part) => part.trim()))
    .filter(([domain]) => domain)
    .map(([domain, priority, weight]) => ({
      domain: (domain ?? "").toLowerCase().replace(/\.$/, ""),
      priority: Number(priority) || 0,
      weight: Number(weight) || 0,
    }));
}

export const publishLine = ({ domain, priority, weight }: PublishDomain) => `${domain}, ${priority}, ${weight}`;

/** The order of the list means nothing to Windows. */
export function samePublishList(a: readonly PublishDomain[], b: readonly PublishDomain[]): boolean {
  const lines = (list: readonly PublishDomain[]) => list.map(publishLine).sort().join("\n");
  return lines(a) === lines(b);
}
