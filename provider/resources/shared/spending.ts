import type { Props } from "../../adapter/props";

/**
 * The spending rule for keys whose activations are scarce (CSVLK: 6 hosts x 10, MAK: its balance). Pure, so that it can
 * be read and tested in one place.
 */
export interface ActivationMemory {
  partialProductKey: string;
  /** The key has been seen Licensed on this machine under our state. */
  licensed: boolean;
  /** The last value of `reactivate` since this key was declared; an attempt with it is never made again. */
  reactivate?: string;
}

/** As the stored outputs hold it. */
export const memoryOf = (outs: Props) => outs["lastActivation"] as unknown as ActivationMemory | undefined;

export type Spending =
  /** Licensed already: nothing to do. */
  | "licensed"
  /** One attempt is allowed. */
  | "attempt"
  /** It was Licensed under our state and is not any more: only a new `reactivate` value may spend again. */
  | "needsReactivate"
  /** Nothing here spends: `activation.method` is "none", or "phone", whose call to Microsoft is what spends. */
  | "notAsked";

export type ActivationMethod = "online" | "phone" | "proxy" | "none";

export function decideSpending(state: {
  method: ActivationMethod;
  /** The wanted key is installed and Licensed. */
  licensed: boolean;
  wantedPartial: string;
  /** False when the declared key is another one than at the last operation. */
  sameKey: boolean;
  memory: ActivationMemory | undefined;
  reactivate: string | undefined;
}): Spending {
  const { method, licensed, wantedPartial, sameKey, memory, reactivate } = state;
  if (licensed) return "licensed";
  if (method === "none" || method === "phone") return "notAsked";
  const spentBefore = sameKey && memory?.partialProductKey === wantedPartial && memory.licensed;
  if (!spentBefore) return "attempt";
  return reactivate !== undefined && reactivate !== memory.reactivate ? "attempt" : "needsReactivate";
}

export function remember(state: {
  licensed: boolean;
  partialProductKey: string;
  sameKey: boolean;
  memory: ActivationMemory | undefined;
  /** Absent as well when its attempt never came to its turn: it is not used up then. */
  reactivate: string | undefined;
}): ActivationMemory {
  const { licensed, partialProductKey, sameKey, memory, reactivate } = state;
  const same = sameKey && memory?.partialProductKey === partialProductKey ? memory : undefined;
  // A value that was taken out of the declaration is still a used one.
  const last = reactivate ?? same?.reactivate;
  return {
    partialProductKey,
    licensed: licensed || (same?.licensed ?? false),
    ...(last === undefined ? {} : { reactivate: last }),
  };
}
