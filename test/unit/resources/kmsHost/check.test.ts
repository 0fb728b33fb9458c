import { describe, expect, it } from "vitest";
import { GVLKS } from "../../../../provider/keys";
import { checkKmsHost } from "../../../../provider/resources/kmsHost/schema";
import { HOST_KEY } from "../shared/fakeMachine";
import { CONNECTION, checkHost, reasonOf, UNKNOWN, withConnection } from "./samples";

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
    expect(checkHost({ productKey: HOST_KEY, reactivate: "2026-11-23" }).failures).toEqual([]);
    expect(checkHost({ productKey: HOST_KEY, reactivate: "x".repeat(200) }).failures).toEqual([]);
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
    expect(reasonOf({ productKey: HOST_KEY, activation: { method: "none" }, reactivate: "today" })).toBe(reason);
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
