import type {
  BatchArgs,
  BatchRead,
  BatchResult,
  BatchStep,
  Expectation,
  ReadOutcome,
  StepOutcome,
} from "pulumi-volume-activation-provider/machine/protocol";
import { AgentDied } from "../machine/faults";
import { NoProductError } from "../machine/hresult";
import type { Machine } from "../machine/machine";
import { checkArgs } from "./arguments";
import { OpError, toAgentError } from "./failure";
import { evaluate, runOp } from "./ops";

/** Steps in order until one fails, one restart if it is owed, then the reads, whatever happened before. */
export async function runBatch(machine: Machine, args: BatchArgs): Promise<BatchResult> {
  machine.state.counters.batches += 1;
  const something = args.steps.length > 0 || args.restart?.owed === true;
  const release =
    args.mutex && something ? await machine.mutexes.acquire(args.mutex.name, args.mutex.waitMs) : () => {};
  if (!release) {
    throw new OpError({
      kind: "busy",
      message: `another run holds the mutex ${args.mutex?.name ?? ""} on this machine`,
    });
  }
  const change = async () => {
    const { steps, owed } = await runSteps(machine, args);
    return {
      steps,
      restart: owed && args.restart ? runRestart(machine, args.restart) : ({ status: "notNeeded" } as const),
    };
  };
  let changed: Awaited<ReturnType<typeof change>>;
  try {
    changed = await change();
  } finally {
    release();
  }
  return { ...changed, reads: args.reads.map((read) => runRead(machine, read)) };
}

async function runSteps(machine: Machine, args: BatchArgs): Promise<{ steps: StepOutcome[]; owed: boolean }> {
  // A batch that only looks has no step to die after.
  const dieAfter = args.steps.length > 0 ? machine.faults.dieAfterStep : null;
  if (dieAfter !== null) machine.faults.dieAfterStep = null;
  const steps: StepOutcome[] = [];
  let owed = args.restart?.owed ?? false;
  let marked = false;
  let failed = false;
  for (const [index, step] of args.steps.entries()) {
    if (dieAfter === index) throw new AgentDied(`the agent died after ${index} steps`);
    if (failed) {
      steps.push({ status: "notRun" });
      continue;
    }
    if (machine.faults.stepMs > 0) await new Promise((resolve) => setTimeout(resolve, machine.faults.stepMs));
    const outcome = attemptStep(machine, step, () => {
      if (!step.restart || !args.restart || marked) return;
      const { key, name } = args.restart.marker;
      machine.requireElevation();
      machine.registry.write(key, name, { kind: "REG_SZ", data: new Date(machine.clock()).toISOString() });
      marked = true;
    });
    if (outcome.status === "done" && step.restart) owed = true;
    failed = outcome.status === "failed";
    steps.push(outcome);
  }
  if (dieAfter !== null && dieAfter >= args.steps.length) throw new AgentDied("the agent died after the last step");
  return { steps, owed };
}

function attemptStep(machine: Machine, step: BatchStep, mark: () => void): StepOutcome {
  try {
    if (step.when && !holds(machine, checkArgs("expect", step.when))) return { status: "skipped" };
    mark();
    return { status: "done", result: runOp(machine, step.op, step.args) };
  } catch (error) {
    return { status: "failed", error: toAgentError(error, machine.language) };
  }
}

/** A product that is not there is a condition that does not hold. */
function holds(machine: Machine, when: Expectation): boolean {
  try {
    return evaluate(machine, when).holds;
  } catch (error) {
    if (error instanceof NoProductError) return false;
    throw error;
  }
}

function runRestart(machine: Machine, restart: NonNullable<BatchArgs["restart"]>): BatchResult["restart"] {
  const die = machine.faults.dieAtRestart;
  machine.faults.dieAtRestart = null;
  if (die === "before") throw new AgentDied("the agent died before the restart");
  try {
    const { tookMs } = runOp(machine, "service.restart", { name: restart.service });
    if (die === "after") throw new AgentDied("the agent died after the restart");
    machine.registry.remove(restart.marker.key, restart.marker.name);
    return { status: "done", tookMs };
  } catch (error) {
    return { status: "failed", error: toAgentError(error, machine.language) };
  }
}

function runRead(machine: Machine, read: BatchRead): ReadOutcome {
  try {
    return { ok: true, result: runOp(machine, read.op, read.args) };
  } catch (error) {
    return { ok: false, error: toAgentError(error, machine.language) };
  }
}
