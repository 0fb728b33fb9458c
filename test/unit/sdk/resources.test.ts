import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import {
  ActivationPolicy,
  type ConnectionArgs,
  DnsRecordPermission,
  type DnsRecordPermissionArgs,
  FirewallRule,
  KmsClientConfig,
  type KmsClientConfigArgs,
  KmsHost,
  type KmsHostArgs,
  MakActivation,
  type SrvAuthArgs,
  SrvRecord,
} from "../../../sdk/index";
import { outputValue, recordRegistrations, secret, stopRecording } from "./wire";

const connection: ConnectionArgs = { host: "kms01", hostKey: "insecure-accept-any" };
const KEY = "BCDFG-HJKMP-QRTVW-XY234-6789B";

afterEach(stopRecording);

/** What the engine gets for one KmsHost. */
async function registered(args: KmsHostArgs, options?: pulumi.CustomResourceOptions) {
  const registrations = recordRegistrations();
  const host = new KmsHost("kms01", args, options);
  await outputValue(host.urn);
  const [only, more] = registrations;
  if (!only || more) throw new Error(`${registrations.length} registrations`);
  return only;
}

describe("wire format, frozen", () => {
  it("has these tokens and provider texts", async () => {
    const registrations = recordRegistrations();
    await outputValue(new KmsHost("kms01", { connection }).urn);
    await outputValue(new KmsClientConfig("web01", { connection }).urn);
    await outputValue(new FirewallRule("wall", { connection, group: "kms" }).urn);
    await outputValue(new MakActivation("lap01", { connection, productKey: KEY }).urn);
    await outputValue(new ActivationPolicy("switches", { connection }).urn);
    await outputValue(new DnsRecordPermission("hosts", { connection, zone: "contoso.com", account: "KMS Hosts" }).urn);
    await outputValue(new SrvRecord("record", { zone: "contoso.com", target: "kms01.contoso.com" }).urn);
    expect(
      registrations.map(({ type, name, inputs }) => [type, name, inputs["__provider"], inputs["resourceName"]]),
    ).toEqual([
      [
        "pulumi-nodejs:dynamic/activation:KmsHost",
        "kms01",
        'exports.handler=()=>require("pulumi-volume-activation/provider").kmsHost',
        "kms01",
      ],
      [
        "pulumi-nodejs:dynamic/activation:KmsClientConfig",
        "web01",
        'exports.handler=()=>require("pulumi-volume-activation/provider").kmsClientConfig',
        "web01",
      ],
      [
        "pulumi-nodejs:dynamic/activation:FirewallRule",
        "wall",
        'exports.handler=()=>require("pulumi-volume-activation/provider").firewallRule',
        "wall",
      ],
      [
        "pulumi-nodejs:dynamic/activation:MakActivation",
        "lap01",
        'exports.handler=()=>require("pulumi-volume-activation/provider").makActivation',
        "lap01",
      ],
      [
        "pulumi-nodejs:dynamic/activation:ActivationPolicy",
        "switches",
        'exports.handler=()=>require("pulumi-volume-activation/provider").activationPolicy',
        "switches",
      ],
      [
        "pulumi-nodejs:dynamic/activation:DnsRecordPermission",
        "hosts",
        'exports.handler=()=>require("pulumi-volume-activation/provider").dnsRecordPermission',
        "hosts",
      ],
      [
        "pulumi-nodejs:dynamic/activation:SrvRecord",
        "record",
        'exports.handler=()=>require("pulumi-volume-activation/provider").srvRecord',
        "record",
      ],
    ]);
  });

  it("sends what the program gave and nothing that it did not", async () => {
    const { inputs } = await registered({ connection, listeningPort: 1689, publishDomains: [{ domain: "a.example" }] });
    expect(Object.keys(inputs).sort()).toEqual([
      "__provider",
      "connection",
      "listeningPort",
      "publishDomains",
      "resourceName",
    ]);
    expect(inputs).toMatchObject({ connection, listeningPort: 1689, publishDomains: [{ domain: "a.example" }] });
  });
});

