import type { Confirmation } from "../../activation/confirmation";
import type { OperationContext } from "../../adapter/handler";
import { OperationFailure, PartialFailure } from "../../errors/failure";
import type { BatchResult, BatchStep } from "../../machine/protocol";
import { neverBegun } from "../shared/explain";
import { lookAt } from "../shared/lookAt";
import type { MachineFacts, Turn } from "../shared/onMachine";
import { type ConfirmationHistory, confirmationAfter, depositSkipped, depositStep } from "../shared/phone";
import { activationNotTried, anythingDone, apply, failedStep } from "../shared/runSteps";
import { type ActivationMemory, remember } from "../shared/spending";
import { askConfirmationId, askRemaining } from "./askService";
import {
  changedId,
  interrupted,
  needsReactivate,
  notMak,
  serviceFailed,
  stepFailed,
  stillNotLicensed,
  wrongChannel,
} from "./failures";
import { keyed, type MakObservation, parseMak, readsFor } from "./observe";
import { type MakOutputs, makOutputs } from "./outputs";
import { type MakPlan, planMak } from "./plan";
import type { MakInputs } from "./schema";

/** What the state remembers of earlier operations. */
export interface History extends ConfirmationHistory {
  memory: ActivationMemory | undefined;
  sameKey: boolean;
  /** False on create: nothing is recorded yet. */
  recorded: boolean;
}

/** How far an operation has come: what a failure has to record. */
interface Progress {
  seen: MakObservation;
  /** The machine was changed, or Microsoft has given something that must not be lost. */
  touched: boolean;
  /** False while the one attempt that `reactivate` allows has not come to its turn. */
  tried: boolean;
  confirmation: Confirmation | undefined;
  remaining: number | undefined;
}

export const idOf = (machine: MachineFacts) => `mak-${machine.id}`;

export const isLicensed = (seen: MakObservation, { partialProductKey }: MakInputs) =>
  keyed(seen, partialProductKey)?.licenseStatus === 1;

export const observe = (turn: Turn, wanted: MakInputs) => lookAt(turn, readsFor(wanted), parseMak);

/** Observe, plan, apply, observe, return what was seen: create and update are the same. */
export async function converge(
  context: OperationContext,
  turn: Turn,
  wanted: MakInputs,
  history: History,
): Promise<MakOutputs> {
  const before = await observe(turn, wanted);
  const plan = planMak(before, wanted, history);
  if (!history.recorded && plan.installsKey && before.windows) {
    const { partialProductKey, channel } = before.windows;
    context.log.info(`takes over from the key ...${partialProductKey} (${channel})`);
  }
  const operation = new MakOperation(context, turn, wanted, history, plan, before);
  return operation.run();
}

class MakOperation {
  private readonly at: Progress;

  constructor(
    private readonly context: OperationContext,
    private readonly turn: Turn,
    private readonly wanted: MakInputs,
    private readonly history: History,
    private readonly plan: MakPlan,
    private readonly before: MakObservation,
  ) {
    this.at = { seen: before, touched: false, tried: true, confirmation: history.stored, remaining: undefined };
  }

  async run(): Promise<MakOutputs> {
    const { plan, turn, wanted } = this;
    if (plan.steps.length > 0) await this.apply(plan.steps);
    if (wanted.activation.method === "proxy") await this.throughService();
    this.rememberConfirmation();
    if (plan.phone.do === "changedId") this.fail(changedId(turn, wanted, plan.phone.was, this.installationId()));
    if (!isLicensed(this.at.seen, wanted)) {
      if (plan.spending === "needsReactivate") this.fail(needsReactivate(turn, wanted, this.at.seen, plan));
      if (plan.spending === "attempt" || plan.phone.do === "deposit") {
        this.fail(stillNotLicensed(turn, wanted, this.at.seen));
      }
    }
    if (wanted.remainingCount) this.at.remaining = await askRemaining(this.context, wanted, this.ids());
    return this.outputs();
  }

  private ids = () => this.at.seen.offline.get(this.wanted.partialProductKey) ?? {};
  private installationId = () => this.ids().installationId;

