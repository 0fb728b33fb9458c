import type { RegistryValue } from "pulumi-volume-activation-provider/machine/protocol";
import { MINUTE_MS } from "../clock/clock";
import type { Machine } from "./machine";

/** How often Windows applies Group Policy by itself. */
const REFRESH_MS = 90 * MINUTE_MS;

/** What Group Policy sets is set again, whoever changed it meanwhile. */
export function applyPolicy(machine: Machine): void {
  const { policy } = machine.state;
  for (const { key, name, value } of policy.registry) machine.registry.write(key, name, value);
  policy.nextRefreshAt = policy.registry.length > 0 ? machine.world.now() + REFRESH_MS : null;
}

/** From now on policy sets this value. */
export function addPolicy(machine: Machine, key: string, name: string, value: RegistryValue): void {
  forget(machine, key, name);
  machine.state.policy.registry.push({ key, name, value });
  applyPolicy(machine);
}

/** Policy lets the value go; below a Policies key it is taken away, a preference elsewhere stays as it is. */
export function removePolicy(machine: Machine, key: string, name: string): boolean {
  const known = forget(machine, key, name);
  if (known && /\\Policies\\/i.test(key)) machine.registry.remove(key, name);
  applyPolicy(machine);
  return known;
}

function forget(machine: Machine, key: string, name: string): boolean {
  const { registry } = machine.state.policy;
  const at = registry.findIndex(
    (one) => one.key.toLowerCase() === key.toLowerCase() && one.name.toLowerCase() === name.toLowerCase(),
  );
  if (at >= 0) registry.splice(at, 1);
  return at >= 0;
}
