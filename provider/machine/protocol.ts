import type {
  AccountSidArgs,
  AccountSidResult,
  DirectoryNodeArgs,
  DirectoryNodeResult,
  DirectoryWriteArgs,
  DnsChangeArgs,
  DnsReadArgs,
  DnsReadResult,
} from "./protocolDomain";

export type * from "./protocolDomain";

/**
 * The contract between this provider and `agent.ps1`, the only code that runs on Windows.
 * Prose, framing and every error: `provider/agent/PROTOCOL.md`. The lab speaks the same contract.
 */

export const PROTOCOL_VERSION = 1;

/** Every protocol line that the agent prints starts with this; anything else on stdout is noise of the machine. */
export const SENTINEL = "@A ";

/** A longer request line is refused by the agent (and never sent by the session). */
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** The agent ends itself when no line arrives for this long. */
export const AGENT_IDLE_SECONDS = 60;

export type SlmgrVerb =
  | "/ipk"
  | "/upk"
  | "/cpky"
  | "/ato"
  | "/dti"
  | "/atp"
  | "/rearm"
  | "/skms"
  | "/ckms"
  | "/skms-domain"
  | "/ckms-domain"
  | "/skhc"
  | "/ckhc"
  | "/sprt"
  | "/sdns"
  | "/cdns"
  | "/spri"
  | "/cpri"
  | "/sai"
  | "/sri"
  | "/act-type";

/** A WMI value as the agent writes it: uint32 as a number, datetime as UTC ISO 8601, a Windows `null` as `null`. */
export type WmiValue = string | number | boolean | null | WmiValue[];
/** Columns that this Windows does not have are missing from the row. */
export type WmiRow = { [column: string]: WmiValue };

export interface HelloResult {
  protocol: number;
  agentVersion: string;
  /** Length in bytes of the agent text that was received, to be compared with what was sent. */
  agentLength: number;
  /** Raw identity; the session hashes it at once and keeps only the hash. `null` where it cannot be read. */
  smbiosUuid: string | null;
  machineGuid: string | null;
  computerName: string;
  /** AD DNS domain, when `partOfDomain`; else the workgroup's name. */
  domain: string;
  partOfDomain: boolean;
  /** Primary DNS suffix; "" if there is none. */
  primaryDnsSuffix: string;
  /** Win32_OperatingSystem.Version, like "10.0.20348". */
  osVersion: string;
  osCaption: string;
  /** Win32_OperatingSystem.ProductType: 1 workstation, 2 domain controller, 3 server. */
  productType: number;
  /** Registry EditionID, like "ServerStandard". */
  editionId: string;
  /** Windows display language, like "zh-TW". */
  uiLanguage: string;
  psVersion: string;
  languageMode: string;
  is64BitProcess: boolean;
  is64BitOs: boolean;
  elevated: boolean;
  user: string;
  /** The machine's own clock, UTC ISO 8601. */
  now: string;
}

export interface LicensingReadArgs {
  /** SoftwareLicensingService columns wanted; those that this Windows lacks are left out. */
  service: string[];
  /** SoftwareLicensingProduct columns wanted. Only products that carry a key are read. */
  product: string[];
  /** Restrict to one ApplicationID (default: every application). */
  applicationId?: string;
}
export interface LicensingReadResult {
  service: WmiRow;
  products: WmiRow[];
}

export interface SlmgrArgs {
  verb: SlmgrVerb;
  /** The option's own words, like ["1689"] for /sprt. */
  values?: string[];
  /** Activation ID (SoftwareLicensingProduct.ID); default: the primary Windows product, chosen as slmgr.vbs does. */
  activationId?: string;
}
/** `/dti` answers the installation id; `/ato` answers whether Activate() was really called; others answer {}. */
export interface SlmgrResult {
  installationId?: string;
  attempted?: boolean;
}

export type RegistryKind = "REG_SZ" | "REG_EXPAND_SZ" | "REG_DWORD" | "REG_QWORD" | "REG_MULTI_SZ" | "REG_BINARY";
export interface RegistryName {
  /** Path below HKEY_LOCAL_MACHINE, 64-bit view, like "SOFTWARE\\Microsoft\\...". */
  key: string;
  name: string;
}
/** REG_DWORD is unsigned; REG_QWORD is decimal text; REG_BINARY is base64. */
export interface RegistryValue {
  kind: RegistryKind;
  data: string | number | string[];
}
export interface RegistryReadArgs {
  values: RegistryName[];
}
/** In the order asked; `null` = value or key is not there. */
export interface RegistryReadResult {
  values: (RegistryValue | null)[];
}
export type RegistryWriteArgs = RegistryName & RegistryValue;
export type RegistryDeleteArgs = RegistryName;

