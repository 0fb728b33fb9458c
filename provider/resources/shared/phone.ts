import type { Confirmation } from "../../activation/confirmation";
import { type PhonePlan, planConfirmation } from "../../activation/confirmation";
import { inBlocks, parseConfirmationId } from "../../activation/ids";
import { isObject, type Props } from "../../adapter/props";
import type { BatchResult, BatchStep } from "../../machine/protocol";
import type { Rules } from "./checking";
import type { Product } from "./licensing";
import type { ActivationMethod } from "./spending";

/** The part of `activation` that KmsHost and MakActivation share. */
export interface Activation {
  method: ActivationMethod;
  confirmationId?: string;
}

/** What the stored outputs say of earlier activations by phone or proxy. */
export interface ConfirmationHistory {
  stored?: Confirmation | undefined;
  /** The installation id that the outputs showed last. */
  announced?: string | undefined;
}

export function confirmationHistory(outs: Props): ConfirmationHistory {
  const stored = outs["confirmation"];
  const announced = outs["installationId"];
  return {
    stored: isObject(stored) ? (stored as unknown as Confirmation) : undefined,
    announced: typeof announced === "string" ? announced : undefined,
  };
}

/** Whether the declaration wants the key Licensed: by phone only once somebody has brought the confirmation id. */
export const wantsLicensed = (
  activation: { method?: ActivationMethod | undefined; confirmationId?: string | undefined } | undefined,
): boolean =>
  activation?.method === "online" ||
  activation?.method === "proxy" ||
  (activation?.method === "phone" && activation.confirmationId !== undefined);

/** Check's rules for `activation.confirmationId`; answers it without separators. */
export function confirmationRules(
  activation: { confirmationId?: string | undefined } | undefined,
  method: ActivationMethod,
  rules: Rules,
): string | undefined {
  const given = activation?.confirmationId;
  if (given === undefined) return undefined;
  const path = ["activation", "confirmationId"];
  if (method !== "phone" && !rules.unknown("activation", "method")) {
    rules.fail(path, 'has a meaning with activation.method "phone" only');
  }
  const parsed = parseConfirmationId(given);
  if (parsed.ok) return parsed.digits;
  rules.fail(path, parsed.reason);
  return undefined;
}

/** What to do by phone with the wanted key as it was just seen. */
export function planPhone(
  activation: Activation,
  history: ConfirmationHistory,
  seen: { licensed: boolean; installationId: string | undefined },
): PhonePlan {
  if (activation.method !== "phone") return { do: "nothing" };
  const { stored, announced } = history;
  return planConfirmation({ ...seen, confirmationId: activation.confirmationId, stored, announced });
}

/** The deposit: skipped by the agent when the installation id is another one by then. */
export function depositStep(
  partialProductKey: string,
  plan: { confirmationId: string; only: string | undefined },
  other: Product | undefined,
): BatchStep {
  return {
    op: "slmgr",
    args: { verb: "/atp", values: [plan.confirmationId], ...(other ? { activationId: other.id } : {}) },
    ...(plan.only === undefined
      ? {}
      : {
          when: { partialProductKey, property: "OfflineInstallationId", test: "eq" as const, value: plan.only },
        }),
  };
}

/** The deposit was left out, since the installation id had changed when its turn came. */
export const depositSkipped = (steps: BatchStep[], result: BatchResult): boolean =>
  steps.some(
    (step, index) => step.op === "slmgr" && step.args.verb === "/atp" && result.steps[index]?.status === "skipped",
  );

/** What is remembered after an operation: a confirmation id stays bound to the installation id that it was given for. */
export function confirmationAfter(
  activation: Activation,
  history: ConfirmationHistory,
  seenInstallationId: string | undefined,
): Confirmation | undefined {
  const { confirmationId } = activation;
  const { stored, announced } = history;
  if (confirmationId === undefined || stored?.confirmationId === confirmationId) return stored;
  const installationId = announced ?? seenInstallationId;
  return installationId === undefined ? stored : { installationId, confirmationId };
}

export const pendingFinding = (installationId: string | undefined): string =>
  installationId === undefined
    ? "pendingConfirmation: Windows gave no installation id yet"
    : `pendingConfirmation: call Microsoft with the installation id ${inBlocks(installationId)} (slui 4 shows the number), ` +
      "then set activation.confirmationId";

/** The confirmation id that is declared belongs to another installation id. */
export const changedIdText = (was: string | undefined, now: string | undefined) => ({
  answered:
    `the installation id has changed since${was === undefined ? "" : ` (it ended in ${was.slice(-7)})`}, by another key or other hardware; ` +
    `it is ${now === undefined ? "not known" : inBlocks(now)} now, and the declared confirmation id is worth nothing for it`,
  next: "call Microsoft with the new installation id, which may take one more activation, and set activation.confirmationId to the answer",
});
