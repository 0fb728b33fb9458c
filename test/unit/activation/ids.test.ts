import { describe, expect, it } from "vitest";
import { checkDigit, inBlocks, parseConfirmationId, parseInstallationId } from "../../../provider/activation/ids";
import { installationId } from "./samples";

describe("a check digit", () => {
  it("is the sum of the digits, every second one twice, modulo 7", () => {
    expect(checkDigit("123456")).toBe((1 + 4 + 3 + 8 + 5 + 12) % 7);
    expect(checkDigit("000001")).toBe(2);
  });
});

describe("an installation id", () => {
  it.each([54, 63])("of %i digits is taken, with spaces, dashes or neither between its blocks", (length) => {
    const digits = installationId(length);
    expect(digits).toHaveLength(length);
    for (const text of [digits, inBlocks(digits), inBlocks(digits).replaceAll(" ", "-"), ` ${digits}\n`]) {
      expect(parseInstallationId(text)).toEqual({ ok: true, digits });
    }
  });

  it("with any one digit mistyped is refused, and the block is named", () => {
    const digits = installationId(63);
    for (let at = 0; at < digits.length; at++) {
      const other = (Number(digits[at]) + 1) % 10;
      const typed = digits.slice(0, at) + other + digits.slice(at + 1);
      // The scheme cannot tell digits that differ by seven; one step from 9 to 0 is a change by nine.
      expect(parseInstallationId(typed)).toEqual({
        ok: false,
        reason: expect.stringContaining(`block ${Math.floor(at / 7) + 1} of 9 has a wrong check digit`),
      });
    }
  });

  it("of any other length is refused with the lengths that there are", () => {
    expect(parseInstallationId("1".repeat(53))).toEqual({
      ok: false,
      reason: "has 53 digits; an installation id has 54 or 63",
    });
  });
});

describe("a confirmation id", () => {
  const digits = "123456".repeat(8);

  it("is 48 digits; separators of all kinds are taken out, pasted dashes too", () => {
    for (const separator of ["", " ", "-", "\u2013", "\u2014", "\n", "\t"]) {
      const typed = (digits.match(/.{6}/g) ?? []).join(separator);
      expect(parseConfirmationId(typed)).toEqual({ ok: true, digits });
    }
  });

  it.each<[string, string, string]>([
    [
      "of 54 digits, as some tools say",
      "1".repeat(54),
      "has 54 digits; a confirmation id has 48, in eight blocks of six; this looks like an installation id",
    ],
    ["one digit short", digits.slice(1), "has 47 digits; a confirmation id has 48, in eight blocks of six"],
    ["with a letter", `${digits.slice(1)}O`, "has something that is no digit after 47 digits"],
    ["with full-width digits", digits.replace("1", "\uff11"), "has a full-width digit (U+FF11) after 0 digits"],
    ["empty but for spaces", "   ", "has 0 digits"],
  ])("%s is refused with the rule", (_what, text, rule) => {
    expect(parseConfirmationId(text)).toEqual({ ok: false, reason: expect.stringContaining(rule) });
  });
});
