import { DnsError, srvText } from "../../dns/index";
import { failureText, OperationFailure } from "../../errors/failure";
import { DeadlineError } from "../../machine/deadline";
import { mineOf, type Planned, type SrvPlan, sameData } from "./plan";
import type { SrvRecordInputs } from "./schema";
import type { ChangeError, SeenRecord, SeenSet, SrvTurn } from "./turn";

/** What was answered and what to do; what is no news of a server goes through as it is. */
export function explainDns(error: unknown): { answered: string; next: string } {
  if (error instanceof DnsError) return { answered: error.message, next: error.remedy };
  if (error instanceof DeadlineError) {
    return { answered: `it took longer than ${error.seconds} s`, next: "check the name server's load and its log" };
  }
  throw error;
}

type Parts = { doing: string; answered: string; state: string; next: string };
type Place = Pick<SrvTurn, "resource" | "where" | "fqdn">;

const text = ({ resource, where }: Place, parts: Parts) => failureText({ resource, machine: where, ...parts });

export const records = (found: readonly SeenRecord[]) => found.map((record) => `"${srvText(record)}"`).join(", ");

export function lookFailed(place: Place, explained: { answered: string; next: string }): OperationFailure {
  const doing = `reading the SRV records of ${place.fqdn}`;
  const state = "Nothing was changed, and what state it is in is not known.";
  return new OperationFailure(text(place, { doing, ...explained, state }), true);
}

export function refused(
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  set: SeenSet,
  planned: Extract<Planned, { ok: false }>,
): OperationFailure {
  const doing = `adding "${srvText(wanted)}" to ${turn.fqdn}`;
  const state = "Nothing was changed.";
  const found = records(planned.found);
  const parts: { [refusal in typeof planned.refusal]: Omit<Parts, "doing" | "state"> } = {
    alias: {
      answered: `the name is an alias (CNAME) for ${set.alias}, and an alias has no records of its own; servers answer NOERROR to such an update and do nothing`,
      next: "remove the CNAME, or publish the record in the zone that it leads to",
    },
    exists: {
      answered: `a record for this target is there already, ${found}, and adopt is "never"`,
      next: 'remove it, or set adopt to "identical" or "always"',
    },
    otherData: {
      answered: `a record for this target with other data is there already: ${found}`,
      next:
        'declare that data (it is taken over then), set adopt to "always" to have it replaced, or remove it. A KMS host that ' +
        "publishes itself puts it back: turn that off there first (KmsHost dnsPublishing: false)",
    },
  };
  return new OperationFailure(text(turn, { doing, ...parts[planned.refusal], state }));
}

const doingOf = (turn: SrvTurn, plan: SrvPlan) => `${turn.words.change} (${turn.texts(plan).join("; ")})`;

export function changeFailed(turn: SrvTurn, plan: SrvPlan, error: ChangeError, state: string): string {
  return text(turn, { doing: doingOf(turn, plan), ...error.explained, state });
}

export function racing(turn: SrvTurn, plan: SrvPlan, attempts: number): string {
  return text(turn, {
    doing: doingOf(turn, plan),
    answered: `the set was never what had been read a moment before, in ${attempts} attempts`,
    state: "Nothing was changed.",
    next:
      "look for another program that changes this name all the time, and for a wildcard record (its answers look like records, " +
      "and cannot be changed under this name), then run it again",
  });
}

/** Success, and the read-back says otherwise. */
export function notDone(
  turn: SrvTurn,
  wanted: SrvRecordInputs,
  plan: SrvPlan,
  after: SeenSet,
  verified: boolean,
): string {
  const { answered, next } = shortfall(turn, wanted, after);
  return text(turn, {
    doing: doingOf(turn, plan),
    answered: `${turn.words.success}${verified ? "" : " (which could not be verified)"}, but ${answered}`,
    state: `Read back: ${after.records.length ? records(after.records) : "no SRV records"}.`,
    next,
  });
}

function shortfall(turn: SrvTurn, wanted: SrvRecordInputs, after: SeenSet): { answered: string; next: string } {
  const mine = mineOf(after, wanted);
  const exact = mine.find((one) => sameData(one, wanted));
  if (after.alias !== undefined) {
    return { answered: `the name is an alias (CNAME) for ${after.alias} now`, next: "remove the CNAME" };
  }
  if (wanted.ensure === "absent" || (exact && mine.length > 1)) {
    return {
      answered: `${records(mine.filter((one) => wanted.ensure === "absent" || one !== exact))} is still there`,
      next: "remove it by hand on the server (some servers compare the target's letters by case), and report this with the server's name and version",
    };
  }
  if (exact && wanted.ttl !== undefined && exact.ttl !== wanted.ttl) {
    return {
      answered: `the TTL is ${exact.ttl} instead of ${wanted.ttl}: this server keeps the TTL of a set, or limits it`,
      next: "set the TTL on the server, declare the one that it has, or leave ttl out",
    };
  }
  return { answered: "the record is not there", next: turn.words.missing };
}

export function strangersStay(turn: SrvTurn, strangers: readonly string[]): string {
  return text(turn, {
    doing: "checking the set for strangers",
    answered: `SRV records that nobody declared are there, and onStranger is "fail": ${strangers.map((one) => `"${one}"`).join(", ")}`,
    state: "Our own record is as declared; others' records are never touched.",
    next: 'remove them on the server, name their targets in neighbours, or set onStranger to "report"',
  });
}
