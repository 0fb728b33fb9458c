import type { BatchRead, BatchResult, RegistryReadResult } from "../../machine/protocol";
import { AgentFailure } from "../../machine/session";
import { RESTART_MARKER } from "../shared/steps";
import { POLICIES, type PolicyName, type Raw } from "./values";

export interface PolicyObservation {
  /** What stands in each place of each switch. */
  raw: { [name in PolicyName]: Raw[] };
  /** What Group Policy says of a switch, where it says something. */
  policy: { [name in PolicyName]?: NonNullable<Raw> };
  /** A run of ours was killed between a write and its restart. */
  marker: boolean;
}

const PLACES = POLICIES.flatMap(({ at }) => at);
const TWINS = POLICIES.flatMap(({ name, policy }) => (policy ? [{ name, at: policy }] : []));

export const POLICY_READS: BatchRead[] = [
  { op: "registry.read", args: { values: [...PLACES, ...TWINS.map(({ at }) => at), RESTART_MARKER] } },
];

export function parsePolicy(result: BatchResult): PolicyObservation {
  const [read] = result.reads;
  if (!read?.ok) {
    throw new AgentFailure("batch", read?.error ?? { kind: "internal", message: "the agent left out a reading" });
  }
  const left = [...(read.result as RegistryReadResult).values];
  const take = (count: number): Raw[] => Array.from({ length: count }, () => left.shift() ?? null);
  const raw = Object.fromEntries(POLICIES.map(({ name, at }) => [name, take(at.length)]));
  const policy = TWINS.flatMap(({ name }) => {
    const [value] = take(1);
    return value ? [[name, value]] : [];
  });
  return {
    raw: raw as PolicyObservation["raw"],
    policy: Object.fromEntries(policy) as PolicyObservation["policy"],
    marker: take(1)[0] !== null,
  };
}