describe("secrets", () => {
  it("are the product key and nothing else of a host without passwords", async () => {
    const { inputs, secretOutputs } = await registered({ connection, productKey: KEY, reactivate: "today" });
    expect(inputs).toMatchObject({ productKey: secret(KEY), connection, reactivate: "today" });
    expect(secretOutputs).toEqual(["productKey", "confirmation"]);
  });

  it("are the MAK of a MakActivation", async () => {
    const registrations = recordRegistrations();
    await outputValue(new MakActivation("lap01", { connection, productKey: KEY }).urn);
    expect(registrations).toMatchObject([
      { inputs: { productKey: secret(KEY), connection }, secretOutputs: ["productKey", "confirmation"] },
    ]);
  });

  it("are the password and nothing else of a directory's login, plain or as an Output", async () => {
    const ldap = { server: "dc01", user: "kms@contoso.com", password: "p4", tls: { fingerprint: "ab" } };
    const of = async (given: DnsRecordPermissionArgs["ldap"]) => {
      const registrations = recordRegistrations();
      const args = { zone: "contoso.com", account: "KMS Hosts", ...(given === undefined ? {} : { ldap: given }) };
      await outputValue(new DnsRecordPermission("hosts", args).urn);
      return registrations[0]?.inputs ?? {};
    };
    expect((await of(ldap))["ldap"]).toEqual({ ...ldap, password: secret("p4") });
    expect((await of(pulumi.output(ldap)))["ldap"]).toEqual(secret(ldap));
    const { password: _, ...open } = ldap;
    expect((await of(pulumi.output(open)))["ldap"]).toEqual(open);
    expect(Object.keys(await of(undefined)).sort()).toEqual(["__provider", "account", "resourceName", "zone"]);
  });

  it("are a confirmation id and nothing else of an activation, plain or as an Output", async () => {
    const activation = { method: "phone" as const, confirmationId: "1".repeat(48) };
    const marked = { method: "phone", confirmationId: secret("1".repeat(48)) };
    expect((await registered({ connection, activation })).inputs).toMatchObject({ activation: marked });
    const later = (await registered({ connection, activation: pulumi.output(activation) })).inputs;
    expect(later["activation"]).toEqual(secret(activation));
  });

  it("of a connection are its leaves; the rest stays readable", async () => {
    const { inputs } = await registered({
      connection: {
        ...connection,
        user: "admin",
        password: "p1",
        privateKey: "PEM",
        privateKeyPassword: "p2",
        credentials: "admin",
        proxy: { host: "jump", hostKey: "insecure-accept-any", password: "p3" },
      },
    });
    expect(inputs["connection"]).toEqual({
      ...connection,
      user: "admin",
      password: secret("p1"),
      privateKey: secret("PEM"),
      privateKeyPassword: secret("p2"),
      credentials: "admin",
      proxy: { host: "jump", hostKey: "insecure-accept-any", password: secret("p3") },
    });
  });

  it("of a connection are marked in outputs and promises of the program too", async () => {
    const { inputs } = await registered({
      connection: {
        host: pulumi.output("kms01"),
        hostKey: Promise.resolve("insecure-accept-any"),
        password: pulumi.output("p1"),
        privateKeyPassword: Promise.resolve("p2"),
        proxy: pulumi.output({ host: "jump", hostKey: "insecure-accept-any" }),
      },
    });
    expect(inputs["connection"]).toEqual({
      ...connection,
      password: secret("p1"),
      privateKeyPassword: secret("p2"),
      proxy: { host: "jump", hostKey: "insecure-accept-any" },
    });
  });

  it("of a connection that is one output are never in clear text", async () => {
    const { inputs } = await registered({ connection: pulumi.output({ ...connection, password: "p1" }) });
    expect(inputs["connection"]).toEqual(secret({ ...connection, password: "p1" }));
    expect((await registered({ connection: pulumi.output(connection) })).inputs["connection"]).toEqual(connection);
    const hop = pulumi.output({ host: "jump", hostKey: "insecure-accept-any", password: "p3" });
    const { proxy } = (await registered({ connection: { ...connection, proxy: hop } })).inputs["connection"] as {
      proxy: unknown;
    };
    expect(proxy).toEqual(secret({ host: "jump", hostKey: "insecure-accept-any", password: "p3" }));
  });

  it.each<[string, pulumi.Input<SrvAuthArgs>, unknown]>([
    ["plain", { method: "tsig", keyName: "k", secret: "s1" }, { method: "tsig", keyName: "k", secret: secret("s1") }],
    [
      "with a connection",
      { method: "windowsDns", connection: { ...connection, user: "admin", password: "p1" } },
      { method: "windowsDns", connection: { ...connection, user: "admin", password: secret("p1") } },
    ],
    [
      "with a connection without a secret",
      { method: "windowsDns", connection: { ...connection, credentials: "admin" } },
      { method: "windowsDns", connection: { ...connection, credentials: "admin" } },
    ],
    [
      "with a connection that is an output",
      { method: "windowsDns", connection: pulumi.output({ ...connection, password: "p1" }) },
      { method: "windowsDns", connection: secret({ ...connection, password: "p1" }) },
    ],
    [
      "that is an output with a connection",
      pulumi.output({ method: "windowsDns" as const, connection: { ...connection, password: "p1" } }),
      secret({ method: "windowsDns", connection: { ...connection, password: "p1" } }),
    ],
  ])("of an SrvRecord's auth are marked, %s", async (_how, auth, expected) => {
    const registrations = recordRegistrations();
    const record = new SrvRecord("record", { zone: "contoso.com", target: "kms01.contoso.com", auth });
    await outputValue(record.urn);
    expect(registrations[0]?.inputs["auth"]).toEqual(expected);
  });

  it("leave the program's own object as it was", async () => {
    const given: ConnectionArgs = { ...connection, password: "p1", proxy: { host: "jump", password: "p2" } };
    await registered({ connection: given });
    expect(given).toEqual({ ...connection, password: "p1", proxy: { host: "jump", password: "p2" } });
  });

  it("add to what the user's own options name", async () => {
    const { secretOutputs } = await registered({ connection }, { additionalSecretOutputs: ["publishDomains"] });
    expect(secretOutputs.sort()).toEqual(["confirmation", "productKey", "publishDomains"]);
  });

  it("of a client are the connection's too", async () => {
    const registrations = recordRegistrations();
    await outputValue(new KmsClientConfig("web01", { connection: { ...connection, password: "p1" } }).urn);
    expect(registrations[0]?.inputs["connection"]).toEqual({ ...connection, password: secret("p1") });
  });
});

