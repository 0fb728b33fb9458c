import type { OperationContext } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import {
  type DnsClient,
  DnsError,
  type DnsNetwork,
  parseServer,
  readSrvSet,
  type Sent,
  type Signer,
  type SrvChange,
  type SrvSet,
} from "../../dns/index";
import { failureText, OperationFailure } from "../../errors/failure";
import { DeadlineError, within } from "../../machine/deadline";
import { resourceText } from "../shared/onMachine";
import { explainDns } from "./failures";
import { fqdnOf, type SrvRecordInputs } from "./schema";
import { sendingOf } from "./sending";

/** Seconds that one operation may take, from when the set's turn comes. */
const OPERATION_SECONDS = 60;

/** One turn at a set of records on its primary name server. */
export interface SrvTurn {
  /** 'SrvRecord "kms01"'. */
  resource: string;
  client: DnsClient;
  /** Signs looks where the server wants it. Undefined without a key, and where a `read` has no secret at hand. */
  signer: Signer | undefined;
  /** Sends one change, however updates are signed. */
  send(change: SrvChange): Promise<Sent>;
  signal: AbortSignal;
  fqdn: string;
  zone: string;
}

export const lookAt = ({ client, fqdn, zone, signer, signal }: SrvTurn): Promise<SrvSet> =>
  readSrvSet(client, fqdn, zone, signer, signal);

/** The set's turn: no other resource of this process changes it meanwhile. Errors of getting there are could-not-look. */
export function onServer<T>(
  network: DnsNetwork,
  context: OperationContext,
  bag: Props,
  wanted: SrvRecordInputs,
  work: (turn: SrvTurn) => Promise<T>,
): Promise<T> {
  const resource = resourceText("SrvRecord", bag);
  const fqdn = fqdnOf(wanted);
  return network.atSet(fqdn, context.signal, () =>
    within([context.signal], OPERATION_SECONDS * 1000, async (signal) => {
      const { signer, send, release } = await sendingOf(network, context, wanted.auth, resource, signal);
      try {
        const client = await clientOf(network, wanted, resource, signal);
        return await work({
          resource,
          client,
          signer,
          send: (change) => send(client, change, signal),
          signal,
          fqdn,
          zone: wanted.zone,
        });
      } finally {
        release();
      }
    }),
  );
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
export const isCancelled = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && !(error instanceof DeadlineError);
