import { ChangeRefused, type ChangeResult, splitWords } from "../changes/words";
import { DAY_MS } from "../clock/clock";
import type { Accounts } from "../directory/accounts";
import { type Edit, runEdits } from "./update";
import { isMetaType, typeName, typeNumber } from "./wire/constants";
import { DnsFormatError, tidyName } from "./wire/names";
import { formatSrv, parseSrv, rdataKey, tidyRdata } from "./wire/rdata";
import { type UpdateRight, type Zone, zoneOf } from "./zone";

export const DNS_WORDS = [
  "add NAME [TTL] TYPE DATA           add _vlmcs._tcp.contoso.com 3600 SRV 0 5 1688 old.contoso.com",
  "delete NAME [TYPE [DATA]]          delete _vlmcs._tcp.contoso.com SRV 0 0 1689 kms02.contoso.com",
  "replace NAME [TTL] TYPE DATA       the whole set gives way to one record",
  "reweight NAME TARGET PRIORITY WEIGHT",
  "grant NAME ACCOUNT, deny NAME ACCOUNT, revoke NAME ACCOUNT   what a machine's or group's entry in a name's permissions says",
  "allow-update ZONE none, or some of tsig,tsig:KEY,hosts",
  "dnscmd /RecordAdd ZONE NODE [/Aging] [TTL] TYPE DATA, dnscmd /RecordDelete ZONE NODE TYPE [DATA] /f",
  "dnscmd /Config ZONE /Aging 0|1, dnscmd /AgeAllRecords ZONE [NODE] /f, dnscmd /StartScavenging",
];

const DEFAULT_TTL = 3600;
const MAX_TTL = 0x7fffffff;
/** Windows' two intervals of seven days: only then is a record stale. */
const STALE_MS = 14 * DAY_MS;

/** What an administrator of the server does, who may do anything. Throws {@link ChangeRefused}. */
export function changeDns(zones: readonly Zone[], accounts: Accounts, given: string[]): ChangeResult {
  const words = splitWords(given);
  try {
    return run(zones, accounts, words);
  } catch (error) {
    if (error instanceof DnsFormatError) throw new ChangeRefused(`dns ${words.join(" ")}: ${error.message}`);
    throw error;
  }
}

function run(zones: readonly Zone[], accounts: Accounts, words: string[]): ChangeResult {
  const [first = "", ...rest] = words;
  const verb = first.toLowerCase();
  switch (verb) {
    case "update":
      return run(zones, accounts, rest);
    case "dnscmd":
      return dnscmd(zones, accounts, rest);
    case "add":
    case "replace":
      return put(zones, rest, verb === "replace");
    case "delete":
    case "del":
      return remove(zones, rest);
    case "reweight":
      return reweight(zones, rest);
    case "grant":
    case "deny":
    case "revoke":
      return grant(zones, accounts, rest, ENTRIES[verb]);
    case "allow-update":
      return allowUpdate(zones, rest);
    default:
      throw new ChangeRefused(
        `dns "${words.join(" ")}" is not understood. The lab knows:\n  ${DNS_WORDS.join("\n  ")}`,
      );
  }
}

function zoneFor(zones: readonly Zone[], name: string): Zone {
  const zone = zoneOf(zones, name);
  if (zone) return zone;
  throw new ChangeRefused(`${name} is in none of the lab's zones: ${zones.map((one) => one.name).join(", ")}.`);
}

function done(zone: Zone, edits: Edit[]): ChangeResult {
  const changed = zone.change((records) => runEdits(records, edits));
  if (!changed) return { output: `Nothing has changed in ${zone.name}.`, exitCode: 1 };
  return { output: `${zone.name} is changed; its serial is ${zone.records.serial}.`, exitCode: 0 };
}

