import { BlockList, isIPv4 } from "node:net";
import type {
  FirewallReadResult,
  FirewallRuleState,
  ProfileMask,
} from "pulumi-volume-activation-provider/machine/protocol";
import { ALL_PROFILES } from "./firewallRules";
import { HR, WindowsError } from "./hresult";
import type { FirewallMemory } from "./state";

const PROFILES = [1, 2, 4] as const;
const TCP = 6;
const UDP = 17;
const ANY_PROTOCOL = 256;
/** Group Policy decides; a change made here has no effect. */
const GP_OVERRIDE = 1;
const INBOUND_BLOCKED = 2;

/** Somebody who wants to open a TCP connection to this machine. */
export interface Caller {
  address: string;
  port: number;
  program: string;
  service: string;
  /** The machine's own address, for LocalSubnet. */
  ownAddress: string;
}

export class Firewall {
  constructor(private readonly memory: FirewallMemory) {}

  read(groups: string[], groupings: string[]): FirewallReadResult {
    const wanted = [...groups, ...groupings].map((text) => text.toLowerCase());
    return {
      modifyState: this.#modifyState(),
      currentProfiles: this.memory.currentProfiles,
      profiles: this.memory.profiles.map((profile) => ({ ...profile })),
      groups: groups.map((group) => this.#group(group)),
      rules: this.memory.rules.filter((rule) => wanted.includes(rule.grouping.toLowerCase())).map((r) => ({ ...r })),
      policyRules: [...this.memory.policyRules],
      localMergeOff: this.memory.localMergeOff,
    };
  }

  setGroup(group: string, profiles: ProfileMask, enabled: boolean): void {
    const rules = this.#rulesOf(group);
    if (rules.length === 0) throw new WindowsError(HR.fileNotFound);
    for (const rule of rules) if (covers(rule.profiles, profiles)) rule.enabled = enabled;
  }

  has(name: string, grouping: string): boolean {
    return this.#named(name, grouping).length > 0;
  }

  /** Changes every rule of that name and grouping, or adds one. Whether it is new. */
  setRule(wanted: FirewallRuleState): boolean {
    const rule = asWindowsKeepsIt(wanted);
    const found = this.#named(rule.name, rule.grouping);
    for (const one of found) Object.assign(one, rule);
    if (found.length === 0) this.memory.rules.push(rule);
    return found.length === 0;
  }

  removeRule(name: string, grouping: string): boolean {
    const found = this.#named(name, grouping);
    // In place: the list is the machine's memory.
    for (const rule of found) this.memory.rules.splice(this.memory.rules.indexOf(rule), 1);
    return found.length > 0;
  }

  setProfiles(mask: ProfileMask, enabled: boolean): void {
    for (const profile of this.memory.profiles) if (covers(profile.profile, mask)) profile.enabled = enabled;
  }

  enabledRules(): FirewallRuleState[] {
    return this.memory.rules.filter((rule) => rule.enabled);
  }

  /** Whether a caller gets through, as Windows decides it: block rules first, then allow rules, then the default. */
  admits(caller: Caller): boolean {
    const current = this.memory.profiles.filter((profile) => covers(this.memory.currentProfiles, profile.profile));
    return current.every((profile) => {
      if (!profile.enabled) return true;
      if (profile.blockAllInbound) return false;
      const local = covers(this.memory.localMergeOff, profile.profile) ? [] : this.memory.rules;
      const rules = [...local, ...this.memory.policyRules.map(parsePolicyRule)];
      const matching = rules.filter((rule) => matches(rule, profile.profile, caller));
      if (matching.some((rule) => rule.action === "block")) return false;
      return matching.length > 0 || profile.defaultInbound === "allow";
    });
  }

  #modifyState(): number {
    if (covers(this.memory.localMergeOff, this.memory.currentProfiles)) return GP_OVERRIDE;
    const blocked = this.memory.profiles.some(
      (profile) => profile.blockAllInbound && covers(this.memory.currentProfiles, profile.profile),
    );
    return blocked ? INBOUND_BLOCKED : 0;
  }

  #group(group: string): FirewallReadResult["groups"][number] {
    const rules = this.#rulesOf(group);
    const on = (profile: number) => {
      const applying = rules.filter((rule) => covers(rule.profiles, profile));
      return applying.length > 0 && applying.every((rule) => rule.enabled);
    };
    const enabledProfiles = PROFILES.filter(on).reduce((mask, profile) => mask | profile, 0);
    const currentlyEnabled =
      covers(enabledProfiles, this.memory.currentProfiles) &&
      !covers(this.memory.localMergeOff, this.memory.currentProfiles);
    return { group, known: rules.length > 0, enabledProfiles, currentlyEnabled };
  }

  #rulesOf(group: string): FirewallRuleState[] {
    return this.memory.rules.filter((rule) => rule.grouping.toLowerCase() === group.toLowerCase());
  }

  #named(name: string, grouping: string): FirewallRuleState[] {
    return this.#rulesOf(grouping).filter((rule) => rule.name === name);
  }
}

