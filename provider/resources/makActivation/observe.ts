import type { AgentError, BatchRead, BatchResult, LicensingReadResult } from "../../machine/protocol";
import { AgentFailure } from "../../machine/session";
import { LICENSING_READ, type Licensing, type Product, parseLicensing } from "../shared/licensing";
import { OFFLINE_READ, type OfflineIds, parseOfflineIds } from "../shared/offlineIds";
import type { MakInputs } from "./schema";

/**
 * The columns of every Windows from 7 on: the channel is read from Description, never from ProductKeyChannel, which
 * Windows 7 does not have.
 */
export const MAK_READS: BatchRead[] = [{ op: "licensing.read", args: LICENSING_READ }];

/** The ids are computed by Windows one by one, so they are read only where something is done with them. */
export const readsFor = ({ activation, remainingCount }: MakInputs): BatchRead[] =>
  activation.method === "phone" || activation.method === "proxy" || remainingCount
    ? [...MAK_READS, OFFLINE_READ]
    : MAK_READS;

export interface MakObservation extends Licensing {
  /** By the last five characters of the key; empty where they were not read. */
  offline: ReadonlyMap<string, OfflineIds>;
}

export function parseMak(result: BatchResult): MakObservation {
  const [read, offline] = result.reads;
  if (!read?.ok) {
    const error: AgentError = read?.error ?? { kind: "internal", message: "the agent left out a reading" };
    throw new AgentFailure("batch", error);
  }
  return { ...parseLicensing(read.result as LicensingReadResult), offline: parseOfflineIds(offline) };
}

/** The product that carries the wanted key. */
export const keyed = ({ products }: Licensing, partialProductKey: string): Product | undefined =>
  products.find((product) => product.partialProductKey === partialProductKey);