/** `[TTL] [IN] TYPE DATA...` */
function readRecord(words: string[]): { ttl: number | undefined; type: string; data: string } {
  const rest = [...words];
  const ttl = /^[0-9]+$/.test(rest[0] ?? "") ? Number(rest.shift()) : undefined;
  if (ttl !== undefined && ttl > MAX_TTL) throw new ChangeRefused(`dns: a TTL of ${ttl} seconds is too long.`);
  if (rest[0]?.toUpperCase() === "IN") rest.shift();
  const type = readType(rest.shift() ?? "");
  return { ttl, type, data: rest.join(" ") };
}

function readType(word: string): string {
  const number = typeNumber(word);
  if (number === undefined) throw new ChangeRefused(`dns: "${word}" is no record type.`);
  const type = typeName(number);
  if (isMetaType(type)) throw new ChangeRefused(`dns: records of the type ${type} are in no zone.`);
  return type;
}

function put(zones: readonly Zone[], words: string[], replaces: boolean): ChangeResult {
  const name = tidyName(words[0] ?? "");
  const zone = zoneFor(zones, name);
  const record = readRecord(words.slice(1));
  const ttl = record.ttl ?? zone.records.set(name, record.type)[0]?.ttl ?? DEFAULT_TTL;
  const { type } = record;
  const add: Edit = { kind: "add", name, type, ttl, data: tidyRdata(type, record.data) };
  return done(zone, replaces ? [{ kind: "deleteSet", name, type }, add] : [add]);
}

function remove(zones: readonly Zone[], words: string[]): ChangeResult {
  const name = tidyName(words[0] ?? "");
  const zone = zoneFor(zones, name);
  if (words.length === 1) return done(zone, [{ kind: "deleteName", name }]);
  const { type, data } = readRecord(words.slice(1));
  if (data === "") return done(zone, [{ kind: "deleteSet", name, type }]);
  return done(zone, [{ kind: "deleteOne", name, type, data: tidyRdata(type, data) }]);
}

function reweight(
  zones: readonly Zone[],
  [given = "", target = "", priority = "", weight = ""]: string[],
): ChangeResult {
  const name = tidyName(given);
  const zone = zoneFor(zones, name);
  const old = zone.records
    .set(name, "SRV")
    .find(({ data }) => parseSrv(data).target.toLowerCase() === tidyName(target).toLowerCase());
  if (!old) return { output: `${name} has no SRV record with the target ${target}.`, exitCode: 1 };
  const { port, target: spelled } = parseSrv(old.data);
  const data = formatSrv({ priority: numberOf(priority), weight: numberOf(weight), port, target: spelled });
  return done(zone, [
    { kind: "deleteOne", name, type: "SRV", data: old.data },
    { kind: "add", name, type: "SRV", ttl: old.ttl, data },
  ]);
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || number > 65535) throw new ChangeRefused(`dns: "${text}" is not 0 to 65535.`);
  return number;
}

const ENTRIES = { grant: "allow", deny: "deny", revoke: "none" } as const;

function grant(
  zones: readonly Zone[],
  accounts: Accounts,
  [given = "", ...who]: string[],
  change: "allow" | "deny" | "none",
): ChangeResult {
  const name = tidyName(given);
  const text = who.join(" ");
  const account = accounts.ofMachine(text) ?? accounts.find(text);
  if (!account) throw new ChangeRefused(`No machine or group of the lab is called "${text}".`);
  zoneFor(zones, name).grant(account.sid, name, change);
  const says = { allow: "may write", deny: "is denied to write", none: "has no entry of its own" }[change];
  return { output: `${text} ${says} at ${name}.`, exitCode: 0 };
}

function allowUpdate(zones: readonly Zone[], [name = "", who = ""]: string[]): ChangeResult {
  const zone = zoneNamed(zones, name);
  const rights = who === "none" ? [] : who.split(",");
  const known = rights.filter(isRight);
  if (known.length !== rights.length) {
    throw new ChangeRefused(`dns: "${who}" is not "none", and not some of tsig,tsig:KEY,hosts.`);
  }
  zone.state.allowUpdate = known;
  return { output: `${zone.name} takes updates from: ${who}.`, exitCode: 0 };
}

