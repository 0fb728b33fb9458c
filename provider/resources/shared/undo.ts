import { type Props, sameValue } from "../../adapter/props";

/** One setting that we changed: what it was before our first change, and what we set. */
export interface Change {
  was: unknown;
  set: unknown;
}
export type Changes = { [property: string]: Change };

/** As the stored outputs remember them. */
export const changesOf = (outs: Props) => (outs["changed"] ?? {}) as unknown as Changes;

/** Adds what an operation changed; the first `was` stays, and a setting that is back where it was is forgotten. */
export function recordChanges(before: Changes, done: Changes): Changes {
  const result: Changes = { ...before };
  for (const [property, change] of Object.entries(done)) {
    const was = before[property] ? before[property].was : change.was;
    if (sameValue(was, change.set)) delete result[property];
    else result[property] = { was, set: change.set };
  }
  return result;
}

/** What `onDelete: "restore"` puts back: only settings that still are what we made them. */
export function toRestore(changes: Changes, current: { [property: string]: unknown }): { [property: string]: unknown } {
  const restore: { [property: string]: unknown } = {};
  for (const [property, { was, set }] of Object.entries(changes)) {
    if (sameValue(current[property], set)) restore[property] = was;
  }
  return restore;
}
