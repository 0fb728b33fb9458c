import type { NetworkSpec } from "pulumi-volume-activation-lab";
import { describe, expect, it } from "vitest";
import { KMS01, keyOf, labProjectAround } from "./labProject";

const KMS = "@FirewallAPI.dll,-28002";
const NAME = "_vlmcs._tcp.contoso.com";
const GROUP = "CONTOSO\\KMS Hosts";
const host = (name: string, last: number) => ({ ...KMS01, name, address: `10.0.0.${last}`, firewallGroups: [KMS] });
const NETWORK: NetworkSpec = {
  name: "permissions",
  domain: "contoso.com",
  zones: [{ name: "contoso.com", allowUpdate: ["hosts"] }],
  groups: [{ name: "KMS Hosts", members: ["kms01", "kms02"] }],
  machines: [
    host("kms01", 10),
    host("kms02", 11),
    { name: "dc01", os: "ws2019", address: "10.0.0.5", language: "zh-TW", domainController: true },
  ],
};

/** The first host makes the record, the group gets its rights, the second host publishes. */
const program = (settings = "") => `
  const machines = config.requireObject("machines");
  const first = new activation.KmsHost("kms01", { connection: machines.kms01, productKey: config.requireSecret("hostKey") });
  const permission = new activation.DnsRecordPermission(
    "hosts",
    { connection: machines.dc01, zone: "contoso.com", account: ${JSON.stringify(GROUP)}, ${settings} },
    { dependsOn: first },
  );
  new activation.KmsHost(
    "kms02",
    { connection: machines.kms02, productKey: config.requireSecret("secondKey") },
    { dependsOn: permission },
  );
  exports.owner = permission.owner;
`;

