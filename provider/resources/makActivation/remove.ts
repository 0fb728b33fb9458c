import type { OperationContext } from "../../adapter/handler";
import { OperationFailure } from "../../errors/failure";
import type { BatchStep } from "../../machine/protocol";
import type { Licensing } from "../shared/licensing";
import type { Turn } from "../shared/onMachine";
import { apply, failedStep } from "../shared/runSteps";
import { ownSetupKey } from "../shared/takeOut";
import { noSetupKey, stepFailed, takingOutFailed } from "./failures";
import { keyed } from "./observe";

/** onDelete "uninstall" and "convertToKms": only while the MAK that we put in is still there. Gives nothing back to its balance. */
export async function removeMak(
  turn: Turn,
  context: OperationContext,
  seen: Licensing,
  { partialProductKey, onDelete }: { partialProductKey: string; onDelete: "uninstall" | "convertToKms" },
): Promise<void> {
  const product = keyed(seen, partialProductKey);
  if (product?.channel !== "Volume:MAK") {
    context.log.info(`the MAK ...${partialProductKey} is not on the machine any more: its key is left as it is`);
    return;
  }
  let step: BatchStep = {
    op: "slmgr",
    args: { verb: "/upk", ...(product === seen.windows ? {} : { activationId: product.id }) },
  };
  if (onDelete === "convertToKms") {
    const own = ownSetupKey(turn);
    if ("reason" in own) throw new OperationFailure(noSetupKey(turn, own.reason));
    step = own.step;
  }
  const steps = [step];
  const result = await apply(turn.session, context.log, { steps, restartOwed: false }, []).catch((error: unknown) => {
    throw new OperationFailure(takingOutFailed(turn, error));
  });
  const failed = failedStep(steps, result);
  if (failed) throw new OperationFailure(stepFailed(turn, steps, failed, result));
}
