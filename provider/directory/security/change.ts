import { type Ace, isDeny, isInherited } from "./ace";
import type { Acl } from "./descriptor";
import { aceText } from "./sddl";

/** The entries that stand on the object itself, in their order. */
export const explicitOf = ({ aces }: Acl): Ace[] => aces.filter((ace) => !isInherited(ace));

/**
 * The list with one more entry, where the canonical order has it: after the explicit entries that deny, before those
 * that allow, and before everything inherited. All others stay as they are.
 */
export function withAce(acl: Acl, added: Ace): Acl {
  const inherited = acl.aces.findIndex(isInherited);
  const end = inherited < 0 ? acl.aces.length : inherited;
  const at = acl.aces.slice(0, end).findLastIndex(isDeny) + 1;
  return { ...acl, aces: acl.aces.toSpliced(at, 0, added) };
}

/** The explicit entry that reads so in SDDL. */
export const findExplicit = (acl: Acl, text: string): Ace | undefined =>
  acl.aces.find((ace) => !isInherited(ace) && aceText(ace) === text);

/** The list without that one entry. */
export const withoutAce = (acl: Acl, gone: Ace): Acl => ({ ...acl, aces: acl.aces.filter((ace) => ace !== gone) });
