import { describe, expect, it } from "vitest";
import {
  containsUnknown,
  encode,
  isUnknown,
  type Json,
  type Props,
  pick,
  putBack,
  sameValue,
  withoutUnknowns,
} from "../../../provider/adapter/props";

const SENTINELS = [
  ["string", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"],
  ["boolean", "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"],
  ["number", "3eeb2bf0-c639-47a8-9e75-3b44932eb421"],
  ["array", "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"],
  ["asset", "030794c1-ac77-496b-92df-f27374a8bd58"],
  ["archive", "e48ece36-62e2-4504-bad9-02848725956a"],
  ["object", "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"],
] as const;

const SAMPLE: Props = {
  host: "kms01",
  port: 1688,
  on: true,
  nothing: null,
  nested: { deep: { deeper: "x", other: 1 }, list: [1, 2] },
  list: [{ domain: "contoso.com" }, { domain: "fabrikam.com" }],
};

/** Every path to a member of objects, however deep; members of lists are named by their index. */
function paths(value: Json, at: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [[...at, key], ...paths(member as Json, [...at, key])]);
}

function withUnknownAt(path: string[], unknown: string): Props {
  const bag = structuredClone(SAMPLE);
  let here = bag as Record<string, Json>;
  for (const key of path.slice(0, -1)) here = here[key] as Record<string, Json>;
  here[path.at(-1) ?? ""] = unknown;
  return bag;
}

describe.each(SENTINELS)("the engine's unknown %s", (_type, sentinel) => {
  it("is recognised at any depth", () => {
    expect(isUnknown(sentinel)).toBe(true);
    for (const path of paths(SAMPLE)) expect(containsUnknown(withUnknownAt(path, sentinel)), path.join(".")).toBe(true);
  });

  it("is taken out and put back exactly where it was", () => {
    for (const path of paths(SAMPLE)) {
      const bag = withUnknownAt(path, sentinel);
      const { known, unknowns } = withoutUnknowns(bag);
      expect(containsUnknown(known), path.join(".")).toBe(false);
      expect(unknowns).toHaveLength(1);
      expect(putBack(known, unknowns)).toEqual(bag);
    }
  });
});

describe("unknowns", () => {
  const unknown = SENTINELS[0][1];

  it("are not seen where there are none", () => {
    expect(containsUnknown(SAMPLE)).toBe(false);
    expect(isUnknown("04da6b54")).toBe(false);
    expect(isUnknown(undefined)).toBe(false);
    expect(withoutUnknowns(SAMPLE)).toEqual({ known: SAMPLE, unknowns: [] });
  });

  it("take their whole list with them, since its length and order mean nothing without them", () => {
    const { known, unknowns } = withoutUnknowns({ list: ["a", { b: [unknown] }], other: 1 });
    expect(known).toEqual({ other: 1 });
    expect(unknowns).toEqual([{ path: ["list"], value: ["a", { b: [unknown] }] }]);
  });

  it("win over a default that was filled in meanwhile", () => {
    const { unknowns } = withoutUnknowns({ port: unknown, list: [unknown], nested: { a: unknown } });
    expect(putBack({ port: 1688, list: [], nested: { a: 1, b: 2 } }, unknowns)).toEqual({
      port: unknown,
      list: [unknown],
      nested: { a: unknown, b: 2 },
    });
  });

  it("come back although the object around them was dropped", () => {
    expect(putBack({ a: 1 }, [{ path: ["b", "c"], value: unknown }])).toEqual({ a: 1, b: { c: unknown } });
  });

  it("are put back into a copy", () => {
    const before: Props = { nested: { a: 1 } };
    putBack(before, [{ path: ["nested", "a"], value: unknown }]);
    expect(before).toEqual({ nested: { a: 1 } });
  });
});

describe("encode", () => {
  it("drops undefined and functions at any depth, and keeps a list's positions", () => {
    const value = { a: undefined, b: { c: undefined, d: [1, undefined, { e: undefined }], f: () => 1 }, g: null };
    expect(encode(value)).toStrictEqual({ b: { d: [1, null, {}] }, g: null });
  });

  it("gives what JSON gives back unchanged", () => {
    const encoded = encode({ text: "x", n: 1.5, no: false, nothing: null, bag: { list: [[1], []] } });
    expect(JSON.parse(JSON.stringify(encoded))).toStrictEqual(encoded);
  });

  it("takes an object without a prototype", () => {
    expect(encode({ bag: Object.assign(Object.create(null), { a: 1 }) })).toStrictEqual({ bag: { a: 1 } });
  });

  it.each([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
  ])("refuses %s and says where it stands", (_name, value) => {
    expect(() => encode({ a: { b: [0, value] } })).toThrow("outputs.a.b[1] is not a finite number");
  });

  class Thing {
    readonly member = 1;
  }
  it.each([
    ["a Date", new Date(0), "object"],
    ["a Map", new Map([["a", 1]]), "object"],
    ["a Set", new Set([1]), "object"],
    ["a Buffer", Buffer.from("x"), "object"],
    ["an instance of a class", new Thing(), "object"],
    ["a BigInt", 1n, "bigint"],
    ["a symbol", Symbol("x"), "symbol"],
  ])("refuses %s, which the host would lose or fail on after the work was done", (_name, value, type) => {
    expect(() => encode({ list: [{ it: value }] })).toThrow(`outputs.list[0].it is a ${type}, which cannot be stored`);
  });
});

describe("sameValue", () => {
  const values: unknown[] = [
    undefined,
    null,
    0,
    "0",
    "",
    false,
    true,
    [],
    {},
    [0],
    [undefined],
    { a: null },
    { a: 1 },
    { a: [1, { b: 2 }] },
    [1, 2],
    [2, 1],
  ];

  it("holds of a value and its copy", () => {
    for (const value of values) expect(sameValue(value, structuredClone(value))).toBe(true);
  });

  it("answers the same both ways, and tells different values apart", () => {
    for (const [i, a] of values.entries()) {
      for (const [j, b] of values.entries()) {
        expect(sameValue(a, b)).toBe(sameValue(b, a));
        expect(sameValue(a, b), `${JSON.stringify(a)} and ${JSON.stringify(b)}`).toBe(i === j);
      }
    }
  });

  it("is blind to key order and to members that are undefined", () => {
    expect(sameValue({ a: 1, b: { c: 2, d: undefined } }, { b: { c: 2 }, a: 1 })).toBe(true);
    expect(sameValue({ a: undefined }, {})).toBe(true);
    expect(sameValue({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  });
});

it("pick takes the members that are there, null among them", () => {
  expect(pick({ a: 1, b: null, c: false }, ["a", "b", "d"])).toStrictEqual({ a: 1, b: null });
});
