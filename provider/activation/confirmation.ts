/**
 * A confirmation id and the installation id that it was given for. The two belong together: a new key or other hardware
 * makes another installation id, and the confirmation id is worth nothing then. Secret.
 */
export interface Confirmation {
  installationId: string;
  confirmationId: string;
}

/** What is known when a confirmation id is declared. */
export interface ConfirmationState {
  confirmationId: string | undefined;
  /** The last one that was deposited or refused here, with its installation id. */
  stored: Confirmation | undefined;
  /** The installation id that the outputs showed last; the declared confirmation id was asked for with it. */
  announced: string | undefined;
}

/** The installation id that a declared confirmation id is for; undefined if nobody has told us one. */
export function installationIdOf({ confirmationId, stored, announced }: ConfirmationState): string | undefined {
  return stored !== undefined && stored.confirmationId === confirmationId ? stored.installationId : announced;
}

/**
 * Activation by phone, once the machine was looked at:
 * - `deposit`: the confirmation id may go in, if the installation id still is `only` when its turn comes.
 * - `pendingConfirmation`: somebody has to call Microsoft with the installation id first.
 * - `changedId`: the confirmation id is for another installation id than the machine has now.
 * A deposit is local and spends nothing; what spends is the call.
 */
export type PhonePlan =
  | { do: "nothing" }
  | { do: "pendingConfirmation" }
  | { do: "changedId"; was: string }
  | { do: "deposit"; confirmationId: string; only: string | undefined };

export function planConfirmation(
  state: ConfirmationState & {
    licensed: boolean;
    /** As the machine has it now; undefined while the wanted key is not installed. */
    installationId: string | undefined;
  },
): PhonePlan {
  const { licensed, confirmationId, installationId } = state;
  if (licensed) return { do: "nothing" };
  if (confirmationId === undefined) return { do: "pendingConfirmation" };
  const only = installationIdOf(state);
  if (only !== undefined && installationId !== undefined && only !== installationId)
    return { do: "changedId", was: only };
  return { do: "deposit", confirmationId, only: only ?? installationId };
}
