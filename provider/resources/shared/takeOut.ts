import type { OperationContext } from "../../adapter/handler";
import { setupKeyFor } from "../../keys/index";
import type { BatchRead, BatchResult, BatchStep } from "../../machine/protocol";
import { explain, explainAgentError } from "./explain";
import type { Licensing } from "./licensing";
import type { Turn } from "./onMachine";
import { apply, failedStep } from "./runSteps";
import { stepText } from "./steps";

/** The published setup key of the machine's own edition, as a step; undefined where there is none. */
export function ownSetupKey({ session }: Turn): { step: BatchStep; product: string } | { reason: string } {
  const { editionId, osVersion, productType } = session.hello;
  const choice = setupKeyFor({ editionId, osVersion, productType });
  if (!choice.ok) return { reason: choice.reason };
  const { key, product } = choice.entry;
  return { step: { op: "slmgr", args: { verb: "/ipk", values: [key] } }, product };
}

/**
 * Takes a key that was just installed and is of the wrong kind out again, and puts the edition's own setup key back, so
 * that nothing of it is left that could be activated. Says what came of it; `seen` is what was read afterwards.
 */
export async function takeOutKey<Seen>(
  turn: Turn,
  context: OperationContext,
  before: Licensing,
  reads: BatchRead[],
  parse: (result: BatchResult) => Seen,
): Promise<{ state: string; seen?: Seen }> {
  const own = ownSetupKey(turn);
  const steps: BatchStep[] = [{ op: "slmgr", args: { verb: "/upk" } }, ...("step" in own ? [own.step] : [])];
  const previous = before.windows;
  const was = previous?.partialProductKey
    ? ` The key of before (...${previous.partialProductKey}) is not known in full.`
    : "";
  try {
    const result = await apply(turn.session, context.log, { steps, restartOwed: false }, reads);
    const seen = parse(result);
    const failed = failedStep(steps, result);
    const state = failed
      ? `Taking it out again failed (${stepText(failed.step)}: ${explainAgentError(failed.outcome.error).answered}).`
      : `It was taken out again${"step" in own ? ` and the setup key of ${own.product} put in` : ""}; nothing was spent.${was}`;
    return { state, seen };
  } catch (error) {
    return { state: `Whether it could be taken out again is not known: ${explain(error).answered}` };
  }
}
