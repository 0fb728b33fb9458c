import { BlockList, isIPv4 } from "node:net";
import type {
  FirewallReadResult,
  FirewallRuleArgs,
  FirewallRuleState,
  ProfileMask,
} from "pulumi-volume-activation-provider/machine/protocol";
import { ALL_PROFILES } from "./firewallRules";
import { HR, WindowsError } from "./hresult";
import type { Registry } from "./registry";
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

const POLICY_KEY = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall";
const POLICY_PROFILES = { 1: "DomainProfile", 2: "PrivateProfile", 4: "PublicProfile" } as const;

export class Firewall {
  constructor(
    private readonly memory: FirewallMemory,
    /** Where Group Policy writes what it decides, besides what the network's description brings. */
    private readonly registry?: Registry,
  ) {}

  read(groups: string[], groupings: string[], ports: readonly number[] = []): FirewallReadResult {
    const texts = [...groups, ...groupings].map((text) => text.toLowerCase());
    const rules = this.memory.rules.filter(
      (rule) => texts.includes(rule.grouping.toLowerCase()) || opensOneOf(rule, ports),
    );
    return {
      modifyState: this.#modifyState(),
      currentProfiles: this.memory.currentProfiles,
      profiles: this.memory.profiles.map((profile) => ({ ...profile })),
      groups: groups.map((group) => this.#group(group)),
      rules: rules.map((rule) => ({ ...rule })),
      policyRules: this.#policyRules().filter((text) => concerns(text, groups, rules)),
      localMergeOff: this.#localMergeOff(),
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

  /** Rules of that name and grouping that read as `only` says. */
  reads(name: string, grouping: string, only: NonNullable<FirewallRuleArgs["only"]>): FirewallRuleState[] {
    return this.#named(name, grouping).filter(
      (rule) =>
        rule.profiles === only.profiles && rule.remoteAddresses.toLowerCase() === only.remoteAddresses.toLowerCase(),
    );
  }

  /** Changes every rule of that name and grouping (of several only those that read as `only` says), or adds one. Whether it is new. */
  setRule({ only, ...wanted }: FirewallRuleArgs): boolean {
    const rule = asWindowsKeepsIt(wanted);
    const found = only ? this.reads(rule.name, rule.grouping, only) : this.#named(rule.name, rule.grouping);
    for (const one of found) Object.assign(one, rule);
    if (found.length === 0) this.memory.rules.push(rule);
    return found.length === 0;
  }

  /** One rule, changed in some of its properties. */
  setRuleLike(rule: FirewallRuleState, changes: Partial<FirewallRuleState>): void {
    Object.assign(rule, asWindowsKeepsIt({ ...rule, ...changes }));
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
      const local = covers(this.#localMergeOff(), profile.profile) ? [] : this.memory.rules;
      const rules = [...local, ...this.#policyRules().map(parsePolicyRule)];
      const matching = rules.filter((rule) => matches(rule, profile.profile, caller));
      if (matching.some((rule) => rule.action === "block")) return false;
      return matching.length > 0 || profile.defaultInbound === "allow";
    });
  }

  #policyRules(): string[] {
    const values = Object.values(this.registry?.list(`${POLICY_KEY}\\FirewallRules`) ?? {});
    return [...this.memory.policyRules, ...values.flatMap(({ data }) => (typeof data === "string" ? [data] : []))];
  }

  #localMergeOff(): ProfileMask {
    const off = PROFILES.filter(
      (profile) => this.registry?.dword(`${POLICY_KEY}\\${POLICY_PROFILES[profile]}`, "AllowLocalPolicyMerge") === 0,
    );
    return off.reduce((mask: number, profile) => mask | profile, this.memory.localMergeOff);
  }

  #modifyState(): number {
    if (covers(this.#localMergeOff(), this.memory.currentProfiles)) return GP_OVERRIDE;
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
      !covers(this.#localMergeOff(), this.memory.currentProfiles);
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

function opensOneOf(rule: FirewallRuleState, ports: readonly number[]): boolean {
  if (!rule.enabled || rule.direction !== "in" || rule.protocol !== TCP) return false;
  return rule.localPorts.split(",").some((port) => ports.includes(Number(port)));
}

/** Group Policy's rules for the same group, or for a service or single port of a rule that was found. */
function concerns(text: string, groups: readonly string[], rules: readonly FirewallRuleState[]): boolean {
  const ports = rules.flatMap((rule) => rule.localPorts.split(",").filter((port) => /^\d+$/.test(port)));
  const marks = [
    ...groups.map((group) => `|EmbedCtxt=${group}|`),
    ...rules.flatMap(({ service }) => (service === "" ? [] : [`|Svc=${service}|`])),
    ...ports.map((port) => `|LPort=${port}|`),
  ];
  return marks.some((mark) => text.toLowerCase().includes(mark.toLowerCase()));
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
