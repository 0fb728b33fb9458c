import { describe, expect, it } from "vitest";
import { checkKmsHost } from "../../../../provider/resources/kmsHost/schema";
import { HOST_KEY } from "../shared/fakeMachine";
import { checkHost, reasonOf, withConnection } from "./samples";

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
    expect(reasonOf({ productKey: HOST_KEY, reactivate })).toBe(`reactivate: ${rule}`);
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
