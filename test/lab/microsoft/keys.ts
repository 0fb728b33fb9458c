import { randomInt } from "node:crypto";

const ALPHABET = "BCDFGHJKMPQRTVWXY2346789";
const LENGTH = 25;

/**
 * A made-up product key of the right shape: five groups of five; exactly one N since Windows 8, none before.
 * It is worth nothing outside the lab.
 */
export function newProductKey(generation: "win7" | "win8", taken: (key: string) => boolean): string {
  for (;;) {
    const letters = Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length)));
    if (generation === "win8") letters[randomInt(LENGTH)] = "N";
    const key = (letters.join("").match(/.{5}/g) ?? []).join("-");
    if (!taken(key)) return key;
  }
}

/** All that may be shown of a key that is not published. */
export function partialOf(key: string): string {
  return key.slice(-5);
}
