import { describe, expect, it } from "vitest";
import { recordChanges, toRestore } from "../../../../provider/resources/shared/undo";

describe("what is recorded for an undo", () => {
  it("is what was there before the first change, however often it changes", () => {
    let changes = recordChanges({}, { port: { was: 1688, set: 1689 } });
    changes = recordChanges(changes, { port: { was: 1689, set: 1700 } });
    expect(changes).toEqual({ port: { was: 1688, set: 1700 } });
  });

  it("is forgotten once a setting is back where it was", () => {
    const changes = recordChanges(
      { port: { was: 1688, set: 1689 }, low: { was: false, set: true } },
      {
        port: { was: 1689, set: 1688 },
      },
    );
    expect(changes).toEqual({ low: { was: false, set: true } });
  });

  it("compares lists by what is in them", () => {
    expect(recordChanges({ list: { was: [{ a: 1 }], set: [] } }, { list: { was: [], set: [{ a: 1 }] } })).toEqual({});
  });

  it("remembers an absent value as such", () => {
    const changes = recordChanges({}, { pin: { was: null, set: { host: "kms01" } } });
    expect(recordChanges(changes, { pin: { was: { host: "kms01" }, set: { host: "kms02" } } })).toEqual({
      pin: { was: null, set: { host: "kms02" } },
    });
  });

  it("leaves the record before it alone", () => {
    const before = { port: { was: 1688, set: 1689 } };
    recordChanges(before, { port: { was: 1689, set: 1688 } });
    expect(before).toEqual({ port: { was: 1688, set: 1689 } });
  });
});

describe("what is put back", () => {
  const changes = { port: { was: 1688, set: 1689 }, pin: { was: null, set: { host: "kms01" } } };

  it("is what still is as it was set", () => {
    expect(toRestore(changes, { port: 1689, pin: { host: "kms01" } })).toEqual({ port: 1688, pin: null });
  });

  it("is not what somebody else changed since", () => {
    expect(toRestore(changes, { port: 1700, pin: null })).toEqual({});
    expect(toRestore(changes, { port: 1689 })).toEqual({ port: 1688 });
  });

  it("is nothing that was never changed", () => {
    expect(toRestore({}, { port: 1689 })).toEqual({});
  });
});
