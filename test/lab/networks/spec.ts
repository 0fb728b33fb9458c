import type { OsId } from "../machine/os";
import type { CsvlkId } from "../microsoft/csvlk";

/** What a machine has when the lab starts for the first time. */
export type InitialKey =
  /** The published setup key of its edition: a KMS client. */
  | "gvlk"
  /** A made-up retail key of its edition. */
  | "retail"
  /** A made-up multiple activation key. */
  | "mak"
  /** A made-up KMS host key, see {@link MachineSpec.csvlk}. */
  | "csvlk"
  | "none";

export interface MachineSpec {
  /** NetBIOS name, as in every command of the lab, like "kms01". */
  name: string;
  os: OsId;
  /** Registry EditionID, like "ServerDatacenter"; default: the usual one of the Windows version. */
  edition?: string;
  /** Display language; default "en-US". */
  language?: "en-US" | "zh-TW";
  /** Simulated IPv4 address. */
  address: string;
  /** Default true. A workgroup machine has no primary DNS suffix. */
  domainJoined?: boolean;
  /** Which firewall profile is active: default "domain" when joined, else "private". */
  profile?: "domain" | "private" | "public";
  /** Predefined firewall groups that are on at the start, like "@FirewallAPI.dll,-28002". */
  firewallGroups?: string[];
  /** Profiles whose firewall is off altogether (NET_FW_PROFILE_TYPE2 bits); default 0. */
  firewallOff?: number;
  /** Profiles in which Group Policy switches local rules off (NET_FW_PROFILE_TYPE2 bits); default 0. */
  localMergeOff?: number;
  /** Rules that Group Policy brings, in the registry's own text (`v2.10|Action=Allow|...`). */
  policyRules?: string[];
  /** Default "gvlk". */
  initialKey?: InitialKey;
  /** The initial key is Licensed already; costs nothing at the simulated Microsoft. Default false. */
  activated?: boolean;
  /** A KMS host key is made up for this machine under its name. */
  csvlk?: CsvlkId;
  /** Minutes that its clock is ahead (or, negative, behind). Default 0. */
  clockSkewMinutes?: number;
  /** Reaches the simulated Microsoft. Default true. */
  internet?: boolean;
  /** Minutes of out-of-box grace that are left at the start; default 43200 (30 days). */
  graceMinutes?: number;
  /** The BIOS has the OEM marker that Windows 7 volume licences ask for. Default true. */
  oemMarker?: boolean;
  /** Same value on two machines = cloned without sysprep: they have one CMID. */
  cloneOf?: string;
}

export interface NetworkSpec {
  /** Short name, like "quickstart"; a state file remembers for which network it is. */
  name: string;
  /** Active Directory and DNS domain of the joined machines. */
  domain: string;
  machines: MachineSpec[];
  /** Further keys that the simulated Microsoft has sold to us, by a name of our own. */
  keys?: Record<string, { kind: "csvlk"; csvlk: CsvlkId } | { kind: "mak"; os: OsId; activations: number }>;
}

export function fqdnOf(network: NetworkSpec, machine: MachineSpec): string {
  return machine.domainJoined === false ? machine.name : `${machine.name}.${network.domain}`;
}
