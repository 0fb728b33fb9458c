import { describe, expect, it } from "vitest";
import { findSetupKey, GVLK_DATE, GVLKS, isPublishedSetupKey } from "../../../provider/keys";

const BEFORE_THE_MARK = new Set(["windows-vista", "windows-7", "windows-server-2008", "windows-server-2008-r2"]);

describe("the table of setup keys", () => {
  it("is dated and holds Windows and Office", () => {
    expect(GVLK_DATE).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(GVLKS.length).toBeGreaterThanOrEqual(131);
    expect(GVLKS.some((entry) => entry.family.startsWith("office-"))).toBe(true);
  });

  it("has no key and no product twice", () => {
    expect(new Set(GVLKS.map((entry) => entry.key)).size).toBe(GVLKS.length);
    expect(new Set(GVLKS.map((entry) => entry.product)).size).toBe(GVLKS.length);
  });

  it("says of each row what it is and where it comes from", () => {
    for (const entry of GVLKS) {
      expect(entry.product, entry.key).not.toBe("");
      expect(entry.family, entry.key).toMatch(/^(windows|office)-[a-z0-9.-]+$/);
      expect(entry.source, entry.key).not.toBe("");
      expect(Boolean(entry.editionId), entry.key).toBe(Boolean(entry.editionIdSource));
    }
  });

  it("gives builds to every row whose edition id would else be ambiguous in its family", () => {
    for (const entry of GVLKS.filter((row) => row.editionId && row.family.startsWith("windows-"))) {
      const same = GVLKS.filter((row) => row.family === entry.family && row.editionId === entry.editionId);
      if (same.length === 1) continue;
      const builds = same.flatMap((row) => row.builds ?? []);
      expect(
        same.every((row) => row.builds?.length),
        entry.product,
      ).toBe(true);
      expect(new Set(builds).size, entry.product).toBe(builds.length);
    }
  });

  it.each(GVLKS.map((entry) => [entry.product, entry] as const))(
    "keeps the rule of the letter N for %s",
    (_, entry) => {
      expect(entry.key.split("N").length - 1).toBe(BEFORE_THE_MARK.has(entry.family) ? 0 : 1);
    },
  );
});

describe("isPublishedSetupKey", () => {
  it("knows every row in any case, and finds it again", () => {
    for (const entry of GVLKS) {
      expect(findSetupKey(` ${entry.key.toLowerCase()} `)).toBe(entry);
      expect(isPublishedSetupKey(entry.key)).toBe(true);
    }
  });

  it("does not take another key, or no key, for a published one", () => {
    expect(isPublishedSetupKey("BCDFG-HJKMP-QRTVW-XY234-6789B")).toBe(false);
    expect(isPublishedSetupKey("not a key")).toBe(false);
    expect(findSetupKey("")).toBeUndefined();
  });
});
