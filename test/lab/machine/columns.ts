import type { WmiRow, WmiValue } from "pulumi-volume-activation-provider/machine/protocol";
import { productKeyId, stableGuid } from "./ids";
import {
  clientIntervals,
  currentCount,
  hostProduct,
  installationIdOf,
  isKmsHost,
  licenseOf,
  productKeyIdOf,
  thresholdOf,
} from "./licensing";
import type { Machine } from "./machine";
import { channelName } from "./products";
import {
  activationType,
  configuredIntervals,
  dnsPublishing,
  hostCaching,
  kmsTarget,
  listeningPort,
  lookupDomain,
  lowPriority,
} from "./settings";
import type { ProductState, RequestCounter } from "./state";

/** Minus one in an unsigned column: there is no number. */
const NO_NUMBER = 4294967295;
/** How WMI writes a time that was never set. */
const NEVER = "1601-01-01T00:00:00Z";

interface Column<T> {
  only?: "win7" | "win8";
  value: (machine: Machine, row: T) => WmiValue;
}
type Columns<T> = Readonly<Record<string, Column<T>>>;

function count(machine: Machine, host: boolean): number {
  return host && machine.state.host.requests.Total > 0 ? currentCount(machine) : NO_NUMBER;
}

function requests<T>(isHost: (machine: Machine, row: T) => boolean): Record<string, Column<T>> {
  const names: RequestCounter[] = [
    "Total",
    "Failed",
    "Unlicensed",
    "Licensed",
    "OOBGrace",
    "OOTGrace",
    "NonGenuineGrace",
    "Notification",
  ];
  return Object.fromEntries(
    names.map((name) => [
      `KeyManagementService${name}Requests`,
      { value: (m: Machine, row: T) => (isHost(m, row) ? m.state.host.requests[name] : NO_NUMBER) },
    ]),
  );
}

function intervals(machine: Machine): { activation: number; renewal: number } {
  return hostProduct(machine) ? configuredIntervals(machine) : clientIntervals(machine);
}

const isHostMachine = (machine: Machine) => hostProduct(machine) !== undefined;

const SERVICE: Columns<null> = {
  Version: { value: (m) => m.os.sppVersion },
  IsKeyManagementServiceMachine: { value: (m) => (isHostMachine(m) ? 1 : 0) },
  KeyManagementServiceCurrentCount: { value: (m) => count(m, isHostMachine(m)) },
  RequiredClientCount: { value: thresholdOf },
  KeyManagementServiceListeningPort: { value: (m) => listeningPort(m) ?? 0 },
  KeyManagementServiceDnsPublishing: { value: dnsPublishing },
  KeyManagementServiceLowPriority: { value: lowPriority },
  KeyManagementServiceHostCaching: { value: hostCaching },
  KeyManagementServiceMachine: { value: (m) => kmsTarget(m).name },
  KeyManagementServicePort: { value: (m) => kmsTarget(m).port ?? 0 },
  KeyManagementServiceLookupDomain: { only: "win8", value: (m) => lookupDomain(m) },
  DiscoveredKeyManagementServiceMachineName: { value: (m) => m.state.client.discovered?.name ?? null },
  DiscoveredKeyManagementServiceMachinePort: { value: (m) => m.state.client.discovered?.port ?? 0 },
  DiscoveredKeyManagementServiceMachineIpAddress: {
    only: "win8",
    value: (m) => m.state.client.discovered?.address ?? null,
  },
  KeyManagementServiceProductKeyID: { value: (m) => m.state.client.hostProductKeyId },
  VLActivationInterval: { value: (m) => intervals(m).activation },
  VLRenewalInterval: { value: (m) => intervals(m).renewal },
  ...requests<null>(isHostMachine),
  ClientMachineID: { value: (m) => m.state.cmid },
  RemainingWindowsReArmCount: { value: (m) => m.state.rearmsLeft },
  PolicyCacheRefreshRequired: { value: () => 0 },
  KeyManagementServiceActivationDisabled: { only: "win7", value: () => false },
};

