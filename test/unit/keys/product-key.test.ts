import { describe, expect, it } from "vitest";
import { GVLKS, KEY_ALPHABET, maskKey, normalizeProductKey, parseProductKey } from "../../../provider/keys";

/** Built from the alphabet, so that no real key stands in a test. */
const KEY = "BCDFG-HJKMP-QRTVW-XY234-6789B";

function reasonOf(text: string): string {
  const parsed = parseProductKey(text);
  if (parsed.ok) throw new Error("was accepted");
  return parsed.reason;
}

describe("parseProductKey", () => {
  it("reads a key whatever its case and surrounding spaces", () => {
    const expected = { ok: true, key: KEY, partial: "6789B" };
    expect(parseProductKey(KEY)).toEqual(expected);
    expect(parseProductKey(`  ${KEY.toLowerCase()}\r\n`)).toEqual(expected);
    expect(normalizeProductKey(` ${KEY.toLowerCase()} `)).toBe(KEY);
  });

  it.each(GVLKS.map((entry) => [entry.product, entry.key]))("accepts the published key of %s", (_product, key) => {
    expect(parseProductKey(key)).toEqual({ ok: true, key, partial: key.slice(-5) });
  });

  it.each([
    [0x2013, "en dash"],
    [0x2014, "em dash"],
    [0x2011, "non-breaking hyphen"],
    [0x2212, "minus sign"],
    [0xff0d, "full-width character"],
  ])("names the dash U+%s that was pasted", (code, name) => {
    const reason = reasonOf(KEY.replace("-", String.fromCodePoint(code)));
    expect(reason).toContain(name);
    expect(reason).toContain("character 6");
    expect(reason).toContain('type "-" instead');
  });

  it.each([
    [0x200b, "zero-width space"],
    [0x00a0, "no-break space"],
    [0x20, "space"],
    [0x09, "tab"],
    [0xff18, "full-width digit"],
    [0x0412, "Cyrillic"],
  ])("names the character U+%s that does not belong", (code, name) => {
    const reason = reasonOf(`${KEY.slice(0, 8)}${String.fromCodePoint(code)}${KEY.slice(9)}`);
    expect(reason).toContain(name);
    expect(reason).toContain("character 9");
  });

  it.each([..."AEILOSUZ015"])("says that %s never occurs, and where it stands", (character) => {
    const reason = reasonOf(`${KEY.slice(0, 7)}${character}${KEY.slice(8)}`);
    expect(reason).toContain(`"${character}" at character 8`);
    expect(reason).toContain("never occur");
  });

  it("tells missing hyphens, a wrong count and a wrong group apart", () => {
    expect(reasonOf(KEY.replaceAll("-", ""))).toContain("no hyphens");
    expect(reasonOf(KEY.slice(0, -1))).toContain("24 characters");
    expect(reasonOf(`${KEY}-BCDFG`)).toContain("30 characters");
    expect(reasonOf("BCDFGH-JKMP-QRTVW-XY234-6789B")).toContain("Group 1");
    expect(reasonOf("BCDFG-HJKMP-QRTVW-XY2346789B")).toContain("4 groups");
    expect(reasonOf("   ")).toContain("empty");
    expect(reasonOf("BCDFG_HJKMP-QRTVW-XY234-6789B")).toContain('"_" at character 6');
  });

  it("refuses a second N and accepts the first", () => {
    expect(parseProductKey("NCDFG-HJKMP-QRTVW-XY234-6789B").ok).toBe(true);
    expect(reasonOf("NCDFG-HJKMN-QRTVW-XY234-6789B")).toContain("N 2 times");
  });

  it("never repeats a group of the key in a reason", () => {
    const damaged = [
      KEY.replace("-", "\u2014"),
      KEY.replaceAll("-", ""),
      KEY.slice(0, -1),
      `${KEY}-BCDFG`,
      KEY.replace("G", "0"),
      KEY.replace("C", "N").replace("J", "N"),
      KEY.replace("G-", "-G"),
    ];
    for (const text of damaged) {
      const reason = reasonOf(text);
      for (const group of text.match(/[A-Z0-9]{4,}/g) ?? []) expect(reason).not.toContain(group);
    }
  });
});

describe("maskKey", () => {
  it("leaves the last five characters of a key", () => {
    expect(maskKey(KEY)).toBe("XXXXX-XXXXX-XXXXX-XXXXX-6789B");
    expect(maskKey(` ${KEY.toLowerCase()}`)).toBe("XXXXX-XXXXX-XXXXX-XXXXX-6789B");
  });

  it("shows nothing of a text that is no key", () => {
    for (const text of ["", "hunter22", KEY.slice(0, -1), KEY.replace("-", "\u2014")])
      expect(maskKey(text)).toBe("XXXXX-XXXXX-XXXXX-XXXXX-XXXXX");
  });
});

describe("the alphabet", () => {
  it("is exactly the set of characters that the published keys use", () => {
    const used = new Set(GVLKS.flatMap((entry) => [...entry.key.replaceAll("-", "")]));
    expect([...used].sort()).toEqual([...KEY_ALPHABET].sort());
  });
});
