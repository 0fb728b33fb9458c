/** One name for each Windows version that the lab plays. */
export type OsId =
  | "win7"
  | "win8.1"
  | "win10-ltsc-2019"
  | "win10-ltsc-2021"
  | "win10"
  | "win11"
  | "ws2008r2"
  | "ws2012"
  | "ws2012r2"
  | "ws2016"
  | "ws2019"
  | "ws2022"
  | "ws2025";

export interface OsKind {
  id: OsId;
  /** Product name without edition, like "Windows Server 2022". */
  title: string;
  /** Win32_OperatingSystem.Version. */
  version: string;
  build: number;
  /** SoftwareLicensingService.Version. */
  sppVersion: string;
  /** The licensing classes of Windows 7 have fewer columns and methods than those since Windows 8. */
  generation: "win7" | "win8";
  server: boolean;
  /** Family of published setup keys. */
  gvlkFamily: string;
  defaultEdition: string;
  psVersion: string;
  /** Program that listens for KMS clients. */
  kmsProgram: string;
}

const SPPSVC = "%SystemRoot%\\system32\\sppsvc.exe";
const SPPEXTCOMOBJ = "%SystemRoot%\\system32\\sppextcomobj.exe";

type Row = [
  id: OsId,
  title: string,
  version: string,
  server: boolean,
  gvlkFamily: string,
  defaultEdition: string,
  psVersion: string,
];

const ROWS: Row[] = [
  ["win7", "Windows 7", "6.1.7601", false, "windows-7", "Enterprise", "2.0"],
  ["win8.1", "Windows 8.1", "6.3.9600", false, "windows-8.1", "Enterprise", "4.0"],
  ["win10-ltsc-2019", "Windows 10", "10.0.17763", false, "windows-ltsc", "EnterpriseS", "5.1.17763.1"],
  ["win10-ltsc-2021", "Windows 10", "10.0.19044", false, "windows-ltsc", "EnterpriseS", "5.1.19041.1"],
  ["win10", "Windows 10", "10.0.19045", false, "windows-10-11", "Enterprise", "5.1.19041.1"],
  ["win11", "Windows 11", "10.0.26100", false, "windows-10-11", "Enterprise", "5.1.26100.1"],
  ["ws2008r2", "Windows Server 2008 R2", "6.1.7601", true, "windows-server-2008-r2", "ServerStandard", "2.0"],
  ["ws2012", "Windows Server 2012", "6.2.9200", true, "windows-server-2012", "ServerStandard", "3.0"],
  ["ws2012r2", "Windows Server 2012 R2", "6.3.9600", true, "windows-server-2012-r2", "ServerStandard", "4.0"],
  ["ws2016", "Windows Server 2016", "10.0.14393", true, "windows-server-2016", "ServerStandard", "5.1.14393.1"],
  ["ws2019", "Windows Server 2019", "10.0.17763", true, "windows-server-2019", "ServerStandard", "5.1.17763.1"],
  ["ws2022", "Windows Server 2022", "10.0.20348", true, "windows-server-2022", "ServerStandard", "5.1.20348.1"],
  ["ws2025", "Windows Server 2025", "10.0.26100", true, "windows-server-2025", "ServerStandard", "5.1.26100.1"],
];

function toKind([id, title, version, server, gvlkFamily, defaultEdition, psVersion]: Row): OsKind {
  const generation = version.startsWith("6.1.") ? "win7" : "win8";
  return {
    id,
    title,
    version,
    build: Number(version.split(".")[2]),
    sppVersion: generation === "win7" ? "6.1.7601.17514" : `${version}.1`,
    generation,
    server,
    gvlkFamily,
    defaultEdition,
    psVersion,
    kmsProgram: generation === "win7" ? SPPSVC : SPPEXTCOMOBJ,
  };
}

export const OPERATING_SYSTEMS: ReadonlyMap<OsId, OsKind> = new Map(ROWS.map((row) => [row[0], toKind(row)]));

export function osKind(id: OsId): OsKind {
  const kind = OPERATING_SYSTEMS.get(id);
  if (!kind) throw new Error(`The lab knows no Windows "${id}"; it knows ${[...OPERATING_SYSTEMS.keys()].join(", ")}.`);
  return kind;
}

const EDITION_WORDS: Record<string, string> = {
  ServerStandard: "Standard",
  ServerDatacenter: "Datacenter",
  ServerEnterprise: "Enterprise",
  ServerTurbine: "Datacenter Azure Edition",
  ServerSolution: "Essentials",
  Professional: "Pro",
  EnterpriseS: "Enterprise LTSC",
};

/** Win32_OperatingSystem.Caption, like "Microsoft Windows Server 2022 Datacenter". */
export function captionOf(os: OsKind, editionId: string): string {
  const edition =
    os.id === "win7" && editionId === "Professional" ? editionId : (EDITION_WORDS[editionId] ?? editionId);
  return `Microsoft ${os.title} ${edition}`;
}

/** How many distinct machines a KMS host must have seen before it activates this kind of Windows. */
export function requiredCount(os: OsKind): number {
  return os.server ? 5 : 25;
}
