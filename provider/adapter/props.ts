/** A property bag as the dynamic-provider host hands it over: plain JSON, `__provider` among it, unknowns as text. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export interface Props {
  [key: string]: Json;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The engine's sentinels for values that a preview does not know yet, one per type. The Node SDK only ever sends the
 * string one, for any type and at any depth; the others are recognised as well so that no host can surprise us.
 */
const UNKNOWN_SENTINELS = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isUnknown = (value: unknown): boolean => typeof value === "string" && UNKNOWN_SENTINELS.has(value);

export function containsUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  if (Array.isArray(value)) return value.some(containsUnknown);
  return isObject(value) && Object.values(value).some(containsUnknown);
}

export type Path = readonly string[];

/**
 * Splits what is known from what is not: unknown members are taken out (a list with an unknown anywhere in it is
 * taken out whole, since its length and order mean nothing without it) and kept by path, to be put back later.
 */
export function withoutUnknowns(value: Props): { known: Props; unknowns: { path: Path; value: Json }[] } {
  const unknowns: { path: Path; value: Json }[] = [];
  const strip = (bag: Props, path: Path): Props => {
    const kept: Props = {};
    for (const [key, member] of Object.entries(bag)) {
      const here = [...path, key];
      if (isUnknown(member) || (Array.isArray(member) && containsUnknown(member))) {
        unknowns.push({ path: here, value: member });
      } else if (isObject(member)) kept[key] = strip(member as Props, here);
      else kept[key] = member;
    }
    return kept;
  };
  return { known: strip(value, []), unknowns };
}

/** Puts unknowns back where they were, over whatever default was filled in meanwhile. */
export function putBack(value: Props, unknowns: readonly { path: Path; value: Json }[]): Props {
  const result = structuredClone(value);
  for (const { path, value: unknown } of unknowns) {
    let bag = result;
    for (const key of path.slice(0, -1)) {
      const next = bag[key];
      if (isObject(next)) bag = next as Props;
      else {
        const made: Props = {};
        bag[key] = made;
        bag = made;
      }
    }
    const last = path.at(-1);
    if (last !== undefined) bag[last] = unknown;
  }
  return result;
}

/**
 * What may go over the wire: JSON without `undefined` at any depth (the host would fail after the real work was done),
 * without anything that JSON would change silently.
 */
export function encode(value: object): Props {
  const clean = (member: unknown, path: string): Json | undefined => {
    if (member === undefined || typeof member === "function") return undefined;
    if (member === null || typeof member === "string" || typeof member === "boolean") return member;
    if (typeof member === "number") {
      if (!Number.isFinite(member)) throw new Error(`${path} is not a finite number`);
      return member;
    }
    if (Array.isArray(member)) return member.map((item, index) => clean(item, `${path}[${index}]`) ?? null);
    const prototype = Object.getPrototypeOf(member);
    if (isObject(member) && (prototype === Object.prototype || prototype === null)) {
      const bag: Props = {};
      for (const [key, item] of Object.entries(member)) {
        const cleaned = clean(item, `${path}.${key}`);
        if (cleaned !== undefined) bag[key] = cleaned;
      }
      return bag;
    }
    throw new Error(`${path} is a ${typeof member}, which cannot be stored`);
  };
  return clean(value, "outputs") as Props;
}

/** Structural equality, blind to key order and to the difference between a missing and an `undefined` member. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => sameValue(a[key], b[key]));
  }
  return false;
}

/** The members of those names that are there. */
export function pick(bag: Props, names: readonly string[]): Props {
  const picked: Props = {};
  for (const name of names) {
    const value = bag[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
