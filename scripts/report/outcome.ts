import type { StatusRow } from "./topology.ts";

export interface FailedMachine {
  machine: string;
  why: string;
}

/** Machines that could not be looked at, or have a problem of their own. */
export function failedMachines(rows: readonly StatusRow[]): FailedMachine[] {
  return rows.flatMap((row) => {
    if (!row.lookedAt) return [{ machine: row.machine, why: "not looked at" }];
    return row.problem ? [{ machine: row.machine, why: "has a problem" }] : [];
  });
}

/** Machines that should be in the stack, and of which it knows nothing: their resources failed before anything was done. */
export function missingMachines(rows: readonly StatusRow[], expected: readonly string[]): FailedMachine[] {
  const known = new Set(rows.map(({ machine }) => machine.toLowerCase()));
  return expected
    .filter((machine) => !known.has(machine.toLowerCase()))
    .map((machine) => ({ machine, why: "not set up, see the messages above" }));
}

/** The closing line of `up` and its exit code: 0 only if Pulumi and every machine are well. */
export function outcome(pulumi: number, failed: readonly FailedMachine[]): { code: number; line: string } {
  if (failed.length > 0) {
    const list = failed.map(({ machine, why }) => `${machine} (${why})`).join("; ");
    if (pulumi === 0) return { code: 1, line: `failed: ${list}` };
    return { code: pulumi, line: `failed: ${list}; and what Pulumi reports above` };
  }
  if (pulumi !== 0) return { code: pulumi, line: `failed: Pulumi ended with ${pulumi}, its messages are above` };
  return { code: 0, line: "done" };
}
