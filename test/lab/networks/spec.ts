import type { TsigAlgorithm } from "../dns/tsig";
import type { UpdateRight, ZoneRecord } from "../dns/zone";
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
  /** Active Directory and DNS domain that it is joined to; default the network's. */
  domain?: string;
  /** Domain that DHCP gave it (option 15); default none. A workgroup machine looks for a KMS host there. */
  dhcpDomain?: string;
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
  /** A Windows DNS server: the agent reads and changes the network's zones there. Default false. */
  dnsServer?: boolean;
  /** Reaches the simulated Microsoft. Default true. */
  internet?: boolean;
  /** Minutes of out-of-box grace that are left at the start; default 43200 (30 days). */
  graceMinutes?: number;
  /** The BIOS has the OEM marker that Windows 7 volume licences ask for. Default true. */
  oemMarker?: boolean;
  /**
   * Updates that Windows has, like "KB5034765"; default all. It counts for KMS hosts: without the right one, the host
   * key of a newer Windows is not known to it.
   */
  updates?: string[];
  /** It is a domain controller of its domain: with one running, the network's zones are kept in Active Directory. */
  domainController?: boolean;
  /** Windows sees a TPM 2.0. Default true. */
  tpm?: boolean;
  /**
   * Windows Server 2025 only: it has the cumulative update of August 2026, which warns on KMS hosts whose hardware does not
   * suit hardware-based security (here: has no TPM). Default false.
   */
  kmsReadinessUpdate?: boolean;
  /** Name of a machine before it in the list, of which it was cloned without sysprep: they have one CMID. */
  cloneOf?: string;
}

/** A group of a domain; members are machines by the lab's name, and accounts and groups by theirs. */
export interface GroupSpec {
  /** Like "KMS Hosts". */
  name: string;
  /** Default the network's. */
  domain?: string;
  members: string[];
}

/** A user of a domain. */
export interface AccountSpec {
  name: string;
  /** Default the network's. */
  domain?: string;
}

/** A zone of the network's DNS server. It has its SOA and NS, and the address of each machine of the domain. */
export interface ZoneSpec {
  /** Like "contoso.com". */
  name: string;
  /** Who may change it by DNS UPDATE; [] = nobody. */
  allowUpdate: UpdateRight[];
  /** Whether records with an old time stamp are scavenged, as far as Windows DNS servers go. Default false. */
  aging?: boolean;
  /** Machines that may write at a name (relative, like "_vlmcs._tcp") that another one has made. */
  grants?: Record<string, string[]>;
  /** Further records at the start. */
  records?: ZoneRecord[];
}

/** What Active Directory activates its members by (`slmgr /ad-activation-online`). */
export interface ActivationObject {
  /** At most 40 characters. */
  name: string;
  csvlk: CsvlkId;
}

export interface NetworkSpec {
  /** Short name, like "quickstart"; a state file remembers for which network it is. */
  name: string;
  /** Active Directory and DNS domain of the joined machines. */
  domain: string;
  machines: MachineSpec[];
  /** The forest has such an activation object, made with a host key of this kind; default none. */
  activationObject?: ActivationObject;
  /** Zones of its DNS server; default none: nobody takes a KMS host's record, and nobody finds one. */
  zones?: ZoneSpec[];
  groups?: GroupSpec[];
  accounts?: AccountSpec[];
  /** With what the server's key signs; default hmac-sha256. md5 needs a word beside it. */
  tsig?: { algorithm: TsigAlgorithm; allowMd5?: true };
  /** Further keys that the simulated Microsoft has sold to us, by a name of our own. */
  keys?: Record<string, { kind: "csvlk"; csvlk: CsvlkId } | { kind: "mak"; os: OsId; activations: number }>;
}

export function fqdnOf(network: NetworkSpec, machine: MachineSpec): string {
  return machine.domainJoined === false ? machine.name : `${machine.name}.${machine.domain ?? network.domain}`;
}
