import type { ChangeResult } from "../changes/words";
import type { Accounts } from "../directory/accounts";
import { HR } from "../machine/hresult";
import type { Target } from "../world/kms";
import type { Publication, Zones } from "../world/world";
import { DnsAdministration } from "./administration";
import type { DnsState } from "./birth";
import { type DnsFaults, noDnsFaults } from "./faults";
import { answerQuestion } from "./query";
import { Responder } from "./responder";
import { DNS_HOST, DnsServer } from "./server";
import { inOrder } from "./srvOrder";
import { newTsigKey, type TsigAlgorithm, type TsigKey } from "./tsig";
import { applyEdits, type Edit } from "./update";
import { CLASS, RCODE } from "./wire/constants";
import { DnsFormatError, sameName } from "./wire/names";
import { formatSrv, parseSrv } from "./wire/rdata";
import { changeDns } from "./words";
import { Zone, type ZoneRecord, zoneOf } from "./zone";

/** Windows' number for the answer of a DNS server: 9000 and the rcode, as an HRESULT. */
const DNS_RCODE_BASE = 0x80072328;
/** Time to live of what a KMS host publishes, seconds. */
const PUBLISHED_TTL = 3600;

export interface LabDnsOptions {
  /** Who may be let in at a name, machines among them. */
  accounts: Accounts;
  /** Called after something may have changed. */
  changed(): void;
  /** 0 up to 1; decides among targets of one priority. */
  random?: () => number;
  /** Milliseconds since 1970, real time. */
  now?: () => number;
  /** Lab time, milliseconds, for the time stamps of records; default real time. */
  labTime?: () => number;
}

/** The network's DNS server: one for all zones, seen from the simulated machines and, when it is open, from outside. */
export class LabDns implements Zones {
  readonly #faults: DnsFaults = noDnsFaults();
  readonly #server: DnsServer;
  readonly #responder: Responder;
  #listens = false;

