import { describe, expect, it } from "vitest";
import { type Props, UNKNOWN } from "../../../../provider/adapter/props";
import { checkSrvRecord } from "../../../../provider/resources/srvRecord/schema";

const SECRET = "c3VwZXItc2VjcmV0LXRleHQ=";
const GIVEN = { resourceName: "kms01", zone: "contoso.com", target: "kms01.contoso.com" };
const TSIG = { method: "tsig", keyName: "updater", secret: SECRET };

const check = (over: Props = {}) => checkSrvRecord({ ...GIVEN, ...over });
/** The one reason of a refusal; it never shows the secret. */
function reasonOf(over: Props): string {
  const { failures } = check(over);
  expect(failures).toHaveLength(1);
  expect(JSON.stringify(failures)).not.toContain(SECRET);
  // The engine prints the whole value of a top-level property that is named.
  expect(failures[0]?.property).toMatch(/^$|[.[]/);
  return failures[0]?.reason ?? "";
}

describe("right inputs", () => {
  it("get every default that is enforced, and nothing else", () => {
    expect(check()).toEqual({
      failures: [],
      inputs: { ...GIVEN, name: "_vlmcs._tcp", port: 1688, priority: 0, weight: 0, ensure: "present" },
    });
  });

  it("have names in one spelling, so that letters and final dots are no difference", () => {
    const { inputs } = check({
      zone: "Contoso.COM.",
      name: "_VLMCS._TCP",
      target: "KMS01.contoso.com.",
      neighbours: ["KMS03.contoso.com", "kms02.contoso.com.", "kms03.contoso.com"],
    });
    expect(inputs).toMatchObject({
      ...GIVEN,
      name: "_vlmcs._tcp",
      neighbours: ["kms02.contoso.com", "kms03.contoso.com"],
    });
  });

  it.each<[string, Props]>([
    ["the bounds", { port: 65_535, priority: 65_535, weight: 65_535, ttl: 2_147_483_647 }],
    ["zero", { port: 1, ttl: 0 }],
    ["a server with a port", { server: "[2001:db8::1]:5353" }],
    ["a name with a site", { name: "_vlmcs._tcp.taipei" }],
    ["a zone of one label", { zone: "corp" }],
    ["no signature", { auth: { method: "none" } }],
    ["a credential set", { auth: { method: "tsig", keyName: "k.", credentials: "dns" } }],
    ["md5 by name", { auth: { ...TSIG, algorithm: "hmac-md5" } }],
  ])("may be %s", (_what, over) => {
    expect(check(over).failures).toEqual([]);
  });

  it("sign with sha256 unless another algorithm is named", () => {
    expect(check({ auth: TSIG }).inputs["auth"]).toEqual({ ...TSIG, algorithm: "hmac-sha256" });
  });

  it("want no strangers with onStranger: fail, so that drift can be shown", () => {
    expect(check({ onStranger: "fail" }).inputs["strangers"]).toEqual([]);
    expect(check({ onStranger: "report" }).inputs).not.toHaveProperty("strangers");
    expect(check({ onStranger: "fail", strangers: ["0 0 1688 old.contoso.com"] }).inputs["strangers"]).toEqual([]);
  });
});

describe("gssTsig, servers and waitFor", () => {
  it.each<[string, Props]>([
    [
      "a keytab",
      { auth: { method: "gssTsig", principal: "host/ci01.contoso.com@CONTOSO.COM", keytab: "/etc/k.keytab" } },
    ],
    ["a cache", { auth: { method: "gssTsig", credentialCache: "KEYRING:persistent:0" } }],
    ["a credential set", { auth: { method: "gssTsig", credentials: "ad" } }],
    ["the process's own ticket", { auth: { method: "gssTsig" } }],
    ["servers in order", { server: ["dc01.contoso.com", "[2001:db8::1]:5353"] }],
  ])("take %s as it is", (_what, over) => {
    const { inputs, failures } = check(over);
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject(over);
  });

  it("give a secondary a minute", () => {
    expect(check({ waitFor: [{ server: "ns2" }] }).inputs["waitFor"]).toEqual([{ server: "ns2", timeout: 60 }]);
  });

  it("take a secondary that is not known yet", () => {
    const { failures } = check({ waitFor: [{ server: UNKNOWN }] });
    expect(failures).toEqual([]);
  });
});

describe("wrong inputs", () => {
  it.each<[string, Props, RegExp]>([
    ["an address as target", { target: "10.0.0.1" }, /^target: .*IP address; here the host's full name/],
    ["an IPv6 address as target", { target: "2001:db8::1" }, /^target: .*IP address/],
    ["a single label as target", { target: "kms01" }, /^target: .*single label/],
    ["an underscore in the target", { target: "kms_01.contoso.com" }, /^target: .*underscore/],
    ["a long label", { target: `${"a".repeat(64)}.contoso.com` }, /^target: .*64 characters/],
    ["a target with a port", { target: "kms01.contoso.com:1688" }, /^target: .*port goes into its own property/],
    ["an address as zone", { zone: "10.0.0.0" }, /^zone: .*IP address/],
    ["a record as zone", { zone: "_vlmcs._tcp.contoso.com" }, /^zone: .*give the domain alone: "contoso.com"/],
    ["an empty label", { zone: "contoso..com" }, /^zone: .*empty label/],
    ["an odd character", { zone: "contoso\u2024com" }, /^zone: .*U\+2024/],
    ["the misspelling", { name: "_vmlcs._tcp" }, /^name: .*misspelling.*_vlmcs\._tcp/],
    ["a space in a name with a site", { name: "_vlmcs._tcp.tai pei" }, /^name: .*space/],
    ["an empty label in a name with a site", { name: "_vlmcs._tcp..taipei" }, /^name: .*empty label/],
    ["a name of two lines", { name: "_vlmcs._tcp.a\nb" }, /^name: /],
    ["a long label in a name with a site", { name: `_vlmcs._tcp.${"a".repeat(64)}` }, /^name: .*64 characters/],
    ["a service within a name", { name: "_vlmcs._tcp._vlmcs._udp.x" }, /^name: /],
    ["a plain name", { name: "kms01" }, /^name: .*does not begin with _service\._tcp/],
    [
      "a name with its zone",
      { name: "_vlmcs._tcp.contoso.com" },
      /^name: is relative to the zone: give "_vlmcs\._tcp"/,
    ],
    ["the apex", { name: "@" }, /^name: /],
    ["port 0", { port: 0 }, /^port: 0 is not a TCP port/],
    ["port 65536", { port: 65_536 }, /^port: .*65535/],
    ["a port as text", { port: "1688" }, /^port: must be a whole number/],
    ["a negative priority", { priority: -1 }, /^priority: .*0 to 65535/],
    ["a weight beyond 16 bits", { weight: 65_536 }, /^weight: .*0 to 65535/],
    ["half a weight", { weight: 0.5 }, /^weight: must be a whole number/],
    ["a TTL beyond 31 bits", { ttl: 2_147_483_648 }, /^ttl: must be 0 to 2147483647/],
    ["a server port of 0", { server: "ns1:0" }, /^server: 0 is not a TCP port/],
    ["a server as URL", { server: "dns://ns1" }, /^server: .*URL/],
    ["an address among neighbours", { neighbours: ["10.0.0.1"] }, /^neighbours\[0\]: .*IP address/],
    ["another word for ensure", { ensure: "gone" }, /^ensure: must be one of "present", "absent"/],
    ["another word for adopt", { adopt: "yes" }, /^adopt: must be one of "identical"/],
    ["another method", { auth: { method: "tsigg" } }, /^auth.method: must be one of/],
    ["no method", { auth: { keyName: "k" } }, /^auth.method: is required/],
    ["no key name", { auth: { method: "tsig", secret: SECRET } }, /^auth.keyName: is required/],
    ["no secret", { auth: { method: "tsig", keyName: "k" } }, /^auth.secret: is required, or auth.credentials/],
    ["two secrets", { auth: { ...TSIG, credentials: "dns" } }, /^auth.secret: and auth.credentials exclude each other/],
    ["a secret that is no base64", { auth: { ...TSIG, secret: `${SECRET}!` } }, /^auth.secret: is no base64 text/],
    ["a key without tsig", { auth: { method: "none", keyName: "k" } }, /^auth.keyName: needs method "tsig"/],
    [
      "a short algorithm name",
      { auth: { ...TSIG, algorithm: "sha256" } },
      /^auth.algorithm: must be one of "hmac-sha256"/,
    ],
    ["a keytab with tsig", { auth: { ...TSIG, keytab: "/k" } }, /^auth.keytab: needs method "gssTsig"/],
    ["a key with gssTsig", { auth: { method: "gssTsig", keyName: "k" } }, /^auth.keyName: needs method "tsig"/],
    [
      "a keytab without principal",
      { auth: { method: "gssTsig", keytab: "/k" } },
      /^auth.principal: is required with auth.keytab/,
    ],
    [
      "two sources of a ticket",
      { auth: { method: "gssTsig", principal: "a@B", keytab: "/k", credentialCache: "FILE:/c" } },
      /^auth.credentialCache: and auth.keytab exclude each other/,
    ],
    [
      "a principal that is an option",
      { auth: { method: "gssTsig", principal: "-X" } },
      /^auth.principal: must be like/,
    ],
    ["a principal of two lines", { auth: { method: "gssTsig", principal: "a\nb" } }, /^auth.principal: must be like/],
    [
      "a keytab that is an option",
      { auth: { method: "gssTsig", principal: "a", keytab: "-k" } },
      /^auth.keytab: must be/,
    ],
    ["an empty list of servers", { server: [] }, /^server: must name at least one/],
    ["a wrong one among servers", { server: ["ns1", "ns2:0"] }, /^server\[1\]: 0 is not a TCP port/],
    ["a wait for nobody", { waitFor: [{ timeout: 5 }] }, /^waitFor\[0\].server: is required/],
    ["a wait of no time", { waitFor: [{ server: "ns2", timeout: 0 }] }, /^waitFor\[0\].timeout: must be 1 to 86400/],
    ["a misspelt property", { Zone: "x", zone: "contoso.com" }, /^Zone: .*spelled zone/],
  ])("are told: %s", (_what, over, reason) => {
    expect(reasonOf(over)).toMatch(reason);
  });

  it("are told when zone and target are missing", () => {
    const { failures } = checkSrvRecord({ resourceName: "kms01" });
    expect(failures.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^zone: is required/),
      expect.stringMatching(/^target: is required/),
    ]);
  });

  it("are told when name and zone together are longer than a name may be", () => {
    const zone = `${"abcdefg.".repeat(30)}com`;
    expect(reasonOf({ zone })).toMatch(/^name: is, with its zone, 255 characters long; DNS allows 253/);
  });
});

