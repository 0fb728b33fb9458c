import { describe, expect, it } from "vitest";
import type { Props } from "../../../../provider/adapter/props";
import { GVLKS } from "../../../../provider/keys";
import { checkKmsHost } from "../../../../provider/resources/kmsHost/schema";
import { HOST_KEY } from "../shared/fakeMachine";
import { CONNECTION, checkHost } from "./samples";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const REFUSED = { productKey: HOST_KEY };

/** The one reason of a refusal. */
function reasonOf(input: { [name: string]: unknown }): string {
  const { failures } = checkHost(input);
  expect(failures).toHaveLength(1);
  return failures[0]?.reason ?? "";
}
const withConnection = (over: { [name: string]: unknown }) => ({ connection: { ...CONNECTION, ...over } });

describe("right inputs", () => {
  it("get every default, and no key companions without a key", () => {
    expect(checkHost({})).toEqual({
      failures: [],
      inputs: {
        resourceName: "kms01",
        connection: CONNECTION,
        activation: { method: "none" },
        listeningPort: 1688,
        dnsPublishing: true,
        publishDomains: [],
        lowPriority: false,
        activationInterval: 120,
        renewalInterval: 10_080,
        role: "primary",
      },
    });
  });

  it("get companions that show a secret key's drift: its last five characters and the wanted status", () => {
    const { inputs, failures } = checkHost({ productKey: ` ${HOST_KEY.toLowerCase()} ` });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({
      productKey: HOST_KEY,
      partialProductKey: "6789B",
      activation: { method: "online" },
      licenseStatus: "Licensed",
    });
  });

  it("want no status when nothing is to be activated", () => {
    const { inputs } = checkHost({ productKey: HOST_KEY, activation: { method: "none" } });
    expect(inputs).toMatchObject({ partialProductKey: "6789B", activation: { method: "none" } });
    expect(inputs).not.toHaveProperty("licenseStatus");
  });

  it.each([
    ["listeningPort", 1],
    ["listeningPort", 65_535],
    ["dnsPublishing", false],
    ["lowPriority", true],
    ["activationInterval", 15],
    ["activationInterval", 43_200],
    ["renewalInterval", 15],
    ["renewalInterval", 43_200],
    ["role", "spare"],
    ["onDelete", "restore"],
  ])("take %s %j as it is", (name, value) => {
    const { inputs, failures } = checkHost({ [name]: value });
    expect(failures).toEqual([]);
    expect(inputs[name]).toBe(value);
  });

  it("take reactivate with a key", () => {
    expect(checkHost({ ...REFUSED, reactivate: "2026-11-23" }).failures).toEqual([]);
    expect(checkHost({ ...REFUSED, reactivate: "x".repeat(200) }).failures).toEqual([]);
  });

  it("write domains in one spelling, with default priority and weight", () => {
    const publishDomains = [{ domain: "Contoso.COM." }, { domain: "fabrikam.com", priority: 10, weight: 65_535 }];
    expect(checkHost({ publishDomains }).inputs["publishDomains"]).toEqual([
      { domain: "contoso.com", priority: 0, weight: 0 },
      { domain: "fabrikam.com", priority: 10, weight: 65_535 },
    ]);
  });

  it.each([
    { user: "CONTOSO\\admin", password: "p" },
    { port: 2222, privateKey: "PEM", privateKeyPassword: "p" },
    { credentials: "site 1-admins.v2" },
    { hostKey: undefined, knownHosts: "kms01 ssh-ed25519 AAAA" },
    { proxy: { host: "jump", hostKey: "insecure-accept-any" } },
    { timeouts: { connect: 1, operation: 86_400 }, dialErrorLimit: -1, perDialTimeout: 0 },
    { onUnreachable: "keep", transport: "ssh", agentSocketPath: "/run/agent" },
    { host: "fe80::1" },
  ])("take the connection %j", (over) => {
    expect(checkHost(withConnection(over)).failures).toEqual([]);
  });

  it("stay as they are when the engine checks the checked ones again", () => {
    for (const input of [
      {},
      { productKey: HOST_KEY, reactivate: "a", publishDomains: [{ domain: "a.example", priority: 1 }] },
      { productKey: UNKNOWN, publishDomains: [{ domain: UNKNOWN }] },
      { productKey: HOST_KEY, activation: { method: "none" }, listeningPort: UNKNOWN },
    ]) {
      const once = checkHost(input);
      expect(once.failures).toEqual([]);
      expect(checkKmsHost(once.inputs)).toEqual(once);
    }
  });
});

