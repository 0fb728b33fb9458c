import { sameValue } from "../../adapter/props";
import type { BatchStep, RegistryName } from "../../machine/protocol";
import type { PolicyObservation } from "./observe";
import type { PolicyValues } from "./schema";
import { POLICIES, type PolicyName, type Raw } from "./values";

/** One switch that differs: what it means now and is to mean, and what stands and is to stand in its places. */
export interface PolicyChange {
  name: PolicyName;
  was: unknown;
  set: unknown;
  rawWas: Raw[];
  rawSet: Raw[];
  steps: BatchStep[];
}

export interface PolicyPlan {
  changes: PolicyChange[];
  steps: BatchStep[];
  /** A killed run left a restart behind that a declared switch waits for. */
  restartOwed: boolean;
}

export function planPolicy(seen: PolicyObservation, wanted: PolicyValues): PolicyPlan {
  const changes = POLICIES.flatMap(({ name, at, restart, read, raw }): PolicyChange[] => {
    const set = wanted[name];
    const was = read(seen.raw[name]);
    if (set === undefined || sameValue(was, set)) return [];
    const rawWas = seen.raw[name];
    const rawSet = at.map(() => raw(set));
    return [{ name, was, set, rawWas, rawSet, steps: stepsTo(at, rawWas, rawSet, restart) }];
  });
  return { changes, steps: changes.flatMap(({ steps }) => steps), restartOwed: restartOwed(seen, wanted) };
}

export const restartOwed = (seen: PolicyObservation, wanted: PolicyValues): boolean =>
  seen.marker && POLICIES.some(({ name, restart }) => restart && wanted[name] !== undefined);

/** The steps that put remembered values back, a value that was not there by taking it away again. */
export const restoringSteps = (seen: PolicyObservation, before: { [name: string]: unknown }): BatchStep[] =>
  POLICIES.flatMap(({ name, at, restart }) => {
    const raw = before[name];
    return Array.isArray(raw) ? stepsTo(at, seen.raw[name], raw as Raw[], restart) : [];
  });

function stepsTo(at: readonly RegistryName[], from: readonly Raw[], to: readonly Raw[], restart: boolean): BatchStep[] {
  const mark = restart ? { restart } : {};
  return at.flatMap((place, index): BatchStep[] => {
    const value = to[index] ?? null;
    if (sameValue(from[index] ?? null, value)) return [];
    return value
      ? [{ op: "registry.write", args: { ...place, ...value }, ...mark }]
      : [{ op: "registry.delete", args: { ...place }, ...mark }];
  });
}