describe("outputs", () => {
  it("of a host are there and hold what the provider answers", async () => {
    const answered = {
      machine: {
        id: "0123",
        name: "KMS01",
        windows: "Windows Server 2022 Datacenter",
        version: "10.0.20348",
        language: "en-US",
      },
      findings: ["count 3"],
      listeningPort: 1688,
      dnsPublishing: true,
      publishDomains: [{ domain: "a.example", priority: 0, weight: 0 }],
      activationInterval: 120,
      renewalInterval: 10_080,
      role: "primary",
      partialProductKey: "6789B",
      licenseStatus: "Licensed",
      isKmsHost: true,
      currentCount: 3,
      requiredCount: 25,
      requests: { Total: 5 },
      servedProducts: [{ name: "Office 24", currentCount: 3, requiredCount: 5, requests: { Total: 4 } }],
      daysLeft: 30,
      publishing: [{ domain: "contoso.com", ok: true, time: "2026-11-23T10:00:00Z" }],
      recentClients: ["pc01.contoso.com 2026-11-23T10:00Z"],
      installationId: "1234567",
    };
    recordRegistrations(answered);
    const host = new KmsHost("kms01", { connection });
    for (const [name, value] of Object.entries(answered)) {
      const output = (host as unknown as { [name: string]: pulumi.Output<unknown> | undefined })[name];
      expect(pulumi.Output.isInstance(output), name).toBe(true);
      if (output) expect(await outputValue(output), name).toEqual(value);
    }
  });

  it("of a client are there and hold what the provider answers", async () => {
    const answered = {
      machine: { id: "0123", name: "WEB01" },
      findings: [],
      setupKey: "auto",
      kmsHost: "kms01",
      kmsPort: 1688,
      licenseStatus: "pendingThreshold",
      partialProductKey: "6VM33",
      channel: "Volume:GVLK",
      activatedBy: "",
      discoveredHost: "kms02",
      lookupDomain: "contoso.com",
      hostCaching: true,
      activationType: "all",
      rearmsLeft: 3,
      daysLeft: 180,
      setupKeyRemark: "a remark",
    };
    recordRegistrations(answered);
    const client = new KmsClientConfig("web01", { connection });
    for (const [name, value] of Object.entries(answered)) {
      const output = (client as unknown as { [name: string]: pulumi.Output<unknown> | undefined })[name];
      expect(pulumi.Output.isInstance(output), name).toBe(true);
      if (output) expect(await outputValue(output), name).toEqual(value);
    }
  });

  it("of a MAK are there and hold what the provider answers", async () => {
    const answered = { graceMinutes: 2880, daysLeft: 2, installationId: "1234567", remainingActivations: 9 };
    recordRegistrations(answered);
    const mak = new MakActivation("lap01", { connection, productKey: KEY });
    for (const [name, value] of Object.entries(answered)) {
      const output = (mak as unknown as { [name: string]: pulumi.Output<unknown> | undefined })[name];
      expect(pulumi.Output.isInstance(output), name).toBe(true);
      if (output) expect(await outputValue(output), name).toEqual(value);
    }
  });

  it("are typed", () => {
    expectTypeOf<KmsHost["listeningPort"]>().toEqualTypeOf<pulumi.Output<number>>();
    expectTypeOf<KmsHost["currentCount"]>().toEqualTypeOf<pulumi.Output<number | undefined>>();
    expectTypeOf<KmsHost["findings"]>().toEqualTypeOf<pulumi.Output<string[]>>();
    expectTypeOf<KmsClientConfig["licenseStatus"]>().toEqualTypeOf<pulumi.Output<string>>();
    expectTypeOf<KmsClientConfigArgs["setupKey"]>().toEqualTypeOf<pulumi.Input<string> | undefined>();
  });
});
