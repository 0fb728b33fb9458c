import { findOddCharacter } from "../checks/pasted";

/** The 24 characters of base 24, and N, which Windows 8 added as a mark. */
export const KEY_ALPHABET = "BCDFGHJKMNPQRTVWXY2346789";
const GROUPS = 5;
const GROUP_LENGTH = 5;
const FORM = "five groups of five characters, separated by hyphens";
const NEVER = "the digits 0, 1, 5 and the letters A, E, I, L, O, S, U, Z never occur in a product key";

/** `partial` are the last five characters: all of an installed key that Windows shows again (PartialProductKey). */
export type ParsedProductKey = { ok: true; key: string; partial: string } | { ok: false; reason: string };

/** Trimmed and in capitals; says nothing about whether it is a key. */
export function normalizeProductKey(text: string): string {
  return text.trim().toUpperCase();
}

/**
 * Reads a product key as a person pasted it. A reason names position and character of what is wrong, never the key:
 * it may be a host key or MAK. Whether Microsoft ever issued the key cannot be known here.
 */
export function parseProductKey(text: string): ParsedProductKey {
  const key = normalizeProductKey(text);
  const reason = checkCharacters(key) ?? checkGroups(key) ?? checkMark(key);
  return reason === undefined ? { ok: true, key, partial: key.slice(-GROUP_LENGTH) } : { ok: false, reason };
}

function checkCharacters(key: string): string | undefined {
  if (key === "") return "The product key is empty.";
  const odd = findOddCharacter(key);
  if (odd)
    return `The product key has ${odd.name} at character ${odd.position}: ${odd.remedy}. Text from mail or a document often carries such characters; type the key by hand if in doubt.`;
  const at = Array.from(key).findIndex((character) => character !== "-" && !KEY_ALPHABET.includes(character));
  if (at < 0) return undefined;
  const character = key.charAt(at);
  return /[A-Z0-9]/.test(character)
    ? `The product key has "${character}" at character ${at + 1}, but ${NEVER}: it was probably misread.`
    : `The product key has "${character}" at character ${at + 1}; a product key is ${FORM}.`;
}

function checkGroups(key: string): string | undefined {
  const groups = key.split("-");
  const count = key.replaceAll("-", "").length;
  const expected = GROUPS * GROUP_LENGTH;
  if (groups.length === 1 && count === expected) return `The product key has no hyphens; write it as ${FORM}.`;
  if (count !== expected)
    return `The product key has ${count} characters besides hyphens; ${expected} are needed, as ${FORM}.`;
  if (groups.length !== GROUPS) return `The product key has ${groups.length} groups; a product key is ${FORM}.`;
  const wrong = groups.findIndex((group) => group.length !== GROUP_LENGTH);
  if (wrong < 0) return undefined;
  return `Group ${wrong + 1} of the product key has ${groups[wrong]?.length ?? 0} characters; a product key is ${FORM}.`;
}

/** Keys of Vista to Server 2008 R2 hold no N, those of Windows 8 and Office 2016 and later exactly one. */
function checkMark(key: string): string | undefined {
  const count = key.split("N").length - 1;
  if (count <= 1) return undefined;
  return `The product key has the letter N ${count} times, but a product key has it once at most: one of them was probably misread (M, W or H).`;
}

/** The key as it may be printed: its last five characters. What is no key is masked whole. */
export function maskKey(key: string): string {
  const parsed = parseProductKey(key);
  return `XXXXX-XXXXX-XXXXX-XXXXX-${parsed.ok ? parsed.partial : "XXXXX"}`;
}