  /** By phone, a declared confirmation id is bound to the installation id that it was given for. */
  private rememberConfirmation(): void {
    const { activation } = this.wanted;
    if (activation.method !== "phone") return;
    this.at.confirmation = confirmationAfter(activation, this.history, this.installationId());
  }

  private async apply(steps: BatchStep[]): Promise<void> {
    const { turn, context, wanted, history } = this;
    let result: BatchResult;
    try {
      result = await apply(turn.session, context.log, { steps, restartOwed: false }, readsFor(wanted));
      this.at.seen = parseMak(result);
    } catch (error) {
      const message = interrupted(turn, error);
      if (neverBegun(error) && !this.at.touched) throw new OperationFailure(message);
      // What was done is not known: recorded, so that the next run looks, remembers what it finds, and goes on.
      const outs = makOutputs(this.at.seen, wanted, turn.machine, history.memory, this.more());
      throw new PartialFailure(message, idOf(turn.machine), { ...outs, lookedAt: false });
    }
    this.at.tried = !activationNotTried(steps, result);
    this.at.touched ||= anythingDone(steps, result);
    await this.judge(steps, result);
  }

  private async judge(steps: BatchStep[], result: BatchResult): Promise<void> {
    const { turn, context, plan, wanted } = this;
    const failed = failedStep(steps, result);
    if (failed?.step.op === "expect" && failed.outcome.error.kind === "expectation") {
      if (!plan.installsKey) this.fail(notMak(turn, failed.outcome.error));
      const undone = await wrongChannel(turn, context, this.before, failed.outcome.error);
      if (undone.seen) this.at.seen = undone.seen;
      this.fail(undone.message);
    }
    this.rememberConfirmation();
    if (failed) this.fail(stepFailed(turn, steps, failed, result));
    if (!depositSkipped(steps, result)) return;
    const was = plan.phone.do === "deposit" ? plan.phone.only : this.at.confirmation?.installationId;
    this.fail(changedId(turn, wanted, was, this.installationId()));
  }

  /**
   * Proxy activation: the confirmation id comes from Microsoft's web service to this process, and goes to the machine.
   * One that was given before for the same installation id is deposited again and costs nothing.
   */
  private async throughService(): Promise<void> {
    const { wanted, plan, turn, context } = this;
    if (isLicensed(this.at.seen, wanted)) return;
    const { stored } = this.history;
    const again = stored !== undefined && stored.installationId === this.installationId();
    if (!again && plan.spending !== "attempt") return;
    if (!again) {
      this.at.tried = false;
      const asked = await askConfirmationId(context, wanted, this.ids());
      if ("problem" in asked) {
        this.at.tried = asked.problem.spent === "perhaps";
        this.fail(serviceFailed(turn, asked.problem, this.at.touched));
      } else {
        // From here on whatever fails is recorded with it.
        this.at.confirmation = asked.confirmation;
        this.at.touched = true;
        this.at.tried = true;
      }
    }
    const { confirmation } = this.at;
    if (!confirmation) return;
    context.hide([confirmation.confirmationId]);
    const product = keyed(this.at.seen, wanted.partialProductKey);
    const other = product && product !== this.at.seen.windows ? product : undefined;
    const { confirmationId, installationId } = confirmation;
    await this.apply([depositStep(wanted.partialProductKey, { confirmationId, only: installationId }, other)]);
  }

  private more = () => ({
    confirmation: this.at.confirmation,
    remainingActivations: this.at.remaining,
  });

  private outputs(): MakOutputs {
    const { history, wanted, turn } = this;
    const memory = remember({
      ...history,
      licensed: isLicensed(this.at.seen, wanted),
      partialProductKey: wanted.partialProductKey,
      reactivate: this.at.tried ? wanted.reactivate : undefined,
    });
    return makOutputs(this.at.seen, wanted, turn.machine, memory, this.more());
  }

  private fail(message: string): never {
    if (!this.at.touched && !this.history.recorded) throw new OperationFailure(message);
    throw new PartialFailure(message, idOf(this.turn.machine), this.outputs());
  }
}