  constructor(
    private readonly state: DnsState,
    private readonly options: LabDnsOptions,
  ) {
    this.#responder = new Responder({
      zones: () => this.all,
      keys: () => this.state.keys,
      faults: this.#faults,
      now: options.now ?? Date.now,
      changed: options.changed,
    });
    this.#server = new DnsServer(this.#responder, this.#faults);
  }

  /** Where it is reached by UDP and TCP; port 0 when it was never opened. */
  get address(): { host: string; port: number } {
    return { host: DNS_HOST, port: this.state.port };
  }

  get zones(): string[] {
    return this.state.zones.map(({ name }) => name);
  }

  /** The key that was made up at the first start. */
  get tsig(): TsigKey {
    const [key] = this.state.keys;
    if (!key) throw new Error("The lab's DNS server has no key.");
    return { ...key };
  }

  get faults(): Readonly<DnsFaults> {
    return { ...this.#faults };
  }

  /** Records of a zone, or of all; without SOA and NS they are what somebody has put there. */
  records(zone?: string): ZoneRecord[] {
    const zones = zone === undefined ? this.all : this.all.filter(({ name }) => sameName(name, zone));
    if (zones.length === 0) throw new Error(`The lab has no zone ${zone ?? ""}; it has ${this.zones.join(", ")}.`);
    return zones.flatMap(({ records }) => records.all.map((record) => ({ ...record })));
  }

  /** What its administrator does, in his words. */
  change(words: string[]): ChangeResult {
    const result = changeDns(this.all, this.options.accounts, words);
    this.options.changed();
    return result;
  }

  /**
   * Another key; its secret (base64) is made up unless it is given. md5 is not what anybody should sign with today, so
   * that it must be allowed by name.
   */
  newKey(keyName: string, algorithm: TsigAlgorithm, more: { md5?: boolean; secret?: string } = {}): TsigKey {
    if (algorithm === "hmac-md5" && more.md5 !== true) throw new Error("hmac-md5 must be allowed: { md5: true }.");
    const key = { ...newTsigKey(keyName, algorithm), ...(more.secret === undefined ? {} : { secret: more.secret }) };
    this.state.keys = [...this.state.keys.filter((one) => !sameName(one.keyName, keyName)), key];
    this.options.changed();
    return { ...key };
  }

  /** Switches faults on or off; those not named stay. */
  async fault(faults: Partial<DnsFaults>): Promise<DnsFaults> {
    Object.assign(this.#faults, faults);
    await this.#sync();
    return { ...this.#faults };
  }

  async open(): Promise<void> {
    this.#listens = true;
    await this.#sync();
  }

  async close(): Promise<void> {
    this.#listens = false;
    await this.#sync();
  }

  /** One packet, without a socket. */
  answer(packet: Buffer, transport: "udp" | "tcp" = "tcp"): Buffer | null {
    return this.#responder.answer(packet, transport);
  }

  /** Without any secret. */
  describe() {
    return {
      ...this.address,
      open: this.#server.open,
      keys: this.state.keys.map(({ keyName, algorithm }) => ({ keyName, algorithm })),
      zones: this.all.map(({ state, records, owners, writers }) => ({
        name: state.name,
        serial: records.serial,
        allowUpdate: [...state.allowUpdate],
        aging: state.aging === true,
        records: records.all.map((record) => ({ ...record })),
        owners,
        writers,
        grants: { ...state.grants },
      })),
      faults: this.faults,
    };
  }

  /** What the administration of a Windows DNS server with these zones sees and does. */
  administration(): DnsAdministration {
    return new DnsAdministration(this.all, this.#faults, this.options.changed);
  }

  discover(domain: string): Target[] | number {
    const trouble = this.#trouble();
    if (trouble !== HR.ok) return trouble;
    const found = this.#lookUp(`_vlmcs._tcp.${domain}`, "SRV");
    if (typeof found === "number") return found;
    const targets = found.flatMap(({ type, data }) => (type === "SRV" ? [parseSrv(data)] : []));
    return inOrder(targets, this.options.random ?? Math.random).map(({ target, port }) => ({ name: target, port }));
  }

  resolve(name: string): string | undefined {
    if (this.#trouble() !== HR.ok) return undefined;
    const found = this.#lookUp(name, "A");
    return typeof found === "number" ? undefined : found.find(({ type }) => type === "A")?.data;
  }

  /** The record that names the host itself gives way to the new one; those of others stay. */
  publish(domain: string, { machine, joined, name, port, priority, weight }: Publication): number {
    const trouble = this.#trouble();
    if (trouble !== HR.ok) return trouble;
    const node = `_vlmcs._tcp.${domain}`;
    const zone = this.#zoneOf(node);
    if (!zone) return HR.dnsNameDoesNotExist;
    if (!joined) return DNS_RCODE_BASE + RCODE.REFUSED;
    const data = formatSrv({ priority, weight, port, target: name });
    const own = zone.records.set(node, "SRV").filter((one) => sameName(parseSrv(one.data).target, name));
    const edits: Edit[] = own
      .filter((one) => one.data.toLowerCase() !== data.toLowerCase())
      .map((one) => ({ kind: "deleteOne", name: node, type: "SRV", data: one.data }));
    edits.push({ kind: "add", name: node, type: "SRV", ttl: PUBLISHED_TTL, data });
    const rcode = applyEdits(zone, edits, { kind: "host", machine }, this.#faults.lie);
    this.options.changed();
    return rcode === RCODE.NOERROR ? HR.ok : DNS_RCODE_BASE + rcode;
  }

  /** What a machine that asks this server would be told instead of an answer. */
  #trouble(): number {
    if (this.#faults.down || this.#faults.drop) return HR.dnsServerFailure;
    return this.#faults.refuse ? DNS_RCODE_BASE + RCODE.REFUSED : HR.ok;
  }

  /** Records, or Windows' HRESULT. A name in none of the zones is one that the rest of the world does not have. */
  #lookUp(name: string, type: string): ZoneRecord[] | number {
    if (!this.#zoneOf(name)) return HR.dnsNameDoesNotExist;
    const { rcode, answers } = answerQuestion(this.all, { name, type, klass: CLASS.IN });
    if (rcode === RCODE.NXDOMAIN) return HR.dnsNameDoesNotExist;
    return answers.some((record) => record.type === type) ? answers : HR.noDnsRecords;
  }

  #zoneOf(name: string): Zone | undefined {
    try {
      return zoneOf(this.all, name);
    } catch (error) {
      if (error instanceof DnsFormatError) return undefined;
      throw error;
    }
  }

  /** The zones themselves. */
  get all(): Zone[] {
    const now = this.options.labTime ?? Date.now;
    return this.state.zones.map((state) => new Zone(state, this.options.accounts, now));
  }

  async #sync(): Promise<void> {
    const wanted = this.#listens && !this.#faults.down;
    if (wanted && !this.#server.open) this.state.port = await this.#server.listen(this.state.port);
    if (!wanted && this.#server.open) await this.#server.close();
  }
}
