import type { OperationContext } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import type { DnsNetwork } from "../../dns/index";
import { fqdnOf, type SrvRecordInputs } from "./schema";
import { onServer } from "./server";
import type { SrvTurn } from "./turn";
import { onWindows } from "./windows";

/** The set's turn: no other resource of this process changes it meanwhile. Errors of getting there are could-not-look. */
export function onSet<T>(
  network: DnsNetwork,
  context: OperationContext,
  bag: Props,
  wanted: SrvRecordInputs,
  work: (turn: SrvTurn) => Promise<T>,
): Promise<T> {
  const connection = wanted.auth?.method === "windowsDns" ? wanted.auth.connection : undefined;
  return network.atSet(fqdnOf(wanted), context.signal, () =>
    connection ? onWindows(context, bag, wanted, connection, work) : onServer(network, context, bag, wanted, work),
  );
}
