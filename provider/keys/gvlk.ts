import table from "./gvlk.json";
import { parseProductKey } from "./product-key";

/** One row of Microsoft's published tables of KMS client setup keys (generic volume licence keys). They are no secrets. */
export interface GvlkEntry {
  product: string;
  edition: string;
  /** Registry EditionID of Windows, product id of Office; absent where nobody published it. */
  editionId?: string;
  /** Who says that this is the edition id. */
  editionIdSource?: string;
  key: string;
  /** Release that the key belongs to, like "windows-server-2022". */
  family: string;
  source: string;
  note?: string;
  /** Windows builds that this row is for, where one edition id has several keys (LTSC, semi-annual channel). */
  builds?: readonly number[];
}

export const GVLKS: readonly GvlkEntry[] = table.keys;

/** When the tables were read (ISO date). Microsoft adds rows with each release and has removed wrong ones. */
export const GVLK_DATE: string = table.retrieved;

const byKey: ReadonlyMap<string, GvlkEntry> = new Map(GVLKS.map((entry) => [entry.key, entry]));

/** The published row of a key, whatever its case and surrounding spaces. */
export function findSetupKey(key: string): GvlkEntry | undefined {
  const parsed = parseProductKey(key);
  return parsed.ok ? byKey.get(parsed.key) : undefined;
}

/** True for a published setup key: it may be shown, and it never makes a machine a KMS host. */
export function isPublishedSetupKey(key: string): boolean {
  return findSetupKey(key) !== undefined;
}
