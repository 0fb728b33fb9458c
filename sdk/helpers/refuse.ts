import { checks, keys } from "./lazy";

/** Every helper fails alike: which helper, which argument, what is wrong. */
export function refuse(helper: string, argument: string, why: string): never {
  throw new Error(`${helper}: ${argument}: ${why}`);
}

/** Throws unless the check finds nothing wrong. */
export function demand(helper: string, argument: string, wrong: string | undefined): void {
  if (wrong !== undefined) refuse(helper, argument, wrong);
}

/** The key in its plain form. What is wrong with one is told without the key: it may be a MAK or a host key. */
export function productKey(helper: string, argument: string, text: string): string {
  const parsed = keys().parseProductKey(text);
  return parsed.ok ? parsed.key : refuse(helper, argument, parsed.reason);
}

/** Text that goes into one line of a file; `undefined` if it is fit for that. */
export function oneLine(text: string): string | undefined {
  const at = Array.from(text).findIndex((character) => /[\p{Cc}\p{Cs}\u2028\u2029\uFEFF\uFFFE\uFFFF]/u.test(character));
  if (at < 0) return undefined;
  return `${checks().quote(text)} has a control character or line break at character ${at + 1}; give one line of plain text.`;
}
