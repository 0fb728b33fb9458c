import { PROFILE } from "./firewallRules";
import type { Machine } from "./machine";
import { removePolicy } from "./policy";

const TCPIP_KEY = "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters";

/** Windows starts after it was taken out of its domain: no suffix, no domain profile, no Group Policy any more. */
export function finishLeaving(machine: Machine): void {
  const { state } = machine;
  state.leftDomain = "left";
  machine.registry.write(TCPIP_KEY, "Domain", { kind: "REG_SZ", data: "" });
  if (state.firewall.currentProfiles === PROFILE.domain) state.firewall.currentProfiles = PROFILE.private;
  for (const { key, name } of [...state.policy.registry]) removePolicy(machine, key, name);
}
