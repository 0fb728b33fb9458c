import { findOddCharacter } from "../checks/index";

/** Digits of an installation id: 54 (Windows 7, Office 2010) or 63 (later); which one is told by length, never by Windows. */
const INSTALLATION_ID_LENGTHS: readonly number[] = [54, 63];
const INSTALLATION_ID_BLOCKS = 9;
/** Digits of a confirmation id: eight blocks of six. */
const CONFIRMATION_ID_LENGTH = 48;
const CONFIRMATION_ID_BLOCK = 6;

/** What people write between the blocks; the telephone and mail both bring them along. */
const SEPARATORS = /[\s\-\u2010-\u2015\u2212]/g;

const blocksOf = (digits: string, length: number): string[] => digits.match(new RegExp(`.{${length}}`, "g")) ?? [];

/** The last digit of a block: the others summed, those at even positions (counted from one) twice, modulo 7. */
export function checkDigit(digits: string): number {
  let sum = 0;
  for (const [index, digit] of [...digits].entries()) sum += Number(digit) * (index % 2 === 1 ? 2 : 1);
  return sum % 7;
}

export type ParsedId = { ok: true; digits: string } | { ok: false; reason: string };

/** An installation id as it was written down: blocks are checked one by one, so that the wrong one is named. */
export function parseInstallationId(text: string): ParsedId {
  const digits = text.replace(SEPARATORS, "");
  const odd = notDigits(digits);
  if (odd) return { ok: false, reason: odd };
  if (!INSTALLATION_ID_LENGTHS.includes(digits.length)) {
    return { ok: false, reason: `has ${digits.length} digits; an installation id has 54 or 63` };
  }
  const blocks = blocksOf(digits, digits.length / INSTALLATION_ID_BLOCKS);
  const wrong = blocks.findIndex((block) => checkDigit(block.slice(0, -1)) !== Number(block.slice(-1)));
  if (wrong >= 0) {
    return {
      ok: false,
      reason: `block ${wrong + 1} of ${INSTALLATION_ID_BLOCKS} has a wrong check digit: a digit of it was mistyped or misheard`,
    };
  }
  return { ok: true, digits };
}

/** A confirmation id: digits and length only. Whether its blocks have check digits is known from no source: Windows decides. */
export function parseConfirmationId(text: string): ParsedId {
  const digits = text.replace(SEPARATORS, "");
  const odd = notDigits(digits);
  if (odd) return { ok: false, reason: odd };
  if (digits.length !== CONFIRMATION_ID_LENGTH) {
    const installation = INSTALLATION_ID_LENGTHS.includes(digits.length) ? "; this looks like an installation id" : "";
    return {
      ok: false,
      reason: `has ${digits.length} digits; a confirmation id has 48, in eight blocks of six${installation}`,
    };
  }
  return { ok: true, digits };
}

/** An installation id in its nine blocks, as it is read out on the telephone. */
export function inBlocks(digits: string): string {
  const length =
    digits.length === CONFIRMATION_ID_LENGTH ? CONFIRMATION_ID_BLOCK : digits.length / INSTALLATION_ID_BLOCKS;
  return Number.isInteger(length) && length > 0 ? blocksOf(digits, length).join(" ") : digits;
}

function notDigits(text: string): string | undefined {
  if (/^[0-9]*$/.test(text)) return undefined;
  const position = text.search(/[^0-9]/);
  const character = findOddCharacter(text.slice(position, position + 2));
  const what = character && character.position === 1 ? character.name : "something that is no digit";
  return `has ${what} after ${position} digits; only digits are meant, with spaces or dashes between the blocks`;
}
