import { describe, expect, it } from "vitest";
import {
  describeCode,
  describeLicenseStatusReason,
  KNOWN_CODES,
  LICENSE_STATUSES,
  licenseStatus,
  licenseStatusName,
  normalizeCode,
} from "../../../provider/errors/codes";

/** The codes that Microsoft's volume activation pages and slmgr list; each has to be explained. */
const LISTED = `
  0xC004C001 0xC004C003 0xC004C008 0xC004C017 0xC004C020 0xC004C021 0xC004B100 0xC004D307 0xC004E016 0xC004F009
  0xC004F00F 0xC004F014 0xC004F025 0xC004F02C 0xC004F035 0xC004F038 0xC004F039 0xC004F041 0xC004F042 0xC004F04D
  0xC004F050 0xC004F051 0xC004F055 0xC004F056 0xC004F057 0xC004F058 0xC004F059 0xC004F061 0xC004F064 0xC004F065
  0xC004F066 0xC004F069 0xC004F06B 0xC004F06C 0xC004F074 0xC004F075 0xC004F200 0xC004F304 0xC004F305 0xC004F30A
  0xC004F30D 0xC004F30E 0xC004F30F 0xC004F310 0xC004F311 0xC004F312 0x4004F040 0x80070005 0x80070057 0x8007007B
  0x80092328 0x8007232B 0x8007232A 0x8007251D 0x8007267C 0x800706BA 0x80070490 0x80072EE2 0x8004FE21`
  .trim()
  .split(/\s+/);

describe("describeCode", () => {
  it.each(LISTED)("explains %s and says what to do", (code) => {
    const description = describeCode(code);
    expect(description).toMatchObject({ code, known: true });
    expect(description.meaning).toMatch(/^[A-Z].{15,}\.$/);
    expect(description.remedy).toMatch(/^[A-Z].{10,}[.)]$/);
  });

  it("holds each code in the one spelling, with full sentences", () => {
    for (const code of KNOWN_CODES) {
      expect(normalizeCode(code), code).toBe(Number(code));
      const { meaning, remedy, name } = describeCode(code);
      expect(meaning, code).toMatch(/^[A-Z].*\.$/);
      expect(remedy, code).toMatch(/^[A-Z].*[.)]$/);
      if (name !== undefined) expect(name, code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    }
  });

  it("gives no two codes the same constant, but for the grace of non-genuine Windows", () => {
    const names = KNOWN_CODES.flatMap((code) => describeCode(code).name ?? []);
    const twice = names.filter((name, at) => names.indexOf(name) !== at);
    expect(twice).toEqual(["SL_I_NONGENUINE_GRACE_PERIOD"]);
  });

  it.each(["0xC004F074", "0xc004f074", "C004F074", " c004f074 ", "-1073418124", "3221549172", -1073418124, 3221549172])(
    "knows %s as the same code",
    (spelling) => {
      expect(describeCode(spelling)).toMatchObject({ code: "0xC004F074", known: true });
    },
  );

  it("takes the signed number that Windows writes for a count that is too low", () => {
    expect(describeCode(-1073418184)).toMatchObject({ code: "0xC004F038", name: "SL_E_VL_NOT_ENOUGH_COUNT" });
  });

  it.each([5, "5", "0x5", "0x80070005", "80070005", -2147024891])("reads %s as access denied", (spelling) => {
    expect(describeCode(spelling)).toMatchObject({ code: "0x80070005", name: "ERROR_ACCESS_DENIED" });
  });

  it("reads a bare Win32 or DNS error", () => {
    expect(describeCode(1722).code).toBe("0x800706BA");
    expect(describeCode("9003")).toMatchObject({ code: "0x8007232B", name: "DNS_ERROR_RCODE_NAME_ERROR" });
  });

  it("says of 0 that it is success", () => {
    expect(describeCode(0)).toMatchObject({ code: "0x00000000", known: true, name: "S_OK" });
  });

  it.each([
    ["0xC004ABCD", "licensing error", "slui.exe 0x2a 0xC004ABCD"],
    ["0x4004ABCD", "not an error", "slui.exe 0x2a 0x4004ABCD"],
    ["0x80071234", "Win32 error 4660", "net helpmsg 4660"],
    ["0x800725FF", "Win32 error 9727 (DNS)", "net helpmsg 9727"],
    ["0x80072F00", "Win32 error 12032 (Internet connection)", "net helpmsg 12032"],
    ["0x80041999", "error of WMI", "root\\CIMV2"],
    ["0x80040999", "(COM)", "Application log"],
    ["0x80338029", "WinRM", "winrm helpmsg 0x80338029"],
    ["0x80990001", "facility 153, code 1", "Application log"],
    ["0xC0990001", "facility 153, code 1", "Application log"],
    ["0x00123456", "without the mark of an error", "Nothing"],
  ])("is useful for the unknown code %s", (code, meaning, remedy) => {
    const description = describeCode(code);
    expect(description).toMatchObject({ code, known: false });
    expect(description.meaning).toContain(meaning);
    expect(description.remedy).toContain(remedy);
  });

  it.each(["", "oops", "0x123456789", "99999999999", Number.NaN, 1.5, 2 ** 32, -(2 ** 31) - 1])(
    "does not take %s for a code",
    (text) => {
      expect(normalizeCode(text)).toBeUndefined();
      expect(describeCode(text)).toMatchObject({ code: String(text), known: false });
      expect(describeCode(text).remedy).not.toBe("");
    },
  );
});

describe("licenseStatusName", () => {
  it("has WMI's names in WMI's order", () => {
    expect([0, 1, 2, 3, 4, 5, 6].map(licenseStatusName)).toEqual([
      "Unlicensed",
      "Licensed",
      "OOBGrace",
      "OOTGrace",
      "NonGenuineGrace",
      "Notification",
      "ExtendedGrace",
    ]);
  });

  it("answers for a number that Microsoft has not published", () => {
    expect(licenseStatusName(7)).toBe("Unknown (7)");
    expect(licenseStatus(4294967295).remedy).not.toBe("");
  });

  it("has something to do for every status but Licensed", () => {
    for (const status of LICENSE_STATUSES) expect(status.remedy === "", status.name).toBe(status.value === 1);
  });
});

describe("describeLicenseStatusReason", () => {
  it("is undefined for no reason, and the code's description else", () => {
    expect(describeLicenseStatusReason(0)).toBeUndefined();
    expect(describeLicenseStatusReason(1074065472)).toMatchObject({ code: "0x4004F040", known: true });
    expect(describeLicenseStatusReason(3221549065)).toMatchObject({ code: "0xC004F009", known: true });
  });
});
