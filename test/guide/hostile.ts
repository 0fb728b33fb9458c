import type { z } from "zod";
import type { Props } from "../../provider/adapter/props";

/** Text that is harmless in a JSON string and harmful in a command line, a WQL query, a script, a file or a DNS name. */
export const HOSTILE = {
  "[]*": "[]*",
  quotes: `a"b'c`,
  "%PATH%": "%PATH%",
  "&": "a & b",
  "$()": "$(whoami)`n;",
  newline: "a\nb",
  NUL: "a\0b",
  "non-ASCII": "電腦名稱",
  "255 characters": "a".repeat(255),
  "em dash": "a—b",
} as const;
export type HostileName = keyof typeof HOSTILE;
export const HOSTILE_NAMES = Object.keys(HOSTILE) as HostileName[];

/** Where a schema takes free text: "publishDomains.0.domain" for a member of a list. */
export function textPaths(schema: z.ZodType, path: readonly string[] = []): string[][] {
  const { def } = schema as unknown as { def: { type: string; [part: string]: unknown } };
  const inner = (part: unknown, ...more: string[]) => textPaths(part as z.ZodType, [...path, ...more]);
  switch (def.type) {
    case "string":
      return [[...path]];
    case "object":
      return Object.entries(def["shape"] as object).flatMap(([name, member]) => inner(member, name));
    case "array":
      return inner(def["element"], "0");
    case "union":
      return (def["options"] as unknown[]).flatMap((option) => inner(option));
    case "record":
      return inner(def["valueType"], "key");
    case "pipe":
      return inner(def["in"]);
    default:
      return "innerType" in def ? inner(def["innerType"]) : [];
  }
}

/** A copy with another value at a path. */
export function withText(props: Props, path: readonly string[], value: string): Props {
  const [first = "", ...rest] = path;
  if (rest.length === 0) return { ...props, [first]: value };
  const inside = props[first];
  if (/^\d+$/.test(rest[0] ?? "")) {
    const [, ...deeper] = rest;
    const item = Array.isArray(inside) ? inside[0] : undefined;
    return { ...props, [first]: [deeper.length ? withText((item ?? {}) as Props, deeper, value) : value] };
  }
  return { ...props, [first]: withText((inside ?? {}) as Props, rest, value) };
}
