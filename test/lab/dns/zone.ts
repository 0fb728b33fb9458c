import type { Accounts } from "../directory/accounts";
import { mayUpdate, newDescriptor, ownerOf, withEntry, withoutEntries, writersOf } from "../directory/nodes";
import { depthBelow, nameKey, sameName } from "./wire/names";
import { parseSrv, rdataKey, type SrvData } from "./wire/rdata";

/**
 * Who may change a zone by DNS UPDATE: "tsig" = whoever signs with one of the server's keys, the whole zone; "tsig:NAME" =
 * with the key of that name; "hosts" = the domain-joined machines of the lab (which act for the secure updates of a
 * Windows domain), each only at names that nobody has yet, or whose security descriptor lets it.
 */
export type UpdateRight = "tsig" | `tsig:${string}` | "hosts";

export interface ZoneRecord {
  /** Whole name without the dot at the end, as first spelled. */
  name: string;
  /** "SRV", or "TYPE99" for a type that the lab does not know. */
  type: string;
  /** Seconds. */
  ttl: number;
  /** As in a zone file, names whole and without the dot at the end. */
  data: string;
  /**
   * Lab time of the last update that brought it, milliseconds. Windows scavenges records that have one; those that an
   * administrator made are static and have none.
   */
  timestamp?: number;
}

/** A zone as the state file has it. */
export interface ZoneState {
  name: string;
  allowUpdate: UpdateRight[];
  /** Records with an old time stamp may be scavenged. */
  aging?: boolean;
  records: ZoneRecord[];
  /** Security descriptors (base64) of names that a machine made, by the name in lower case. They stay when the last record goes. */
  nodes: Record<string, string>;
  /** Machines that will be let in at a name as soon as it is made. */
  grants: Record<string, string[]>;
}

const SERIAL_WORD = 2;

/** The records of one zone. Changes are made on a copy, so that a message is applied whole or not at all. */
export class ZoneRecords {
  #changed = false;
  #stamped = false;
  #serialSet = false;

  constructor(
    readonly zone: string,
    private records: ZoneRecord[],
  ) {}

  get changed(): boolean {
    return this.#changed;
  }

  /** A record has another time stamp, which is no change that a serial tells. */
  get stamped(): boolean {
    return this.#stamped;
  }

  get all(): readonly ZoneRecord[] {
    return this.records;
  }

  copy(): ZoneRecords {
    return new ZoneRecords(
      this.zone,
      this.records.map((record) => ({ ...record })),
    );
  }

  at(name: string): ZoneRecord[] {
    return this.records.filter((record) => sameName(record.name, name));
  }

  set(name: string, type: string): ZoneRecord[] {
    return this.at(name).filter((record) => record.type === type);
  }

  /** Whether there is this name or one below it. */
  exists(name: string): boolean {
    return this.records.some((record) => depthBelow(record.name, name) !== null);
  }

  /** The SOA record; every zone has one. */
  get soa(): ZoneRecord {
    const [soa] = this.set(this.zone, "SOA");
    if (!soa) throw new Error(`The lab's zone ${this.zone} has no SOA.`);
    return soa;
  }

  get serial(): number {
    return Number(this.soa.data.split(" ")[SERIAL_WORD]);
  }

  /**
   * RFC 2136 3.4.2.2. What contradicts a CNAME is left out in silence; one SOA, and only a newer one; the whole set
   * takes over the TTL of the record that was added last, unless each has one of its own.
   */
  add(record: ZoneRecord, ownTtl = false): void {
    const here = this.at(record.name);
    const isAlias = record.type === "CNAME";
    if (isAlias && here.some((one) => one.type !== "CNAME")) return;
    if (!isAlias && here.some((one) => one.type === "CNAME")) return;
    if (record.type === "SOA") {
      this.#replaceSoa(record);
      return;
    }
    const set = here.filter((one) => one.type === record.type);
    const same = set.find((one) => sameData(one, record));
    for (const one of ownTtl ? set.filter((each) => each === same) : set) {
      if (one.ttl !== record.ttl) this.#changed = true;
      one.ttl = record.ttl;
    }
    if (same) {
      // As Microsoft has it, an update makes a static record one that ages.
      if (record.timestamp !== undefined) this.stamp([same], record.timestamp);
      return;
    }
    if (isAlias) this.#drop(set);
    this.records.push({ ...record, name: here[0]?.name ?? record.name });
    this.#changed = true;
  }

  /** Beside others, whose TTL stays as it is: Windows keeps one for each record. */
  addAlone(record: ZoneRecord): void {
    this.records.push(record);
    this.#changed = true;
  }

  stamp(records: readonly ZoneRecord[], timestamp: number): void {
    for (const record of records) record.timestamp = timestamp;
    this.#stamped ||= records.length > 0;
  }

  /** Whatever the time stamp is older than. Answers how many there were. */
  scavenge(before: number): number {
    const stale = this.records.filter(({ timestamp }) => timestamp !== undefined && timestamp < before);
    this.#drop(stale);
    return stale.length;
  }

