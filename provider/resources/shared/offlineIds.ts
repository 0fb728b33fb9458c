import type { BatchRead, LicensingReadResult, ReadOutcome } from "../../machine/protocol";

/** What an activation without the machine's own way to Microsoft needs, of one product that carries a key. */
export interface OfflineIds {
  /** What `slmgr /dti` shows; changes with the key and with the hardware. Absent where Windows gives none. */
  installationId?: string;
  /** Extended product id (ProductKeyID). */
  productKeyId?: string;
}

/** The installation ids of the keyed products, each by its own key: /dti without an Activation ID shows the first one's. */
export const OFFLINE_READ: BatchRead = {
  op: "licensing.read",
  args: { service: [], product: ["ID", "PartialProductKey", "ProductKeyID", "OfflineInstallationId"] },
};

/** By the last five characters of the key; empty when the reading failed or was not asked for. */
export function parseOfflineIds(read: ReadOutcome | undefined): ReadonlyMap<string, OfflineIds> {
  const ids = new Map<string, OfflineIds>();
  if (!read?.ok) return ids;
  for (const row of (read.result as LicensingReadResult).products) {
    const { PartialProductKey: partial, ProductKeyID: productKeyId, OfflineInstallationId: installationId } = row;
    if (typeof partial !== "string" || partial === "") continue;
    ids.set(partial, {
      ...(typeof installationId === "string" && installationId !== "" ? { installationId } : {}),
      ...(typeof productKeyId === "string" && productKeyId !== "" ? { productKeyId } : {}),
    });
  }
  return ids;
}
