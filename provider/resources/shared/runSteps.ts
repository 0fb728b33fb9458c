import type { Logger } from "../../log/logger";
import type { BatchRead, BatchResult, BatchStep, StepOutcome } from "../../machine/protocol";
import type { MachineSession } from "../../machine/session";
import { MUTEX, RESTART_MARKER, restartText, SPP_SERVICE, stepText } from "./steps";

/** Reads and nothing else: one round trip. */
export async function look(session: MachineSession, reads: BatchRead[]): Promise<BatchResult> {
  return session.call("batch", { steps: [], reads });
}

/**
 * Applies a plan, restarts sppsvc if it must be, reads again: one round trip. A plan without steps and without a
 * restart that is owed touches nothing.
 */
export async function apply(
  session: MachineSession,
  log: Logger,
  plan: { steps: BatchStep[]; restartOwed: boolean },
  reads: BatchRead[],
): Promise<BatchResult> {
  const result = await session.call("batch", {
    mutex: MUTEX,
    steps: plan.steps,
    restart: { service: SPP_SERVICE, marker: RESTART_MARKER, owed: plan.restartOwed },
    reads,
  });
  for (const [index, step] of plan.steps.entries()) {
    const outcome = result.steps[index];
    if (step.op !== "expect" && outcome?.status === "done") log.info(stepText(step));
    if (outcome?.status === "failed")
      log.info(`${stepText(step)} -> failed ${outcome.error.code ?? outcome.error.kind}`);
  }
  if (result.restart.status === "done") log.info(restartText(SPP_SERVICE));
  return result;
}

export interface FailedStep {
  index: number;
  step: BatchStep;
  outcome: Extract<StepOutcome, { status: "failed" }>;
}

export function failedStep(steps: BatchStep[], result: BatchResult): FailedStep | undefined {
  for (const [index, step] of steps.entries()) {
    const outcome = result.steps[index];
    if (outcome?.status === "failed") return { index, step, outcome };
  }
  return undefined;
}

/** Whether the machine was changed at all. */
export function anythingDone(steps: BatchStep[], result: BatchResult): boolean {
  return (
    result.restart.status === "done" ||
    steps.some((step, index) => step.op !== "expect" && result.steps[index]?.status === "done")
  );
}

/** What was done before a step failed, for its message. */
export function stateAfter(steps: BatchStep[], result: BatchResult): string {
  const done = steps.filter((step, index) => step.op !== "expect" && result.steps[index]?.status === "done");
  const restarted = { notNeeded: "", done: " sppsvc was restarted.", failed: " sppsvc still needs a restart." }[
    result.restart.status
  ];
  return done.length === 0 ? "Nothing was changed." : `Done before it: ${done.map(stepText).join("; ")}.${restarted}`;
}

/** An activation was planned, and its turn never came since a step before it failed. */
export function activationNotTried(steps: BatchStep[], result: BatchResult): boolean {
  const index = steps.findIndex((step) => step.op === "slmgr" && step.args.verb === "/ato");
  return index >= 0 && result.steps[index]?.status === "notRun";
}
