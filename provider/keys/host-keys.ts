/**
 * What KMS host keys (CSVLKs) are for. Only for messages: Windows and Microsoft decide, and a key does not tell its
 * group. Names are those of {@link WindowsRelease}.
 */

export interface HostKeyKind {
  /** The product that the key was issued for. */
  name: string;
  /** Releases that accept it. */
  hostableOn: readonly string[];
  activates: readonly string[];
}

const SERVERS = [
  "Windows Server 2008",
  "Windows Server 2008 R2",
  "Windows Server 2012",
  "Windows Server 2012 R2",
  "Windows Server 2016",
  "Windows Server 2019",
  "Windows Server 2022",
  "Windows Server 2025",
] as const;
const until = (last: (typeof SERVERS)[number]): string[] => SERVERS.slice(0, SERVERS.indexOf(last) + 1);

/** Host keys of Windows 10 and Windows Server 2016 and later. A client Windows as host activates client Windows only. */
export const HOST_KEYS: readonly HostKeyKind[] = [
  {
    name: "Windows Server 2025",
    hostableOn: ["Windows Server 2025", "Windows Server 2022", "Windows Server 2019"],
    activates: [...until("Windows Server 2025"), "Windows 11", "Windows 10", "Windows 8.1", "Windows 7"],
  },
  {
    name: "Windows Server 2022",
    hostableOn: ["Windows Server 2022", "Windows Server 2019", "Windows Server 2016"],
    activates: [...until("Windows Server 2022"), "Windows 11", "Windows 10", "Windows 8.1", "Windows 7"],
  },
  {
    name: "Windows Server 2019",
    hostableOn: ["Windows Server 2019", "Windows Server 2016", "Windows Server 2012 R2"],
    activates: [...until("Windows Server 2019"), "Windows 10", "Windows 8.1", "Windows 7"],
  },
  {
    name: "Windows Server 2016",
    hostableOn: ["Windows Server 2016", "Windows Server 2012 R2", "Windows Server 2012"],
    activates: [...until("Windows Server 2016"), "Windows 10", "Windows 8.1", "Windows 7"],
  },
  {
    name: "Windows 10",
    hostableOn: ["Windows 10", "Windows 8.1", "Windows 7"],
    activates: ["Windows 10", "Windows 8.1", "Windows 7"],
  },
];

/** The host keys that may be installed on a release; empty for a release that hosts none of them. */
export function csvlkHostableOn(release: string): HostKeyKind[] {
  return HOST_KEYS.filter((kind) => kind.hostableOn.includes(release));
}

export interface HostUpdate {
  host: string;
  /** Releases whose host key the host accepts only with the update. */
  serves: readonly string[];
  kb: string;
}

/** Updates that an older host needs before it accepts a newer host key (without it: 0xC004F050). */
export const HOST_UPDATES: readonly HostUpdate[] = [
  { host: "Windows Server 2022", serves: ["Windows Server 2025"], kb: "KB5034765" },
  { host: "Windows Server 2019", serves: ["Windows Server 2025"], kb: "KB5034768" },
  { host: "Windows Server 2019", serves: ["Windows Server 2022"], kb: "KB5003646" },
  { host: "Windows Server 2016", serves: ["Windows Server 2022"], kb: "KB5003638" },
  { host: "Windows Server 2016", serves: ["Windows Server 2019"], kb: "KB4478877" },
  { host: "Windows Server 2012 R2", serves: ["Windows Server 2019"], kb: "KB4467695" },
  { host: "Windows Server 2012 R2", serves: ["Windows Server 2016", "Windows 10"], kb: "KB3172614" },
  {
    host: "Windows Server 2012",
    serves: ["Windows Server 2016", "Windows Server 2012 R2", "Windows 10"],
    kb: "KB3172615",
  },
  {
    host: "Windows Server 2008 R2",
    serves: ["Windows Server 2012", "Windows Server 2012 R2", "Windows 10"],
    kb: "KB3079821",
  },
  { host: "Windows 8.1", serves: ["Windows 10"], kb: "KB3172614" },
  { host: "Windows 7", serves: ["Windows 10"], kb: "KB3079821" },
];

/** Updates of one host release, for the message when it refuses a key. */
export function hostUpdatesOf(release: string): HostUpdate[] {
  return HOST_UPDATES.filter((update) => update.host === release);
}

export interface KeyGroup {
  name: "Client VL" | "Server Group A" | "Server Group B" | "Server Group C";
  /** Editions of the group, of Windows 7 / Server 2008 R2 and of the generation before. */
  editions: readonly string[];
}

/** Windows 7 and Server 2008 R2: a host key activates its own group and every group before it in this list. */
export const KEY_GROUPS: readonly KeyGroup[] = [
  {
    name: "Client VL",
    editions: ["Windows 7 Professional", "Windows 7 Enterprise", "Windows Vista Business", "Windows Vista Enterprise"],
  },
  {
    name: "Server Group A",
    editions: [
      "Windows Web Server 2008 R2",
      "Windows Server 2008 R2 HPC Edition",
      "Windows HPC Server 2008 R2",
      "Windows Web Server 2008",
      "Windows Server 2008 Compute Cluster",
    ],
  },
  {
    name: "Server Group B",
    editions: [
      "Windows Server 2008 R2 Standard",
      "Windows Server 2008 R2 Enterprise",
      "Windows Server 2008 Standard",
      "Windows Server 2008 Enterprise",
    ],
  },
  {
    name: "Server Group C",
    editions: [
      "Windows Server 2008 R2 Datacenter",
      "Windows Server 2008 R2 for Itanium-based Systems",
      "Windows Server 2008 Datacenter",
      "Windows Server 2008 for Itanium-Based Systems",
    ],
  },
];

export interface OfficeHostKey {
  name: string;
  /** Activation ID (SoftwareLicensingProduct.ID) of the host licence, lower case. */
  activationId: string;
  /** Oldest server and client release that takes the matching Office Volume License Pack. */
  oldestHost: readonly [server: string, client: string];
}

/** Office host keys need the Office Volume License Pack of their version on the host first. */
export const OFFICE_HOST_KEYS: readonly OfficeHostKey[] = [
  {
    name: "Office LTSC 2024",
    activationId: "f3d89bbf-c0ec-47ce-a8fa-e5a5f97e447f",
    oldestHost: ["Windows Server 2022", "Windows 10"],
  },
  {
    name: "Office LTSC 2021",
    activationId: "47f3b983-7c53-4d45-abc6-bcd91e2dd90a",
    oldestHost: ["Windows Server 2016", "Windows 10"],
  },
  {
    name: "Office 2019",
    activationId: "70512334-47b4-44db-a233-be5ea33b914c",
    oldestHost: ["Windows Server 2012", "Windows 8.1"],
  },
  {
    name: "Office 2016",
    activationId: "98ebfe73-2084-4c97-932c-c0cd1643bea7",
    oldestHost: ["Windows Server 2008 R2", "Windows 7"],
  },
];
