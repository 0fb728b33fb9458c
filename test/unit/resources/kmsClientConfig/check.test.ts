import { describe, expect, it } from "vitest";
import type { Props } from "../../../../provider/adapter/props";
import { GVLKS } from "../../../../provider/keys";
import { checkKmsClient } from "../../../../provider/resources/kmsClientConfig/schema";
import { HOST_KEY, OTHER_HOST_KEY, SETUP_KEY } from "../shared/fakeMachine";
import { CONNECTION, checkClient } from "./samples";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function reasonOf(input: { [name: string]: unknown }): string {
  const { failures } = checkClient(input);
  expect(failures).toHaveLength(1);
  return failures[0]?.reason ?? "";
}

describe("right inputs", () => {
  it("get every default", () => {
    expect(checkClient({})).toEqual({
      failures: [],
      inputs: {
        resourceName: "web01",
        connection: CONNECTION,
        setupKey: "auto",
        activate: true,
        licenseStatus: "Licensed",
      },
    });
  });

  it("are the same whether the defaults that every client of a fleet has are declared or not", () => {
    expect(checkClient({ hostCaching: true, activationType: "all" })).toEqual(checkClient({}));
    expect(checkClient({ hostCaching: false, activationType: "kms" }).inputs).toMatchObject({
      hostCaching: false,
      activationType: "kms",
    });
  });

  it("want no status where nothing is to be activated", () => {
    expect(checkClient({ activate: false }).inputs).not.toHaveProperty("licenseStatus");
  });

  it.each(["auto", "keep"])("take setupKey %s", (setupKey) => {
    expect(checkClient({ setupKey })).toMatchObject({ failures: [], inputs: { setupKey } });
  });

  it("take every published setup key, in one spelling", () => {
    for (const { key } of GVLKS) {
      expect(checkClient({ setupKey: ` ${key.toLowerCase()}` })).toMatchObject({
        failures: [],
        inputs: { setupKey: key },
      });
    }
  });

  it("take a newer setup key that stands in extraSetupKeys as well", () => {
    const input = { setupKey: HOST_KEY.toLowerCase(), extraSetupKeys: [`${HOST_KEY} `] };
    expect(checkClient(input)).toMatchObject({
      failures: [],
      inputs: { setupKey: HOST_KEY, extraSetupKeys: [HOST_KEY] },
    });
  });

  it.each(["kms01.contoso.com", "KMS01", "10.0.0.5", "fe80::5", "[fe80::5]"])(
    "take the KMS host %s, and its port's default",
    (kmsHost) => {
      expect(checkClient({ kmsHost })).toMatchObject({ failures: [], inputs: { kmsHost, kmsPort: 1688 } });
      expect(checkClient({ kmsHost, kmsPort: 1 }).inputs["kmsPort"]).toBe(1);
      expect(checkClient({ kmsHost, kmsPort: 65_535 }).inputs["kmsPort"]).toBe(65_535);
    },
  );

  it("stay as they are when the engine checks the checked ones again", () => {
    for (const input of [
      {},
      { setupKey: SETUP_KEY.toLowerCase(), kmsHost: "kms01", onDelete: "restore" },
      { lookupDomain: "Contoso.COM.", hostCaching: false, activationType: "kms" },
      { setupKey: HOST_KEY, extraSetupKeys: [HOST_KEY], activate: false },
      { setupKey: UNKNOWN, kmsHost: UNKNOWN, activate: UNKNOWN, extraSetupKeys: [UNKNOWN] },
    ]) {
      const once = checkClient(input);
      expect(once.failures).toEqual([]);
      expect(checkKmsClient(once.inputs)).toEqual(once);
    }
  });
});

