import { isObject, isUnknown, type Props, pick, sameValue } from "../../adapter/props";
import { srvText } from "../../dns/index";
import { mineOf, othersOf, sameData, strangersOf } from "./plan";
import { fqdnOf, IDENTITY, SRV_RECORD_INPUTS, type SrvRecordInputs } from "./schema";
import type { SeenSet } from "./turn";

/** What was declared, under names of which the outputs show what was seen. */
export interface Declared {
  port: number;
  priority: number;
  weight: number;
  ttl?: number;
  ensure: "present" | "absent";
  server?: string | string[];
}

export interface SrvRecordOutputs extends SrvRecordInputs {
  fqdn: string;
  /** The server that was asked, with its port; with windowsDns the machine's name. */
  server: string;
  declared: Declared;
  /** The other records of the set, like "0 0 1688 kms02.contoso.com". */
  neighboursSeen: string[];
  strangers: string[];
  findings: string[];
  /** Tells this declaration from a later one of the same record. */
  claim: string;
  lookedAt?: boolean;
  /** Servers of `waitFor` that did not serve it in time. */
  waitOwed?: string[];
}

/** Lists in outputs end here; longer ones say how many more there are. */
const MOST_LISTED = 10;

function listed(items: string[]): string[] {
  const sorted = [...items].sort();
  if (sorted.length <= MOST_LISTED) return sorted;
  return [...sorted.slice(0, MOST_LISTED - 1), `and ${sorted.length - MOST_LISTED + 1} more`];
}

export function declaredOf({ port, priority, weight, ttl, ensure, server }: SrvRecordInputs): Declared {
  return {
    port,
    priority,
    weight,
    ensure,
    ...(ttl === undefined ? {} : { ttl }),
    ...(server === undefined ? {} : { server }),
  };
}

/** The inputs as they were declared, of outputs. */
export function declaredInputs(outs: Props): SrvRecordInputs {
  const { ttl: _ttl, server: _server, strangers: _strangers, ...rest } = pick(outs, SRV_RECORD_INPUTS);
  const declared = isObject(outs["declared"]) ? outs["declared"] : {};
  return { ...rest, ...declared } as unknown as SrvRecordInputs;
}

export function srvOutputs(set: SeenSet, wanted: SrvRecordInputs, server: string, claim: string): SrvRecordOutputs {
  const { ttl: _ttl, strangers: _strangers, ...rest } = wanted;
  const mine = mineOf(set, wanted);
  const differs = mine.find((one) => !sameData(one, wanted));
  // Two records of our target: the one that should not be there is the one to show.
  const shown = differs ?? mine[0];
  const strangers = strangersOf(set, wanted);
  return {
    ...rest,
    ...(shown
      ? { ensure: "present", port: shown.port, priority: shown.priority, weight: shown.weight, ttl: shown.ttl }
      : { ensure: "absent", ...(wanted.ttl === undefined ? {} : { ttl: wanted.ttl }) }),
    fqdn: fqdnOf(wanted),
    server,
    declared: declaredOf(wanted),
    neighboursSeen: listed(othersOf(set, wanted).map(srvText)),
    strangers: listed(strangers.map(srvText)),
    findings: findings(set, strangers.map(srvText), shown?.dynamic === true),
    claim,
  };
}

/** Outputs where a change was sent and nothing could be read afterwards. */
export function unseenOutputs(wanted: SrvRecordInputs, server: string, claim: string): SrvRecordOutputs {
  return { ...srvOutputs({ records: [] }, wanted, server, claim), ensure: wanted.ensure, lookedAt: false };
}

function findings(set: SeenSet, strangers: string[], dynamic: boolean): string[] {
  const list: string[] = [];
  if (strangers.length > 0) {
    const many = strangers.length > 1;
    list.push(
      `${many ? `${strangers.length} SRV records that nobody declared are` : "an SRV record that nobody declared is"} in the set: ` +
        `${listed(strangers).join("; ")} (left alone; KMS clients may go there; name ${many ? "their targets" : "its target"} in ` +
        `neighbours if ${many ? "they are" : "it is"} wanted)`,
    );
  }
  const ttls = [...new Set(set.records.map(({ ttl }) => ttl))].sort((a, b) => a - b);
  if (ttls.length > 1) {
    list.push(`the set has records with different TTLs (${ttls.join(", ")}), which RFC 2181 does not allow`);
  }
  if (dynamic && set.windows?.aging) {
    list.push(
      "the record is dynamic in a zone whose records age: Windows may remove it once nobody updates it. A KMS host that " +
        "publishes itself, or `dnscmd /AgeAllRecords`, makes it so. End that (KmsHost dnsPublishing: false); the next change of " +
        "this record, or `pulumi up --replace URN`, makes it static",
    );
  }
  return list;
}

export function srvInputsOf(outs: Props): Props {
  const inputs = pick(outs, SRV_RECORD_INPUTS);
  const declared = isObject(outs["declared"]) ? (outs["declared"] as Props) : {};
  if (declared["ttl"] === undefined) delete inputs["ttl"];
  if (declared["server"] === undefined) delete inputs["server"];
  else inputs["server"] = declared["server"];
  if (outs["onStranger"] !== "fail") delete inputs["strangers"];
  return inputs;
}

export function diffSrv(outs: Props, wanted: Props): { changed: string[]; replaces: string[] } {
  const changed = new Set<string>();
  const declared: Record<string, unknown> = isObject(outs["declared"]) ? outs["declared"] : {};
  if (outs["lookedAt"] === false) changed.add("lookedAt");
  const replaces = IDENTITY.filter((name) => isUnknown(wanted[name]) || !sameValue(outs[name], wanted[name]));
  for (const name of replaces) changed.add(name);

  for (const name of ["resourceName", "auth", "adopt", "neighbours", "onStranger", "waitFor"] as const) {
    if (!sameValue(outs[name], wanted[name])) changed.add(name);
  }
  for (const name of ["port", "priority", "weight", "ttl", "ensure", "server"] as const) {
    if (!sameValue(declared[name], wanted[name])) changed.add(name);
  }
  if (!sameValue(outs["ensure"], wanted["ensure"])) changed.add("ensure");
  else if (wanted["ensure"] === "present") {
    for (const name of ["port", "priority", "weight"]) if (!sameValue(outs[name], wanted[name])) changed.add(name);
    if (wanted["ttl"] !== undefined && !sameValue(outs["ttl"], wanted["ttl"])) changed.add("ttl");
  }
  if (Array.isArray(outs["waitOwed"]) && Array.isArray(wanted["waitFor"]) && wanted["waitFor"].length > 0) {
    changed.add("waitOwed");
  }
  const strangers = outs["strangers"];
  if (wanted["onStranger"] === "fail" && Array.isArray(strangers) && strangers.length > 0) changed.add("strangers");
  return { changed: [...changed], replaces };
}
