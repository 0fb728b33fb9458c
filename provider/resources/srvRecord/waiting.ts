import { setTimeout as sleep } from "node:timers/promises";
import type { OperationContext } from "../../adapter/handler";
import { type DnsNetwork, parseServer, readSrvSet, srvText } from "../../dns/index";
import { failureText } from "../../errors/failure";
import { DeadlineError, within } from "../../machine/deadline";
import { explainDns } from "./failures";
import { mineOf, sameData } from "./plan";
import { fqdnOf, type SrvRecordInputs, type WaitFor } from "./schema";

/** Milliseconds between two looks: short at first, since a notified secondary is there at once. */
const FIRST_PAUSE_MS = 50;
const MOST_PAUSE_MS = 2000;
/** Milliseconds between two lines of progress. */
const PROGRESS_MS = 5000;

/** A name server that did not serve the record in time, and what it served last. */
export interface Late {
  server: string;
  seconds: number;
  last: string;
}

/** Waits until every server of `waitFor` serves what is wanted, all at the same time; each within its own timeout. */
export async function waitForServers(
  network: DnsNetwork,
  context: OperationContext,
  wanted: SrvRecordInputs,
): Promise<Late[]> {
  const waits = (wanted.waitFor ?? []).map((one) => waitForServer(network, context, wanted, one));
  const ends = await Promise.all(waits);
  return ends.filter((end) => end !== undefined);
}

async function waitForServer(
  network: DnsNetwork,
  context: OperationContext,
  wanted: SrvRecordInputs,
  { server, timeout }: WaitFor,
): Promise<Late | undefined> {
  const begun = Date.now();
  let last = "nothing was answered yet";
  let nextLine = begun + PROGRESS_MS;
  try {
    await within([context.signal], timeout * 1000, async (signal) => {
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, MOST_PAUSE_MS)) {
        const seen = await serves(network, wanted, server, signal);
        if (seen === true) return;
        last = seen;
        if (Date.now() >= nextLine) {
          nextLine = Date.now() + PROGRESS_MS;
          context.log.info(
            `waiting for ${server} to serve it, ${Math.round((Date.now() - begun) / 1000)} of ${timeout} s: ${last}`,
          );
        }
        await sleep(pause, undefined, { signal });
      }
    });
    context.log.debug(`${server} serves it after ${Date.now() - begun} ms`);
    return undefined;
  } catch (error) {
    if (context.signal.aborted) throw error;
    // The pause between two looks ends with an AbortError of its own when time is up.
    if (error instanceof DeadlineError || Date.now() - begun >= timeout * 1000 - 1) {
      return { server, seconds: timeout, last };
    }
    throw error;
  }
}

/** True, or what is there instead. */
export async function serves(
  network: DnsNetwork,
  wanted: SrvRecordInputs,
  server: string,
  signal: AbortSignal,
): Promise<true | string> {
  const parsed = parseServer(server);
  if (!parsed.ok) return parsed.reason;
  try {
    const client = await network.client(parsed.server, signal);
    const mine = mineOf(await readSrvSet(client, fqdnOf(wanted), wanted.zone, undefined, signal), wanted);
    if (wanted.ensure === "absent") return mine.length === 0 || `it still has ${mine.map(srvText).join("; ")}`;
    const [one, more] = mine;
    const right = one && !more && sameData(one, wanted) && (wanted.ttl === undefined || one.ttl === wanted.ttl);
    return (
      right ||
      (one ? `it has ${mine.map((record) => `${record.ttl} ${srvText(record)}`).join("; ")}` : "it has no such record")
    );
  } catch (error) {
    signal.throwIfAborted();
    return explainDns(error).answered;
  }
}

export function waitFailed(resource: string, wanted: SrvRecordInputs, late: readonly Late[]): string {
  return failureText({
    resource,
    doing: `waiting for other name servers to serve ${fqdnOf(wanted)}`,
    answered: late.map(({ server, seconds, last }) => `${server} does not within ${seconds} s (${last})`).join("; "),
    state: "The record itself is as declared on the primary.",
    next:
      "check zone transfer and notification between the servers (the secondary's log tells; Active Directory replicates " +
      "by its own schedule: repadmin /syncall), then run `pulumi up` again, or raise waitFor's timeout",
  });
}