export interface ServiceRestartArgs {
  /** Service name, like "sppsvc"; a service that is not running is started. */
  name: string;
}
export interface ServiceRestartResult {
  /** Milliseconds until WMI answered again. */
  tookMs: number;
}

export interface NetListenersResult {
  listeners: { address: string; port: number }[];
}

/** One TCP connection from the machine, straight and without a proxy; nothing is sent. No connection is an `hresult`. */
export interface NetProbeArgs {
  /** Name or IPv4 address. */
  host: string;
  port: number;
  /** 1..30000, with the lookup of the name. */
  timeoutMs: number;
}

/** NET_FW_PROFILE_TYPE2 bits: domain 1, private 2, public 4; 2147483647 = all. */
export type ProfileMask = number;
export interface FirewallRuleState {
  name: string;
  grouping: string;
  description: string;
  direction: "in" | "out";
  action: "allow" | "block";
  enabled: boolean;
  profiles: ProfileMask;
  /** IP protocol number; 6 TCP, 17 UDP, 256 any. */
  protocol: number;
  localPorts: string;
  remoteAddresses: string;
  program: string;
  service: string;
}
export interface FirewallReadArgs {
  /** Neutral group ids, like "@FirewallAPI.dll,-28002", whose rules and state are wanted. */
  groups: string[];
  /** Plain Grouping texts of custom rules that are wanted. */
  groupings: string[];
  /** Enabled inbound TCP rules that name one of these ports are wanted too, whatever their group. */
  ports?: number[];
}
export interface FirewallReadResult {
  /** NET_FW_MODIFY_STATE: 0 ok, 1 Group Policy overrides local changes, 2 all inbound blocked. */
  modifyState: number;
  currentProfiles: ProfileMask;
  profiles: { profile: 1 | 2 | 4; enabled: boolean; blockAllInbound: boolean; defaultInbound: "allow" | "block" }[];
  groups: { group: string; known: boolean; enabledProfiles: ProfileMask; currentlyEnabled: boolean }[];
  rules: FirewallRuleState[];
  /** Rules that Group Policy brings (their raw text) for the same service or ports, and profiles whose policy switches local rules off. */
  policyRules: string[];
  localMergeOff: ProfileMask;
}
export interface FirewallGroupArgs {
  group: string;
  profiles: ProfileMask;
  enabled: boolean;
}
/** Adds the rule, or changes the one of the same name and grouping. */
export interface FirewallRuleArgs extends FirewallRuleState {
  /** Of several such rules (client Windows has each predefined one twice) only the one that reads so; never adds. */
  only?: Pick<FirewallRuleState, "profiles" | "remoteAddresses">;
}
export interface FirewallRemoveArgs {
  name: string;
  grouping: string;
}

export interface EventsReadArgs {
  /** Log name, like "Key Management Service" or "Application". */
  log: string;
  /** Event source (provider); default: any. */
  source?: string;
  ids: number[];
  /** Only events of these types; default: any. */
  types?: EventType[];
  /** Only events at or after this time of the machine's own clock (UTC ISO 8601). */
  since?: string;
  /** Newest first; at most this many (1..1000). */
  max: number;
  /** At most this many entries of the log are looked at, whether they match or not (1..100000); default: no such bound. */
  look?: number;
}
/** System.Diagnostics.EventLogEntryType, in words of ours. */
export type EventType = "error" | "warning" | "information" | "auditSuccess" | "auditFailure";
export interface MachineEvent {
  id: number;
  type: EventType;
  time: string;
  strings: string[];
}
export interface EventsReadResult {
  /** A log that does not exist reads as no events, `exists: false`. */
  exists: boolean;
  now: string;
  events: MachineEvent[];
}

/** A look at one product; used to guard a step. */
export interface Expectation {
  /** PartialProductKey of the product; "" = the primary Windows product. */
  partialProductKey: string;
  /** WMI property, like "LicenseStatus" or "Description". */
  property: string;
  /** `match`/`notMatch`: `value` is a regular expression of the common subset of .NET and JavaScript, case-sensitive. */
  test: "eq" | "ne" | "match" | "notMatch";
  value: string | number;
}

/** Operations that may stand in a batch's steps. */
export type StepOp =
  | "slmgr"
  | "registry.write"
  | "registry.delete"
  | "service.restart"
  | "firewall.group"
  | "firewall.rule"
  | "firewall.remove"
  | "dns.change"
  | "directory.write"
  | "expect";
/** Operations that may stand in a batch's reads. */
export type ReadOp =
  | "licensing.read"
  | "registry.read"
  | "net.listeners"
  | "firewall.read"
  | "events.read"
  | "dns.read"
  | "directory.node"
  | "slmgr";

