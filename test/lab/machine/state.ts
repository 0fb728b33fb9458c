import type { EventType, FirewallRuleState, RegistryValue } from "pulumi-volume-activation-provider/machine/protocol";
import type { CsvlkId } from "../microsoft/csvlk";
import type { RegistryData } from "./registry";

/**
 * All that a simulated machine remembers: plain data, written to the state file as it is.
 * Times are lab time in milliseconds since 1970 UTC unless they say otherwise.
 */
export interface MachineState {
  powered: boolean;
  /** It was taken out of its domain: decided, or (since the restart after that) done. */
  leftDomain?: "atRestart" | "left";
  identity: { smbiosUuid: string; machineGuid: string; hardware: number };
  /** KMS client machine id. */
  cmid: string;
  registry: RegistryData;
  products: ProductState[];
  graceEndsAt: number;
  rearmsLeft: number;
  /** /rearm was done; it acts at the next start of Windows. */
  rearmPending: boolean;
  service: { running: boolean; restarts: number; settings: HostSettings | null };
  host: HostMemory;
  client: ClientMemory;
  logs: Record<string, StoredEvent[]>;
  firewall: FirewallMemory;
  policy: PolicyMemory;
  counters: Counters;
}

export type ProductChannel = "gvlk" | "retail" | "mak" | "csvlk";

/** A product that carries a key. */
export interface ProductState {
  key: string;
  channel: ProductChannel;
  csvlk?: CsvlkId;
  activationId: string;
  applicationId: string;
  name: string;
  description: string;
  licenseFamily: string;
  /** `until` null = for ever; `hardware` = generation of the hardware that it was activated on. */
  activation: { until: number | null; hardware: number; by?: "AD" } | null;
  /** Since when its hardware does not fit any more. */
  outOfToleranceAt: number | null;
}

/** A line of DnsDomainPublishList. */
export interface PublishEntry {
  domain: string;
  priority: number;
  weight: number;
}

/** What sppsvc took from the registry when it last started; changes after that wait for the next start. */
export interface HostSettings {
  /** Listening port, or null where no KMS host key was installed at the start. */
  port: number | null;
  dnsPublishing: boolean;
  publishList: PublishEntry[];
  lowPriority: boolean;
  activationInterval: number;
  renewalInterval: number;
  /** Standard users may install keys, activate and rearm. */
  userOperations: boolean;
  /** Activation\Manual: nothing is activated unless somebody asks. */
  manual: boolean;
  notificationDisabled: boolean;
  /** The page behind "Learn about activation online"; null = no such link. */
  alternateUrl: string | null;
}

export type RequestCounter =
  | "Total"
  | "Failed"
  | "Unlicensed"
  | "Licensed"
  | "OOBGrace"
  | "OOTGrace"
  | "NonGenuineGrace"
  | "Notification";

export interface HostMemory {
  clients: { cmid: string; name: string; lastSeen: number }[];
  /** Largest threshold that any client brought; the host remembers twice as many clients. */
  largestThreshold: number;
  requests: Record<RequestCounter, number>;
  nextPublishAt: number | null;
}

export interface ClientMemory {
  /** When it asks again by itself. */
  nextAttemptAt: number | null;
  /** HRESULT of the last attempt, 0 = activated, null = never tried. */
  lastResult: number | null;
  /** Minutes, as the host last sent them. */
  intervals: { activation: number; renewal: number } | null;
  /** The host that discovery found last. */
  discovered: { name: string; port: number; address: string } | null;
  hostProductKeyId: string | null;
}

export interface StoredEvent {
  id: number;
  /** The machine's own clock, milliseconds. */
  time: number;
  source: string;
  /** Default "information". */
  type?: EventType;
  strings: string[];
}

export interface FirewallMemory {
  currentProfiles: number;
  profiles: { profile: 1 | 2 | 4; enabled: boolean; blockAllInbound: boolean; defaultInbound: "allow" | "block" }[];
  rules: FirewallRuleState[];
  policyRules: string[];
  localMergeOff: number;
}

/** What Group Policy keeps setting on this machine, besides the firewall rules that are in its own memory. */
export interface PolicyMemory {
  registry: { key: string; name: string; value: RegistryValue }[];
  /** When Windows applies it the next time by itself; null without any. */
  nextRefreshAt: number | null;
}

export interface Counters {
  dials: number;
  powershellStarts: number;
  requests: number;
  batches: number;
}

export function noRequests(): Record<RequestCounter, number> {
  return {
    Total: 0,
    Failed: 0,
    Unlicensed: 0,
    Licensed: 0,
    OOBGrace: 0,
    OOTGrace: 0,
    NonGenuineGrace: 0,
    Notification: 0,
  };
}
