import type { OperationContext } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { type DnsClient, DnsError, type DnsNetwork, parseServer, RcodeError, readSrvSet } from "../../dns/index";
import { failureText, OperationFailure } from "../../errors/failure";
import { DeadlineError, within } from "../../machine/deadline";
import { resourceText } from "../shared/onMachine";
import { explainDns, lookFailed } from "./failures";
import { changeOf, planText } from "./plan";
import { fqdnOf, type SrvRecordInputs } from "./schema";
import { type Sending, sendingOf } from "./sending";
import { ChangeError, type ChangeOutcome, type SrvTurn } from "./turn";

/** Seconds that one operation may take, from when the set's turn comes. */
const OPERATION_SECONDS = 60;

/** The set's turn on the zone's primary name server, by DNS UPDATE. */
export function onServer<T>(
  network: DnsNetwork,
  context: OperationContext,
  bag: Props,
  wanted: SrvRecordInputs,
  work: (turn: SrvTurn) => Promise<T>,
): Promise<T> {
  const resource = resourceText("SrvRecord", bag);
  return within([context.signal], OPERATION_SECONDS * 1000, async (signal) => {
    const sending = await sendingOf(network, context, wanted.auth, resource, signal);
    try {
      const client = await clientOf(network, wanted, resource, signal);
      return await work(dnsTurn(client, sending, wanted, resource, signal));
    } finally {
      sending.release();
    }
  });
}

function dnsTurn(
  client: DnsClient,
  sending: Sending,
  wanted: SrvRecordInputs,
  resource: string,
  signal: AbortSignal,
): SrvTurn {
  const { zone } = wanted;
  const fqdn = fqdnOf(wanted);
  const place = { resource, where: `${client.where} (zone ${zone})`, fqdn };
  return {
    ...place,
    server: client.where,
    signal,
    words: {
      change: "the DNS update",
      success: "the server answered NOERROR",
      missing:
        `look into the name server's log; a view, a filter or a policy may drop it, and "server" may answer ` +
        `queries from another copy of the zone than it updates (ask it: dig SRV ${fqdn})`,
    },
    texts: (plan) => planText(plan, wanted),

    look: async () => {
      try {
        return await readSrvSet(client, fqdn, zone, sending.signer, signal);
      } catch (error) {
        if (isCancelled(error, signal)) throw error;
        throw lookFailed(place, explainDns(error));
      }
    },

    send: async (set, plan) => {
      try {
        return await sending.send(client, changeOf(set, plan, wanted), signal);
      } catch (error) {
        if (isCancelled(error, signal)) throw error;
        throw new ChangeError(outcomeOf(error), explainChange(error, wanted));
      }
    },
  };
}

/** Names the resource that helps where the record's node belongs to another account of Active Directory. */
function explainChange(error: unknown, { zone, name, auth }: SrvRecordInputs): { answered: string; next: string } {
  const explained = explainDns(error);
  const isOthersNode =
    auth?.method === "gssTsig" && error instanceof RcodeError && ["SERVFAIL", "REFUSED"].includes(error.name);
  if (!isOthersNode) return explained;
  return {
    ...explained,
    next: `${explained.next} (DnsRecordPermission: zone "${zone}", name "${name}", account: the group)`,
  };
}

function outcomeOf(error: unknown): ChangeOutcome {
  if (!(error instanceof DnsError)) return "doubtful";
  if (error instanceof RcodeError && (error.name === "NXRRSET" || error.name === "YXRRSET")) return "raced";
  if (error.kind === "unverified" || error.kind === "unsigned") return "doubtful";
  return error.outcomeUnknown ? "unanswered" : "refused";
}

async function clientOf(
  network: DnsNetwork,
  { server, zone }: SrvRecordInputs,
  resource: string,
  signal: AbortSignal,
): Promise<DnsClient> {
  try {
    if (server === undefined) return await network.client(await network.primaryOf(zone, signal), signal);
    const [first = "", ...others] = typeof server === "string" ? [server] : server;
    if (others.length === 0) return await clientAt(network, first, resource, signal);
    return await firstThatAnswers(network, [first, ...others], zone, resource, signal);
  } catch (error) {
    if (error instanceof OperationFailure) throw error;
    const machine = server === undefined ? `the zone ${zone}` : [server].flat().join(", ");
    const explained = explainDns(error);
    const state = "Nothing was changed, and what state it is in is not known.";
    const text = { resource, machine, doing: "finding the primary name server", ...explained, state };
    throw new OperationFailure(failureText(text), true);
  }
}

async function clientAt(network: DnsNetwork, server: string, resource: string, signal: AbortSignal) {
  const parsed = parseServer(server);
  if (!parsed.ok) throw new OperationFailure(`${resource}: server: ${parsed.reason}`);
  return network.client(parsed.server, signal);
}

/** The network's own failures; a server that answers, whatever it says, has answered for all. */
const isOfTheNetwork = (error: unknown): error is DnsError =>
  error instanceof DnsError && ["unreachable", "timeout", "lost"].includes(error.kind);

async function firstThatAnswers(
  network: DnsNetwork,
  servers: readonly string[],
  zone: string,
  resource: string,
  signal: AbortSignal,
): Promise<DnsClient> {
  const silent: string[] = [];
  let last: DnsError | undefined;
  for (const server of servers) {
    try {
      const client = await clientAt(network, server, resource, signal);
      await client.query(zone, "SOA", signal);
      return client;
    } catch (error) {
      if (!isOfTheNetwork(error)) throw error;
      silent.push(error.message);
      last = error;
    }
  }
  throw new DnsError(
    "unreachable",
    `none of the ${servers.length} servers can be reached: ${silent.join("; ")}`,
    last?.remedy ?? 'check "server"',
  );
}

/** Whether the error ends the operation from outside, so that it is no news of the server. */
const isCancelled = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && !(error instanceof DeadlineError);
