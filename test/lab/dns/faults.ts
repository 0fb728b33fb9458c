/** What is made to go wrong at the DNS server. They live as long as the lab runs and are in no state file. */
export interface DnsFaults {
  /** Nothing listens: a connection is refused. */
  down: boolean;
  /** Every question and update is answered with REFUSED. */
  refuse: boolean;
  /** Requests are taken and never answered. */
  drop: boolean;
  /** Milliseconds before each answer. */
  latencyMs: number;
  /** Minutes that the server's clock is ahead of real time (or, negative, behind), for signatures. */
  clockMinutes: number;
  /** Updates are answered with NOERROR, and nothing is done. */
  lie: boolean;
  /** Whoever administers it may look, and is denied access to every change. */
  denyChanges: boolean;
}

export function noDnsFaults(): DnsFaults {
  return { down: false, refuse: false, drop: false, latencyMs: 0, clockMinutes: 0, lie: false, denyChanges: false };
}
