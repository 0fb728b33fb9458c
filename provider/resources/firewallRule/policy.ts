import type { FirewallReadResult, FirewallRuleState } from "../../machine/protocol";
import type { FirewallObservation } from "./observe";
import { bits, EVERY_PROFILE, holdsPort, maskOf, namesOf, type ProfileName, portsOf, serviceOf } from "./values";

/** NET_FW_MODIFY_STATE. */
const GP_OVERRIDE = 1;
const INBOUND_BLOCKED = 2;

/** A rule that Group Policy brings, as far as it concerns us. */
export interface PolicyRule {
  name: string;
  action: "allow" | "block";
  inbound: boolean;
  active: boolean;
  profiles: number;
  ports: string[];
  service: string;
  group: string;
}

/** `v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=1688|Svc=sppsvc|Name=...|` (MS-GPFAS 2.2.2). */
export function parsePolicyRule(text: string): PolicyRule {
  const all = (field: string) =>
    [...text.matchAll(new RegExp(`\\|${field}=([^|]*)`, "gi"))].map(([, value]) => value ?? "");
  const one = (field: string) => all(field)[0] ?? "";
  const profiles = all("Profile").map((name) => name.toLowerCase() as ProfileName);
  return {
    name: one("Name"),
    action: /^block$/i.test(one("Action")) ? "block" : "allow",
    inbound: !/^out$/i.test(one("Dir")),
    active: /^true$/i.test(one("Active")),
    profiles: profiles.length ? maskOf(profiles) : EVERY_PROFILE,
    ports: [...all("LPort"), ...all("LPort2_10")].flatMap((list) => list.split(",")),
    service: serviceOf(one("Svc")),
    group: one("EmbedCtxt"),
  };
}

/** Group Policy's rules in force for the same group, or for the same service or port as one of ours. */
export function rivals({ firewall, rules }: FirewallObservation): PolicyRule[] {
  const groups = new Set(firewall.groups.map(({ group }) => group.toLowerCase()));
  return firewall.policyRules
    .map(parsePolicyRule)
    .filter(({ active, inbound }) => active && inbound)
    .filter((policy) => groups.has(policy.group.toLowerCase()) || rules.some((rule) => concernsSame(policy, rule)));
}

/** Where both name a service it is the same one, where both name ports they meet; and one of the two is so. */
function concernsSame(policy: PolicyRule, rule: FirewallRuleState): boolean {
  const service = serviceOf(rule.service);
  const ports = portsOf(rule.localPorts).filter((port) => /^\d+$/.test(port));
  const namesPorts = policy.ports.length > 0 && ports.length > 0;
  const meet = ports.some((port) => holdsPort(policy.ports, Number(port)));
  const namesService = policy.service !== "" && service !== "";
  if ((namesService && policy.service !== service) || (namesPorts && !meet)) return false;
  return namesService || namesPorts;
}

/** Profiles in which Group Policy makes local rules worth nothing. */
export function overridden({ modifyState, localMergeOff, currentProfiles }: FirewallReadResult): number {
  return bits(localMergeOff) | (modifyState === GP_OVERRIDE ? bits(currentProfiles) : 0);
}

/**
 * Who decides in our place, or nothing when the local rules count: Group Policy does, when it overrules the profile in
 * force, or every profile that is wanted.
 */
export function owner(seen: FirewallObservation, wanted: { profiles?: readonly ProfileName[] }): string | undefined {
  const { firewall } = seen;
  const about = wanted.profiles ? maskOf(wanted.profiles) : EVERY_PROFILE;
  const decides = (mask: number) =>
    (mask & about) !== 0 && ((mask & about & firewall.currentProfiles) !== 0 || (about & ~mask) === 0);
  const where = (mask: number) => namesOf(mask & about).join(", ");
  const mask = overridden(firewall);
  if (decides(mask)) {
    const switchedOff = namesOf(firewall.localMergeOff & about).join(", ");
    return switchedOff
      ? `Group Policy owns the firewall of the ${switchedOff} profile: it switches local rules off there (AllowLocalPolicyMerge = 0)`
      : `Group Policy owns the firewall of the ${where(mask)} profile and overrules what is set on the machine`;
  }
  const block = rivals(seen).find(({ action, profiles }) => action === "block" && decides(profiles));
  return block && `Group Policy blocks the same by its rule "${block.name}" (${where(block.profiles)} profile)`;
}

/** What deserves to be said of a firewall although it is no difference from what is wanted. */
export function firewallFindings(
  seen: FirewallObservation,
  wanted: { name?: string; enabled: boolean; profiles?: readonly ProfileName[] },
): string[] {
  const { firewall, rules } = seen;
  const findings: string[] = [];
  const owned = owner(seen, wanted);
  if (owned)
    findings.push(`${owned}: what is declared here has no effect on it; ask who manages the policy (gpresult /h)`);
  for (const { name, action } of rivals(seen)) {
    if (action === "allow") {
      findings.push(
        `Group Policy has a rule of its own for it, "${name}": what that one admits this resource cannot refuse`,
      );
    }
  }
  const current = firewall.profiles.filter(({ profile }) => profile & firewall.currentProfiles);
  for (const { profile, enabled, blockAllInbound } of current) {
    const name = namesOf(profile).join();
    if (!enabled) findings.push(`the firewall is off in the ${name} profile, which is in force: everything is let in`);
    else if (blockAllInbound || firewall.modifyState === INBOUND_BLOCKED) {
      findings.push(`the ${name} profile, which is in force, blocks all inbound connections, whatever the rules say`);
    }
  }
  if (wanted.name !== undefined && rules.length > 1) {
    findings.push(`there are ${rules.length} rules of ours with that name; all are kept as declared`);
  }
  return findings;
}
