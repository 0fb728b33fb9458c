import type { OperationContext } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import type { Sent, SrvData } from "../../dns/index";
import { describeCode } from "../../errors/codes/index";
import type { Connection } from "../../machine/connection";
import type {
  AgentError,
  BatchResult,
  DnsChangeArgs,
  DnsReadResult,
  DnsSrvData,
  ReadOutcome,
} from "../../machine/protocol";
import { AgentFailure } from "../../machine/session";
import { explain, explainAgentError, neverBegun } from "../shared/explain";
import { onMachine, type Turn } from "../shared/onMachine";
import { look } from "../shared/runSteps";
import { dnsChangeTexts, MUTEX } from "../shared/steps";
import { lookFailed } from "./failures";
import type { SrvPlan } from "./plan";
import { fqdnOf, type SrvRecordInputs } from "./schema";
import { ChangeError, type SeenSet, type SrvTurn } from "./turn";

/**
 * The set's turn on a Windows DNS server, by its agent. Any server of the zone may be given, now this one and now
 * another: the record is known by zone, name and target, and not by the machine.
 */
export function onWindows<T>(
  context: OperationContext,
  bag: Props,
  wanted: SrvRecordInputs,
  connection: Connection,
  work: (turn: SrvTurn) => Promise<T>,
): Promise<T> {
  const at = { resourceName: bag["resourceName"] ?? "?", connection: connection as unknown as Props };
  return onMachine(context, "SrvRecord", at, undefined, (turn) => work(windowsTurn(turn, context.signal, wanted)));
}

function windowsTurn({ session, resource, machine }: Turn, signal: AbortSignal, wanted: SrvRecordInputs): SrvTurn {
  const { zone, name } = wanted;
  const read = { op: "dns.read" as const, args: { zone, name } };
  /** What a change's own batch read after it: the next look needs no round trip. */
  let readBack: ReadOutcome | undefined;
  const place = { resource, where: `${session.description} (zone ${zone})`, fqdn: fqdnOf(wanted) };
  return {
    ...place,
    server: machine.name,
    signal,
    words: {
      change: "the change",
      success: "Windows reported success",
      missing:
        "look into the DNS server's log (event log DNS Server), and see with `dnscmd /EnumRecords ZONE NAME` whether another " +
        "program removes the record",
    },
    texts: (plan) => dnsChangeTexts({ zone, name, ...changeOf({ records: [] }, plan) }),

    look: async () => {
      const known = readBack;
      readBack = undefined;
      try {
        return setOf(known ?? (await look(session, [read])).reads[0]);
      } catch (error) {
        throw lookFailed(place, explainWindows(error, wanted));
      }
    },

    send: async (set, plan) => {
      const step = { op: "dns.change" as const, args: { zone, name, ...changeOf(set, plan) } };
      let result: BatchResult;
      try {
        result = await session.call("batch", { mutex: MUTEX, steps: [step], reads: [read] });
      } catch (error) {
        throw new ChangeError(neverBegun(error) ? "refused" : "lost", explain(error));
      }
      readBack = result.reads[0];
      const [outcome] = result.steps;
      if (outcome?.status === "failed") throw changeErrorOf(outcome.error, wanted);
      return { verified: true } satisfies Sent;
    },
  };
}

const data = ({ priority, weight, port, target }: SrvData): DnsSrvData => ({ priority, weight, port, target });

const changeOf = (set: SeenSet, { deletes, add }: SrvPlan): Pick<DnsChangeArgs, "expected" | "deletes" | "add"> => ({
  expected: set.records.map(data),
  deletes: deletes.map(data),
  add: add ? { ...data(add), ttl: add.ttl } : null,
});

function setOf(outcome: ReadOutcome | undefined): SeenSet {
  if (!outcome?.ok) {
    throw new AgentFailure("batch", outcome?.error ?? { kind: "internal", message: "the batch has no such read" });
  }
  const { zone, records, alias } = outcome.result as DnsReadResult;
  return {
    records: records.map(({ static: isStatic, ...record }) => ({ ...record, dynamic: !isStatic })),
    ...(alias === null ? {} : { alias }),
    windows: { aging: zone.aging },
  };
}

/** Where the step did not begin, nothing was done; in between, only a look tells how far it came. */
function changeErrorOf(error: AgentError, wanted: SrvRecordInputs): ChangeError {
  const explained = explainWindowsError(error, wanted);
  if (error.kind === "expectation") return new ChangeError("raced", explained);
  return new ChangeError(["notSupported", "refused"].includes(error.kind) ? "refused" : "doubtful", explained);
}

function explainWindows(error: unknown, wanted: SrvRecordInputs): { answered: string; next: string } {
  return error instanceof AgentFailure ? explainWindowsError(error.error, wanted) : explain(error);
}

const ACCESS_DENIED = ["0x80070005", "0x80041003"];

/** What means something else, or something more, of a DNS server. */
function explainWindowsError(error: AgentError, { zone }: SrvRecordInputs): { answered: string; next: string } {
  if (error.kind === "notSupported") {
    return {
      answered: "the machine is no DNS server: it has no service DNS",
      next: "let auth.connection lead to a DNS server of the zone (in Active Directory a domain controller), or install the role there",
    };
  }
  if (error.kind === "expectation") {
    return { answered: "the set is not what had been read a moment before", next: "run `pulumi up --refresh` again" };
  }
  if (error.kind === "internal") {
    const { answered } = explainAgentError(error);
    return {
      answered,
      next: "look into the DNS server's log (event log DNS Server), and report this with its Windows version",
    };
  }
  const { code, name } = describeCode(error.code ?? "");
  const windows = `Windows answered ${code}${name ? ` ${name}` : ""}`;
  if (error.kind === "hresult" && ACCESS_DENIED.includes(code)) {
    return {
      answered: `${windows}: the account may not do that in the zone ${zone}`,
      next:
        "use an account that administers DNS: a member of DnsAdmins or of the domain's administrators, besides the machine's own " +
        "Administrators, which the agent needs. Let auth.connection lead to the DNS server itself: a login by key has no " +
        "credentials for a second hop to another one",
    };
  }
  if (error.kind === "hresult" && code === "0x80072581") {
    return {
      answered: `${windows}: the DNS server has no zone ${zone}`,
      next: 'correct "zone" (as `dnscmd /EnumZones` lists it there), or let auth.connection lead to a server that holds it',
    };
  }
  return explainAgentError(error);
}
