import { describe, expect, it } from "vitest";
import { checkDnsDomain, checkFqdn, checkHostName, normalizeDomain } from "../../../provider/checks";

const label63 = "a".repeat(63);
const name253 = `${label63}.${label63}.${label63}.${"b".repeat(61)}`;

describe("checkHostName", () => {
  it.each([
    "kms01.contoso.com",
    "KMS01",
    "3com.example",
    "xn--mnchen-3ya.de",
    "10.0.0.5",
    "fe80::1",
    "[2001:db8::5]",
    "::1",
    label63,
    name253,
  ])("allows %s", (text) => expect(checkHostName(text)).toBeUndefined());

  it.each([
    ["", "empty"],
    ["kms_01.contoso.com", "underscore"],
    ["kms01:1688", "port goes into its own property"],
    ["[2001:db8::5]:1688", "after the bracket"],
    ["[kms01]", "brackets"],
    ["2001:db8::zz", "no IPv6 address"],
    ["fe80::1%eth0", "zone index"],
    ["https://kms01.contoso.com/", "URL"],
    ["admin@kms01", "user name"],
    ["kms01/share", "slash"],
    ["\\\\kms01", "slash"],
    ["kms01,kms02", "comma"],
    ["kms01.contoso.com.", "ends with a dot"],
    ["kms01..contoso.com", "empty label"],
    [".contoso.com", "empty label"],
    ["-kms.contoso.com", "hyphen"],
    ["kms-.contoso.com", "hyphen"],
    ["*.contoso.com", "wildcard"],
    ["10.0.0.256", "IPv4"],
    ["010.0.0.1", "IPv4"],
    ["10.0.1", "digits only"],
    ["kms!.contoso.com", '"!"'],
    [" kms01", "space"],
    ["kms 01", "space"],
    [`${label63}a.contoso.com`, "64 characters"],
    [`${name253}b`, "254 characters"],
  ])("refuses %j and says why", (text, why) => {
    expect(checkHostName(text)).toContain(why);
  });

  it.each([
    ["kms\u201301.contoso.com", "en dash (U+2013)", 'type "-"'],
    ["kms\u201401.contoso.com", "em dash (U+2014)", 'type "-"'],
    ["kms\uff10\uff11.contoso.com", "full-width digit (U+FF10)", 'type "0"'],
    ["kms01\u3002contoso.com", "ideographic full stop (U+3002)", 'type "."'],
    ["kms01\uff0econtoso.com", "full-width character (U+FF0E)", 'type "."'],
    ["kms01\u200b.contoso.com", "zero-width space (U+200B)", "delete it"],
    ["\u043ams01.contoso.com", "Cyrillic letter (U+043A)", "Latin"],
  ])("names the pasted character in %j", (text, name, remedy) => {
    const rule = checkHostName(text);
    expect(rule).toContain(name);
    expect(rule).toContain(remedy);
    expect(rule).not.toContain("xn--");
  });

  it("tells the form that a name with other letters has in DNS", () => {
    expect(checkHostName("m\u00fcnchen.de")).toContain('"xn--mnchen-3ya.de"');
  });

  it("makes hidden characters visible and cuts long texts", () => {
    expect(checkHostName("kms01\u200b")).toContain("<U+200B>");
    expect((checkHostName(`a_${"b".repeat(200)}`) ?? "").length).toBeLessThan(300);
  });
});

describe("checkFqdn", () => {
  it.each(["kms01.contoso.com", "kms01.contoso.com.", "a.b"])("allows %s", (text) => {
    expect(checkFqdn(text)).toBeUndefined();
  });

  it.each([
    ["kms01", "single label"],
    ["10.0.0.5", "IP address"],
    ["[::1]", "IP address"],
    ["kms_01.contoso.com", "underscore"],
    ["kms01.contoso.com..", "empty label"],
    [".", "empty label"],
  ])("refuses %s and says why", (text, why) => {
    expect(checkFqdn(text)).toContain(why);
  });
});

describe("checkDnsDomain", () => {
  it.each(["contoso.com", "contoso.com.", "CONTOSO", "_msdcs.contoso.com", "0.0.10.in-addr.arpa"])(
    "allows %s",
    (text) => {
      expect(checkDnsDomain(text)).toBeUndefined();
    },
  );

  it.each([
    ["", "empty"],
    [".", "empty label"],
    ["contoso.com,10,5", "comma"],
    ["_vlmcs._tcp.contoso.com", '"contoso.com"'],
    ["_VLMCS._TCP.contoso.com", "a record's name"],
    ["10.0.0.1", "IP address"],
    ["contoso com", "space"],
    ["contoso.com:53", "colon"],
  ])("refuses %j and says why", (text, why) => {
    expect(checkDnsDomain(text)).toContain(why);
  });
});

describe("normalizeDomain", () => {
  it("takes off spaces, the final dot and capitals, and stays the same when done again", () => {
    expect(normalizeDomain(" Contoso.COM. ")).toBe("contoso.com");
    expect(normalizeDomain(normalizeDomain("Contoso.COM."))).toBe("contoso.com");
    expect(normalizeDomain("contoso.com")).toBe("contoso.com");
  });
});
