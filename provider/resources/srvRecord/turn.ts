import type { Sent, SrvData } from "../../dns/index";
import type { SrvPlan } from "./plan";

/** An SRV record as it was seen, by whichever way. */
export interface SeenRecord extends SrvData {
  ttl: number;
  /** Octet for octet as the server has it, where DNS was asked. */
  rdata?: Buffer;
  /** On Windows: it has a time stamp, so that scavenging may remove it. */
  dynamic?: boolean;
}

/** All SRV records of one name. */
export interface SeenSet {
  records: SeenRecord[];
  /** The name is an alias for this one, so that it cannot have records of its own (RFC 1034 3.6.2). */
  alias?: string;
  /** Told by a Windows DNS server itself, on which each record has a TTL of its own. */
  windows?: { aging: boolean };
}

/** One turn at a set of records, whether DNS UPDATE or a Windows DNS server's own agent is behind it. */
export interface SrvTurn {
  /** 'SrvRecord "kms01"'. */
  resource: string;
  /** The server as outputs name it. */
  server: string;
  /** Server and zone as messages name them. */
  where: string;
  fqdn: string;
  signal: AbortSignal;
  words: TurnWords;
  /** A plan as an administrator would type it. */
  texts(plan: SrvPlan): string[];
  /** Throws what could not be looked at as an `OperationFailure`. */
  look(): Promise<SeenSet>;
  /** Does a plan, if the set still is what this turn's last look saw. Throws {@link ChangeError}. */
  send(set: SeenSet, plan: SrvPlan): Promise<Sent>;
}

/** How messages speak of a change. */
export interface TurnWords {
  /** Like "the DNS update". */
  change: string;
  /** What the server says to one that it did, like "the server answered NOERROR". */
  success: string;
  /** What to do when a record is not there that was said to be done. */
  missing: string;
}

/**
 * - `raced`: nothing was done, since the set is not what had been read.
 * - `refused`: nothing was done, for certain.
 * - `unanswered`: a look tells what came of it, and it may be sent again.
 * - `doubtful`: the answer cannot be believed, or leaves open how far it came; a look tells, and it is not sent again.
 * - `lost`: nobody is left to be asked in this turn.
 */
export type ChangeOutcome = "raced" | "refused" | "unanswered" | "doubtful" | "lost";

/** A change that was not done, or may not have been. */
export class ChangeError extends Error {
  override readonly name = "ChangeError";
  constructor(
    readonly outcome: ChangeOutcome,
    readonly explained: { answered: string; next: string },
  ) {
    super(explained.answered);
  }
}
