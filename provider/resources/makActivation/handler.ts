import { itsId, type ResourceHandler } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { machineOf, onMachine } from "../shared/onMachine";
import { confirmationHistory } from "../shared/phone";
import { memoryOf, remember } from "../shared/spending";
import { converge, idOf, isLicensed, observe } from "./converge";
import { diffMak, makInputsOf, makOutputs } from "./outputs";
import { removeMak } from "./remove";
import { checkMakActivation, type MakInputs } from "./schema";

const TYPE = "MakActivation";

const inputs = (bag: Props) => bag as unknown as MakInputs;
const countOf = (outs: Props) =>
  typeof outs["remainingActivations"] === "number" ? outs["remainingActivations"] : undefined;
/** What drifted stands in the stored outputs under the inputs' names; the key itself is the wanted one still. */
const wantedOf = (outs: Props): MakInputs => {
  const wanted = inputs(makInputsOf(outs));
  // The status reader works on an export without secrets; what was last seen is all it has then.
  const key: string | undefined = wanted.productKey;
  return key === undefined ? wanted : { ...wanted, partialProductKey: key.slice(-5) };
};

export const makActivationHandler: ResourceHandler = {
  type: TYPE,
  things: itsId,
  inputsOf: makInputsOf,
  check: checkMakActivation,
  diff: (outs, wanted) => ({ changed: diffMak(outs, wanted) }),

  create: (context, wanted) =>
    onMachine(context, TYPE, wanted, undefined, async (turn) => ({
      id: idOf(turn.machine),
      outs: await converge(context, turn, inputs(wanted), { memory: undefined, sameKey: true, recorded: false }),
    })),

  read: (context, _id, outs) =>
    onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const wanted = wantedOf(outs);
      const seen = await observe(turn, wanted);
      const { partialProductKey, reactivate } = wanted;
      // A look remembers too: a run that was killed after its activation has not.
      const memory = isLicensed(seen, wanted)
        ? remember({ licensed: true, partialProductKey, sameKey: true, memory: memoryOf(outs), reactivate })
        : memoryOf(outs);
      const { stored } = confirmationHistory(outs);
      const more = { confirmation: stored, remainingActivations: countOf(outs) };
      return { outs: makOutputs(seen, wanted, turn.machine, memory, more) };
    }),

  update: (context, _id, outs, wanted) =>
    onMachine(context, TYPE, wanted, machineOf(outs), async (turn) => ({
      outs: await converge(context, turn, inputs(wanted), {
        memory: memoryOf(outs),
        sameKey: outs["productKey"] === wanted["productKey"],
        recorded: true,
        ...confirmationHistory(outs),
      }),
    })),

  delete: async (context, _id, outs) => {
    const { onDelete } = inputs(outs);
    if (onDelete !== "uninstall" && onDelete !== "convertToKms") return;
    await onMachine(context, TYPE, outs, machineOf(outs), async (turn) => {
      const wanted = wantedOf(outs);
      const { partialProductKey } = wanted;
      await removeMak(turn, context, await observe(turn, wanted), { partialProductKey, onDelete });
    });
  },
};
