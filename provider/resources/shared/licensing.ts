import type { LicensingReadArgs, LicensingReadResult, WmiRow } from "../../machine/protocol";
import { WINDOWS_APPLICATION_ID } from "./steps";

/** uint32 columns answer 4294967295 where there is no value (no KMS host, no request yet). */
const NOT_AVAILABLE = 4_294_967_295;

const number = (row: WmiRow, column: string): number | undefined => {
  const value = row[column];
  return typeof value === "number" && value !== NOT_AVAILABLE ? value : undefined;
};
const words = (row: WmiRow, column: string): string | undefined => {
  const value = row[column];
  return typeof value === "string" && value !== "" ? value : undefined;
};
const truth = (row: WmiRow, column: string): boolean | undefined => {
  const value = row[column];
  if (typeof value === "boolean") return value;
  return typeof value === "number" ? value !== 0 : undefined;
};

export const COUNTERS = [
  "Total",
  "Failed",
  "Unlicensed",
  "Licensed",
  "OOBGrace",
  "OOTGrace",
  "NonGenuineGrace",
  "Notification",
] as const;
export type Counter = (typeof COUNTERS)[number];
const counterColumns = COUNTERS.map((name) => `KeyManagementService${name}Requests`);

export const LICENSING_READ: LicensingReadArgs = {
  service: [
    "Version",
    "IsKeyManagementServiceMachine",
    "KeyManagementServiceListeningPort",
    "KeyManagementServiceDnsPublishing",
    "KeyManagementServiceLowPriority",
    "VLActivationInterval",
    "VLRenewalInterval",
    "KeyManagementServiceMachine",
    "KeyManagementServicePort",
    "DiscoveredKeyManagementServiceMachineName",
    "DiscoveredKeyManagementServiceMachinePort",
    "KeyManagementServiceLookupDomain",
    "KeyManagementServiceHostCaching",
    "RemainingWindowsReArmCount",
    "ClientMachineID",
  ],
  product: [
    "ID",
    "ApplicationID",
    "Name",
    "Description",
    "LicenseFamily",
    "LicenseIsAddon",
    "PartialProductKey",
    "LicenseStatus",
    "LicenseStatusReason",
    "GracePeriodRemaining",
    "IsKeyManagementServiceMachine",
    "KeyManagementServiceCurrentCount",
    "RequiredClientCount",
    "VLActivationType",
    "VLActivationTypeEnabled",
    ...counterColumns,
  ],
};

/** LicenseStatusReason of a machine whose hardware differs too much from the one that was activated. */
export const HARDWARE_CHANGED = "0xC004F00F";

/** Product key channel, read from the neutral token in Description (ProductKeyChannel is missing on Windows 7). */
export type Channel = "Volume:CSVLK" | "Volume:GVLK" | "Volume:MAK" | "Retail" | "OEM" | "Other";

export function channelOf(description: string): Channel {
  if (/VOLUME_KMSCLIENT/.test(description)) return "Volume:GVLK";
  if (/VOLUME_KMS/.test(description)) return "Volume:CSVLK";
  if (/MAK/.test(description)) return "Volume:MAK";
  if (/OEM/.test(description)) return "OEM";
  return /RETAIL/.test(description) ? "Retail" : "Other";
}

export interface Product {
  id: string;
  applicationId: string;
  name: string;
  channel: Channel;
  partialProductKey: string;
  licenseStatus: number;
  /** HRESULT as text, like "0x4004F040". */
  reason: string | undefined;
  graceMinutes: number;
  addon: boolean;
  isKmsHost: boolean;
  currentCount: number | undefined;
  requiredCount: number | undefined;
  /** 1 = activated by Active Directory. */
  activationType: number | undefined;
  /** VLActivationTypeEnabled: 0 all, 1 Active Directory, 2 KMS, 3 token; absent on Windows 7. */
  activationTypeEnabled: number | undefined;
  counters: Partial<Record<Counter, number>>;
}

