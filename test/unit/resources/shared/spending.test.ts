import { describe, expect, it } from "vitest";
import { type ActivationMemory, decideSpending, remember } from "../../../../provider/resources/shared/spending";

const KEY = "6789B";
const bools = [true, false];
const memories: (ActivationMemory | undefined)[] = [
  undefined,
  { partialProductKey: KEY, licensed: false },
  { partialProductKey: KEY, licensed: true },
  { partialProductKey: KEY, licensed: true, reactivate: "monday" },
  { partialProductKey: "HHHHH", licensed: true, reactivate: "monday" },
];

/** Every combination, with what is expected of it written as one rule after the other. */
const cases = bools.flatMap((licensed) =>
  (["online", "none"] as const).flatMap((method) =>
    bools.flatMap((sameKey) =>
      memories.flatMap((memory) =>
        [undefined, "monday", "tuesday"].map((reactivate) => ({ licensed, method, sameKey, memory, reactivate })),
      ),
    ),
  ),
);

describe("the spending rule", () => {
  it.each(cases)("%j", (state) => {
    const { licensed, method, sameKey, memory, reactivate } = state;
    const spentBefore = sameKey && memory?.partialProductKey === KEY && memory.licensed;
    let expected = "attempt";
    if (spentBefore && (reactivate === undefined || reactivate === memory.reactivate)) expected = "needsReactivate";
    if (method === "none") expected = "notAsked";
    if (licensed) expected = "licensed";
    expect(decideSpending({ ...state, wantedPartial: KEY })).toBe(expected);
  });

  it.each<[string, Parameters<typeof decideSpending>[0], string]>([
    [
      "a new host",
      {
        method: "online",
        licensed: false,
        sameKey: true,
        memory: undefined,
        reactivate: undefined,
        wantedPartial: KEY,
      },
      "attempt",
    ],
    [
      "a refused first attempt",
      {
        method: "online",
        licensed: false,
        sameKey: true,
        memory: { partialProductKey: KEY, licensed: false },
        reactivate: undefined,
        wantedPartial: KEY,
      },
      "attempt",
    ],
    [
      "a host that lost its licence",
      {
        method: "online",
        licensed: false,
        sameKey: true,
        memory: { partialProductKey: KEY, licensed: true },
        reactivate: undefined,
        wantedPartial: KEY,
      },
      "needsReactivate",
    ],
    [
      "another key that ends alike",
      {
        method: "online",
        licensed: false,
        sameKey: false,
        memory: { partialProductKey: KEY, licensed: true },
        reactivate: undefined,
        wantedPartial: KEY,
      },
      "attempt",
    ],
  ])("for %s", (_name, state, expected) => {
    expect(decideSpending(state)).toBe(expected);
  });
});

describe("the memory of a key", () => {
  const seen = (over: Partial<Parameters<typeof remember>[0]> = {}) =>
    remember({
      licensed: false,
      partialProductKey: KEY,
      sameKey: true,
      memory: undefined,
      reactivate: undefined,
      ...over,
    });

  it("begins with what is seen", () => {
    expect(seen()).toStrictEqual({ partialProductKey: KEY, licensed: false });
    expect(seen({ licensed: true, reactivate: "monday" })).toStrictEqual({
      partialProductKey: KEY,
      licensed: true,
      reactivate: "monday",
    });
  });

  it("never forgets that the key was Licensed", () => {
    expect(seen({ memory: { partialProductKey: KEY, licensed: true } }).licensed).toBe(true);
  });

  it("begins anew with another key", () => {
    const memory = { partialProductKey: KEY, licensed: true, reactivate: "monday" };
    expect(seen({ memory, sameKey: false })).toStrictEqual({ partialProductKey: KEY, licensed: false });
    expect(seen({ memory, partialProductKey: "HHHHH" })).toStrictEqual({ partialProductKey: "HHHHH", licensed: false });
  });

  it("keeps a used value that was taken out of the declaration, so that it cannot be used a second time", () => {
    const used = seen({ memory: { partialProductKey: KEY, licensed: true, reactivate: "monday" } });
    expect(used.reactivate).toBe("monday");
    const again = { method: "online" as const, licensed: false, wantedPartial: KEY, sameKey: true, memory: used };
    expect(decideSpending({ ...again, reactivate: "monday" })).toBe("needsReactivate");
    expect(decideSpending({ ...again, reactivate: "tuesday" })).toBe("attempt");
  });
});
