import { ACE_FLAG, ACE_TYPE, type Ace } from "./ace";
import type { Acl } from "./descriptor";

/** Rights on an object of Active Directory, by SDDL's two letters, in the order in which Windows writes them. */
const LETTERS: readonly [letters: string, bit: number][] = [
  ["CC", 0x1],
  ["DC", 0x2],
  ["LC", 0x4],
  ["SW", 0x8],
  ["RP", 0x10],
  ["WP", 0x20],
  ["DT", 0x40],
  ["LO", 0x80],
  ["CR", 0x100],
  ["SD", 0x10000],
  ["RC", 0x20000],
  ["WD", 0x40000],
  ["WO", 0x80000],
  ["GA", 0x10000000],
  ["GX", 0x20000000],
  ["GW", 0x40000000],
  ["GR", 0x80000000],
];

/** What a change of records needs. */
export const WRITE_PROPERTY = 0x20;

/** What Windows' own dialogs call "Read" and "Write" (generic rights of directory objects, MS-ADTS 5.1.3.2). */
const READ = 0x20094;
const WRITE = 0x20028;
const EXECUTE = 0x20004;
export const FULL_CONTROL = 0xf01ff;
export const READ_WRITE = READ | WRITE;

const GENERIC: readonly [bit: number, meaning: number][] = [
  [0x10000000, FULL_CONTROL],
  [0x20000000, EXECUTE],
  [0x40000000, WRITE],
  [0x80000000, READ],
];

/** A mask without generic bits, which Windows itself turns into those of the object. */
export function specific(mask: number): number {
  return GENERIC.reduce((all, [bit, meaning]) => ((mask & bit) === 0 ? all : all | meaning), mask & 0x0fffffff);
}

/** "LCSWRPWPLORC"; bits without letters as one hexadecimal number, as SDDL does it. */
export function maskText(mask: number): string {
  const rest = LETTERS.reduce((left, [, bit]) => left & ~bit, mask);
  if (rest !== 0) return `0x${(mask >>> 0).toString(16)}`;
  return LETTERS.filter(([, bit]) => (mask & bit) !== 0)
    .map(([letters]) => letters)
    .join("");
}

export interface Granted {
  /** What the entries for these SIDs allow and no earlier one denies. */
  allowed: number;
  /** What is denied to them, and not allowed by an earlier entry. */
  denied: number;
}

/**
 * What the entries for one of `sids` come to for the object as a whole, in the order in which they stand, as Windows
 * reads them. Entries about single properties, and those that only children inherit, grant nothing here.
 */
export function grantedTo(dacl: Acl | null | undefined, sids: ReadonlySet<string>): Granted {
  if (dacl === null) return { allowed: FULL_CONTROL, denied: 0 };
  let allowed = 0;
  let denied = 0;
  for (const ace of dacl?.aces ?? []) {
    if (!isAbout(ace, sids)) continue;
    const mask = specific(ace.known?.mask ?? 0);
    if (ace.type === ACE_TYPE.allow || ace.type === ACE_TYPE.allowObject) allowed |= mask & ~denied;
    else denied |= mask & ~allowed;
  }
  return { allowed, denied };
}

function isAbout({ flags, known }: Ace, sids: ReadonlySet<string>): boolean {
  if (!known || known.objectType !== undefined || (flags & ACE_FLAG.inheritOnly) !== 0) return false;
  return sids.has(known.sid);
}