describe("a wrong value", () => {
  it.each<[string, unknown, string]>([
    ["setupKey", "", 'must not be empty: "auto", "keep" or a published setup key'],
    ["setupKey", 5, 'must be text: "auto", "keep" or a published setup key'],
    [
      "setupKey",
      "automatic",
      'must be "auto", "keep" or a setup key: The product key has "A" at character 1, but the digits 0, 1, 5 and the letters A, E, I, L, O, S, U, Z never occur in a product key: it was probably misread.',
    ],
    ["extraSetupKeys", SETUP_KEY, "must be a list of setup keys (GVLKs) newer than the table"],
    ["kmsHost", "kms01:1688", '"kms01:1688" has a colon; a port goes into its own property, not into the name.'],
    ["kmsHost", "kms01.contoso.com.", `"kms01.contoso.com." ends with a dot; write the host's name without it.`],
    [
      "lookupDomain",
      "http://contoso.com",
      '"http://contoso.com" is a URL; give the name alone, without scheme and path.',
    ],
    [
      "lookupDomain",
      "_vlmcs._tcp.contoso.com",
      '"_vlmcs._tcp.contoso.com" is a record\'s name; give the domain alone: "contoso.com".',
    ],
    ["hostCaching", 1, "must be true or false: whether it keeps the KMS host that answered"],
    ["activationType", 2, 'must be one of "all", "ad", "kms", "token"'],
    ["activate", "yes", "must be true or false: whether to ask the KMS host"],
    ["onDelete", "uninstall", 'must be one of "retain", "restore"'],
  ])("of %s (%j) is refused by name and rule", (name, value, rule) => {
    expect(checkClient({ [name]: value }).failures).toEqual([{ property: "", reason: `${name}: ${rule}` }]);
  });

  it.each<[unknown, string]>([
    [0, "kmsPort: 0 is not a TCP port; a whole number from 1 to 65535 is allowed."],
    ["1688", "kmsPort: must be a whole number: the KMS host's TCP port"],
  ])("of kmsPort (%j) is refused", (kmsPort, reason) => {
    expect(reasonOf({ kmsHost: "kms01", kmsPort })).toBe(reason);
  });

  it("in extraSetupKeys is refused by its place, never by its text", () => {
    const { failures } = checkClient({ extraSetupKeys: [SETUP_KEY, HOST_KEY.slice(1)] });
    expect(failures).toMatchObject([{ property: "extraSetupKeys[1]" }]);
    expect(failures[0]?.reason).toContain("extraSetupKeys[1]: The product key has 24 characters besides hyphens;");
    expect(failures[0]?.reason).not.toContain("HJKMP");
  });

  it("that has no effect beside another is refused", () => {
    expect(reasonOf({ kmsHost: "kms01", lookupDomain: "contoso.com" })).toBe(
      "lookupDomain: has no effect beside kmsHost, which switches the search in DNS off; give one of them",
    );
    expect(reasonOf({ activationType: "token" })).toMatch(/^activationType: "token" needs activate: false; /);
    expect(checkClient({ activationType: "token", activate: false }).failures).toEqual([]);
    expect(checkClient({ activationType: "token", activate: UNKNOWN }).failures).toEqual([]);
    expect(checkClient({ kmsHost: UNKNOWN, lookupDomain: "Contoso.com." }).inputs["lookupDomain"]).toBe("contoso.com");
  });

  it("that is the port of no host is refused", () => {
    expect(reasonOf({ kmsPort: 1688 })).toBe(
      "kmsPort: needs kmsHost: without a host the port comes from the SRV record",
    );
  });

  it.each([
    ["kmshost", "kms01", "kmshost: is not a property; it is spelled kmsHost"],
    [
      "productKey",
      SETUP_KEY,
      "productKey: is not a property; there are resourceName, connection, setupKey, extraSetupKeys, kmsHost, kmsPort, lookupDomain, hostCaching, activationType, activate, onDelete",
    ],
  ])("under a name that does not exist (%s) is refused with the names that do", (name, value, reason) => {
    expect(reasonOf({ [name]: value })).toBe(reason);
  });

  it("needs a connection and a way to know the machine", () => {
    expect(checkKmsClient({ resourceName: "web01" }).failures).toEqual([
      { property: "", reason: "connection: is required: how to reach the machine" },
    ]);
    expect(reasonOf({ connection: { host: "web01" } })).toContain("connection.hostKey: is required, or knownHosts");
  });
});

describe("a host key or MAK", () => {
  it.each([HOST_KEY, OTHER_HOST_KEY])("never reaches a client, and is never shown whole", (setupKey) => {
    const reason = reasonOf({ setupKey });
    expect(reason).toContain(
      `setupKey: ...${setupKey.slice(-5)} is no published client setup key (GVLK); a host key (CSVLK) or a MAK`,
    );
    for (const group of setupKey.split("-").slice(0, 4)) expect(reason).not.toContain(group);
  });

  it("is not let in by another extra key", () => {
    expect(reasonOf({ setupKey: HOST_KEY, extraSetupKeys: [OTHER_HOST_KEY] })).toContain(
      "is no published client setup key",
    );
  });
});

describe("values that a preview does not know yet", () => {
  const full: Props = {
    resourceName: "web01",
    connection: CONNECTION,
    setupKey: HOST_KEY,
    extraSetupKeys: [HOST_KEY],
    kmsHost: "kms01.contoso.com",
    kmsPort: 1689,
    activate: true,
    onDelete: "restore",
  };

  it.each(Object.keys(full).filter((name) => name !== "resourceName"))("are taken for %s and put back", (name) => {
    const { inputs, failures } = checkKmsClient({ ...full, [name]: UNKNOWN });
    expect(failures).toEqual([]);
    expect(inputs[name]).toBe(UNKNOWN);
  });

  it("skip the rules that need them", () => {
    expect(checkClient({ kmsPort: 1689, kmsHost: UNKNOWN }).failures).toEqual([]);
    expect(checkClient({ setupKey: HOST_KEY, extraSetupKeys: [OTHER_HOST_KEY, UNKNOWN] }).failures).toEqual([]);
    expect(checkClient({ activate: UNKNOWN }).inputs).not.toHaveProperty("licenseStatus");
    expect(checkClient({ kmsHost: "kms01", kmsPort: UNKNOWN }).inputs["kmsPort"]).toBe(UNKNOWN);
  });
});
