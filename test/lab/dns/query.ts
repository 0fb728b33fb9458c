import { CLASS, RCODE, type Rcode } from "./wire/constants";
import type { Question } from "./wire/message";
import type { Zone, ZoneRecord } from "./zone";
import { zoneOf } from "./zone";

export interface Answered {
  rcode: Rcode;
  authoritative: boolean;
  answers: ZoneRecord[];
  /** The SOA, where there is nothing to answer. */
  authorities: ZoneRecord[];
  /** Addresses of the hosts that the answer names. */
  additionals: ZoneRecord[];
}

/** Aliases that lead on and on are followed so far. */
const MAX_ALIASES = 16;

/** An authoritative answer, from the records of one name and those that its aliases lead to; no wildcards. */
export function answerQuestion(zones: readonly Zone[], question: Question): Answered {
  const refused: Answered = {
    rcode: RCODE.REFUSED,
    authoritative: false,
    answers: [],
    authorities: [],
    additionals: [],
  };
  if (question.klass !== CLASS.IN && question.klass !== CLASS.ANY) return refused;
  if (["AXFR", "IXFR", "MAILA", "MAILB", "TSIG", "OPT"].includes(question.type)) return refused;
  const first = zoneOf(zones, question.name);
  if (!first) return refused;
  const answers: ZoneRecord[] = [];
  let zone: Zone | undefined = first;
  let name = question.name;
  for (let aliases = 0; zone && aliases < MAX_ALIASES; aliases++) {
    const here = zone.records.at(name);
    const fitting = here.filter(({ type }) => question.type === "ANY" || type === question.type);
    answers.push(...fitting);
    const alias = fitting.length > 0 ? undefined : here.find(({ type }) => type === "CNAME");
    if (!alias) {
      const nothing = fitting.length === 0;
      return {
        rcode: nothing && !zone.records.exists(name) ? RCODE.NXDOMAIN : RCODE.NOERROR,
        authoritative: true,
        answers,
        authorities: nothing ? [negative(zone)] : [],
        additionals: addresses(zones, answers),
      };
    }
    answers.push(alias);
    name = alias.data;
    zone = zoneOf(zones, name);
  }
  return { rcode: RCODE.NOERROR, authoritative: true, answers, authorities: [], additionals: [] };
}

/** The SOA with the TTL for which a resolver may remember that there is nothing (RFC 2308). */
function negative(zone: Zone): ZoneRecord {
  const { soa } = zone.records;
  return { ...soa, ttl: Math.min(soa.ttl, Number(soa.data.split(" ").at(-1))) };
}

function addresses(zones: readonly Zone[], answers: readonly ZoneRecord[]): ZoneRecord[] {
  const hosts = answers
    .filter(({ type }) => type === "SRV" || type === "NS" || type === "MX")
    .map(({ data }) => (data.split(" ").at(-1) ?? ".").toLowerCase());
  return [...new Set(hosts)].flatMap((host) => {
    const records = zoneOf(zones, host)?.records;
    return records ? [...records.set(host, "A"), ...records.set(host, "AAAA")] : [];
  });
}