describe("a wrong value", () => {
  it.each<[string, unknown, string]>([
    ["listeningPort", 0, "0 is not a TCP port; a whole number from 1 to 65535 is allowed."],
    ["listeningPort", 65_536, "65536 is not a TCP port; a whole number from 1 to 65535 is allowed."],
    ["listeningPort", 1688.5, "must be a whole number: the TCP port that KMS serves"],
    ["listeningPort", "1688", "must be a whole number: the TCP port that KMS serves"],
    ["dnsPublishing", "yes", "must be true or false: whether the host publishes its own SRV records"],
    ["lowPriority", 1, "must be true or false: whether KMS runs at low priority"],
    [
      "activationInterval",
      14,
      "14 is not an interval in minutes that Windows accepts (15 minutes to 30 days); a whole number from 15 to 43200 is allowed.",
    ],
    ["activationInterval", true, "must be a whole number: minutes between a client's attempts"],
    [
      "renewalInterval",
      43_201,
      "43201 is not an interval in minutes that Windows accepts (15 minutes to 30 days); a whole number from 15 to 43200 is allowed.",
    ],
    ["renewalInterval", null, "must be a whole number: minutes between a client's renewals"],
    ["role", "secondary", 'must be one of "primary", "spare"'],
    ["onDelete", "uninstall", 'must be one of "retain", "restore"'],
    ["productKey", "", "must not be empty: the KMS host key (CSVLK)"],
    ["productKey", 25, "must be text: the KMS host key (CSVLK)"],
    ["activation", "online", 'must be an object like { method: "online" }'],
    ["publishDomains", "contoso.com", "must be a list of { domain, priority, weight }"],
  ])("of %s (%j) is refused by name and rule", (name, value, rule) => {
    expect(checkHost({ [name]: value }).failures).toEqual([{ property: "", reason: `${name}: ${rule}` }]);
  });

  it.each<[unknown, string]>([
    ["", "must be 1 to 200 characters"],
    ["x".repeat(201), "must be 1 to 200 characters"],
    [7, "must be text: any text; each new value allows one more activation"],
  ])("of reactivate (%j) is refused", (reactivate, rule) => {
    expect(reasonOf({ ...REFUSED, reactivate })).toBe(`reactivate: ${rule}`);
  });

  it.each<[unknown, string, string]>([
    [{ method: "fax" }, "activation.method", 'must be one of "online", "phone", "none"'],
    [
      { method: "phone" },
      "activation.method",
      '"phone" needs productKey: without it only the key that is there is kept',
    ],
    [
      { method: "none", confirmationId: "1".repeat(48) },
      "activation.confirmationId",
      'has a meaning with activation.method "phone" only',
    ],
    [
      { method: "online" },
      "activation.method",
      '"online" needs productKey: without it only the key that is there is kept',
    ],
    [{ Method: "none" }, "activation.Method", "is not a property; it is spelled method"],
  ])("of activation (%j) is refused at its path", (activation, property, rule) => {
    expect(checkHost({ activation }).failures).toEqual([{ property, reason: `${property}: ${rule}` }]);
  });

  it.each<[unknown, string, string]>([
    [[{ priority: 1 }], "publishDomains[0].domain", "is required: a DNS domain"],
    [
      [{ domain: "_vlmcs._tcp.contoso.com" }],
      "publishDomains[0].domain",
      `"_vlmcs._tcp.contoso.com" is a record's name; give the domain alone: "contoso.com".`,
    ],
    [[{ domain: "a.example" }, { domain: "A.example." }], "publishDomains[1].domain", "names a.example a second time"],
    [
      [{ domain: "a.example", priority: -1 }],
      "publishDomains[0].priority",
      "-1 is not an SRV priority or weight (RFC 2782); a whole number from 0 to 65535 is allowed.",
    ],
    [[{ domain: "a.example", weight: "5" }], "publishDomains[0].weight", "must be a whole number: SRV weight"],
    [["a.example"], "publishDomains[0]", "must be an object with domain, priority and weight"],
    [[{ domain: "a.example", Weight: 5 }], "publishDomains[0].Weight", "is not a property; it is spelled weight"],
    [
      [{ domain: "a.example", ttl: 5 }],
      "publishDomains[0].ttl",
      "is not a property; there are domain, priority, weight",
    ],
  ])("in publishDomains (%j) is refused at its path", (publishDomains, property, rule) => {
    expect(checkHost({ publishDomains }).failures).toEqual([{ property, reason: `${property}: ${rule}` }]);
  });

  it.each<[{ [name: string]: unknown }, string, string]>([
    [{ host: undefined }, "connection.host", "is required: the machine's host name or IP address"],
    [
      { host: "kms01:22" },
      "connection.host",
      '"kms01:22" has a colon; a port goes into its own property, not into the name.',
    ],
    [{ port: 0 }, "connection.port", "0 is not a TCP port; a whole number from 1 to 65535 is allowed."],
    [{ password: "" }, "connection.password", "must not be empty: the account's password"],
    [{ privateKeyPassword: "p" }, "connection.privateKeyPassword", "has no privateKey to open"],
    [{ transport: "winrm" }, "connection.transport", 'must be "ssh", the one transport of this release'],
    [{ onUnreachable: "ignore" }, "connection.onUnreachable", 'must be one of "fail", "keep"'],
    [{ dialErrorLimit: 101 }, "connection.dialErrorLimit", "must be -1 (until the deadline) or 0 to 100"],
    [{ perDialTimeout: 3601 }, "connection.perDialTimeout", "must be 0 (no limit of its own) to 3600 seconds"],
    [{ timeouts: { connect: 0 } }, "connection.timeouts.connect", "must be 1 to 86400 seconds"],
    [{ timeouts: 5 }, "connection.timeouts", "must be an object: connect and operation, in seconds"],
    [
      { credentials: "a/b" },
      "connection.credentials",
      "must be 1 to 64 letters, digits, spaces, dots, dashes or underscores",
    ],
    [{ hostkey: "x" }, "connection.hostkey", "is not a property; it is spelled hostKey"],
    [
      { proxy: { hostKey: "insecure-accept-any" } },
      "connection.proxy.host",
      "is required: the jump host's name or IP address",
    ],
    [
      { proxy: { HOST: "j", hostKey: "insecure-accept-any" } },
      "connection.proxy.HOST",
      "is not a property; it is spelled host",
    ],
    [
      { hostKey: "SHA256:abc" },
      "connection.hostKey",
      "A fingerprint is not enough, the whole public key is needed: `ssh-keyscan HOST` prints it: paste the line without the host name that stands before the key type.",
    ],
  ])("in the connection (%j) is refused at its path", (over, property, rule) => {
    expect(checkHost(withConnection(over)).failures).toEqual([{ property, reason: `${property}: ${rule}` }]);
  });

  it("that lacks any way to know the machine is refused with the ways to know it", () => {
    for (const [over, property] of [
      [{ hostKey: undefined }, "connection.hostKey"],
      [{ proxy: { host: "jump" } }, "connection.proxy.hostKey"],
    ] as const) {
      const { failures } = checkHost(withConnection(over));
      expect(failures).toEqual([
        { property, reason: expect.stringContaining(`${property}: is required, or knownHosts`) },
      ]);
      expect(failures[0]?.reason).toContain('"insecure-accept-any" skips the check and warns at every run');
    }
  });

  it("that lacks the whole connection is refused", () => {
    expect(checkKmsHost({ resourceName: "kms01" }).failures).toEqual([
      { property: "", reason: "connection: is required: how to reach the machine" },
    ]);
    expect(checkHost({ connection: "kms01" }).failures).toEqual([
      {
        property: "",
        reason:
          "connection: must be an object: how to reach the machine (host, hostKey or knownHosts, credentials ...)",
      },
    ]);
  });

  it("is never printed by the engine: no failure names a top-level property", () => {
    for (const input of [{ productKey: "x" }, { listeningPort: 0 }, { connection: 5 }, { unknownName: 1 }]) {
      for (const { property } of checkHost(input).failures) expect(property).toBe("");
    }
  });
});

