import { describe, expect, it } from "vitest";
import { type ClientRegArgs, clientReg, publishListReg, readPublishListReg } from "../../../../sdk/index";

const SPP = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
const LIST = [
  { domain: "contoso.com", priority: 10, weight: 5 },
  { domain: "fabrikam.example", priority: 0, weight: 0 },
];

describe("publishListReg", () => {
  it("writes a REG_MULTI_SZ as UTF-16LE bytes, each string closed and the list closed", () => {
    const text = publishListReg([{ domain: "a.b" }]);
    const bytes = [..."a.b, 0, 0"].map((letter) => `${letter.charCodeAt(0).toString(16)},00,`).join("");
    expect(text.replace(/\\\r\n {2}/g, "")).toBe(
      `Windows Registry Editor Version 5.00\r\n\r\n[${SPP}]\r\n"DnsDomainPublishList"=hex(7):${bytes}00,00,00,00\r\n`,
    );
  });

  it("breaks lines as regedit does, and ends every line with CRLF", () => {
    const lines = publishListReg(LIST).split("\r\n");
    expect(lines.filter((line) => line.startsWith("[")).length).toBe(1);
    for (const line of lines) if (!line.startsWith("[")) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines.join("")).not.toMatch(/[\r\n]/);
  });

  it("is read again as the same list", () => {
    expect(readPublishListReg(publishListReg(LIST))).toEqual(LIST);
    const many = Array.from({ length: 40 }, (_, index) => ({
      domain: `d${index}.example`,
      priority: index,
      weight: 1,
    }));
    expect(readPublishListReg(publishListReg(many))).toEqual(many);
  });

  it("removes the value where the list is empty, and keeps it when nothing is imported", () => {
    expect(publishListReg([])).toContain('"DnsDomainPublishList"=-\r\n');
    expect(readPublishListReg(publishListReg([]))).toEqual([]);
  });

  it("writes bare names below another key for Vista and Server 2008, and reads them", () => {
    const text = publishListReg([{ domain: "contoso.com" }], { service: "SL" });
    expect(text).toContain("CurrentVersion\\SL]");
    expect(text).not.toContain("2c,00");
    expect(readPublishListReg(text)).toEqual([{ domain: "contoso.com", priority: 0, weight: 0 }]);
    expect(() => publishListReg(LIST, { service: "SL" })).toThrow(/neither priority nor weight/);
  });

  it("reads what regedit exports of the whole key, other values among it", () => {
    const text = `\uFEFFWindows Registry Editor Version 5.00\r\n\r\n[${SPP.toUpperCase()}]\r\n"dnsdomainpublishlist"=hex(7):61,00,2e,\\\r\n  00,62,00,2c,00,20,00,37,00,00,00,00,00\r\n"Other"=dword:1\r\n[${SPP}\\x]\r\n"DnsDomainPublishList"=hex(7):78,00,00,00,00,00\r\n`;
    expect(readPublishListReg(text)).toEqual([{ domain: "a.b", priority: 7, weight: 0 }]);
  });

  it.each([
    ["a domain twice", [{ domain: "a.b" }, { domain: "A.B." }], /domains\[1\]\.domain: names a\.b a second time/],
    ["a line break in a name", [{ domain: "a.b\r\n[HKEY" }], /domains\[0\]\.domain: .*carriage return/],
    ["a comma in a name", [{ domain: "a.b, 1, 2" }], /domain: /],
    ["a priority out of range", [{ domain: "a.b", priority: 65_536 }], /domains\[0\]\.priority: 65536 is not/],
  ])("refuses %s", (_, domains, message) => {
    expect(() => publishListReg(domains)).toThrow(message);
  });
});

describe("clientReg", () => {
  const lines = (args: ClientRegArgs) => clientReg(args).split("\r\n").slice(2, -1);

  it("pins host and port as texts", () => {
    expect(lines({ kmsHost: "kms01.contoso.com", kmsPort: 1690 })).toEqual([
      `[${SPP}]`,
      '"KeyManagementServiceName"="kms01.contoso.com"',
      '"KeyManagementServicePort"="1690"',
    ]);
  });

  it("writes the default port with a host, so that an older pin's port goes", () => {
    expect(lines({ kmsHost: "KMS01" })).toContain('"KeyManagementServicePort"="1688"');
  });

  it("takes the pin out for discovery", () => {
    expect(lines({ discovery: true })).toEqual([
      `[${SPP}]`,
      '"KeyManagementServiceName"=-',
      '"KeyManagementServicePort"=-',
    ]);
  });

  it("writes only what is said, each value where Windows looks for it", () => {
    expect(lines({ hostCaching: false, manualActivation: true, noGenTicket: false })).toEqual([
      `[${SPP}]`,
      '"DisableKeyManagementServiceHostCaching"=dword:00000001',
      "",
      `[${SPP}\\Activation]`,
      '"Manual"=dword:00000001',
      "",
      "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\AppID\\slui.exe]",
      '"NoGenTicket"=dword:00000000',
    ]);
  });

  it("writes the switches of the guide's appendix A, the address under both documented names", () => {
    const text = clientReg({
      userOperations: true,
      notificationDisabled: true,
      skipRearm: true,
      alternateUrl: "https://intranet.contoso.com/activation?a=1&b=%20",
      lookupDomain: "Contoso.com.",
    });
    expect(text).toContain('"UserOperations"=dword:00000001');
    expect(text).toContain('"NotificationDisabled"=dword:00000001');
    expect(text).toContain('"SkipRearm"=dword:00000001');
    expect(text).toContain('"ActivationAlternateURL"="https://intranet.contoso.com/activation?a=1&b=%20"');
    expect(text).toContain('"AlternateURL"="https://intranet.contoso.com/activation?a=1&b=%20"');
    expect(text).toContain('"KeyManagementServiceLookupDomain"="contoso.com"');
  });

  it("escapes quotes and backslashes, which a file URL may hold", () => {
    expect(clientReg({ alternateUrl: 'file://server/a\\b"c' })).toContain('"AlternateURL"="file://server/a\\\\b\\"c"');
  });

  it.each<[string, ClientRegArgs, RegExp]>([
    ["a port without a host", { kmsPort: 1688 }, /kmsPort: needs kmsHost/],
    ["a host together with discovery", { kmsHost: "a", discovery: true }, /discovery: /],
    ["an injected value", { kmsHost: 'a"\r\n"x"="y' }, /kmsHost: /],
    ["an injected line in a URL", { alternateUrl: 'https://x/\r\n"y"="z"' }, /alternateUrl: /],
    ["a URL that is none", { alternateUrl: "javascript:alert(1)" }, /no http, https or file URL/],
    ["a URL outside ASCII", { alternateUrl: "https://例.example/" }, /must be ASCII/],
    ["nothing", {}, /nothing is said/],
  ])("refuses %s", (_, args, message) => {
    expect(() => clientReg(args)).toThrow(message);
  });
});