const isRight = (word: string): word is UpdateRight =>
  word === "tsig" || word === "hosts" || /^tsig:[^,\s]+$/.test(word);

/** As Windows' own tool: the node is relative to the zone, "@" the zone itself. */
function dnscmd(zones: readonly Zone[], accounts: Accounts, words: string[]): ChangeResult {
  const plain = words.filter((word) => !/^\/(f|openacl)$/i.test(word));
  if (!plain[0]?.startsWith("/")) plain.shift();
  const [option = "", zone = "", node = "", ...rest] = plain;
  const name = node === "@" ? zone : node.endsWith(".") ? node : `${node}.${zone}`;
  switch (option.toLowerCase()) {
    case "/recordadd":
      if (node === "") break;
      return recordAdd(zones, name, rest);
    case "/recorddelete":
      if (node === "") break;
      return run(zones, accounts, ["delete", name, ...rest]);
    case "/config":
      if (!/^\/aging$/i.test(node)) break;
      return setAging(zoneNamed(zones, zone), rest[0] ?? "");
    case "/ageallrecords":
      return ageRecords(zoneNamed(zones, zone), node === "" ? undefined : name);
    case "/startscavenging":
      return scavenge(zones);
  }
  throw new ChangeRefused(`dnscmd ${words.join(" ")}: ${DNS_WORDS.slice(-2).join(", ")}`);
}

/** Windows refuses what is there already, and what stands beside an alias; each record has a TTL of its own. */
function recordAdd(zones: readonly Zone[], given: string, words: string[]): ChangeResult {
  const name = tidyName(given);
  const zone = zoneFor(zones, name);
  const { ttl = DEFAULT_TTL, type, data } = readRecord(words.filter((word) => !/^\/aging$/i.test(word)));
  const ages = words.some((word) => /^\/aging$/i.test(word));
  const record = { name, type, ttl, data: tidyRdata(type, data), ...(ages ? { timestamp: zone.now() } : {}) };
  const here = zone.records.at(name);
  const isTaken = here.some(
    (one) =>
      (one.type === "CNAME") !== (type === "CNAME") ||
      (one.type === type && rdataKey(type, one.data) === rdataKey(type, record.data)),
  );
  if (isTaken) return { output: `Nothing has changed in ${zone.name}.`, exitCode: 1 };
  zone.change((records) => records.addAlone(record));
  return { output: `${zone.name} is changed; its serial is ${zone.records.serial}.`, exitCode: 0 };
}

function zoneNamed(zones: readonly Zone[], name: string): Zone {
  const zone = zones.find((one) => one.name.toLowerCase() === tidyName(name).toLowerCase());
  if (zone) return zone;
  throw new ChangeRefused(`The lab has no zone ${name}.`);
}

function setAging(zone: Zone, word: string): ChangeResult {
  if (word !== "0" && word !== "1") throw new ChangeRefused(`dnscmd /Config /Aging: "${word}" is neither 0 nor 1.`);
  zone.state.aging = word === "1";
  return { output: `${zone.name}: aging is ${zone.state.aging ? "on" : "off"}.`, exitCode: 0 };
}

/** Static records get a time stamp: from now on they can become stale. */
function ageRecords(zone: Zone, name: string | undefined): ChangeResult {
  zone.change((records) => {
    const all = name === undefined ? records.all : records.at(name);
    records.stamp(
      all.filter(({ type }) => type !== "SOA" && type !== "NS"),
      zone.now(),
    );
  });
  return { output: `${zone.name}: records have a time stamp now.`, exitCode: 0 };
}

function scavenge(zones: readonly Zone[]): ChangeResult {
  let gone = 0;
  for (const zone of zones) {
    if (!zone.state.aging) continue;
    zone.change((records) => {
      gone += records.scavenge(zone.now() - STALE_MS);
    });
  }
  return { output: `Scavenging removed ${gone} records.`, exitCode: 0 };
}