describe("names that do not exist", () => {
  it("are told the spelling when only the case is wrong", () => {
    expect(reasonOf({ ListeningPort: 1689 })).toBe("ListeningPort: is not a property; it is spelled listeningPort");
    expect(reasonOf({ productkey: HOST_KEY })).toBe("productkey: is not a property; it is spelled productKey");
  });

  it("are told the names that there are", () => {
    expect(reasonOf({ kmsPort: 1688 })).toBe(
      "kmsPort: is not a property; there are resourceName, connection, productKey, activation, reactivate, listeningPort, " +
        "dnsPublishing, publishDomains, lowPriority, activationInterval, renewalInterval, role, verifyPublishing, " +
        "onDelete, uninstallKey",
    );
  });
});

describe("a product key", () => {
  it.each(GVLKS.filter(({ family }) => family === "windows-server-2022"))(
    "that is the published setup key of $product is refused on a host by that name",
    ({ key, product }) => {
      expect(reasonOf({ productKey: key.toLowerCase() })).toBe(
        `productKey: is the published client setup key (GVLK) of ${product}, which makes a KMS client, never a host; the host ` +
          "key (CSVLK) is in your organisation's licence portal",
      );
    },
  );

  it("pasted with an em dash is told where it stands and what to type", () => {
    expect(reasonOf({ productKey: HOST_KEY.replace("-", "\u2014") })).toBe(
      'productKey: The product key has an em dash (U+2014) at character 6: type "-" instead. Text from mail or a document ' +
        "often carries such characters; type the key by hand if in doubt.",
    );
  });

  it.each([
    `${HOST_KEY}-X`,
    HOST_KEY.slice(0, -1),
    HOST_KEY.replaceAll("-", ""),
    HOST_KEY.replace("B", "0"),
    HOST_KEY.replace("-", "\u2014"),
  ])("is never in the reason that refuses it (%#)", (productKey) => {
    const reason = reasonOf({ productKey });
    for (const group of productKey.split(/[-\u2014]/).filter(({ length }) => length === 5)) {
      expect(reason).not.toContain(group);
    }
  });
});

