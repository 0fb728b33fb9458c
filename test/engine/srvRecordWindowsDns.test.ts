import type { NetworkSpec } from "pulumi-volume-activation-lab";
import { describe, expect, it } from "vitest";
import { labProjectAround, untouched } from "./labProject";

const NETWORK: NetworkSpec = {
  name: "directory",
  domain: "contoso.com",
  zones: [{ name: "contoso.com", allowUpdate: ["hosts"], aging: true }],
  machines: [
    { name: "dc01", os: "ws2008r2", address: "10.0.0.1", language: "zh-TW", dnsServer: true },
    { name: "dc02", os: "ws2022", address: "10.0.0.2", dnsServer: true },
    { name: "member", os: "ws2022", address: "10.0.0.3" },
  ],
};
/** The server that each record is kept on; both hold the one zone of the directory. */
const SERVERS = { kms01: "dc01", kms02: "dc02" } as const;

const program = (over = "", servers: { [target: string]: string } = SERVERS, password = "") => `
  const machines = config.requireObject("machines");
  const servers = ${JSON.stringify(servers)};
  for (const [name, server] of Object.entries(servers)) {
    new activation.SrvRecord(name, {
      zone: "contoso.com",
      target: name + ".contoso.com",
      neighbours: Object.keys(servers).filter((other) => other !== name).map((other) => other + ".contoso.com"),
      auth: { method: "windowsDns", connection: { ...machines[server], ${password} } },
      ${over}
    });
  }
`;

