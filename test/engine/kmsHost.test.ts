import { describe, expect, it } from "vitest";
import { expectSettled, hostProgram, keyOf, labProjectAround, untouched } from "./labProject";

describe("KmsHost in the real engine, over real SSH", () => {
  const at = labProjectAround(
    hostProgram('listeningPort: 1689, publishDomains: [{ domain: "contoso.com", priority: 10 }], onDelete: "restore",'),
  );

  it("preview leaves the host untouched and does not even connect", async () => {
    const before = untouched(at.lab, "kms01");
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(untouched(at.lab, "kms01")).toBe(before);
    expect(at.lab.state("kms01").counters.dials).toBe(0);
    expect(ran.output).toContain("listeningPort");
    expect(ran.output).not.toContain(keyOf(at.lab, "kms01"));
  });

  it("up makes the host: key, activation, settings, one restart", async () => {
    const restarts = at.lab.state("kms01").service.restarts;
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    const host = at.lab.state("kms01");
    expect(host.kmsHost).toMatchObject({ active: true, port: 1689 });
    expect(host.products[0]).toMatchObject({ channel: "Volume:CSVLK", licenseStatusName: "Licensed" });
    expect(host.listeners).toContainEqual(expect.objectContaining({ port: 1689 }));
    expect(host.service.restarts).toBe(restarts + 1);
    expect(JSON.stringify(host.registry)).toContain("contoso.com, 10, 0");
    expect(at.lab.ledger()).toHaveLength(1);
    expect(ran.output).toContain("[KmsHost kms01] slmgr /sprt 1689");
    expect(ran.output).not.toContain(keyOf(at.lab, "kms01"));
  });

  it("preview again is empty, and up again changes nothing", async () => {
    await expectSettled(at, ["kms01"]);
  });

  it("drift is clean while only counts and times change", async () => {
    at.lab.advance(3_600_000);
    const ran = await at.project.drift();
    expect(ran.code, ran.output).toBe(0);
  });

  it("a port changed behind our back is drift with its name, and up repairs it", async () => {
    await at.lab.change("kms01", ["slmgr", "/sprt", "1700"]);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toMatch(/listeningPort\s*: 1689 => 1700|listeningPort\s*: 1700 => 1689/);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(at.lab.state("kms01").kmsHost.port).toBe(1689);
    expect((await at.project.drift()).code).toBe(0);
    expect(at.lab.ledger()).toHaveLength(1);
  });

  it("a publish list edited behind our back is drift, and up repairs it", async () => {
    const key = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
    await at.lab.change("kms01", ["reg", "delete", key, "/v", "DnsDomainPublishList", "/f"]);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toContain("publishDomains");
    expect((await at.project.up()).code).toBe(0);
    expect((await at.project.drift()).code).toBe(0);
  });

  it("a host key replaced by hand is put back, spends nothing, and fails naming reactivate", async () => {
    await at.lab.change("kms01", ["slmgr", "/ipk", keyOf(at.lab, "second")]);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toContain("partialProductKey");
    const up = await at.project.up();
    expect(up.code).not.toBe(0);
    expect(up.output).toContain("reactivate");
    expect(up.output).not.toContain(keyOf(at.lab, "second"));
    expect(at.lab.state("kms01").products[0]?.partialProductKey).toBe(keyOf(at.lab, "kms01").slice(-5));
    expect(at.lab.ledger()).toHaveLength(1);
    const again = await at.project.up();
    expect(again.code).not.toBe(0);
    expect(at.lab.ledger()).toHaveLength(1);
  });

  it("a new value of reactivate spends one more activation, knowingly", async () => {
    at.project.write(
      hostProgram(
        'listeningPort: 1689, publishDomains: [{ domain: "contoso.com", priority: 10 }], onDelete: "restore", reactivate: "2026-11-23",',
      ),
    );
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(at.lab.ledger()).toHaveLength(2);
    expect((await at.project.up()).code).toBe(0);
    expect(at.lab.ledger()).toHaveLength(2);
  });

  it("keeps every secret out of state and output", async () => {
    const { text, resources } = await at.project.exported();
    for (const secret of [keyOf(at.lab, "kms01"), keyOf(at.lab, "second"), at.lab.admin.password]) {
      expect(text).not.toContain(secret);
    }
    expect(resources.some(({ type }) => type === "pulumi-nodejs:dynamic/activation:KmsHost")).toBe(true);
  });

  it("delete puts back what it had changed and keeps the key", async () => {
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    const host = at.lab.state("kms01");
    expect(host.kmsHost.port).toBe(1688);
    expect(JSON.stringify(host.registry)).not.toContain("contoso.com, 10, 0");
    expect(host.products[0]?.partialProductKey).toBe(keyOf(at.lab, "kms01").slice(-5));
    expect(at.lab.ledger()).toHaveLength(2);
  });
});
