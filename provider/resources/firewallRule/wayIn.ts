import type { FirewallRuleState } from "../../machine/protocol";
import type { FirewallObservation } from "./observe";
import { overridden, parsePolicyRule } from "./policy";
import { simulate, type Transition } from "./targets";
import { bits, holdsPort, portsOf, serviceOf } from "./values";

const TCP = 6;
const ANY_PROTOCOL = 256;

/**
 * Why a change would shut out the SSH connection by which it is made, or nothing. Only what the change itself does
 * counts: a block that was not there before, or the loss of the last rule that admits the port.
 */
export function closesWayIn(seen: FirewallObservation, changes: readonly Transition[]): string | undefined {
  const { firewall, wayIn } = seen;
  const after = simulate(firewall.rules, changes);
  for (const { profile, enabled, defaultInbound } of firewall.profiles) {
    if (!enabled || (profile & firewall.currentProfiles) === 0 || (profile & overridden(firewall)) !== 0) continue;
    const matching = (rules: readonly FirewallRuleState[], action: "allow" | "block") =>
      rules.filter((rule) => rule.action === action && concernsPort(rule, profile, wayIn));
    const blocks = matching(after, "block").find((rule) => !matching(firewall.rules, "block").includes(rule));
    if (blocks) {
      return `it would block TCP port ${wayIn}, by which this very connection comes in (rule "${blocks.name}")`;
    }
    const stays = defaultInbound === "allow" || matching(after, "allow").length > 0 || byPolicy(seen, profile);
    if (!stays && matching(firewall.rules, "allow").length > 0) {
      return `it would take away the only rule that lets TCP port ${wayIn} in, by which this very connection comes`;
    }
  }
  return undefined;
}

function byPolicy({ firewall, wayIn }: FirewallObservation, profile: number): boolean {
  return firewall.policyRules
    .map(parsePolicyRule)
    .some(
      ({ active, inbound, action, profiles, ports }) =>
        active && inbound && action === "allow" && (profiles & profile) !== 0 && holdsPort(ports, wayIn),
    );
}

/** Whether a rule speaks of connections to this port of the SSH server; from where does not matter. */
function concernsPort(rule: FirewallRuleState, profile: number, port: number): boolean {
  return (
    rule.enabled &&
    rule.direction === "in" &&
    (bits(rule.profiles) & profile) !== 0 &&
    (rule.protocol === ANY_PROTOCOL || (rule.protocol === TCP && holdsPort(portsOf(rule.localPorts), port))) &&
    (rule.program === "" || rule.program === "*" || /(^|\\)sshd\.exe$/i.test(rule.program)) &&
    ["", "sshd"].includes(serviceOf(rule.service))
  );
}