const CONNECTION = { host: "dc01.contoso.com", hostKey: "insecure-accept-any" };
const WINDOWS = { method: "windowsDns", connection: CONNECTION };

describe("windowsDns", () => {
  it.each<[string, Props]>([
    ["a connection", WINDOWS],
    ["a connection with a credential set", { ...WINDOWS, connection: { ...CONNECTION, credentials: "admin" } }],
    ["a known_hosts file", { ...WINDOWS, connection: { host: "dc01", knownHosts: "dc01 ssh-ed25519 AAAA" } }],
    ["a connection that is not known yet", { ...WINDOWS, connection: UNKNOWN }],
    ["a host that is not known yet", { ...WINDOWS, connection: { ...CONNECTION, host: UNKNOWN } }],
    ["a host key that is not known yet", { ...WINDOWS, connection: { host: "dc01", hostKey: UNKNOWN } }],
  ])("takes %s as it is", (_what, auth) => {
    const { inputs, failures } = check({ auth });
    expect(failures).toEqual([]);
    expect(inputs["auth"]).toEqual(auth);
  });

  it.each<[string, Props, RegExp]>([
    ["no connection", { auth: { method: "windowsDns" } }, /^auth\.connection: is required: how to reach the machine/],
    [
      "no host",
      { auth: { ...WINDOWS, connection: { hostKey: "insecure-accept-any" } } },
      /^auth\.connection\.host: is required/,
    ],
    [
      "no host key",
      { auth: { ...WINDOWS, connection: { host: "dc01" } } },
      /^auth\.connection\.hostKey: is required, or knownHosts/,
    ],
    [
      "a jump host without a host key",
      { auth: { ...WINDOWS, connection: { ...CONNECTION, proxy: { host: "jump" } } } },
      /^auth\.connection\.proxy\.hostKey: is required/,
    ],
    [
      "a passphrase without a key",
      { auth: { ...WINDOWS, connection: { ...CONNECTION, privateKeyPassword: "p" } } },
      /^auth\.connection\.privateKeyPassword: has no privateKey/,
    ],
    [
      "a port of 0",
      { auth: { ...WINDOWS, connection: { ...CONNECTION, port: 0 } } },
      /^auth\.connection\.port: 0 is not/,
    ],
    [
      "a misspelt member",
      { auth: { ...WINDOWS, connection: { ...CONNECTION, hostkey: "x" } } },
      /^auth\.connection\.hostkey: .*spelled hostKey/,
    ],
    [
      "a server beside it",
      { auth: WINDOWS, server: "dc02" },
      /^server: has no place beside auth\.method "windowsDns": .*auth\.connection/,
    ],
    ["a server that is not known yet", { auth: WINDOWS, server: UNKNOWN }, /^server: has no place/],
    [
      "a credential set of its own",
      { auth: { ...WINDOWS, credentials: "dns" } },
      /^auth\.credentials: needs method "tsig" or "gssTsig"/,
    ],
    ["a TSIG secret", { auth: { ...WINDOWS, secret: SECRET } }, /^auth\.secret: needs method "tsig"/],
    ["a keytab", { auth: { ...WINDOWS, keytab: "/k" } }, /^auth\.keytab: needs method "gssTsig"/],
    [
      "a connection for tsig",
      { auth: { ...TSIG, connection: CONNECTION } },
      /^auth\.connection: needs method "windowsDns"/,
    ],
  ])("is told: %s", (_what, over, reason) => {
    expect(reasonOf(over)).toMatch(reason);
  });

  it("never shows a password in what it refuses", () => {
    const { failures } = check({ auth: { ...WINDOWS, connection: { host: "dc01", password: "Passw0rd!x", port: 0 } } });
    expect(failures).toHaveLength(1);
    expect(JSON.stringify(failures)).not.toContain("Passw0rd!x");
  });
});

describe("what is not known yet", () => {
  it.each(["zone", "name", "target", "port", "ttl", "server", "auth", "neighbours", "onStranger"])(
    "passes as %s and stays unknown",
    (property) => {
      const { inputs, failures } = check({ [property]: UNKNOWN });
      expect(failures).toEqual([]);
      expect(inputs[property]).toBe(UNKNOWN);
    },
  );

  it("inside auth is taken for given", () => {
    const { inputs, failures } = check({ auth: { method: "tsig", keyName: UNKNOWN, secret: UNKNOWN } });
    expect(failures).toEqual([]);
    expect(inputs["auth"]).toEqual({ method: "tsig", keyName: UNKNOWN, secret: UNKNOWN, algorithm: "hmac-sha256" });
  });
});
