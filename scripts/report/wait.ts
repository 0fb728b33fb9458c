import { progress } from "../command.ts";
import type { StatusRow } from "./topology.ts";

/** Milliseconds: between two looks, in all, and without any change. */
export const patience = { pause: 2_000, total: 60_000, unchanged: 15_000 };

/** The status of a client whose host has not counted enough clients yet; Windows asks again by itself. */
const pending = "pendingThreshold";

export function stillPending(rows: readonly StatusRow[]): string[] {
  return rows.filter((row) => row.status === pending).map((row) => row.machine);
}

export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

const realClock: Clock = {
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/**
 * Looks again while clients wait for their host's count to be reached. Ends when none waits any more, when nothing has
 * changed for a while (there are too few clients to reach it), or when the time is over.
 */
export async function waitForPending(
  look: () => Promise<StatusRow[]>,
  say: (line: string) => void = progress,
  clock: Clock = realClock,
): Promise<StatusRow[]> {
  const begin = clock.now();
  let rows = await look();
  let changed = begin;
  if (stillPending(rows).length > 0) {
    say(`waiting for clients that ask their KMS host again by themselves: ${stillPending(rows).join(", ")}`);
  }
  while (stillPending(rows).length > 0) {
    const now = clock.now();
    if (now - begin >= patience.total || now - changed >= patience.unchanged) break;
    await clock.sleep(patience.pause);
    const next = await look();
    if (fingerprint(next) !== fingerprint(rows)) changed = clock.now();
    rows = next;
  }
  return rows;
}

function fingerprint(rows: readonly StatusRow[]): string {
  return JSON.stringify(rows.map(({ machine, status, count, lookedAt }) => [machine, status, count, lookedAt]));
}