export interface Licensing {
  version: string;
  isKmsHost: boolean;
  listeningPort: number;
  dnsPublishing: boolean;
  lowPriority: boolean;
  activationInterval: number;
  renewalInterval: number;
  kmsHost: string | undefined;
  kmsPort: number | undefined;
  discoveredHost: string | undefined;
  /** Domain of /skms-domain; `null` = none is set; absent on Windows 7, which has no such setting. */
  lookupDomain: string | null | undefined;
  hostCaching: boolean | undefined;
  /** How often /rearm may still be used. */
  rearmsLeft: number | undefined;
  clientMachineId: string | undefined;
  products: Product[];
  /** The product that slmgr.vbs would take: Windows, keyed, no add-on; the Licensed one if an upgrade left several. */
  windows: Product | undefined;
}

export function parseLicensing({ service, products }: LicensingReadResult): Licensing {
  const parsed = products.map(parseProduct);
  const candidates = parsed.filter(({ applicationId, addon }) => applicationId === WINDOWS_APPLICATION_ID && !addon);
  return {
    version: words(service, "Version") ?? "",
    isKmsHost:
      (truth(service, "IsKeyManagementServiceMachine") ?? false) || parsed.some((product) => product.isKmsHost),
    listeningPort: number(service, "KeyManagementServiceListeningPort") || 1688,
    dnsPublishing: truth(service, "KeyManagementServiceDnsPublishing") ?? true,
    lowPriority: truth(service, "KeyManagementServiceLowPriority") ?? false,
    activationInterval: number(service, "VLActivationInterval") || 120,
    renewalInterval: number(service, "VLRenewalInterval") || 10_080,
    kmsHost: words(service, "KeyManagementServiceMachine"),
    kmsPort: number(service, "KeyManagementServicePort") || undefined,
    discoveredHost: words(service, "DiscoveredKeyManagementServiceMachineName"),
    lookupDomain:
      "KeyManagementServiceLookupDomain" in service
        ? (words(service, "KeyManagementServiceLookupDomain") ?? null)
        : undefined,
    // A column that is there without a value stands for Windows' default.
    hostCaching:
      "KeyManagementServiceHostCaching" in service
        ? (truth(service, "KeyManagementServiceHostCaching") ?? true)
        : undefined,
    rearmsLeft: number(service, "RemainingWindowsReArmCount"),
    clientMachineId: words(service, "ClientMachineID"),
    products: parsed,
    windows: candidates.find(({ licenseStatus }) => licenseStatus === 1) ?? candidates[0],
  };
}

function parseProduct(row: WmiRow): Product {
  const reason = number(row, "LicenseStatusReason");
  const counters: Product["counters"] = {};
  for (const name of COUNTERS) {
    const value = number(row, `KeyManagementService${name}Requests`);
    if (value !== undefined) counters[name] = value;
  }
  return {
    id: words(row, "ID") ?? "",
    applicationId: (words(row, "ApplicationID") ?? "").toLowerCase(),
    name: words(row, "Name") ?? "",
    channel: channelOf(words(row, "Description") ?? ""),
    partialProductKey: words(row, "PartialProductKey") ?? "",
    licenseStatus: number(row, "LicenseStatus") ?? 0,
    reason: reason === undefined ? undefined : `0x${(reason >>> 0).toString(16).toUpperCase().padStart(8, "0")}`,
    graceMinutes: number(row, "GracePeriodRemaining") ?? 0,
    addon: truth(row, "LicenseIsAddon") ?? false,
    isKmsHost: truth(row, "IsKeyManagementServiceMachine") ?? false,
    currentCount: number(row, "KeyManagementServiceCurrentCount"),
    requiredCount: number(row, "RequiredClientCount"),
    activationType: number(row, "VLActivationType"),
    activationTypeEnabled: "VLActivationTypeEnabled" in row ? (number(row, "VLActivationTypeEnabled") ?? 0) : undefined,
    counters,
  };
}

/** Whole days until the product must be activated (again); undefined when there is no such limit. */
export const daysLeft = (product: Pick<Product, "graceMinutes"> | undefined): number | undefined =>
  product && product.graceMinutes > 0 ? Math.floor(product.graceMinutes / 1440) : undefined;
