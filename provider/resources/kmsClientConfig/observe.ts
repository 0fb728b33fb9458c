import { describeCode, licenseStatusName } from "../../errors/codes/index";
import { setupKeyFor } from "../../keys/index";
import type {
  AgentError,
  BatchRead,
  BatchResult,
  EventsReadResult,
  LicensingReadResult,
  RegistryReadResult,
} from "../../machine/protocol";
import { AgentFailure, type Hello } from "../../machine/session";
import { LICENSING_READ, type Licensing, type Product, parseLicensing } from "../shared/licensing";
import { RESTART_MARKER } from "../shared/steps";

/** SPP's events of a KMS client: 12288 request sent (or not), 12289 answer processed. */
const EVENT_SOURCE = "Microsoft-Windows-Security-SPP";
export const NOT_ENOUGH_COUNT = "0xC004F038";

export const CLIENT_READS: BatchRead[] = [
  { op: "licensing.read", args: LICENSING_READ },
  { op: "events.read", args: { log: "Application", source: EVENT_SOURCE, ids: [12288, 12289], max: 6 } },
  { op: "registry.read", args: { values: [RESTART_MARKER] } },
];

export interface ClientEvent {
  id: number;
  time: string;
  /** HRESULT of the request or the answer; absent when the event's fields cannot be read. */
  code: string | undefined;
  /** "server:port" of a 12288. */
  server: string | undefined;
}

export interface ClientObservation {
  licensing: Licensing;
  /** The product the machine is activated by: Windows. */
  product: Product | undefined;
  /** Newest first. */
  events: ClientEvent[];
  /** The machine's own clock. */
  now: string;
  /** A run of ours was killed before its restart: a host key that was replaced may be serving still. */
  marker: boolean;
}

export function parseClient(result: BatchResult): ClientObservation {
  const [licensingRead, eventsRead, registryRead] = result.reads;
  const failed = result.reads.find((read) => !read.ok);
  if (!licensingRead?.ok || !eventsRead?.ok || !registryRead?.ok) {
    const error: AgentError =
      failed && !failed.ok ? failed.error : { kind: "internal", message: "the agent left out a reading" };
    throw new AgentFailure("batch", error);
  }
  const licensing = parseLicensing(licensingRead.result as LicensingReadResult);
  const events = eventsRead.result as EventsReadResult;
  return {
    licensing,
    product: licensing.windows,
    events: events.events.map(({ id, time, strings }) => clientEvent(id, time, strings)),
    now: events.now,
    marker: ((registryRead.result as RegistryReadResult).values[0] ?? null) !== null,
  };
}

/** Fields may come as one comma-separated text or one by one, with or without a leading one: the tokens tell. */
function clientEvent(id: number, time: string, strings: string[]): ClientEvent {
  const fields = (strings.length === 1 ? (strings[0] ?? "").split(",") : strings).map((field) => field.trim());
  const code = fields.find((field) => /^0x[0-9a-f]{1,8}$/i.test(field));
  const server = id === 12288 ? fields.find((field) => /^[^\s,]+:\d{1,5}$/.test(field)) : undefined;
  return { id, time, code: code && normal(code), server };
}

const normal = (code: string) => `0x${code.slice(2).toUpperCase().padStart(8, "0")}`;

/**
 * The status as one word: Windows' own names, and "pendingThreshold" when the newest answer of a host was that its
 * count is too low yet (0xC004F038). Windows asks again by itself then.
 */
export function clientStatus(seen: ClientObservation): string {
  const { product, events } = seen;
  if (!product) return "Unlicensed";
  const newest = events[0];
  if (product.licenseStatus !== 1 && newest?.id === 12289 && newest.code === NOT_ENOUGH_COUNT)
    return "pendingThreshold";
  return licenseStatusName(product.licenseStatus);
}

/** The setup key that is wanted, in full; undefined for "keep". A reason where the edition has none. */
export function wantedKey(
  setupKey: string,
  hello: Hello,
): { key: string | undefined; remark?: string } | { reason: string } {
  if (setupKey === "keep") return { key: undefined };
  if (setupKey !== "auto") return { key: setupKey };
  const { editionId, osVersion, productType } = hello;
  const choice = setupKeyFor({ editionId, osVersion, productType });
  if (!choice.ok) return { reason: choice.reason };
  return choice.remark === undefined ? { key: choice.entry.key } : { key: choice.entry.key, remark: choice.remark };
}

/** A short history for a failed activation: what the client sent and heard since our attempt. */
export function eventTrail(seen: ClientObservation, since: string): string {
  const recent = seen.events.filter(({ time }) => time >= since).slice(0, 3);
  if (recent.length === 0) return "";
  const lines = recent.map(({ id, code, server }) => {
    const meaning = code && code !== "0x00000000" ? ` ${code} (${describeCode(code).meaning})` : "";
    return id === 12288
      ? `12288 asked ${server ?? "a host"}:${meaning || " sent"}`
      : `12289 answer:${meaning || " ok"}`;
  });
  return ` Events: ${lines.join("; ")}.`;
}
