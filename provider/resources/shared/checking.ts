import type { z } from "zod";
import type { CheckFailure, CheckResult } from "../../adapter/handler";
import { isObject, type Path, type Props, putBack, withoutUnknowns } from "../../adapter/props";

/** What cross-field rules get: they are skipped where something they need is not known yet. */
export interface Rules {
  /** Not known before `up`. True as well for everything inside an unknown object. */
  unknown(...path: string[]): boolean;
  fail(path: Path, reason: string): void;
  /** A member that must be there. */
  require(path: Path, why: string): void;
}

/**
 * Runs a schema whose members are all optional (what is required is a rule, so that an unknown counts as given), then
 * the cross-field rules, then puts the unknowns back over the defaults.
 */
export function checkInputs<Schema extends z.ZodObject>(
  schema: Schema,
  input: Props,
  rules: (known: z.output<Schema>, rules: Rules) => Props | undefined,
): CheckResult {
  const { known, unknowns } = withoutUnknowns(input);
  const failures: CheckFailure[] = [];
  const broken = new Set<string>();
  const isUnknownAt = (...path: string[]) =>
    broken.has(path[0] ?? "") ||
    unknowns.some(({ path: at }) => at.length <= path.length && at.every((key, index) => key === path[index]));
  const fail = (path: Path, reason: string) => failures.push(failureAt(path, reason));

  const first = schema.safeParse(known);
  for (const issue of first.error?.issues ?? []) {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) fail([...path, key], unknownName(key, knownNames(schema, path)));
      broken.add(path[0] ?? issue.keys[0] ?? "");
      for (const key of path.length ? [] : issue.keys) broken.add(key);
    } else {
      fail(path, issue.message);
      broken.add(path[0] ?? "");
    }
  }
  // The rules run on what is sound, so that one run says everything that is wrong; what is broken counts as unknown.
  const sound = Object.fromEntries(Object.entries(known).filter(([name]) => !broken.has(name)));
  const parsed = first.success ? first : schema.safeParse(sound);
  if (!parsed.success) return { inputs: input, failures };
  const companions = rules(parsed.data, {
    unknown: isUnknownAt,
    fail,
    require: (path, why) => {
      if (!isUnknownAt(...path) && valueAt(known, path) === undefined) fail(path, `is required: ${why}`);
    },
  });
  if (failures.length > 0) return { inputs: input, failures };
  const inputs = putBack({ ...(parsed.data as Props), ...(companions ?? {}) }, unknowns);
  return { inputs, failures };
}

function valueAt(bag: unknown, path: Path): unknown {
  let value = bag;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

/**
 * A failure names the property in its text, never as a top-level `property`: the engine prints the whole input value
 * of a top-level property that failed, secrets included.
 */
export function failureAt(path: Path, reason: string): CheckFailure {
  const name = readable(path);
  return { property: path.length > 1 ? name : "", reason: `${name}: ${reason}` };
}

const readable = (path: Path) =>
  path.reduce((text, key) => (/^\d+$/.test(key) ? `${text}[${key}]` : text ? `${text}.${key}` : key), "");

function knownNames(schema: z.ZodObject, path: Path): string[] {
  let here: unknown = schema;
  for (const key of path) {
    // unwrap() has gone through a list to its items already.
    if (/^\d+$/.test(key)) continue;
    const shape: unknown = isObject(here) || typeof here === "object" ? (here as { shape?: unknown }).shape : undefined;
    here = isObject(shape) ? unwrap(shape[key]) : undefined;
  }
  const shape = here && typeof here === "object" ? (here as { shape?: unknown }).shape : undefined;
  return isObject(shape) ? Object.keys(shape) : [];
}

function unwrap(schema: unknown): unknown {
  let here = schema;
  while (here && typeof here === "object" && "unwrap" in here && typeof here.unwrap === "function")
    here = here.unwrap();
  return here;
}

function unknownName(name: string, names: string[]): string {
  const near = names.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (near) return `is not a property; it is spelled ${near}`;
  return names.length ? `is not a property; there are ${names.join(", ")}` : "is not a property";
}
