/** What identifies a Windows release; the agent's `hello` has these fields. */
export interface WindowsIdentity {
  /** Win32_OperatingSystem.Version, like "10.0.20348"; what follows the build is not used. */
  osVersion: string;
  /** Win32_OperatingSystem.ProductType: 1 workstation, 2 domain controller, 3 server. */
  productType: number;
}

export interface WindowsRelease {
  /** As Microsoft's tables name it, like "Windows Server 2022". */
  name: string;
  server: boolean;
  /** Major and minor version, like "6.1". */
  version: string;
  /** First and last build that is this release; absent for versions that have one release only. */
  builds?: readonly [first: number, last: number];
  /** Families of the setup-key table that may hold its rows; empty if none was published. */
  families: readonly string[];
}

const client = (
  name: string,
  version: string,
  families: readonly string[],
  builds?: readonly [number, number],
): WindowsRelease => ({ name, server: false, version, families, ...(builds ? { builds } : {}) });
const server = (name: string, version: string, families: readonly string[], build?: number): WindowsRelease => ({
  name,
  server: true,
  version,
  families,
  ...(build ? { builds: [build, build] } : {}),
});

/** Windows 10 and 11 share their keys; a client build newer than this table is taken for Windows 11. */
export const WINDOWS_RELEASES: readonly WindowsRelease[] = [
  client("Windows Vista", "6.0", ["windows-vista"]),
  client("Windows 7", "6.1", ["windows-7"]),
  client("Windows 8", "6.2", ["windows-8"]),
  client("Windows 8.1", "6.3", ["windows-8.1"]),
  client("Windows 10", "10.0", ["windows-10-11", "windows-ltsc"], [10240, 21999]),
  client("Windows 11", "10.0", ["windows-10-11", "windows-ltsc"], [22000, Number.MAX_SAFE_INTEGER]),
  server("Windows Server 2008", "6.0", ["windows-server-2008"]),
  server("Windows Server 2008 R2", "6.1", ["windows-server-2008-r2"]),
  server("Windows Server 2012", "6.2", ["windows-server-2012"]),
  server("Windows Server 2012 R2", "6.3", ["windows-server-2012-r2"]),
  server("Windows Server 2016", "10.0", ["windows-server-2016"], 14393),
  server("Windows Server, version 1709", "10.0", ["windows-server-sac"], 16299),
  server("Windows Server, version 1803", "10.0", ["windows-server-sac"], 17134),
  server("Windows Server 2019", "10.0", ["windows-server-2019", "windows-server-sac"], 17763),
  server("Windows Server, version 1903", "10.0", ["windows-server-sac"], 18362),
  server("Windows Server, version 1909", "10.0", ["windows-server-sac"], 18363),
  server("Windows Server, version 2004", "10.0", ["windows-server-sac"], 19041),
  server("Windows Server, version 20H2", "10.0", ["windows-server-sac"], 19042),
  server("Windows Server 2022", "10.0", ["windows-server-2022"], 20348),
  server("Windows Server, version 23H2", "10.0", [], 25398),
  server("Windows Server 2025", "10.0", ["windows-server-2025"], 26100),
];

/** The build in "10.0.20348"; undefined if there is none. */
export function buildOf(osVersion: string): number | undefined {
  const build = /^\d+\.\d+\.(\d+)(?:\.|$)/.exec(osVersion.trim())?.[1];
  return build === undefined ? undefined : Number(build);
}

/** The release of a machine, or undefined for a version that this table does not know. */
export function windowsRelease({ osVersion, productType }: WindowsIdentity): WindowsRelease | undefined {
  const version = /^(\d+\.\d+)(?:\.|$)/.exec(osVersion.trim())?.[1];
  const build = buildOf(osVersion);
  return WINDOWS_RELEASES.find((release) => {
    if (release.version !== version || release.server !== (productType !== 1)) return false;
    if (!release.builds) return true;
    return build !== undefined && build >= release.builds[0] && build <= release.builds[1];
  });
}