export type BatchStep = {
  [O in StepOp]: {
    op: O;
    args: Primitives[O]["args"];
    /** The step is skipped (not failed) unless this holds when its turn comes. */
    when?: Expectation;
    /** The service must be restarted once this step has been done. */
    restart?: boolean;
  };
}[StepOp];
export type BatchRead = { [O in ReadOp]: { op: O; args: Primitives[O]["args"] } }[ReadOp];

export interface BatchArgs {
  /** Machine-wide mutex held while there is something to do, so that two runs do not interleave. */
  mutex?: { name: string; waitMs: number };
  steps: BatchStep[];
  /** What to restart, once, after the steps (also after a failed one) if a `restart` step was done or `owed` is set. */
  restart?: {
    service: string;
    /** Set before the first `restart` step, removed after the restart: a run killed in between leaves it behind. */
    marker: RegistryName;
    owed: boolean;
  };
  /** Done at the end whatever happened before. */
  reads: BatchRead[];
}
export type StepOutcome =
  | { status: "done"; result: unknown }
  | { status: "skipped" }
  | { status: "failed"; error: AgentError }
  | { status: "notRun" };
export type ReadOutcome = { ok: true; result: unknown } | { ok: false; error: AgentError };
export interface BatchResult {
  steps: StepOutcome[];
  restart: { status: "notNeeded" } | { status: "done"; tookMs: number } | { status: "failed"; error: AgentError };
  reads: ReadOutcome[];
}

type None = Record<string, never>;

export interface Primitives {
  ping: { args: None; result: None };
  hello: { args: None; result: HelloResult };
  "licensing.read": { args: LicensingReadArgs; result: LicensingReadResult };
  slmgr: { args: SlmgrArgs; result: SlmgrResult };
  "registry.read": { args: RegistryReadArgs; result: RegistryReadResult };
  "registry.write": { args: RegistryWriteArgs; result: None };
  "registry.delete": { args: RegistryDeleteArgs; result: { existed: boolean } };
  "service.restart": { args: ServiceRestartArgs; result: ServiceRestartResult };
  "net.listeners": { args: None; result: NetListenersResult };
  "net.probe": { args: NetProbeArgs; result: None };
  "firewall.read": { args: FirewallReadArgs; result: FirewallReadResult };
  "firewall.group": { args: FirewallGroupArgs; result: None };
  "firewall.rule": { args: FirewallRuleArgs; result: { created: boolean } };
  "firewall.remove": { args: FirewallRemoveArgs; result: { existed: boolean } };
  "events.read": { args: EventsReadArgs; result: EventsReadResult };
  "dns.read": { args: DnsReadArgs; result: DnsReadResult };
  "dns.change": { args: DnsChangeArgs; result: None };
  "directory.node": { args: DirectoryNodeArgs; result: DirectoryNodeResult };
  "directory.write": { args: DirectoryWriteArgs; result: None };
  "account.sid": { args: AccountSidArgs; result: AccountSidResult };
  /** Fails with `expectation` unless the product property has the value. */
  expect: { args: Expectation; result: None };
  batch: { args: BatchArgs; result: BatchResult };
}
export type Op = keyof Primitives;

/**
 * - `hresult`: Windows answered an error; `code` is the HRESULT.
 * - `notKmsHost`: a host verb on a machine that is no KMS host; nothing was changed.
 * - `noProduct`: no product matches (no key is installed, or no such Activation ID).
 * - `notSupported`: this Windows has no such method or class (for example /skms-domain on Windows 7), or not the role.
 * - `expectation`: the guarded property has another value (`actual`), a name has other records than expected, or a descriptor
 *   is another one by now.
 * - `restartRefused`: the service would not stop, or did not come back in time; a restart by hand (or a reboot) is needed.
 * - `busy`: another run holds the mutex.
 * - `refused`: the request itself is wrong (unknown op or verb, bad argument, too long, not JSON).
 * - `internal`: the agent met something it does not know; `exception` and `message` say what.
 */
export type AgentErrorKind =
  | "hresult"
  | "notKmsHost"
  | "noProduct"
  | "notSupported"
  | "expectation"
  | "restartRefused"
  | "busy"
  | "refused"
  | "internal";
export interface AgentError {
  kind: AgentErrorKind;
  /** HRESULT as "0xC004F050". */
  code?: string;
  /** .NET type of the deepest exception. */
  exception?: string;
  /** In the machine's language; never shown alone. */
  message: string;
  actual?: string | number | boolean | null;
}

export interface Request<O extends Op = Op> {
  id: number;
  op: O;
  args: Primitives[O]["args"];
}
/** One line after the sentinel. `ready` is the first; `fatal` is the last words of an agent that cannot run. */
export type AgentLine =
  | { ready: { protocol: number; agentVersion: string; agentLength: number } }
  | { fatal: "languagemode" | "agent" | "idle"; mode?: string; message?: string }
  | { id: number; ok: true; result: unknown }
  | { id: number | null; ok: false; error: AgentError };
