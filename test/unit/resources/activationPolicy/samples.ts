import type { CheckResult } from "../../../../provider/adapter/handler";
import type { Json, Props } from "../../../../provider/adapter/props";
import type { BatchRead, ReadOutcome, RegistryName, RegistryValue } from "../../../../provider/machine/protocol";
import {
  POLICY_READS,
  type PolicyObservation,
  parsePolicy,
} from "../../../../provider/resources/activationPolicy/observe";
import {
  type ActivationPolicyInputs,
  checkActivationPolicy,
} from "../../../../provider/resources/activationPolicy/schema";

export const CONNECTION = { host: "web01", hostKey: "insecure-accept-any" };
export const SPP = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
export const dword = (data: number): RegistryValue => ({ kind: "REG_DWORD", data });
export const text = (data: string): RegistryValue => ({ kind: "REG_SZ", data });

/** Registry values by the end of their path below HKEY_LOCAL_MACHINE, like "Activation\\Manual"; all others are not there. */
export interface RegistryState {
  [pathEnd: string]: RegistryValue;
}

const asked = ([read]: readonly BatchRead[]): RegistryName[] => {
  if (read?.op !== "registry.read") throw new Error("no registry is read");
  return read.args.values;
};

export function policyReads(state: RegistryState): ReadOutcome[] {
  const paths = asked(POLICY_READS).map(({ key, name }) => `\\${key}\\${name}`);
  for (const end of Object.keys(state)) {
    if (paths.filter((path) => path.endsWith(`\\${end}`)).length !== 1)
      throw new Error(`${end} is no value that is read`);
  }
  const values = paths.map((path) => {
    const end = Object.keys(state).find((candidate) => path.endsWith(`\\${candidate}`));
    return (end !== undefined && state[end]) || null;
  });
  return [{ ok: true, result: { values } }];
}

export const observed = (state: RegistryState): PolicyObservation =>
  parsePolicy({ steps: [], restart: { status: "notNeeded" }, reads: policyReads(state) });

export function check(input: { [name: string]: unknown }): CheckResult {
  return checkActivationPolicy({ resourceName: "web01", connection: CONNECTION, ...input } as unknown as {
    [key: string]: Json;
  });
}
/** Checked inputs, of inputs that are right. */
export function wanted(input: { [name: string]: unknown } = {}): ActivationPolicyInputs & Props {
  const { inputs, failures } = check(input);
  if (failures.length) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return inputs as unknown as ActivationPolicyInputs & Props;
}
