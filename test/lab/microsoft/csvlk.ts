import type { OsId } from "../machine/os";

/** KMS host keys of today, named for the Windows that they are sold with. */
export type CsvlkId = "ws2025" | "ws2022" | "ws2019" | "ws2016" | "win10" | "ws2008r2-c" | "ws2008r2-b" | "win7";

export interface CsvlkKind {
  id: CsvlkId;
  title: string;
  /** Token in the product's Description before " channel". */
  channelToken: string;
  /** Windows versions on which the key installs. */
  hostableOn: readonly OsId[];
  /** Windows versions whose KMS clients the host then answers. */
  covers: readonly OsId[];
  /** Keys of the Windows 7 generation contain no N. */
  generation: "win7" | "win8";
}

const SERVERS_TO_2016: readonly OsId[] = ["ws2008r2", "ws2012", "ws2012r2", "ws2016"];
const CLIENTS_TO_10: readonly OsId[] = ["win7", "win8.1", "win10", "win10-ltsc-2019", "win10-ltsc-2021"];

export const CSVLKS: Readonly<Record<CsvlkId, CsvlkKind>> = {
  ws2025: {
    id: "ws2025",
    title: "Windows Server 2025",
    channelToken: "VOLUME_KMS_WS25",
    hostableOn: ["ws2025", "ws2022", "ws2019"],
    covers: [...SERVERS_TO_2016, "ws2019", "ws2022", "ws2025", ...CLIENTS_TO_10, "win11"],
    generation: "win8",
  },
  ws2022: {
    id: "ws2022",
    title: "Windows Server 2022",
    channelToken: "VOLUME_KMS_WS22",
    hostableOn: ["ws2022", "ws2019", "ws2016"],
    covers: [...SERVERS_TO_2016, "ws2019", "ws2022", ...CLIENTS_TO_10, "win11"],
    generation: "win8",
  },
  ws2019: {
    id: "ws2019",
    title: "Windows Server 2019",
    channelToken: "VOLUME_KMS_WS19",
    hostableOn: ["ws2019", "ws2016", "ws2012r2"],
    covers: [...SERVERS_TO_2016, "ws2019", ...CLIENTS_TO_10],
    generation: "win8",
  },
  ws2016: {
    id: "ws2016",
    title: "Windows Server 2016",
    channelToken: "VOLUME_KMS_WS16",
    hostableOn: ["ws2016", "ws2012r2", "ws2012"],
    covers: [...SERVERS_TO_2016, "win7", "win8.1", "win10"],
    generation: "win8",
  },
  win10: {
    id: "win10",
    title: "Windows 10",
    channelToken: "VOLUME_KMS_W10",
    hostableOn: ["win10", "win10-ltsc-2019", "win10-ltsc-2021", "win8.1", "win7"],
    covers: CLIENTS_TO_10,
    generation: "win8",
  },
  "ws2008r2-c": {
    id: "ws2008r2-c",
    title: "Windows Server 2008 R2 group C",
    channelToken: "VOLUME_KMS_R2_C",
    hostableOn: ["ws2008r2"],
    covers: ["win7", "ws2008r2"],
    generation: "win7",
  },
  "ws2008r2-b": {
    id: "ws2008r2-b",
    title: "Windows Server 2008 R2 group B",
    channelToken: "VOLUME_KMS_R2_B",
    hostableOn: ["ws2008r2"],
    covers: ["win7", "ws2008r2"],
    generation: "win7",
  },
  win7: {
    id: "win7",
    title: "Windows 7",
    channelToken: "VOLUME_KMS_WIN7",
    hostableOn: ["win7"],
    covers: ["win7"],
    generation: "win7",
  },
};

/**
 * The update without which an older Windows does not know the host key of a newer one, by key and host. Pairs that are
 * not here need none.
 */
const HOST_UPDATES: Partial<Record<CsvlkId, Partial<Record<OsId, string>>>> = {
  ws2025: { ws2022: "KB5034765", ws2019: "KB5034768" },
  ws2022: { ws2019: "KB5003646", ws2016: "KB5003638" },
  ws2019: { ws2016: "KB4478877", ws2012r2: "KB4467695" },
  ws2016: { ws2012r2: "KB3172614", ws2012: "KB3172615" },
  win10: { "win8.1": "KB3172614", win7: "KB3079821" },
};

/** undefined when the key needs none on this Windows. */
export function hostUpdateFor(csvlk: CsvlkId, host: OsId): string | undefined {
  return HOST_UPDATES[csvlk]?.[host];
}

/** Editions that only group C of the 2008 R2 keys reaches; group B stops below them. */
const GROUP_C_EDITIONS = new Set(["ServerDatacenter", "ServerEnterpriseIA64"]);

export function csvlkCovers(kind: CsvlkKind, os: OsId, editionId: string): boolean {
  if (!kind.covers.includes(os)) return false;
  return !(kind.id === "ws2008r2-b" && os === "ws2008r2" && GROUP_C_EDITIONS.has(editionId));
}