describe("rules across properties", () => {
  it("refuse reactivate where nothing is activated", () => {
    const reason = 'reactivate: has no meaning with activation.method "none"';
    expect(reasonOf({ reactivate: "today" })).toBe(reason);
    expect(reasonOf({ ...REFUSED, activation: { method: "none" }, reactivate: "today" })).toBe(reason);
  });

  it("are all told at once", () => {
    const { failures } = checkHost({ connection: {}, productKey: "x", reactivate: "today" });
    expect(failures.map(({ reason }) => reason.split(":")[0])).toEqual([
      "connection.host",
      "connection.hostKey",
      "productKey",
    ]);
  });
});

describe("values that a preview does not know yet", () => {
  const full: Props = {
    resourceName: "kms01",
    connection: {
      ...CONNECTION,
      port: 22,
      user: "admin",
      password: "p",
      privateKey: "PEM",
      privateKeyPassword: "pp",
      proxy: { host: "jump", hostKey: "insecure-accept-any" },
      timeouts: { connect: 5 },
    },
    productKey: HOST_KEY,
    activation: { method: "online" },
    reactivate: "today",
    listeningPort: 1689,
    dnsPublishing: false,
    publishDomains: [{ domain: "a.example", priority: 1, weight: 2 }],
    lowPriority: true,
    activationInterval: 60,
    renewalInterval: 600,
    role: "spare",
    onDelete: "restore",
  };

  it.each(Object.keys(full).filter((name) => name !== "resourceName"))("are taken for %s and put back", (name) => {
    const { inputs, failures } = checkKmsHost({ ...full, [name]: UNKNOWN });
    expect(failures).toEqual([]);
    expect(inputs[name]).toBe(UNKNOWN);
  });

  it.each(Object.keys(full["connection"] as Props))("are taken for connection.%s and put back", (name) => {
    const connection = { ...(full["connection"] as Props), [name]: UNKNOWN };
    const { inputs, failures } = checkKmsHost({ ...full, connection });
    expect(failures).toEqual([]);
    expect(inputs["connection"]).toEqual(connection);
  });

  it("are taken inside lists", () => {
    const publishDomains = [{ domain: UNKNOWN, priority: 1 }, { domain: "a.example" }];
    expect(checkKmsHost({ ...full, publishDomains })).toMatchObject({ failures: [], inputs: { publishDomains } });
  });

  it("count as given: an unknown key may be activated, and has no companion yet", () => {
    const { inputs, failures } = checkHost({ productKey: UNKNOWN, reactivate: "today" });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ activation: { method: "online" }, licenseStatus: "Licensed" });
    expect(inputs).not.toHaveProperty("partialProductKey");
  });

  it("leave the wanted status open when the method is not known", () => {
    for (const activation of [UNKNOWN, { method: UNKNOWN }]) {
      const { inputs, failures } = checkHost({ productKey: HOST_KEY, activation, reactivate: "today" });
      expect(failures).toEqual([]);
      expect(inputs).not.toHaveProperty("licenseStatus");
      expect(inputs["activation"]).toEqual(activation);
    }
  });

  it("skip the rules that need them, and no others", () => {
    expect(checkHost(withConnection({ hostKey: UNKNOWN })).failures).toEqual([]);
    expect(checkHost(withConnection({ hostKey: undefined, knownHosts: UNKNOWN })).failures).toEqual([]);
    expect(checkHost(withConnection({ privateKey: UNKNOWN, privateKeyPassword: "p" })).failures).toEqual([]);
    expect(checkHost({ activation: UNKNOWN, reactivate: "today" }).failures).toEqual([]);
    expect(reasonOf({ listeningPort: 0, productKey: UNKNOWN })).toContain("listeningPort: 0 is not a TCP port");
    expect(reasonOf({ connection: { host: UNKNOWN } })).toContain("connection.hostKey: is required");
  });
});
