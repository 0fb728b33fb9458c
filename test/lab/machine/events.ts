import type { EventsReadArgs, MachineEvent } from "pulumi-volume-activation-provider/machine/protocol";
import type { StoredEvent } from "./state";

export const KMS_LOG = "Key Management Service";
export const APPLICATION_LOG = "Application";
export const SPP_SOURCE = "Microsoft-Windows-Security-SPP";

/** Logs wrap: the oldest entries go. */
const LOG_LIMIT = 2000;

/** Logs keep no fractions of a second. */
function wholeSecond(time: number): number {
  return Math.floor(time / 1000) * 1000;
}

export class EventLogs {
  constructor(private readonly logs: Record<string, StoredEvent[]>) {}

  append(log: string, event: StoredEvent): void {
    let entries = this.#find(log);
    if (!entries) {
      entries = [];
      this.logs[log] = entries;
    }
    entries.push({ ...event, time: wholeSecond(event.time) });
    if (entries.length > LOG_LIMIT) entries.splice(0, entries.length - LOG_LIMIT);
  }

  exists(log: string): boolean {
    return this.#find(log) !== undefined;
  }

  /** Newest first. */
  read(query: EventsReadArgs): MachineEvent[] {
    const since = query.since === undefined ? Number.NEGATIVE_INFINITY : wholeSecond(Date.parse(query.since));
    const found: MachineEvent[] = [];
    const entries = this.#find(query.log) ?? [];
    const end = Math.max(0, entries.length - (query.look ?? entries.length));
    for (let index = entries.length - 1; index >= end && found.length < query.max; index--) {
      const entry = entries[index];
      if (!entry || entry.time < since) continue;
      const { type = "information" } = entry;
      if (query.types?.length && !query.types.includes(type)) continue;
      if (query.ids.length > 0 && !query.ids.includes(entry.id)) continue;
      if (query.source !== undefined && query.source.toLowerCase() !== entry.source.toLowerCase()) continue;
      found.push({ id: entry.id, type, time: new Date(entry.time).toISOString(), strings: entry.strings });
    }
    return found;
  }

  #find(log: string): StoredEvent[] | undefined {
    const name = Object.keys(this.logs).find((candidate) => candidate.toLowerCase() === log.toLowerCase());
    return name === undefined ? undefined : this.logs[name];
  }
}