describe("DnsRecordPermission in the real engine, through a domain controller of the lab", () => {
  const at = labProjectAround(program(), NETWORK, ({ lab, project }) =>
    project.configure({}, { secondKey: keyOf(lab, "kms02") }),
  );
  const zone = () => at.lab.dns.describe().zones[0];
  const targets = () => at.lab.dns.records("contoso.com").flatMap(({ type, data }) => (type === "SRV" ? [data] : []));
  const writers = () => zone()?.writers[NAME] ?? [];
  const state = () => JSON.stringify(zone());

  it("preview connects to nobody", async () => {
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(at.lab.state("dc01").counters.dials).toBe(0);
    expect(targets()).toEqual([]);
  });

  it("up gives the group its rights between the two hosts, so that both publish, and says what it did", async () => {
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    expect(targets().sort()).toEqual(["0 0 1688 kms01.contoso.com", "0 0 1688 kms02.contoso.com"]);
    expect(ran.output).toContain(`/G "${GROUP}:GRGW"`);
    expect((await at.project.resource("hosts"))?.outputs).toMatchObject({
      rights: "update",
      owner: "CONTOSO\\KMS01$",
      accountName: GROUP,
      entries: [expect.stringMatching(/^\(A;;LCSWRPWPLORC;;;S-1-5-21-/)],
      added: expect.stringMatching(/^\(A;;LCSWRPWPLORC;;;S-1-5-21-/),
    });
    expect(writers()).toContain(GROUP);
  });

  it("preview again is empty, drift is clean, and neither touches anything", async () => {
    const before = state();
    for (const ran of [await at.project.preview(), await at.project.drift()]) expect(ran.code, ran.output).toBe(0);
    expect(state()).toBe(before);
  });

  it("an entry that an administrator removes is drift, and up puts it back", async () => {
    at.lab.dns.change([`revoke ${NAME} "KMS Hosts"`]);
    expect(writers()).not.toContain(GROUP);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toMatch(/rights\s*: "update" => "none"/);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).toContain("1 updated");
    expect(writers()).toContain(GROUP);
    expect((await at.project.drift()).code).toBe(0);
  });

  it("an entry that denies is printed and no drift", async () => {
    at.lab.dns.change([`deny ${NAME} "KMS Hosts"`]);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(0);
    expect(drift.output).toContain(`${GROUP} is denied rights by (D;;LCSWRPWPLORC;;;`);
    at.lab.dns.change([`revoke ${NAME} "KMS Hosts"`]);
    expect((await at.project.up()).code).toBe(0);
  });

  it("other rights are in place; another account replaces", async () => {
    at.project.write(program('rights: "full"'));
    const full = await at.project.up();
    expect(full.code, full.output).toBe(0);
    expect(full.output).toContain("1 updated");
    expect(full.output).toContain(`/G "${GROUP}:GA"`);
    at.project.write(program().replace(JSON.stringify(GROUP), '"KMS Hosts"'));
    const other = await at.project.up();
    expect(other.code, other.output).toBe(0);
    expect(other.output).toContain("1 replaced");
    expect(writers().filter((name) => name === GROUP)).toHaveLength(1);
  });

  it("a new name without an alias leaves the entry that the new resource found; with an alias it stays its own", async () => {
    const named = (name: string, aliases = "") =>
      program()
        .replace('"hosts"', JSON.stringify(name))
        .replace("{ dependsOn: first }", `{ dependsOn: first, ${aliases} }`);
    at.project.write(named("aliased", 'aliases: [{ name: "hosts" }]'));
    const aliased = await at.project.up();
    expect(aliased.code, aliased.output).toBe(0);
    expect((await at.project.resource("aliased"))?.outputs).toMatchObject({ added: expect.stringContaining("(A;;") });
    at.project.write(named("renamed"));
    const renamed = await at.project.up();
    expect(renamed.code, renamed.output).toBe(0);
    expect(renamed.output).toContain("another declaration stands for it now, and found it there");
    expect(writers()).toContain(GROUP);
    at.lab.dns.change([`revoke ${NAME} "KMS Hosts"`]);
    at.project.write(named("hosts"));
    const back = await at.project.up();
    expect(back.code, back.output).toBe(0);
    expect((await at.project.resource("hosts"))?.outputs).toMatchObject({ added: expect.stringContaining("(A;;") });
    expect(writers()).toContain(GROUP);
  });

  it("a domain controller that is down fails the look and is never absence", async () => {
    await at.lab.fault("dc01", { down: true });
    const failed = await at.project.drift();
    expect(failed.code).not.toBe(0);
    expect(failed.code, failed.output).not.toBe(7);
    const kept = await at.project.drift({ VOLUME_ACTIVATION_ON_UNREACHABLE: "keep" });
    expect(kept.output).not.toMatch(/1 to (create|delete)|\bdelete\b.*DnsRecordPermission/);
    await at.lab.fault("dc01", { down: false });
    expect((await at.project.drift()).code).toBe(0);
  });

  it("destroy takes its own entry away and nothing else", async () => {
    const before = writers().filter((name) => name !== GROUP);
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    expect(writers()).toEqual(before);
    expect(targets()).toHaveLength(2);
  });

  it("by LDAP fails in the house form where nothing listens, and its password is in no state and no output", async () => {
    const ldap = '{ server: "127.0.0.1:1", user: "kms@contoso.com", password: config.require("ldapPassword") }';
    at.project.write(
      `new activation.DnsRecordPermission("hosts", { ldap: ${ldap}, zone: "contoso.com", account: "KMS" });`,
    );
    await at.project.configure({}, { ldapPassword: "s3cret-of-ldap" });
    const ran = await at.project.up();
    expect(ran.code).not.toBe(0);
    expect(ran.output).toMatch(
      /DnsRecordPermission "hosts" on 127\.0\.0\.1:1 \(LDAP over TLS\): .* failed: it cannot be reached: nothing listens there .*Next: /,
    );
    expect(ran.output + (await at.project.exported()).text).not.toContain("s3cret-of-ldap");
  });
});
