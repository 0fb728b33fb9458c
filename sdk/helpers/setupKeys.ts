import type { GvlkEntry, ParsedProductKey } from "pulumi-volume-activation-provider/keys/index";
import { checks, keys } from "./lazy";

export type { GvlkEntry, ParsedProductKey };

/** A Windows by what it says of itself. */
export interface SetupKeyQuery {
  /** Registry EditionID, like "ServerStandard" or "EnterpriseS". */
  editionId: string;
  /** Version with build, like "10.0.20348". */
  osVersion: string;
  /** Win32_OperatingSystem.ProductType: 1 workstation, 2 domain controller, 3 server. */
  productType: number;
}

/** Releases that were never KMS clients, with what is said of them. */
const NEVER_CLIENTS: readonly { name: RegExp; why: string }[] = [
  {
    name: /^Windows (?:Server 2003|XP|2000)\b/i,
    why: "is no KMS client and has no setup key: its volume licence keys need no activation",
  },
];

/**
 * The published KMS client setup key (GVLK): by the product's name in Microsoft's table ("Windows Server 2022
 * Standard", "Office LTSC Standard 2024"), or by what a Windows says of itself, which tells apart the releases that
 * share a name. Vista and Server 2008 are in the table too. Throws with the reason, or the names that come near.
 */
export function gvlk(query: string | SetupKeyQuery): string {
  if (typeof query !== "string") {
    const choice = keys().setupKeyFor(query);
    if (!choice.ok) throw new Error(`gvlk: ${choice.reason}`);
    return choice.entry.key;
  }
  const wanted = plain(query);
  const rows = keys().GVLKS.filter(({ product }) => names(product).some((name) => plain(name) === wanted));
  const [row, second] = rows;
  if (row && !second) return row.key;
  if (row) throw new Error(`gvlk: ${checks().quote(query)} has several setup keys: ${rows.map(describe).join("; ")}`);
  const never = NEVER_CLIENTS.find(({ name }) => name.test(query.trim()));
  if (never) throw new Error(`gvlk: ${checks().quote(query)} ${never.why}.`);
  const near = nearest(wanted);
  const hint = near.length > 0 ? ` Names that come near: ${near.join("; ")}.` : "";
  throw new Error(
    `gvlk: ${checks().quote(query)} is no product of the table of ${keys().GVLK_DATE}, where products are named like ` +
      `"Windows Server 2022 Standard".${hint}`,
  );
}

/** Every row of Microsoft's tables of setup keys, as of {@link setupKeyDate}. */
export function setupKeys(): readonly GvlkEntry[] {
  return keys().GVLKS;
}

/** When the tables were read, like "2026-11-20". */
export function setupKeyDate(): string {
  return keys().GVLK_DATE;
}

/** Reads a product key as a person pasted it; a reason names place and character of what is wrong, never the key. */
export function parseProductKey(text: string): ParsedProductKey {
  return keys().parseProductKey(text);
}

const plain = (name: string) => name.trim().replace(/\s+/g, " ").toLowerCase();

/** A row may stand for several products: "Windows 11 Pro / Windows 10 Pro". */
const names = (product: string) => [product, ...product.split(" / ")];

const describe = ({ product, key }: GvlkEntry) => `${product} (${key})`;

/** At most five products that hold every word that was asked for, or else most of them. */
function nearest(wanted: string): string[] {
  const words = wanted.split(" ").filter((word) => word !== "windows" && word !== "server" && word !== "");
  const scored = keys().GVLKS.map(({ product }) => {
    const has = new Set(plain(product).split(/[\s/:,]+/));
    return { product, score: words.filter((word) => has.has(word)).length };
  });
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ product }) => product);
}
