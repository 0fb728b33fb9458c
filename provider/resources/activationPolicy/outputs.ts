import { isUnknown, type Props, pick, sameValue } from "../../adapter/props";
import type { MachineFacts } from "../shared/onMachine";
import type { Changes } from "../shared/undo";
import type { PolicyObservation } from "./observe";
import { restartOwed } from "./plan";
import { ACTIVATION_POLICY_INPUTS, type ActivationPolicyInputs, type PolicyValues } from "./schema";
import { POLICIES, pathOf } from "./values";

/** What is stored: the inputs with what was seen in the place of what was wanted, and what else was seen. */
export interface ActivationPolicyOutputs extends ActivationPolicyInputs {
  machine: MachineFacts;
  findings: string[];
  /** Registry values before and after our first change, for onDelete "restore". */
  changed?: Changes;
  restartOwed?: true;
  /** False after a refresh that could not look and was told to keep what it had. */
  lookedAt?: boolean;
}

export function policyOutputs(
  seen: PolicyObservation,
  wanted: ActivationPolicyInputs,
  machine: MachineFacts,
  changes: Changes,
): ActivationPolicyOutputs {
  const values = POLICIES.filter(({ name }) => wanted[name] !== undefined).map(({ name, read }) => [
    name,
    read(seen.raw[name]),
  ]);
  return {
    ...wanted,
    ...(Object.fromEntries(values) as PolicyValues),
    machine,
    findings: findings(seen, wanted),
    ...(Object.keys(changes).length ? { changed: changes } : {}),
    ...(restartOwed(seen, wanted) ? { restartOwed: true as const } : {}),
  };
}

/** Group Policy's word wins over the machine's own; that is no drift, since `up` could not change it. */
function findings(seen: PolicyObservation, wanted: PolicyValues): string[] {
  return POLICIES.flatMap(({ name, policy }) => {
    const value = seen.policy[name];
    if (!policy || !value || wanted[name] === undefined) return [];
    return [
      `Group Policy sets ${policy.name} to ${JSON.stringify(value.data)} (${pathOf(policy)}): the policy wins over the ` +
        `declared ${name}; change it there, or ask who manages it (gpresult /h)`,
    ];
  });
}

export const policyInputsOf = (outs: Props): Props => pick(outs, ACTIVATION_POLICY_INPUTS);

export function diffPolicy(outs: Props, wanted: Props): string[] {
  const changed: string[] = [];
  if (outs["lookedAt"] === false) changed.push("lookedAt");
  if (outs["restartOwed"] === true) changed.push("restartOwed");
  for (const name of ACTIVATION_POLICY_INPUTS) {
    if (isUnknown(wanted[name]) || !sameValue(outs[name], wanted[name])) changed.push(name);
  }
  return changed;
}