const PRODUCT: Columns<ProductState> = {
  ID: { value: (_m, p) => p.activationId },
  ApplicationID: { value: (_m, p) => p.applicationId },
  Name: { value: (_m, p) => p.name },
  Description: { value: (_m, p) => p.description },
  LicenseFamily: { value: (_m, p) => p.licenseFamily },
  LicenseIsAddon: { value: () => false },
  LicenseDependsOn: { value: () => null },
  PartialProductKey: { value: (_m, p) => p.key.slice(-5) },
  ProductKeyChannel: { only: "win8", value: (_m, p) => channelName(p) },
  ProductKeyID: { value: productKeyIdOf },
  LicenseStatus: { value: (m, p) => licenseOf(m, p).status },
  LicenseStatusReason: { value: (m, p) => licenseOf(m, p).reason },
  GracePeriodRemaining: { value: (m, p) => licenseOf(m, p).minutes },
  EvaluationEndDate: { value: () => NEVER },
  TrustedTime: { value: (m) => new Date(m.clock()).toISOString() },
  OfflineInstallationId: { value: installationIdOf },
  IsKeyManagementServiceMachine: { value: (m, p) => (isKmsHost(m, p) ? 1 : 0) },
  KeyManagementServiceCurrentCount: { value: (m, p) => count(m, isKmsHost(m, p)) },
  RequiredClientCount: { value: thresholdOf },
  ...requests<ProductState>(isKmsHost),
  KeyManagementServiceMachine: { value: (m, p) => kmsTarget(m, p).name },
  KeyManagementServicePort: { value: (m, p) => kmsTarget(m, p).port ?? 0 },
  KeyManagementServiceLookupDomain: { only: "win8", value: (m, p) => lookupDomain(m, p) },
  DiscoveredKeyManagementServiceMachineName: { value: (m) => m.state.client.discovered?.name ?? null },
  DiscoveredKeyManagementServiceMachinePort: { value: (m) => m.state.client.discovered?.port ?? 0 },
  DiscoveredKeyManagementServiceMachineIpAddress: {
    only: "win8",
    value: (m) => m.state.client.discovered?.address ?? null,
  },
  KeyManagementServiceProductKeyID: { value: (m) => m.state.client.hostProductKeyId },
  VLActivationInterval: { value: (m) => intervals(m).activation },
  VLRenewalInterval: { value: (m) => intervals(m).renewal },
  VLActivationTypeEnabled: { only: "win8", value: (m, p) => activationType(m, p) },
  VLActivationType: {
    only: "win8",
    value: (_m, p) => (byDirectory(p) ? AD_ACTIVATED : p.channel === "gvlk" && p.activation ? KMS_ACTIVATED : 0),
  },
  ADActivationObjectName: { only: "win8", value: (m, p) => objectOf(m, p)?.name ?? null },
  ADActivationObjectDN: { only: "win8", value: (m, p) => objectOf(m, p)?.dn ?? null },
  ADActivationCsvlkSkuId: { only: "win8", value: (m, p) => objectOf(m, p)?.skuId ?? null },
  ADActivationCsvlkPid: { only: "win8", value: (m, p) => objectOf(m, p)?.pid ?? null },
  RemainingAppReArmCount: { only: "win8", value: (m) => m.state.rearmsLeft },
  RemainingSkuReArmCount: { only: "win8", value: (m) => m.state.rearmsLeft },
  GenuineStatus: { value: () => 0 },
};
/** VLActivationType of a product by what activated it last. */
const AD_ACTIVATED = 1;
const KMS_ACTIVATED = 2;

const byDirectory = (product: ProductState) => product.activation?.by === "AD";

/** The forest's activation object, as a product that it activated shows it. */
function objectOf({ forest, os }: Machine, product: ProductState) {
  const object = byDirectory(product) ? forest.activationObject : undefined;
  if (!object) return undefined;
  const { name, csvlk } = object;
  const dn = `CN=${name},CN=Activation Objects,CN=Microsoft SPP,CN=Services,CN=Configuration,`;
  return {
    name,
    dn:
      dn +
      forest.domain
        .split(".")
        .map((label) => `DC=${label}`)
        .join(","),
    skuId: stableGuid("sku", "activation object", csvlk),
    pid: productKeyId(os, `activation object ${csvlk}`),
  };
}

function row<T>(columns: Columns<T>, wanted: string[], machine: Machine, item: T): WmiRow {
  const result: WmiRow = {};
  for (const name of wanted) {
    const column = columns[name];
    if (!column || (column.only !== undefined && column.only !== machine.os.generation)) continue;
    result[name] = column.value(machine, item);
  }
  return result;
}

export function serviceRow(machine: Machine, wanted: string[]): WmiRow {
  return row(SERVICE, wanted, machine, null);
}

export function productRow(machine: Machine, product: ProductState, wanted: string[]): WmiRow {
  return row(PRODUCT, wanted, machine, product);
}

/** Whether the product class of this Windows has such a column. */
export function isProductColumn(machine: Machine, name: string): boolean {
  const column = PRODUCT[name];
  return column !== undefined && (column.only === undefined || column.only === machine.os.generation);
}

/** One column; null where this Windows has none. */
export function productValue(machine: Machine, product: ProductState, name: string): WmiValue {
  return productRow(machine, product, [name])[name] ?? null;
}
