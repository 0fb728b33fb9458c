import { randomUUID } from "node:crypto";
import type { FirewallRuleState } from "pulumi-volume-activation-provider/machine/protocol";
import type { Machine } from "../machine/machine";
import { addPolicy, removePolicy } from "../machine/policy";
import { readRegistryWords } from "./reg";
import { ChangeRefused, type ChangeResult } from "./words";

export const GPO_WORDS = [
  "gpo firewall domain|private|public merge on|off",
  'gpo firewall group "@FirewallAPI.dll,-28002" allow|block|none',
  'gpo reg add "HKLM\\..." /v NAME /t TYPE /d DATA',
  'gpo reg delete "HKLM\\..." /v NAME',
  "gpupdate",
];

const FIREWALL_KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall";
const RULES_KEY = `${FIREWALL_KEY}\\FirewallRules`;
const PROFILE_KEYS: Record<string, string> = {
  domain: "DomainProfile",
  private: "PrivateProfile",
  public: "PublicProfile",
};

/**
 * What the domain's administrators decide for this machine. It acts at once, and again at `gpupdate`, at the start of
 * Windows and every 90 minutes: whoever changes it on the machine meanwhile finds it taken back.
 */
export function gpo(machine: Machine, words: string[]): ChangeResult {
  if (!machine.joined) throw new ChangeRefused(`${machine.name} is in no domain, so that no Group Policy reaches it.`);
  const [area = "", ...rest] = words;
  if (area.toLowerCase() === "reg") return preference(machine, rest);
  if (area.toLowerCase() !== "firewall") return misunderstood(words);
  const [what = "", name = "", action = ""] = rest.map((word) => word.toLowerCase());
  if (what === "group") return group(machine, rest[1] ?? "", action);
  const profile = Object.hasOwn(PROFILE_KEYS, what) ? PROFILE_KEYS[what] : undefined;
  if (!profile || name !== "merge" || (action !== "on" && action !== "off")) return misunderstood(words);
  return merge(machine, `${FIREWALL_KEY}\\${profile}`, action === "on");
}

function misunderstood(words: string[]): never {
  throw new ChangeRefused(`gpo "${words.join(" ")}" is not understood. The lab knows:\n  ${GPO_WORDS.join("\n  ")}`);
}

function merge(machine: Machine, key: string, on: boolean): ChangeResult {
  if (on) removePolicy(machine, key, "AllowLocalPolicyMerge");
  else addPolicy(machine, key, "AllowLocalPolicyMerge", { kind: "REG_DWORD", data: 0 });
  return { output: `Rules that this machine has itself ${on ? "count again" : "do not count any more"}.`, exitCode: 0 };
}

/** Policy has inbound rules of its own with the ports and programs of the predefined ones, or has none any more. */
function group(machine: Machine, name: string, action: string): ChangeResult {
  if (!["allow", "block", "none"].includes(action)) return misunderstood(["firewall", "group", name, action]);
  const own = machine.state.firewall.rules.filter((rule) => rule.grouping.toLowerCase() === name.toLowerCase());
  if (own.length === 0) return { output: `This Windows has no firewall rules of the group ${name}.`, exitCode: 1 };
  const mark = `|EmbedCtxt=${own[0]?.grouping}|`;
  for (const [rule, { data }] of Object.entries(machine.registry.list(RULES_KEY))) {
    if (typeof data === "string" && data.includes(mark)) removePolicy(machine, RULES_KEY, rule);
  }
  if (action === "none") return { output: `Policy says nothing about ${name} any more.`, exitCode: 0 };
  for (const rule of own.filter(({ direction }) => direction === "in")) {
    const data = ruleText(rule, action === "allow" ? "Allow" : "Block");
    addPolicy(machine, RULES_KEY, `{${randomUUID().toUpperCase()}}`, { kind: "REG_SZ", data });
  }
  return { output: `Policy has the group ${name} now: ${action}.`, exitCode: 0 };
}

const PROFILE_NAMES: [number, string][] = [
  [1, "Domain"],
  [2, "Private"],
  [4, "Public"],
];

function ruleText(rule: FirewallRuleState, action: string): string {
  const fields = ["v2.10", `Action=${action}`, "Active=TRUE", "Dir=In", `Protocol=${rule.protocol}`];
  if ((rule.profiles & 7) !== 7) {
    for (const [bit, name] of PROFILE_NAMES) if (rule.profiles & bit) fields.push(`Profile=${name}`);
  }
  for (const port of rule.localPorts.split(",")) if (/^[0-9-]+$/.test(port)) fields.push(`LPort=${port}`);
  if (!["", "*"].includes(rule.program)) fields.push(`App=${rule.program}`);
  if (!["", "*"].includes(rule.service)) fields.push(`Svc=${rule.service}`);
  return `${[...fields, `Name=${rule.name}`, `EmbedCtxt=${rule.grouping}`].join("|")}|`;
}

function preference(machine: Machine, words: string[]): ChangeResult {
  const change = readRegistryWords(words);
  if (change.verb === "add") {
    addPolicy(machine, change.key, change.name, change.value);
    return { output: `Policy sets ${change.name} from now on.`, exitCode: 0 };
  }
  if (removePolicy(machine, change.key, change.name)) {
    return { output: `Policy lets ${change.name} go.`, exitCode: 0 };
  }
  return { output: `Policy has nothing about ${change.name}.`, exitCode: 1 };
}