describe("SrvRecord on Windows DNS servers, in the real engine and over real SSH", () => {
  const at = labProjectAround(program(), NETWORK);
  const records = () =>
    at.lab.dns
      .records("contoso.com")
      .filter(({ type }) => type === "SRV")
      .map(({ data, ttl, timestamp }) => `${data} ${ttl} ${timestamp === undefined ? "static" : "dynamic"}`)
      .sort();
  const dns = () => JSON.stringify(at.lab.dns.describe());
  const dnscmd = (words: string) => at.lab.change("dns", [`dnscmd ${words}`]);
  const findings = async (name: string) => (await at.project.resource(name))?.outputs?.["findings"];
  const BOTH = ["0 0 1688 kms01.contoso.com 3600 static", "0 0 1688 kms02.contoso.com 3600 static"];

  it("preview leaves the servers untouched and does not even connect", async () => {
    const before = [dns(), untouched(at.lab, "dc01"), untouched(at.lab, "dc02")];
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect([dns(), untouched(at.lab, "dc01"), untouched(at.lab, "dc02")]).toEqual(before);
    expect(["dc01", "dc02"].map((name) => at.lab.state(name).counters.dials)).toEqual([0, 0]);
  });

  it("up adds static records, by each server, in the words of an administrator", async () => {
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    expect(records()).toEqual(BOTH);
    expect(ran.output).toContain(
      "[SrvRecord kms01] dnscmd /RecordAdd contoso.com _vlmcs._tcp 3600 SRV 0 0 1688 kms01.contoso.com.",
    );
    expect(["dc01", "dc02"].map((name) => at.lab.state(name).counters.dials)).toEqual([1, 1]);
    expect((await at.project.resource("kms01"))?.outputs).toMatchObject({ server: "DC01", ttl: 3600 });
    expect((await at.project.resource("kms02"))?.outputs).toMatchObject({ server: "DC02", findings: [] });
  });

  it("preview again is empty, up again changes nothing, and drift is clean", async () => {
    const before = dns();
    for (const ran of [await at.project.preview(), await at.project.drift()]) expect(ran.code, ran.output).toBe(0);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).not.toMatch(/\d+ (updated|created|replaced)/);
    expect(dns()).toBe(before);
  });

  it("a change behind our back is drift by name, and up repairs it alone", async () => {
    await at.lab.change("dns", ["reweight _vlmcs._tcp.contoso.com kms01.contoso.com 30 7"]);
    await dnscmd("/RecordDelete contoso.com _vlmcs._tcp SRV 0 0 1688 kms02.contoso.com. /f");
    await dnscmd("/RecordAdd contoso.com _vlmcs._tcp 7200 SRV 9 9 1688 rogue.contoso.com.");
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    for (const property of [/priority\s*: 0 => 30|priority\s*: 30 => 0/, /weight/])
      expect(drift.output).toMatch(property);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(records()).toEqual([...BOTH, "9 9 1688 rogue.contoso.com 7200 static"]);
    expect(await findings("kms01")).toEqual([
      expect.stringContaining("nobody declared is in the set: 9 9 1688 rogue.contoso.com"),
      expect.stringContaining("different TTLs (3600, 7200)"),
    ]);
    await dnscmd("/RecordDelete contoso.com _vlmcs._tcp SRV 9 9 1688 rogue.contoso.com. /f");
    expect((await at.project.drift()).code).toBe(0);
  });

  it("records that became dynamic are a finding and no drift, and the next change makes them static", async () => {
    await dnscmd("/AgeAllRecords contoso.com _vlmcs._tcp /f");
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(0);
    expect(drift.output).toContain("the record is dynamic in a zone whose records age: Windows may remove it");
    at.project.write(program("ttl: 600,"));
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(records()).toEqual(BOTH.map((line) => line.replace("3600", "600")));
    // The other record got its own TTL at the same time, which the first may have seen before or after.
    for (const name of ["kms01", "kms02"]) expect(String(await findings(name))).not.toContain("dynamic");
  });

  it("a changed connection is stored and touches nothing, its password encrypted", async () => {
    const before = [dns(), at.lab.state("dc01").counters.batches];
    const secret = 'password: config.requireSecret("password")';
    await at.project.configure({}, { password: at.lab.admin.password });
    at.project.write(program("ttl: 600,", { kms01: "dc02", kms02: "dc02" }, secret));
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).toContain("2 updated");
    expect(dns()).toBe(before[0]);
    expect((await at.project.resource("kms01"))?.outputs).toMatchObject({ server: "DC02" });
    const { text } = await at.project.exported();
    expect(text + up.output).not.toContain(at.lab.admin.password);
    at.project.write(program("ttl: 600,"));
    expect((await at.project.up()).code).toBe(0);
  });

  it("a run that was killed between the change and the state converges: the record is taken over", async () => {
    const urn = (await at.project.resource("kms01"))?.urn ?? "";
    // What such a run leaves: the record on the server, and a state that does not know of it.
    const forgotten = await at.project.pulumi("state", "delete", urn, "--yes");
    expect(forgotten.code, forgotten.output).toBe(0);
    const before = dns();
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).toContain("takes over the record that is there");
    expect(dns()).toBe(before);
    expect((await at.project.drift()).code).toBe(0);
  });

  it("an agent that dies right after the change leaves a resource that the next up finds as declared", async () => {
    at.project.write(program("ttl: 600, port: 1700,"));
    await at.lab.fault("dc01", { dieAfterStep: 1 });
    const died = await at.project.up();
    expect(died.code).not.toBe(0);
    expect(died.output).toMatch(/SrvRecord "kms01" on DC01 .*How far it came is not known\./);
    expect(records()).toEqual(["0 0 1700 kms01.contoso.com 600 static", "0 0 1700 kms02.contoso.com 600 static"]);
    const after = dns();
    const up = await at.project.plainUp();
    expect(up.code, up.output).toBe(0);
    expect(dns()).toBe(after);
    expect((await at.project.drift()).code).toBe(0);
  });

  it("a server that is down, that denies, or that is none fails in the house form and changes nothing", async () => {
    const before = dns();
    await at.lab.fault("dc01", { down: true });
    const down = await at.project.drift();
    expect(down.code).not.toBe(0);
    expect(down.code).not.toBe(7);
    expect(down.output).toMatch(/SrvRecord "kms01" on .*connecting failed/);
    await at.lab.fault("dc01", { down: false });
    await at.lab.dns.fault({ denyChanges: true });
    at.project.write(program("ttl: 600, port: 1701,"));
    const denied = await at.project.up();
    expect(denied.code).not.toBe(0);
    expect(denied.output).toMatch(/0x80070005 ERROR_ACCESS_DENIED: .*Read back: it was not done\. Next: .*DnsAdmins/);
    await at.lab.dns.fault({ denyChanges: false });
    at.project.write(program("ttl: 600, port: 1700,", { ...SERVERS, kms03: "member" }));
    const none = await at.project.up();
    expect(none.code).not.toBe(0);
    expect(none.output).toContain("the machine is no DNS server: it has no service DNS");
    expect(dns().replace(/"faults":.*/, "")).toBe(before.replace(/"faults":.*/, ""));
    at.project.write(program("ttl: 600, port: 1700,"));
  });

  it("delete removes our records and nobody else's", async () => {
    await dnscmd("/RecordAdd contoso.com _vlmcs._tcp SRV 0 0 1688 other.contoso.com.");
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    expect(records()).toEqual(["0 0 1688 other.contoso.com 3600 static"]);
  });
});
