import { GVLKS, type GvlkEntry, parseProductKey } from "pulumi-volume-activation-provider/keys/index";
import { CSVLKS, hostUpdateFor } from "../microsoft/csvlk";
import type { Microsoft, SoldKey } from "../microsoft/microsoft";
import { HR, WindowsError } from "./hresult";
import { stableGuid, WINDOWS_APPLICATION_ID } from "./ids";
import { type OsKind, osKind } from "./os";
import type { ProductChannel, ProductState } from "./state";

const CHANNEL_NAMES: Record<ProductChannel, string> = {
  gvlk: "Volume:GVLK",
  retail: "Retail",
  mak: "Volume:MAK",
  csvlk: "Volume:CSVLK",
};

/** ProductKeyChannel, which Windows 8 and later show. */
export function channelName(product: ProductState): string {
  return CHANNEL_NAMES[product.channel];
}

/** The published setup key of an edition. */
export function setupKey(os: OsKind, editionId: string): GvlkEntry | undefined {
  return GVLKS.find((row) => isFor(row, os) && row.editionId === editionId);
}

function isFor(row: GvlkEntry, os: OsKind): boolean {
  return row.family === os.gvlkFamily && (row.builds === undefined || row.builds.includes(os.build));
}

/**
 * What /ipk makes of a key on this Windows. Throws 0xC004F050 for a key that this Windows does not know (a host key of
 * a newer Windows becomes known by an update), and
 * 0xC004F069 for a key of another edition.
 */
export function productForKey(
  os: OsKind,
  editionId: string,
  keyText: string,
  microsoft: Microsoft,
  /** Updates that this Windows has; undefined = all. */
  updates?: readonly string[],
): ProductState {
  const parsed = parseProductKey(keyText);
  if (!parsed.ok) throw new WindowsError(HR.invalidKey);
  const rows = GVLKS.filter((row) => row.key === parsed.key);
  if (rows.length > 0) {
    const own = rows.find((row) => isFor(row, os));
    if (!own) throw new WindowsError(HR.invalidKey);
    if (own.editionId !== editionId) throw new WindowsError(HR.otherEdition);
    return product(os, editionId, parsed.key, "gvlk", "VOLUME_KMSCLIENT");
  }
  const sold = microsoft.find(parsed.key);
  if (!sold) throw new WindowsError(HR.invalidKey);
  return soldProduct(os, editionId, sold, updates);
}

function soldProduct(
  os: OsKind,
  editionId: string,
  sold: SoldKey,
  updates: readonly string[] | undefined,
): ProductState {
  if (sold.csvlk) {
    const kind = CSVLKS[sold.csvlk];
    if (!kind.hostableOn.includes(os.id)) {
      // A Windows that is older than the key does not know it; one that is too new, or of the other sort, does.
      const hosts = kind.hostableOn.map(osKind).filter((one) => one.server === os.server);
      const unknown = hosts.length > 0 && hosts.every((one) => os.build < one.build);
      throw new WindowsError(unknown ? HR.invalidKey : HR.otherEdition);
    }
    const needed = hostUpdateFor(sold.csvlk, os.id);
    if (needed !== undefined && updates && !updates.includes(needed)) throw new WindowsError(HR.invalidKey);
    if (editionId === "ServerTurbine") throw new WindowsError(HR.otherEdition);
    return { ...product(os, editionId, sold.key, "csvlk", kind.channelToken), csvlk: sold.csvlk };
  }
  if (sold.os !== os.id) throw new WindowsError(HR.invalidKey);
  if (sold.editionId !== undefined && sold.editionId !== editionId) throw new WindowsError(HR.otherEdition);
  const mak = sold.kind === "mak";
  return product(os, editionId, sold.key, mak ? "mak" : "retail", mak ? "VOLUME_MAK" : "RETAIL");
}

function product(os: OsKind, editionId: string, key: string, channel: ProductChannel, token: string): ProductState {
  return {
    key,
    channel,
    activationId: stableGuid("sku", os.id, editionId, token),
    applicationId: WINDOWS_APPLICATION_ID,
    name: os.generation === "win7" ? `${os.title}, ${editionId} edition` : `Windows(R), ${editionId} edition`,
    description: `${os.generation === "win7" ? os.title : "Windows(R)"} Operating System, ${token} channel`,
    licenseFamily: editionId,
    activation: null,
    outOfToleranceAt: null,
  };
}