  /** The whole set; the zone's own SOA and NS stay. */
  deleteSet(name: string, type: string): void {
    if (this.#isApex(name) && (type === "SOA" || type === "NS")) return;
    this.#drop(this.set(name, type));
  }

  /** Everything at a name, but the zone's own SOA and NS. */
  deleteName(name: string): void {
    for (const type of new Set(this.at(name).map((record) => record.type))) this.deleteSet(name, type);
  }

  /** One record by its data; never the SOA, and never the zone's last NS. */
  deleteOne(name: string, type: string, data: string): void {
    if (type === "SOA") return;
    const set = this.set(name, type);
    if (type === "NS" && this.#isApex(name) && set.length === 1) return;
    this.#drop(set.filter((one) => sameData(one, { type, data })));
  }

  /** After a change: the zone has another serial, unless the change itself brought one. */
  bumpSerial(): void {
    if (!this.#changed || this.#serialSet) return;
    const words = this.soa.data.split(" ");
    words[SERIAL_WORD] = String((this.serial + 1) >>> 0 || 1);
    this.soa.data = words.join(" ");
  }

  #replaceSoa(record: ZoneRecord): void {
    if (!this.#isApex(record.name)) return;
    const ahead = (Number(record.data.split(" ")[SERIAL_WORD]) - this.serial) >>> 0;
    // RFC 1982: the later half of the circle is older.
    if (ahead === 0 || ahead >= 0x80000000) return;
    Object.assign(this.soa, { ttl: record.ttl, data: record.data });
    this.#changed = true;
    this.#serialSet = true;
  }

  #isApex(name: string): boolean {
    return sameName(name, this.zone);
  }

  #drop(gone: ZoneRecord[]): void {
    if (gone.length === 0) return;
    this.records = this.records.filter((record) => !gone.includes(record));
    this.#changed = true;
  }
}

function sameData(one: Pick<ZoneRecord, "type" | "data">, other: Pick<ZoneRecord, "type" | "data">): boolean {
  return rdataKey(one.type, one.data) === rdataKey(other.type, other.data);
}

/** A zone with its state: what is asked, and who may change what. */
export class Zone {
  constructor(
    readonly state: ZoneState,
    private readonly accounts: Accounts,
    /** Lab time, milliseconds. */
    readonly now: () => number,
  ) {}

  get name(): string {
    return this.state.name;
  }

  get records(): ZoneRecords {
    return new ZoneRecords(this.name, this.state.records);
  }

  srv(name: string): (SrvData & { ttl: number })[] {
    return this.records.set(name, "SRV").map(({ ttl, data }) => ({ ...parseSrv(data), ttl }));
  }

  /** Changes on a copy; nothing is kept when `change` throws. Whether anything is other than before. */
  change(change: (records: ZoneRecords) => void): boolean {
    const copy = this.records.copy();
    change(copy);
    if (copy.changed) copy.bumpSerial();
    if (copy.changed || copy.stamped) this.state.records = [...copy.all];
    return copy.changed;
  }

  /** The name's security descriptor; undefined where nobody has the name yet. What a key or an administrator made is the administrators'. */
  descriptorAt(name: string): Buffer | undefined {
    const kept = this.state.nodes[nameKey(name)];
    if (kept !== undefined) return Buffer.from(kept, "base64");
    return this.records.at(name).length === 0 ? undefined : this.#made(this.accounts.admins(), name);
  }

  setDescriptor(name: string, descriptor: Buffer): void {
    this.state.nodes[nameKey(name)] = descriptor.toString("base64");
  }

  #made(owner: string, name: string): Buffer {
    const granted = this.state.grants[nameKey(name)] ?? [];
    const sids = granted.flatMap((machine) => this.accounts.ofMachine(machine)?.sid ?? []);
    return newDescriptor(this.accounts, owner, sids);
  }

  /** A machine may write where nobody was before it, and where the name's security descriptor lets it. */
  mayWrite(machine: string, name: string): boolean {
    const descriptor = this.descriptorAt(name);
    return descriptor === undefined || mayUpdate(descriptor, this.accounts.tokenOf(machine));
  }

  /** Who makes a name owns it. */
  own(machine: string, name: string): void {
    const account = this.accounts.ofMachine(machine);
    if (account && this.descriptorAt(name) === undefined) this.setDescriptor(name, this.#made(account.sid, name));
  }

  /** What an administrator does: one more entry for an account, or none of it any more. */
  grant(sid: string, name: string, change: "allow" | "deny" | "none"): void {
    const descriptor = this.descriptorAt(name);
    const machine = this.accounts.all.find((one) => one.sid === sid)?.machine;
    const key = nameKey(name);
    if (descriptor) {
      const plain = withoutEntries(descriptor, sid);
      this.setDescriptor(name, change === "none" ? plain : withEntry(plain, change, sid));
    }
    if (machine === undefined) return;
    const others = (this.state.grants[key] ?? []).filter((one) => one !== machine);
    this.state.grants[key] = change === "allow" ? [...others, machine] : others;
  }

  /** Who made the names that machines have, and who else may write there, for people. */
  get owners(): Record<string, string> {
    const name = (sid: string) =>
      this.accounts.all.find((one) => one.sid === sid)?.machine ?? this.accounts.nameOf(sid);
    return this.#byName((descriptor) => name(ownerOf(descriptor)) ?? ownerOf(descriptor));
  }
  get writers(): Record<string, string[]> {
    return this.#byName((descriptor) => writersOf(descriptor).map((sid) => this.accounts.nameOf(sid) ?? sid));
  }

  #byName<T>(of: (descriptor: Buffer) => T): Record<string, T> {
    return Object.fromEntries(
      Object.entries(this.state.nodes).map(([name, kept]) => [name, of(Buffer.from(kept, "base64"))]),
    );
  }
}

/** The zone with the longest name that a name is in. */
export function zoneOf(zones: readonly Zone[], name: string): Zone | undefined {
  return zones
    .filter((zone) => depthBelow(name, zone.name) !== null)
    .sort((one, other) => other.name.length - one.name.length)[0];
}
