import type { OperationContext } from "../../adapter/handler";
import type { BatchStep } from "../../machine/protocol";
import { lookAt } from "../shared/lookAt";
import type { Turn } from "../shared/onMachine";
import { putBack } from "../shared/putBack";
import { ownSetupKey } from "../shared/takeOut";
import type { Changes } from "../shared/undo";
import { HOST_READS, type HostObservation, parseHost } from "./observe";
import { hostProduct } from "./plan";
import { settingChanges, settingsSeen } from "./settings";

/**
 * onDelete "restore": settings that still are what we made them go back to what they were at first create.
 * uninstallKey: the host key whose last five characters are `takeOut` is taken out, and the edition's own setup key put
 * in. Gives no activation back, and takes none.
 */
export async function restoreHost(
  turn: Turn,
  context: OperationContext,
  { changes, takeOut }: { changes: Changes; takeOut: string | undefined },
): Promise<void> {
  const seen = await lookAt(turn, HOST_READS, parseHost);
  await putBack(turn, context, {
    changes,
    current: settingsSeen(seen),
    // The settings come first: they exist on a host only.
    steps: (before) => [
      ...(seen.licensing.isKmsHost ? settingChanges(seen, before).map(({ step }) => step) : []),
      ...(takeOut === undefined ? [] : takingOut(turn, context, seen, takeOut)),
    ],
    doing: takeOut === undefined ? "putting back the settings of before" : "taking the host key out",
    unknown: "How far it came is not known.",
  });
}

function takingOut(turn: Turn, context: OperationContext, seen: HostObservation, partial: string): BatchStep[] {
  const product = hostProduct(seen, partial);
  if (product?.channel !== "Volume:CSVLK") {
    context.log.info(`the host key ...${partial} is not on the machine any more: its key is left as it is`);
    return [];
  }
  const other = product === seen.licensing.windows ? {} : { activationId: product.id };
  const own = ownSetupKey(turn);
  if ("reason" in own) context.log.warn(`no setup key is put in after the host key was taken out: ${own.reason}`);
  return [
    { op: "slmgr", args: { verb: "/upk", ...other }, restart: true },
    ...("step" in own ? [{ ...own.step, restart: true }] : []),
  ];
}
