import { describe, expect, it } from "vitest";
import { type BindUpdatePolicyArgs, type BindZoneArgs, bindUpdatePolicy, bindZoneLines } from "../../../../sdk/index";

describe("bindZoneLines", () => {
  it("writes one complete line for each host, names with their final dot", () => {
    expect(
      bindZoneLines({
        domain: "Contoso.com",
        ttl: 600,
        hosts: [{ target: "KMS01.contoso.com" }, { target: "kms02.contoso.com.", port: 1690, priority: 10, weight: 5 }],
      }),
    ).toBe(
      "_vlmcs._tcp.contoso.com. 600 IN SRV 0 0 1688 kms01.contoso.com.\n" +
        "_vlmcs._tcp.contoso.com. 600 IN SRV 10 5 1690 kms02.contoso.com.\n",
    );
  });

  it.each<[string, BindZoneArgs, RegExp]>([
    ["an address as target", { domain: "a.b", hosts: [{ target: "192.0.2.1" }] }, /hosts\[0\]\.target: .*IP address/],
    ["a second line in a name", { domain: "a.b", hosts: [{ target: "k.a.b\n$INCLUDE x" }] }, /target: .*line feed/],
    ["a comment in a domain", { domain: "a.b;", hosts: [{ target: "k.a.b" }] }, /domain: /],
    ["a host twice", { domain: "a.b", hosts: [{ target: "k.a.b" }, { target: "K.a.b." }] }, /a second time/],
    ["no host", { domain: "a.b", hosts: [] }, /hosts: is empty/],
    ["a TTL out of range", { domain: "a.b", hosts: [{ target: "k.a.b" }], ttl: 2 ** 31 }, /ttl: 2147483648/],
    ["port 0", { domain: "a.b", hosts: [{ target: "k.a.b", port: 0 }] }, /hosts\[0\]\.port/],
  ])("refuses %s", (_, args, message) => {
    expect(() => bindZoneLines(args)).toThrow(message);
  });
});

describe("bindUpdatePolicy", () => {
  it("grants the SRV set to each name, and opens nothing to any", () => {
    const text = bindUpdatePolicy({ domain: "contoso.com", keys: ["KMS-Key."], principals: ["KMS01$@CONTOSO.COM"] });
    expect(text).toBe(
      "update-policy {\n" +
        '  grant "kms-key" name _vlmcs._tcp.contoso.com. SRV;\n' +
        '  grant "KMS01$@CONTOSO.COM" name _vlmcs._tcp.contoso.com. SRV;\n' +
        "};\n",
    );
    expect(text).not.toMatch(/\bany\b|allow-update/);
  });

  it.each<[string, BindUpdatePolicyArgs, RegExp]>([
    ["nobody", { domain: "a.b" }, /name who may change/],
    [
      "everybody of a realm",
      { domain: "a.b", principals: ["*@CONTOSO.COM"] },
      /principals\[0\]: .*no Kerberos principal/,
    ],
    ["a wildcard key", { domain: "a.b", keys: ["*"] }, /keys\[0\]: /],
    ["a statement in a key's name", { domain: "a.b", keys: ['x"; grant * zonesub ANY; "'] }, /keys\[0\]: /],
    ["a statement in a principal", { domain: "a.b", principals: ['a@B"; };'] }, /principals\[0\]: /],
    ["a key twice", { domain: "a.b", keys: ["k", "K"] }, /name one twice/],
  ])("refuses %s", (_, args, message) => {
    expect(() => bindUpdatePolicy(args)).toThrow(message);
  });
});
