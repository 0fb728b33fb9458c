import { describe, expect, it } from "vitest";
import { dnValue, nodeDn, parseAccount, zoneContainers, zoneDn } from "../../../provider/directory/names";

describe("a value in a distinguished name", () => {
  it.each([
    ["_vlmcs._tcp", "_vlmcs._tcp"],
    ["a,DC=b", "a\\,DC\\=b"],
    ['x+y"<>;\\', 'x\\+y\\"\\<\\>\\;\\\\'],
    ["#1", "\\#1"],
    [" a ", "\\ a\\ "],
    ["a\0b", "a\\00b"],
  ])("%j is written %j", (text, written) => {
    expect(dnValue(text)).toBe(written);
  });

  it("makes the names of zone and node", () => {
    const zone = zoneDn("contoso.com", "CN=MicrosoftDNS,DC=DomainDnsZones,DC=contoso,DC=com");
    expect(nodeDn("_vlmcs._tcp", zone)).toBe(
      "DC=_vlmcs._tcp,DC=contoso.com,CN=MicrosoftDNS,DC=DomainDnsZones,DC=contoso,DC=com",
    );
  });
});

it("zones are looked for in the domain's and the forest's partition, in further ones, and in the domain itself", () => {
  const domain = "DC=contoso,DC=com";
  const contexts = [
    domain,
    `CN=Configuration,${domain}`,
    `CN=Schema,CN=Configuration,${domain}`,
    `DC=Branch,${domain}`,
    `DC=ForestDnsZones,${domain}`,
    `DC=DomainDnsZones,${domain}`,
  ];
  expect(zoneContainers(contexts, domain)).toEqual([
    `CN=MicrosoftDNS,DC=DomainDnsZones,${domain}`,
    `CN=MicrosoftDNS,DC=ForestDnsZones,${domain}`,
    `CN=MicrosoftDNS,DC=Branch,${domain}`,
    `CN=MicrosoftDNS,CN=System,${domain}`,
  ]);
});

it.each([
  ["CONTOSO\\KMS Hosts", { kind: "name", name: "KMS Hosts", domain: "CONTOSO" }],
  ["KMS Hosts", { kind: "name", name: "KMS Hosts", domain: undefined }],
  ["KMS01$", { kind: "name", name: "KMS01$", domain: undefined }],
  ["kms@contoso.com", { kind: "principal", name: "kms", suffix: "contoso.com" }],
  ["s-1-5-11", { kind: "sid", sid: "S-1-5-11" }],
])("the account %s is read as it is meant", (text, parsed) => {
  expect(parseAccount(text)).toEqual(parsed);
});
