import { formatCode, normalizeCode } from "../../errors/codes/index";
import type { BatchRead, EventsReadResult, MachineEvent, ReadOutcome } from "../../machine/protocol";

/** Publishing into a DNS domain: 12293 failed, 12294 done. Source: "Software Protection Platform Service". */
const PUBLISH_FAILED = 12_293;
const PUBLISHED = 12_294;
/** A request of a client was processed. */
const REQUEST_PROCESSED = 12_290;
/** Requests that one look reads, newest first: enough to see a cloned client, and some 30 KB at most. */
const MOST_REQUESTS = 100;

export const EVENT_READS: BatchRead[] = [
  { op: "events.read", args: { log: "Application", ids: [PUBLISH_FAILED, PUBLISHED], max: 50 } },
  { op: "events.read", args: { log: "Key Management Service", ids: [REQUEST_PROCESSED], max: MOST_REQUESTS } },
];

/** The newest result of publishing into one domain. */
export interface PublishResult {
  domain: string;
  ok: boolean;
  /** Why it failed. */
  code?: string;
  time: string;
}

/** A client as the host's log shows it. */
export interface RecentClient {
  name: string;
  cmid: string;
  time: string;
  /** What the host answered, where it was an error. */
  code?: string;
}

/** Short, since ten of them stand in the state: name, minute, and the code where it was refused. */
export const clientText = ({ name, time, code }: RecentClient): string =>
  [name, `${time.slice(0, 16)}Z`, ...(code === undefined ? [] : [code])].join(" ");

export interface HostEvents {
  /** The machine's own clock; undefined where its log cannot be read. */
  now: string | undefined;
  /** Newest first, as they were logged. */
  publishing: PublishResult[];
  /** Newest first; one for each client id and name. */
  clients: RecentClient[];
}

export function parseEvents(publishing: ReadOutcome | undefined, requests: ReadOutcome | undefined): HostEvents {
  const published = eventsOf(publishing);
  return {
    now: published?.exists ? published.now : undefined,
    publishing: (published?.events ?? []).flatMap(publishResult),
    clients: distinct((eventsOf(requests)?.events ?? []).flatMap(recentClient)),
  };
}

/** A log that cannot be read is no reason to fail: events only tell, they decide nothing. */
const eventsOf = (read: ReadOutcome | undefined): EventsReadResult | undefined =>
  read?.ok ? (read.result as EventsReadResult) : undefined;

const CODE = /^0x[0-9a-f]{1,8}$/i;
const GUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;
const SUCCESS = "0x00000000";

const codeIn = (fields: readonly string[]): string | undefined => {
  const found = fields.find((field) => CODE.test(field));
  const code = found === undefined ? undefined : normalizeCode(found);
  return code === undefined ? undefined : formatCode(code);
};

/** The domain stands last, alone (12294) or behind the code (12293). */
function publishResult({ id, time, strings }: MachineEvent): PublishResult[] {
  const fields = fieldsOf(strings);
  const domain = fields.findLast((field) => field !== "" && !CODE.test(field));
  if (domain === undefined) return [];
  const name = domain
    .toLowerCase()
    .replace(/^_vlmcs\._tcp\./, "")
    .replace(/\.$/, "");
  if (id === PUBLISHED) return [{ domain: name, ok: true, time }];
  return [{ domain: name, ok: false, code: codeIn(fields) ?? "0x80004005", time }];
}

/**
 * The table that was published for 12290 and real records differ by one item in front, so nothing is read by position:
 * the client's id is the first GUID, its name stands before it, the code is the first hexadecimal number.
 */
function recentClient({ time, strings }: MachineEvent): RecentClient[] {
  const fields = fieldsOf(strings);
  const at = fields.findIndex((field) => GUID.test(field));
  const cmid = GUID.exec(fields[at] ?? "")?.[1]?.toLowerCase();
  const name = fields[at - 1];
  if (cmid === undefined || name === undefined || name === "") return [];
  const code = codeIn(fields);
  return [{ name, cmid, time, ...(code === undefined || code === SUCCESS ? {} : { code }) }];
}

/** Fields one by one; where Windows gave the record as one string, or first as a whole, that is split or left out. */
function fieldsOf(strings: readonly string[]): string[] {
  const trimmed = strings.map((field) => field.trim());
  const single = trimmed.filter((field) => !field.includes(","));
  if (single.length > 0) return single;
  return (trimmed[0] ?? "").split(",").map((field) => field.trim());
}

function distinct(clients: readonly RecentClient[]): RecentClient[] {
  const seen = new Map<string, RecentClient>();
  for (const client of clients) {
    const key = `${client.cmid} ${client.name.toLowerCase()}`;
    if (!seen.has(key)) seen.set(key, client);
  }
  return [...seen.values()];
}

/** Results of one publication stand this close together. */
const ONE_PUBLICATION_MS = 60_000;

/** The last publication: the newest result of each domain that was published into along with the newest one. */
export function lastPublication(results: readonly PublishResult[]): PublishResult[] {
  const newest = Math.max(...results.map(({ time }) => Date.parse(time)));
  const byDomain = new Map<string, PublishResult>();
  for (const result of results) {
    if (Date.parse(result.time) < newest - ONE_PUBLICATION_MS) continue;
    const other = byDomain.get(result.domain);
    if (!other || Date.parse(other.time) < Date.parse(result.time)) byDomain.set(result.domain, result);
  }
  return [...byDomain.values()].sort((a, b) => a.domain.localeCompare(b.domain));
}

/** Domains of which no result is there that is as new as `since`; event times have whole seconds. */
export function withoutResult(domains: readonly string[], since: string, results: readonly PublishResult[]): string[] {
  const from = Math.floor(Date.parse(since) / 1000) * 1000;
  return domains.filter(
    (domain) => !results.some((result) => result.domain === domain && Date.parse(result.time) >= from),
  );
}

/** Names that share one client machine id: cloned without sysprep /generalize, and counted once. */
export function clonedClients(clients: readonly RecentClient[]): { cmid: string; names: string[] }[] {
  const names = new Map<string, Set<string>>();
  for (const { cmid, name } of clients) {
    const known = names.get(cmid) ?? new Set<string>();
    names.set(cmid, known.add(name.toLowerCase()));
  }
  return [...names].filter(([, all]) => all.size > 1).map(([cmid, all]) => ({ cmid, names: [...all].sort() }));
}
