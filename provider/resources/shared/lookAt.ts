import type { BatchRead, BatchResult } from "../../machine/protocol";
import { lookFailed, type Turn } from "./onMachine";
import { look } from "./runSteps";

/** Reads and nothing else. `what` is read stands in the error. */
export async function lookAt<Seen>(
  turn: Turn,
  reads: BatchRead[],
  parse: (result: BatchResult) => Seen,
  what = "its activation state",
): Promise<Seen> {
  try {
    return parse(await look(turn.session, reads));
  } catch (error) {
    throw lookFailed(turn, error, `reading ${what}`);
  }
}
