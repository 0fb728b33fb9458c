import type { CheckResult } from "../../../../provider/adapter/handler";
import type { Json, Props } from "../../../../provider/adapter/props";
import type { FirewallReadResult, FirewallRuleState, ReadOutcome } from "../../../../provider/machine/protocol";
import {
  type FirewallObservation,
  OUR_GROUPING,
  parseFirewall,
} from "../../../../provider/resources/firewallRule/observe";
import { checkFirewallRule, type FirewallRuleInputs } from "../../../../provider/resources/firewallRule/schema";
import { GROUP_IDS } from "../../../../provider/resources/firewallRule/values";

export const ALL = 2_147_483_647;
export const KMS_EXE = "%SystemRoot%\\system32\\sppextcomobj.exe";
export const CONNECTION = { host: "kms01", hostKey: "insecure-accept-any" };

export function rule(over: Partial<FirewallRuleState> = {}): FirewallRuleState {
  return {
    name: "KMS on 1690",
    grouping: OUR_GROUPING,
    description: "",
    direction: "in",
    action: "allow",
    enabled: true,
    profiles: ALL,
    protocol: 6,
    localPorts: "1690",
    remoteAddresses: "*",
    program: KMS_EXE,
    service: "sppsvc",
    ...over,
  };
}
export const kmsRule = (over: Partial<FirewallRuleState> = {}) =>
  rule({
    name: "\u91d1\u9470\u7ba1\u7406\u670d\u52d9 (TCP-In)",
    grouping: GROUP_IDS.kms,
    localPorts: "1688",
    enabled: false,
    ...over,
  });
/** Client Windows has each predefined rule twice, under one name. */
export const twins = (over: Partial<FirewallRuleState> = {}) => [
  kmsRule({ profiles: 6, remoteAddresses: "LocalSubnet", ...over }),
  kmsRule({ profiles: 1, ...over }),
];
export const SSH = rule({
  name: "OpenSSH SSH Server (sshd)",
  grouping: "OpenSSH Server",
  localPorts: "22",
  program: "%SystemRoot%\\system32\\OpenSSH\\sshd.exe",
  service: "",
});

export interface Wall extends Partial<FirewallReadResult> {
  listeners?: number[];
}

export function reads({ listeners = [22, 135], ...wall }: Wall): ReadOutcome[] {
  const rules = wall.rules ?? [];
  const groups = [...new Set(rules.map(({ grouping }) => grouping).filter((text) => text.startsWith("@")))];
  const firewall: FirewallReadResult = {
    modifyState: 0,
    currentProfiles: 1,
    profiles: ([1, 2, 4] as const).map((profile) => ({
      profile,
      enabled: true,
      blockAllInbound: false,
      defaultInbound: "block",
    })),
    groups: groups.map((group) => ({ group, known: true, enabledProfiles: 0, currentlyEnabled: false })),
    policyRules: [],
    localMergeOff: 0,
    ...wall,
    rules,
  };
  return [
    { ok: true, result: firewall },
    { ok: true, result: { listeners: listeners.map((port) => ({ address: "0.0.0.0", port })) } },
  ];
}

export function check(input: { [name: string]: unknown }): CheckResult {
  return checkFirewallRule({ resourceName: "wall", connection: CONNECTION, ...input } as unknown as {
    [key: string]: Json;
  });
}

/** Checked inputs, of inputs that are right. */
export function wanted(input: { [name: string]: unknown }): FirewallRuleInputs & Props {
  const { inputs, failures } = check(input);
  if (failures.length) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return inputs as unknown as FirewallRuleInputs & Props;
}
export const custom = (input: { [name: string]: unknown } = {}) =>
  wanted({ name: "KMS on 1690", localPorts: [1690], service: "sppsvc", ...input });
export const group = (input: { [name: string]: unknown } = {}) => wanted({ group: "kms", ...input });

export const observed = (wall: Wall, subject: FirewallRuleInputs): FirewallObservation =>
  parseFirewall({ steps: [], restart: { status: "notNeeded" }, reads: reads(wall) }, subject);
