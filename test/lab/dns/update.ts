import { CLASS, isMetaType, RCODE, type Rcode } from "./wire/constants";
import type { Message, PacketRecord } from "./wire/message";
import { DnsFormatError, isWithin, sameName } from "./wire/names";
import { rdataKey, readRdata } from "./wire/rdata";
import type { Zone, ZoneRecords } from "./zone";

/** Who sends an update. */
export type Sender = { kind: "nobody" } | { kind: "key"; keyName: string } | { kind: "host"; machine: string };

/** What one record of the update section does. */
export type Edit =
  | { kind: "add"; name: string; type: string; ttl: number; data: string; timestamp?: number; ownTtl?: boolean }
  | { kind: "deleteSet"; name: string; type: string }
  | { kind: "deleteName"; name: string }
  | { kind: "deleteOne"; name: string; type: string; data: string };

/** The message is refused with this code, and nothing of it is applied. */
class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly rcode: Rcode) {
    super(`rcode ${rcode}`);
  }
}

/** RFC 2136 section 3: zone, prerequisites, permission, then all of the update section at once. */
export function processUpdate(
  packet: Buffer,
  message: Message,
  zones: readonly Zone[],
  sender: Sender,
  lie: boolean,
): Rcode {
  try {
    const zone = zoneSection(message, zones);
    if (!mayUpdate(zone, sender)) return RCODE.REFUSED;
    const prerequisites = message.answers.map((record) => parse(packet, record, zone, "prerequisite"));
    checkPrerequisites(zone.records, prerequisites);
    const edits = message.authorities.map((record) => toEdit(parse(packet, record, zone, "update")));
    return applyEdits(zone, edits, sender, lie);
  } catch (error) {
    if (error instanceof Refused) return error.rcode;
    throw error;
  }
}

function zoneSection({ questions }: Message, zones: readonly Zone[]): Zone {
  const [asked] = questions;
  if (!asked || questions.length !== 1 || asked.type !== "SOA") throw new Refused(RCODE.FORMERR);
  const zone = zones.find(({ name }) => sameName(name, asked.name));
  if (!zone || asked.klass !== CLASS.IN) throw new Refused(RCODE.NOTAUTH);
  return zone;
}

function mayUpdate({ state }: Zone, sender: Sender): boolean {
  if (sender.kind === "nobody") return false;
  if (sender.kind === "host") return state.allowUpdate.includes("hosts");
  return state.allowUpdate.some((right) => right === "tsig" || sameName(right, `tsig:${sender.keyName}`));
}

/** Machines are also asked name by name; whole keys are not. Applies what is allowed, and raises the serial. */
export function applyEdits(zone: Zone, edits: readonly Edit[], sender: Sender, lie: boolean): Rcode {
  if (!mayUpdate(zone, sender)) return RCODE.REFUSED;
  if (sender.kind === "host") {
    if (edits.some(({ name }) => !zone.mayWrite(sender.machine, name))) return RCODE.REFUSED;
    if (!lie) for (const { kind, name } of edits) if (kind === "add") zone.own(sender.machine, name);
  }
  if (lie) return RCODE.NOERROR;
  // Zones that hosts may update are Windows': there each record keeps a TTL of its own.
  const more = { timestamp: zone.now(), ownTtl: sender.kind === "host" };
  const stamped = edits.map((edit) => (edit.kind === "add" ? { ...edit, ...more } : edit));
  zone.change((records) => runEdits(records, stamped));
  return RCODE.NOERROR;
}

/** Without asking whether it is allowed. */
export function runEdits(records: ZoneRecords, edits: readonly Edit[]): void {
  for (const edit of edits) {
    if (edit.kind === "add") {
      const { kind: _, ownTtl = false, ...record } = edit;
      records.add(record, ownTtl);
    } else if (edit.kind === "deleteSet") records.deleteSet(edit.name, edit.type);
    else if (edit.kind === "deleteName") records.deleteName(edit.name);
    else records.deleteOne(edit.name, edit.type, edit.data);
  }
}

interface Parsed {
  name: string;
  type: string;
  klass: number;
  ttl: number;
  /** null when the record brings no data. */
  data: string | null;
}

/** One record of the prerequisite or update section, after the checks of RFC 2136 3.2 and 3.4.1. */
function parse(packet: Buffer, record: PacketRecord, zone: Zone, section: "prerequisite" | "update"): Parsed {
  const { name, type, klass, ttl, dataLength } = record;
  if (!isWithin(name, zone.name)) throw new Refused(RCODE.NOTZONE);
  const adds = section === "update" && klass === CLASS.IN;
  if (!adds && ttl !== 0) throw new Refused(RCODE.FORMERR);
  const empty = klass === CLASS.ANY || (klass === CLASS.NONE && section === "prerequisite");
  if (empty) {
    if (dataLength !== 0 || (type !== "ANY" && isMetaType(type))) throw new Refused(RCODE.FORMERR);
    return { name, type, klass, ttl, data: null };
  }
  if ((klass !== CLASS.IN && klass !== CLASS.NONE) || isMetaType(type)) throw new Refused(RCODE.FORMERR);
  return { name, type, klass, ttl, data: readData(packet, record) };
}

function readData(packet: Buffer, { type, dataAt, dataLength }: PacketRecord): string {
  try {
    return readRdata(type, packet, dataAt, dataLength);
  } catch (error) {
    if (error instanceof DnsFormatError) throw new Refused(RCODE.FORMERR);
    throw error;
  }
}

function checkPrerequisites(records: ZoneRecords, prerequisites: readonly Parsed[]): void {
  const wantedSets = new Map<string, Parsed[]>();
  for (const wanted of prerequisites) {
    const { name, type, klass, data } = wanted;
    if (data !== null) {
      const key = `${name.toLowerCase()} ${type}`;
      wantedSets.set(key, [...(wantedSets.get(key) ?? []), wanted]);
      continue;
    }
    const found = type === "ANY" ? records.at(name) : records.set(name, type);
    if (klass === CLASS.ANY && found.length === 0) throw new Refused(type === "ANY" ? RCODE.NXDOMAIN : RCODE.NXRRSET);
    if (klass === CLASS.NONE && found.length > 0) throw new Refused(type === "ANY" ? RCODE.YXDOMAIN : RCODE.YXRRSET);
  }
  for (const wanted of wantedSets.values()) {
    const [first] = wanted;
    if (!first) continue;
    const keys = (set: readonly { type: string; data: string | null }[]) =>
      [...new Set(set.map(({ type, data }) => rdataKey(type, data ?? "")))].sort().join("\n");
    if (keys(wanted) !== keys(records.set(first.name, first.type))) throw new Refused(RCODE.NXRRSET);
  }
}

function toEdit({ name, type, klass, ttl, data }: Parsed): Edit {
  if (data === null) return type === "ANY" ? { kind: "deleteName", name } : { kind: "deleteSet", name, type };
  if (klass === CLASS.NONE) return { kind: "deleteOne", name, type, data };
  return { kind: "add", name, type, ttl, data };
}
