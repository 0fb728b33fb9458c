import type { DnsClient } from "./client";
import { DnsError, RcodeError } from "./errors";
import type { Signer } from "./signer";
import { CLASS, RCODE, rcodeName, TYPE } from "./wire/constants";
import type { Message } from "./wire/message";
import { isWithin, readName, sameName } from "./wire/names";
import { readSrv, type SrvSeen } from "./wire/srv";

/** All SRV records of one name, as the primary has them. */
export interface SrvSet {
  records: SrvSeen[];
  /** The name is an alias for this one, so that it cannot have records of its own (RFC 1034 3.6.2). */
  alias?: string;
}

/**
 * Reads an answer to "the SRV records of `name`". Only what an authoritative server says counts: another server's
 * "there is none" is no knowledge.
 */
export function srvSetOf(message: Message, name: string, zone: string): SrvSet {
  if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
    throw new RcodeError(message.rcode, { what: "query", zone, signer: undefined });
  }
  if (!message.authoritative) throw notAuthoritative(message, name, zone);
  const own = message.answers.filter((record) => record.class === CLASS.IN && sameName(record.name.text, name));
  const records = own.filter(({ type }) => type === TYPE.SRV).map((record) => readSrv(message, record));
  const alias = own.find(({ type }) => type === TYPE.CNAME);
  // Behind an alias the SOA is that of the other name.
  if (records.length === 0 && !alias) {
    const soa = message.authority.find(({ type }) => type === TYPE.SOA);
    if (soa && !sameName(soa.name.text, zone)) throw otherZone(soa.name.text, name, zone);
  }
  return {
    records: distinct(records),
    ...(alias ? { alias: readName(message.bytes, alias.rdataStart).text } : {}),
  };
}

/** One record for each RDATA; a server that repeats itself must not make us delete twice. */
function distinct(records: SrvSeen[]): SrvSeen[] {
  const seen = new Set<string>();
  return records.filter(({ rdata }) => {
    const key = rdata.toString("latin1");
    return !seen.has(key) && seen.add(key);
  });
}

/** The set at the server; a server that answers only to key holders is asked again with the signature. */
export async function readSrvSet(
  client: DnsClient,
  name: string,
  zone: string,
  signer: Signer | undefined,
  signal: AbortSignal,
): Promise<SrvSet> {
  const ask = async (type: "SRV" | "CNAME"): Promise<Message> => {
    const answer = await client.query(name, type, signal);
    if (rcodeName(answer.rcode) !== "REFUSED" || !signer) return answer;
    return client.signedQuery(name, type, zone, signer, signal);
  };
  const answer = await ask("SRV");
  const set = srvSetOf(answer, name, zone);
  if (answer.rcode !== RCODE.NOERROR || set.records.length > 0 || set.alias !== undefined) return set;
  // The name exists, without SRV records. Samba does not tell then that it is an alias, unless that is asked for.
  return srvSetOf(await ask("CNAME"), name, zone);
}

function notAuthoritative(message: Message, name: string, zone: string): DnsError {
  const cut = message.authority.find((record) => record.type === TYPE.NS && isWithin(name, record.name.text));
  if (cut && !sameName(cut.name.text, zone) && isWithin(cut.name.text, zone)) {
    return new DnsError(
      "notAuthoritative",
      `${name} lies in ${cut.name.text}, which ${zone} delegates to other name servers`,
      `give zone "${cut.name.text}" and its primary as "server"`,
    );
  }
  return new DnsError(
    "notAuthoritative",
    `the server answers, but is not authoritative for the zone ${zone} (a resolver, a forwarder, or a secondary whose copy is too old)`,
    'give "server": the primary name server of the zone, or leave it out to have it found by the zone\'s SOA record',
  );
}

const otherZone = (found: string, name: string, zone: string): DnsError =>
  new DnsError(
    "notAuthoritative",
    `${name} lies in the zone ${found} on this server, not in ${zone}`,
    `give zone "${found}" (with "name" relative to it), or correct "server"`,
  );
