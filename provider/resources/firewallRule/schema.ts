import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { normalizeAddressRange } from "../../checks/index";
import type { Connection } from "../../machine/connection";
import { checkInputs, type Rules } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, flag, text } from "../shared/fields";
import { GROUP_IDS, groupName, hasPorts, PROFILES, type ProfileName, type ProtocolName, portEntry } from "./values";

const profile = z.enum(PROFILES, { error: 'must be "domain", "private" or "public"' });
const port = z.union([z.string(), z.number()], { error: 'must be a port like 1690, or text like "5000-5010"' });
const list = (of: string) => ({ error: `must be a list of ${of}` });
/** The registry form of a rule cuts its fields at "|"; "@" begins a resource of a DLL. */
const ruleName = (value: string) => {
  if (!/^[^@|\p{Cc}][^|\p{Cc}]{0,254}$/u.test(value))
    return 'must be 1 to 255 characters without "|", not beginning with "@"';
  return value.toLowerCase() === "all" ? '"all" means every rule to netsh; give it another name' : undefined;
};

export const firewallRuleSchema = z.strictObject({
  resourceName: z.string().optional(),
  connection: connectionSchema.optional(),
  group: text("a predefined group", (value) =>
    groupName(value) === undefined
      ? `must be one of ${Object.keys(GROUP_IDS).join(", ")}, or a neutral id like "@FirewallAPI.dll,-28002" (the names that Windows shows are translated)`
      : undefined,
  ).optional(),
  name: text("the name of a rule of your own", ruleName).optional(),
  enabled: flag("whether the rule or group is on").default(true),
  profiles: z.array(profile, list('"domain", "private" and "public"')).optional(),
  remoteAddresses: z.array(text("an address"), list("addresses, networks and ranges")).optional(),
  direction: choice(["in", "out"]).optional(),
  protocol: choice(["tcp", "udp", "icmpv4", "icmpv6", "any"]).optional(),
  localPorts: z.array(port, list("ports")).optional(),
  program: text("a program's path on the machine", (value) =>
    value.trim() === "" || /[|"\p{Cc}]/u.test(value)
      ? 'must be "auto", "any" or a path in one line, without quotes and without "|"'
      : undefined,
  ).optional(),
  service: text("a Windows service's short name", (value) =>
    /^[\w.-]{1,80}$/.test(value) ? undefined : 'must be the short name of a service, like "sppsvc"',
  ).optional(),
  action: choice(["allow", "block"]).optional(),
  adopt: choice(["identical", "always", "never"]).optional(),
});

/** Checked inputs of a FirewallRule: either `group`, or `name` with what a rule of one's own has. */
export interface FirewallRuleInputs {
  resourceName: string;
  connection: Connection;
  group?: string;
  name?: string;
  enabled: boolean;
  /** Of a group: unset leaves each rule's own. */
  profiles?: ProfileName[];
  /** Of a group: unset leaves each rule's own. */
  remoteAddresses?: string[];
  direction?: "in" | "out";
  protocol?: ProtocolName;
  localPorts?: string[];
  /** "auto": the KMS program of this Windows if `service` is sppsvc, else any. */
  program?: string;
  service?: string;
  action?: "allow" | "block";
  /** Default "identical". */
  adopt?: "identical" | "always" | "never";
}

export const FIREWALL_RULE_INPUTS: readonly (keyof FirewallRuleInputs)[] = [
  "resourceName",
  "connection",
  "group",
  "name",
  "enabled",
  "profiles",
  "remoteAddresses",
  "direction",
  "protocol",
  "localPorts",
  "program",
  "service",
  "action",
  "adopt",
];

/** What only a rule of one's own has. */
const CUSTOM_ONLY = ["direction", "protocol", "localPorts", "program", "service", "action", "adopt"] as const;

export function checkFirewallRule(input: Props): CheckResult {
  return checkInputs(firewallRuleSchema, input, (known, rules) => {
    connectionRules(known.connection, rules);
    const grouped = known.group !== undefined || rules.unknown("group");
    const named = known.name !== undefined || rules.unknown("name");
    if (grouped && named)
      rules.fail(["name"], "belongs to a rule of your own and group to Windows' rules; give one of them");
    if (!grouped && !named) {
      rules.fail(["group"], "is required, or name: a predefined group of Windows, or a rule of your own");
    }
    const companions: Props = {
      ...(known.profiles ? { profiles: profileList(known.profiles, rules) } : {}),
      ...(known.remoteAddresses ? { remoteAddresses: addressList(known.remoteAddresses, rules) } : {}),
    };
    if (known.group !== undefined) companions["group"] = groupName(known.group) ?? known.group;
    if (!grouped) return { ...customDefaults(known, rules), ...companions };
    for (const name of CUSTOM_ONLY) {
      if (known[name] !== undefined)
        rules.fail([name], "belongs to a rule of your own (name), not to a predefined group");
    }
    return companions;
  });
}

type Known = z.output<typeof firewallRuleSchema>;

/** What an omitted property of a rule of one's own is enforced at. */
function customDefaults(known: Known, rules: Rules): Props {
  const protocol = known.protocol ?? "tcp";
  const given = (name: "localPorts" | "program" | "service") => known[name] !== undefined || rules.unknown(name);
  const takesPorts = hasPorts(protocol) || rules.unknown("protocol");
  if (known.localPorts !== undefined && !takesPorts) {
    rules.fail(["localPorts"], `has no meaning with protocol "${protocol}"; only tcp and udp have ports`);
  }
  if (takesPorts && !given("localPorts") && !given("program") && !given("service")) {
    rules.fail(
      ["localPorts"],
      "is required, or program or service: without any of them the rule would concern every port",
    );
  }
  return {
    profiles: [...PROFILES],
    remoteAddresses: ["*"],
    direction: known.direction ?? "in",
    protocol,
    action: known.action ?? "allow",
    program: known.program ?? "auto",
    ...(takesPorts ? { localPorts: portList(known.localPorts ?? ["*"], rules) } : {}),
  };
}

function profileList(profiles: ProfileName[], rules: Rules): ProfileName[] {
  if (profiles.length === 0)
    rules.fail(["profiles"], 'must name one profile at least: "domain", "private" or "public"');
  return PROFILES.filter((name) => profiles.includes(name));
}

function addressList(addresses: string[], rules: Rules): string[] {
  if (addresses.length === 0) rules.fail(["remoteAddresses"], 'must have one entry at least; "*" is any address');
  const ranges = addresses.map((entry, index) => {
    const read = normalizeAddressRange(entry);
    if (!read.ok) rules.fail(["remoteAddresses", String(index)], read.reason);
    return read.ok ? read.range : entry;
  });
  if (ranges.length > 1 && ranges.includes("*")) {
    rules.fail(["remoteAddresses"], 'has "*", any address, beside others; give "*" alone, or leave it out');
  }
  return [...new Set(ranges)];
}

function portList(ports: (string | number)[], rules: Rules): string[] {
  if (ports.length === 0) rules.fail(["localPorts"], 'must have one entry at least; "*" is any port');
  const entries = ports.map((entry, index) => {
    const read = portEntry(entry);
    if (!read.ok) rules.fail(["localPorts", String(index)], read.reason);
    return read.ok ? read.port : String(entry);
  });
  if (entries.length > 1 && entries.includes("*")) rules.fail(["localPorts"], 'has "*", any port, beside others');
  return [...new Set(entries)];
}
