import {
  acquireConfirmationId,
  type BatchActivationOptions,
  remainingActivations,
} from "../../activation/batchActivation/client";
import { BatchActivationError } from "../../activation/batchActivation/errors";
import type { Confirmation } from "../../activation/confirmation";
import type { OperationContext } from "../../adapter/handler";
import type { OfflineIds } from "../shared/offlineIds";
import type { MakInputs } from "./schema";

function optionsOf({ activation }: MakInputs, { signal }: OperationContext): BatchActivationOptions {
  const { endpoint, httpProxy, macKey } = activation;
  return { endpoint, httpProxy, macKey, signal };
}

/** One question to Microsoft's web service, which takes one activation of the MAK when it is answered. */
export async function askConfirmationId(
  context: OperationContext,
  wanted: MakInputs,
  { installationId, productKeyId }: OfflineIds,
): Promise<{ confirmation: Confirmation } | { problem: BatchActivationError }> {
  if (installationId === undefined || productKeyId === undefined) {
    const missing = installationId === undefined ? "no installation id" : "no extended product id";
    return {
      problem: new BatchActivationError(
        `Windows gave ${missing} for the installed key`,
        "look at `slmgr /dlv` on the machine, then run `pulumi up --refresh` again",
      ),
    };
  }
  context.log.info(`asks Microsoft's BatchActivation service for a confirmation id for ...${wanted.partialProductKey}`);
  try {
    const confirmationId = await acquireConfirmationId({ installationId, productKeyId }, optionsOf(wanted, context));
    return { confirmation: { installationId, confirmationId } };
  } catch (error) {
    if (error instanceof BatchActivationError) return { problem: error };
    throw error;
  }
}

/** Takes no activation. A count that cannot be had is a warning: nothing on the machine depends on it. */
export async function askRemaining(
  context: OperationContext,
  wanted: MakInputs,
  { productKeyId }: OfflineIds,
): Promise<number | undefined> {
  const unknown = (why: string) =>
    context.log.warn(`how many activations ...${wanted.partialProductKey} has left is not known: ${why}`);
  if (productKeyId === undefined) {
    unknown("the machine does not show its extended product id");
    return undefined;
  }
  try {
    const remaining = await remainingActivations(productKeyId, optionsOf(wanted, context));
    if (remaining === undefined) unknown("Microsoft has no count for this key; it may be blocked, or no MAK");
    return remaining;
  } catch (error) {
    if (!(error instanceof BatchActivationError)) throw error;
    unknown(`${error.message}. Next: ${error.remedy}.`);
    return undefined;
  }
}
