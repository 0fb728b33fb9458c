import type { AgentError, BatchRead, BatchResult, LicensingReadResult } from "../../machine/protocol";
import { AgentFailure } from "../../machine/session";
import { LICENSING_READ, type Licensing, type Product, parseLicensing } from "../shared/licensing";

/** LicenseStatusReason of a machine whose hardware differs too much from the one that was activated. */
export const HARDWARE_CHANGED = "0xC004F00F";

/**
 * The columns of every Windows from 7 on: the channel is read from Description, never from ProductKeyChannel, which
 * Windows 7 does not have.
 */
export const MAK_READS: BatchRead[] = [{ op: "licensing.read", args: LICENSING_READ }];

export function parseMak(result: BatchResult): Licensing {
  const [read] = result.reads;
  if (!read?.ok) {
    const error: AgentError = read?.error ?? { kind: "internal", message: "the agent left out a reading" };
    throw new AgentFailure("batch", error);
  }
  return parseLicensing(read.result as LicensingReadResult);
}

/** The product that carries the wanted key. */
export const keyed = ({ products }: Licensing, partialProductKey: string): Product | undefined =>
  products.find((product) => product.partialProductKey === partialProductKey);
