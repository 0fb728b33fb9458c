import type { FirewallRuleState } from "pulumi-volume-activation-provider/machine/protocol";
import { ALL_PROFILES, PROFILE } from "../machine/firewallRules";
import type { Machine } from "../machine/machine";
import { ChangeRefused, type ChangeResult } from "./words";

const NAMES: Record<string, number> = { ...PROFILE, any: ALL_PROFILES };

/** `netsh advfirewall firewall set|delete rule name=NAME ...`; undefined for other words. */
export function namedRule(machine: Machine, line: string): ChangeResult | undefined {
  const found = /^advfirewall firewall (set|delete) rule name=(.+?)(?: new (.+))?$/i.exec(line);
  if (!found) return undefined;
  const [, verb = "", name = "", settings = ""] = found;
  const { rules } = machine.state.firewall;
  const matching = rules.filter((rule) => rule.name.toLowerCase() === name.toLowerCase());
  if (matching.length === 0) return { output: "No rules match the specified criteria.", exitCode: 1 };
  if (verb.toLowerCase() === "delete") {
    for (const rule of matching) rules.splice(rules.indexOf(rule), 1);
    return { output: `Deleted ${matching.length} rule(s). Ok.`, exitCode: 0 };
  }
  const changes = settings.split(" ").map(setting);
  for (const rule of matching) machine.firewall.setRuleLike(rule, Object.assign({}, ...changes));
  return { output: `Updated ${matching.length} rule(s). Ok.`, exitCode: 0 };
}

function setting(word: string): Partial<FirewallRuleState> {
  const [option = "", value = ""] = word.split("=");
  switch (option.toLowerCase()) {
    case "enable":
      return { enabled: value.toLowerCase() === "yes" };
    case "profile":
      return { profiles: value.split(",").reduce((mask, name) => mask | (NAMES[name.toLowerCase()] ?? 0), 0) };
    case "remoteip":
      return { remoteAddresses: value.toLowerCase() === "any" ? "*" : value };
    case "localport":
      return { localPorts: value.toLowerCase() === "any" ? "*" : value };
    default:
      throw new ChangeRefused(
        `netsh: "${word}" is not understood; the lab knows enable, profile, remoteip, localport.`,
      );
  }
}
