import { encodeSrv, type SrvChange, type SrvData, type SrvSeen, sameName, srvText } from "../../dns/index";
import { fqdnOf, type SrvRecordInputs } from "./schema";
import type { SeenRecord, SeenSet } from "./turn";

/** Seconds, for a set that has no records yet: an hour, which KMS hosts use for their own records. */
export const DEFAULT_TTL = 3600;

/** How records of our target that are there already are met: with the rule of `adopt`, or as our own. */
export type Stance = "create" | "own";

export interface SrvPlan {
  /** Records of our target that go, exactly as the server has them. */
  deletes: SeenRecord[];
  add: (SrvData & { ttl: number }) | undefined;
  /** A record that is right already and not made by us. */
  takesOver: SeenRecord | undefined;
}

export type Planned =
  | { ok: true; plan: SrvPlan }
  | { ok: false; refusal: "alias" | "exists" | "otherData"; found: SeenRecord[] };

/** The records of the set that are about our target. */
export const mineOf = ({ records }: SeenSet, { target }: Pick<SrvRecordInputs, "target">): SeenRecord[] =>
  records.filter((record) => sameName(record.target, target));

export const othersOf = ({ records }: SeenSet, { target }: Pick<SrvRecordInputs, "target">): SeenRecord[] =>
  records.filter((record) => !sameName(record.target, target));

/** Others that nobody named in `neighbours`. */
export const strangersOf = (set: SeenSet, wanted: SrvRecordInputs): SeenRecord[] =>
  othersOf(set, wanted).filter(({ target }) => !wanted.neighbours?.some((neighbour) => sameName(neighbour, target)));

/** Whether two records of one target are the same but for their TTL. */
export const sameData = (record: SrvData, wanted: SrvData): boolean =>
  record.port === wanted.port && record.priority === wanted.priority && record.weight === wanted.weight;

const NOTHING: SrvPlan = { deletes: [], add: undefined, takesOver: undefined };

/** What has to change so that the set holds our record once, as declared, or not at all. Others' data stays as it is. */
export function planSrv(set: SeenSet, wanted: SrvRecordInputs, stance: Stance): Planned {
  const mine = mineOf(set, wanted);
  if (wanted.ensure === "absent") return { ok: true, plan: { ...NOTHING, deletes: mine } };
  if (set.alias !== undefined) return { ok: false, refusal: "alias", found: [] };
  const exact = mine.find((record) => sameData(record, wanted));
  const different = mine.filter((record) => record !== exact);
  if (stance === "create" && mine.length > 0) {
    const adopt = wanted.adopt ?? "identical";
    if (adopt === "never") return { ok: false, refusal: "exists", found: mine };
    if (adopt === "identical" && different.length > 0) return { ok: false, refusal: "otherData", found: different };
  }
  const takesOver = stance === "create" ? exact : undefined;
  // A dynamic one is made static with the next change that there is. By itself that is none: a host that publishes
  // itself may make it dynamic again, for ever.
  const stays = exact && (wanted.ttl === undefined || exact.ttl === wanted.ttl) && !takesOver?.dynamic;
  if (stays) return { ok: true, plan: { ...NOTHING, deletes: different, takesOver } };

  const ttl = wanted.ttl ?? (exact ?? mine[0] ?? shortest(set.records))?.ttl ?? DEFAULT_TTL;
  const { port, priority, weight, target } = wanted;
  return {
    ok: true,
    plan: {
      // A TTL is changed by deleting and adding: some servers ignore an addition of what is there, or refuse it.
      deletes: mine,
      add: { port, priority, weight, target, ttl },
      takesOver,
    },
  };
}

/** Others that got our TTL with a change of ours: most servers keep one TTL for a set, Windows and Samba do not. */
export function ttlChangedOf(before: SeenSet, after: SeenSet, wanted: SrvRecordInputs, ttl: number): SeenRecord[] {
  const had = (record: SeenRecord) =>
    othersOf(before, wanted).find((one) => sameName(one.target, record.target) && sameData(one, record));
  return othersOf(after, wanted).filter((record) => record.ttl === ttl && (had(record)?.ttl ?? ttl) !== ttl);
}

const shortest = (records: SeenRecord[]): SeenRecord | undefined => [...records].sort((a, b) => a.ttl - b.ttl)[0];

export const isEmpty = ({ deletes, add }: SrvPlan): boolean => deletes.length === 0 && add === undefined;

const stored = (record: SeenRecord): SrvSeen => ({ ...record, rdata: record.rdata ?? encodeSrv(record) });

/** The one change of DNS UPDATE: only if the set still is what was read, delete and add together. */
export const changeOf = (set: SeenSet, { deletes, add }: SrvPlan, wanted: SrvRecordInputs): SrvChange => ({
  zone: wanted.zone,
  fqdn: fqdnOf(wanted),
  expected: set.records.map(stored),
  deletes: deletes.map(stored),
  add,
});

/** The plan as an administrator would type it into nsupdate. */
export function planText(plan: SrvPlan, wanted: SrvRecordInputs): string[] {
  const name = `${fqdnOf(wanted)}.`;
  const lines = plan.deletes.map((record) => `update delete ${name} SRV ${srvText(record)}.`);
  if (plan.add) lines.push(`update add ${name} ${plan.add.ttl} SRV ${srvText(plan.add)}.`);
  return lines;
}