/** Nothing said means anything; ports only where the protocol has them; addresses with a mask, as Windows reads back. */
function asWindowsKeepsIt(rule: FirewallRuleState): FirewallRuleState {
  const hasPorts = rule.protocol === TCP || rule.protocol === UDP;
  return {
    ...rule,
    localPorts: hasPorts ? rule.localPorts || "*" : "",
    remoteAddresses: rule.remoteAddresses === "" ? "*" : rule.remoteAddresses.split(",").map(withMask).join(","),
  };
}

function withMask(range: string): string {
  const [network = "", length] = range.trim().split("/");
  if (!isIPv4(network) || (length !== undefined && !/^[0-9]{1,2}$/.test(length))) return range.trim();
  const ones = Math.min(32, Number(length ?? 32));
  const mask = [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.max(0, Math.min(8, ones - from))));
  return `${network}/${mask.join(".")}`;
}

function covers(mask: number, bits: number): boolean {
  return (mask & bits & 7) !== 0;
}

function matches(rule: FirewallRuleState, profile: number, caller: Caller): boolean {
  return (
    rule.enabled &&
    rule.direction === "in" &&
    covers(rule.profiles, profile) &&
    (rule.protocol === TCP || rule.protocol === ANY_PROTOCOL) &&
    portMatches(rule.localPorts, caller.port) &&
    pathMatches(rule.program, caller.program) &&
    (["", "*"].includes(rule.service) || rule.service.toLowerCase() === caller.service.toLowerCase()) &&
    rule.remoteAddresses.split(",").some((range) => addressMatches(range.trim(), caller))
  );
}

function portMatches(ports: string, port: number): boolean {
  if (ports === "" || ports === "*") return true;
  return ports.split(",").some((part) => {
    const [first, last] = part.trim().split("-").map(Number);
    return first !== undefined && port >= first && port <= (last ?? first);
  });
}

function pathMatches(rulePath: string, program: string): boolean {
  if (rulePath === "" || rulePath === "*") return true;
  const plain = (path: string) => path.toLowerCase().replace("%systemroot%", "c:\\windows");
  return plain(rulePath) === plain(program);
}

function addressMatches(range: string, caller: Caller): boolean {
  if (range === "" || range === "*" || range.toLowerCase() === "any") return true;
  const list = new BlockList();
  if (range.toLowerCase() === "localsubnet") list.addSubnet(caller.ownAddress, 24);
  else if (range.includes("/")) {
    const [network = "", mask = "32"] = range.split("/");
    if (isIPv4(network)) list.addSubnet(network, prefixLength(mask));
  } else if (range.includes("-")) {
    const [first = "", last = ""] = range.split("-");
    if (isIPv4(first) && isIPv4(last)) list.addRange(first, last);
  } else if (isIPv4(range)) list.addAddress(range);
  return list.check(caller.address);
}

/** 24 for "24" and for "255.255.255.0". */
function prefixLength(mask: string): number {
  if (!isIPv4(mask)) return Number(mask);
  const bits = mask.split(".").map((octet) => Number(octet).toString(2).padStart(8, "0"));
  return bits.join("").replace(/0+$/, "").length;
}

/** `v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=1688|App=...|Svc=...|Name=...|`. */
function parsePolicyRule(text: string): FirewallRuleState {
  const fields = new Map<string, string[]>();
  for (const field of text.split("|")) {
    const [name = "", ...value] = field.split("=");
    fields.set(name, [...(fields.get(name) ?? []), value.join("=")]);
  }
  const one = (name: string) => fields.get(name)?.[0];
  const bits: Record<string, number> = { Domain: 1, Private: 2, Public: 4 };
  const profiles = (fields.get("Profile") ?? []).reduce((mask, name) => mask | (bits[name] ?? 0), 0);
  return {
    name: one("Name") ?? "",
    grouping: one("EmbedCtxt") ?? "",
    description: one("Desc") ?? "",
    direction: one("Dir") === "Out" ? "out" : "in",
    action: one("Action") === "Block" ? "block" : "allow",
    enabled: one("Active") === "TRUE",
    profiles: profiles === 0 ? ALL_PROFILES : profiles,
    protocol: Number(one("Protocol") ?? ANY_PROTOCOL),
    localPorts: (fields.get("LPort") ?? []).join(","),
    remoteAddresses: (fields.get("RA4") ?? ["*"]).join(","),
    program: one("App") ?? "",
    service: one("Svc") ?? "",
  };
}
