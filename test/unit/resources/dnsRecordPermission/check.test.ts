import { describe, expect, it } from "vitest";
import { type Props, UNKNOWN } from "../../../../provider/adapter/props";
import { dnsRecordPermissionHandler } from "../../../../provider/resources/dnsRecordPermission/handler";
import { checkDnsRecordPermission } from "../../../../provider/resources/dnsRecordPermission/schema";

const PASSWORD = "s3cret-pass";
const LDAP = { server: "dc01.contoso.com", user: "kms@contoso.com", password: PASSWORD };
const GIVEN = { resourceName: "hosts", zone: "contoso.com", account: "CONTOSO\\KMS Hosts", ldap: LDAP };
const DEFAULTS = { name: "_vlmcs._tcp", rights: "update", onDelete: "restore" };
const FINGERPRINT = "AB:".repeat(31).concat("cd");

const check = (over: Props = {}) => checkDnsRecordPermission({ ...GIVEN, ...over });
function reasonOf(over: Props): string {
  const { failures } = check(over);
  expect(failures).toHaveLength(1);
  expect(JSON.stringify(failures)).not.toContain(PASSWORD);
  expect(failures[0]?.property).toMatch(/^$|[.[]/);
  return failures[0]?.reason ?? "";
}
const withoutLdap = (over: Props) => {
  const { ldap: _, ...rest } = GIVEN;
  return checkDnsRecordPermission({ ...rest, ...over });
};

describe("right inputs", () => {
  it("get the defaults that are documented, and nothing else", () => {
    expect(check()).toEqual({ failures: [], inputs: { ...GIVEN, ...DEFAULTS } });
  });

  it("have names in one spelling, and a fingerprint without colons", () => {
    const { inputs } = check({
      zone: "Contoso.COM.",
      name: "_VLMCS._TCP",
      ldap: { ...LDAP, tls: { fingerprint: FINGERPRINT } },
    });
    expect(inputs).toMatchObject({ zone: "contoso.com", name: "_vlmcs._tcp" });
    expect(inputs["ldap"]).toMatchObject({ tls: { fingerprint: `${"ab".repeat(31)}cd` } });
  });

  it.each<[string, Props]>([
    ["a SID", { account: "S-1-5-21-1-2-3-1105" }],
    ["a short name", { account: "KMS Hosts" }],
    ["a computer", { account: "CONTOSO\\KMS01$" }],
    ["a principal name", { account: "kms@contoso.com" }],
    ["a credential set", { ldap: { server: "dc01:1636", credentials: "ad" } }],
    ["a site's name", { name: "_vlmcs._tcp.taipei" }],
  ])("may be %s", (_what, over) => {
    expect(check(over).failures).toEqual([]);
  });

  it("may be a machine of the domain in the place of ldap", () => {
    const connection = { host: "dc01", hostKey: "insecure-accept-any" };
    expect(withoutLdap({ connection })).toMatchObject({ failures: [], inputs: { connection } });
  });
});

describe("refused is", () => {
  it.each<[string, Props, string]>([
    ["a name that many pages misspell", { name: "_vmlcs._tcp" }, "misspelling"],
    ["a name with its zone", { name: "_vlmcs._tcp.contoso.com" }, "relative to the zone"],
    ["a name that breaks out of a distinguished name", { name: "x,DC=evil" }, "no name of DNS records"],
    ["an account with a star", { account: "*" }, "no account"],
    ["an account that breaks out of a filter", { account: "a)(objectClass=*" }, "no account"],
    ["an account with two backslashes", { account: "A\\B\\C" }, "no account"],
    ["an account with a line break", { account: "a\nb" }, "one line"],
    ["a SID that is none", { account: "S-1-5-x" }, "no SID"],
    ["a SID with a number that is too large", { account: "S-1-5-21-4294967296-1" }, "no SID"],
    ["other rights", { rights: "write" }, '"update", "full"'],
    ["a URL for a server", { ldap: { ...LDAP, server: "ldaps://dc01" } }, "without"],
    ["no server", { ldap: { user: "a", password: PASSWORD } }, "ldap.server: is required"],
    ["a user without a password", { ldap: { server: "dc01", user: "a" } }, "ldap.password: is required"],
    ["an empty password", { ldap: { ...LDAP, password: "" } }, "must not be empty"],
    ["a fingerprint of SHA-1", { ldap: { ...LDAP, tls: { fingerprint: "ab".repeat(20) } } }, "64 hexadecimal digits"],
    ["a CA that is no certificate", { ldap: { ...LDAP, tls: { ca: "x" } } }, "PEM text"],
    [
      "a CA that cannot be read",
      { ldap: { ...LDAP, tls: { ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" } } },
      "cannot be read",
    ],
    ["both ways", { connection: { host: "dc01", hostKey: "insecure-accept-any" } }, "exclude each other"],
    ["a member that is none", { ldap: { ...LDAP, insecure: true } }, "is not a property"],
  ])("%s", (_what, over, reason) => {
    expect(reasonOf(over)).toContain(reason);
  });

  it("no way at all, and neither zone nor account", () => {
    const { failures } = checkDnsRecordPermission({ resourceName: "hosts" });
    expect(failures.map(({ reason }) => reason.split(":")[0])).toEqual(["zone", "account", "ldap"]);
  });
});

it("what is not known yet counts as given", () => {
  const { failures, inputs } = check({ zone: UNKNOWN, account: UNKNOWN, ldap: UNKNOWN });
  expect(failures).toEqual([]);
  expect(inputs).toMatchObject({ zone: UNKNOWN, account: UNKNOWN, ldap: UNKNOWN });
});

it("both ways exclude each other only once both are known, since what is not known yet may be nothing", () => {
  const connection = { host: "dc01", hostKey: "insecure-accept-any" };
  expect(withoutLdap({ ldap: UNKNOWN, connection }).failures).toEqual([]);
  expect(check({ connection: UNKNOWN }).failures).toEqual([]);
  expect(withoutLdap({ ldap: UNKNOWN, connection: UNKNOWN }).failures).toEqual([]);
});

it("another zone, name or account replaces; everything else is in place", () => {
  const { inputs } = check();
  const diff = (over: Props) => dnsRecordPermissionHandler.diff(inputs, check(over).inputs);
  expect(diff({}).changed).toEqual([]);
  for (const [name, value] of [
    ["zone", "fabrikam.com"],
    ["name", "_kms._tcp"],
    ["account", "KMS Hosts"],
  ] as const) {
    expect(diff({ [name]: value })).toEqual({ changed: [name], replaces: [name] });
  }
  expect(diff({ rights: "full", onDelete: "retain", ldap: { ...LDAP, server: "dc02" } })).toEqual({
    changed: ["ldap", "rights", "onDelete"],
    replaces: [],
  });
  expect(dnsRecordPermissionHandler.diff(inputs, { ...inputs, account: UNKNOWN }).replaces).toEqual(["account"]);
});
