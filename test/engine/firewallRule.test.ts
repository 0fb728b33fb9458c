import type { NetworkSpec } from "pulumi-volume-activation-lab";
import { describe, expect, it } from "vitest";
import { KMS01, labProjectAround, untouched } from "./labProject";

const KMS = "@FirewallAPI.dll,-28002";
const POLICY = "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\DomainProfile";

const NETWORK: NetworkSpec = {
  name: "walls",
  domain: "contoso.com",
  machines: [
    KMS01,
    { name: "old", os: "ws2008r2", address: "10.0.0.11", language: "zh-TW" },
    { name: "pc", os: "win11", address: "10.0.0.12" },
  ],
};

const program = (custom = 'remoteAddresses: ["10.0.0.0/16"], profiles: ["domain"],') => `
  const machines = config.requireObject("machines");
  new activation.FirewallRule("kms-group", { connection: machines.kms01, group: "kms" });
  for (const name of ["kms01", "old"]) {
    new activation.FirewallRule("own-" + name, {
      connection: machines[name], name: "KMS on 1690", localPorts: [1690], service: "sppsvc", ${custom}
    });
  }
  new activation.FirewallRule("pc-group", { connection: machines.pc, group: "${KMS}", profiles: ["domain"] });
`;

describe("FirewallRule in the real engine, over real SSH", () => {
  const at = labProjectAround(program(), NETWORK);
  const enabled = (machine: string, group?: string) =>
    at.lab
      .state(machine)
      .firewall.enabledRules.filter(({ grouping }) => grouping === (group ?? "pulumi-volume-activation"));

  it("preview leaves the hosts untouched and does not even connect", async () => {
    const names = ["kms01", "old", "pc"];
    const before = names.map((name) => untouched(at.lab, name));
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(names.map((name) => untouched(at.lab, name))).toEqual(before);
    expect(names.map((name) => at.lab.state(name).counters.dials)).toEqual([0, 0, 0]);
  });

  it("up opens the group and adds rules with the right program for each Windows", async () => {
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    expect(enabled("kms01", KMS)).toHaveLength(1);
    expect(enabled("pc", KMS)).toEqual([expect.objectContaining({ profiles: 1 })]);
    const rule = { localPorts: "1690", profiles: 1, remoteAddresses: "10.0.0.0/255.255.0.0", service: "sppsvc" };
    expect(enabled("kms01")).toEqual([
      expect.objectContaining({ ...rule, program: "%SystemRoot%\\system32\\sppextcomobj.exe" }),
    ]);
    expect(enabled("old")).toEqual([
      expect.objectContaining({ ...rule, program: "%SystemRoot%\\system32\\sppsvc.exe" }),
    ]);
    expect(ran.output).toContain(`[FirewallRule kms-group] netsh advfirewall firewall set rule group="${KMS}"`);
  });

  it("preview again is empty, up again changes nothing, and drift is clean", async () => {
    const before = untouched(at.lab, "kms01");
    const preview = await at.project.preview();
    expect(preview.code, preview.output).toBe(0);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).not.toMatch(/\d+ (updated|created|replaced)/);
    expect(untouched(at.lab, "kms01")).toBe(before);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(0);
  });

  it("rules changed behind our back are drift with their names, and up repairs them", async () => {
    await at.lab.change("kms01", [
      "netsh",
      "advfirewall",
      "firewall",
      "set",
      "rule",
      `group=${KMS}`,
      "new",
      "enable=no",
    ]);
    await at.lab.change("kms01", ['netsh advfirewall firewall set rule name="KMS on 1690" new remoteip=any']);
    await at.lab.change("old", ['netsh advfirewall firewall set rule name="KMS on 1690" new enable=no']);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toMatch(/enabled\s*: true => false|enabled\s*: false => true/);
    expect(drift.output).toContain("remoteAddresses");
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(enabled("kms01", KMS)).toHaveLength(1);
    expect(enabled("kms01")[0]?.remoteAddresses).toBe("10.0.0.0/255.255.0.0");
    expect(enabled("old")).toHaveLength(1);
    expect((await at.project.drift()).code).toBe(0);
  });

  it("a rule of ours that was deleted is drift, and up adds it again", async () => {
    await at.lab.change("kms01", ['netsh advfirewall firewall delete rule name="KMS on 1690"']);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(enabled("kms01")).toHaveLength(1);
  });

  it("a change of the declaration is made in place", async () => {
    at.project.write(program('remoteAddresses: ["10.0.0.0/255.255.0.0", "192.168.1.7"], profiles: ["domain"],'));
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).toContain("2 updated");
    expect(enabled("old")[0]?.remoteAddresses).toBe("10.0.0.0/255.255.0.0,192.168.1.7/255.255.255.255");
    at.project.write(program());
    expect((await at.project.up()).code).toBe(0);
  });

  it("Group Policy that takes the rule back is said, and not looped", async () => {
    await at.lab.change("kms01", ["reg", "add", POLICY, "/v", "AllowLocalPolicyMerge", "/t", "REG_DWORD", "/d", "0"]);
    await at.lab.change("kms01", ['netsh advfirewall firewall set rule name="KMS on 1690" new enable=no']);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(0);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect((await at.project.resource("own-kms01"))?.outputs?.["findings"]).toEqual([
      expect.stringContaining("Group Policy owns the firewall of the domain profile"),
    ]);
    at.project.write(program('remoteAddresses: ["10.9.0.0/16"], profiles: ["domain"],'));
    const changed = await at.project.up();
    expect(changed.code).not.toBe(0);
    expect(changed.output).toContain("Group Policy owns the firewall of the domain profile");
    at.project.write(program());
    await at.lab.change("kms01", ["reg", "delete", POLICY, "/v", "AllowLocalPolicyMerge", "/f"]);
    const repaired = await at.project.up();
    expect(repaired.code, repaired.output).toBe(0);
    expect(enabled("kms01")).toHaveLength(1);
  });

  it("a rule that would block the way in is refused and not written", async () => {
    at.project.write(
      `${program()} new activation.FirewallRule("shut", { connection: machines.kms01, name: "shut", action: "block", localPorts: ["1-1000"] });`,
    );
    const before = untouched(at.lab, "kms01");
    const up = await at.project.up();
    expect(up.code).not.toBe(0);
    expect(up.output).toContain("it would block TCP port 22, by which this very connection comes in");
    expect(untouched(at.lab, "kms01")).toBe(before);
    at.project.write(program());
  });

  it("resources that got other names, and a replacement by force, leave their rules where they are", async () => {
    const before = [enabled("kms01"), enabled("kms01", KMS), enabled("old")];
    at.project.write(program().replace('"kms-group"', '"kms"').replace('"own-" + name', '"rule-" + name'));
    const renamed = await at.project.up();
    expect(renamed.code, renamed.output).toBe(0);
    expect(renamed.output).toMatch(/3 created[\s\S]*3 deleted/);
    expect([enabled("kms01"), enabled("kms01", KMS), enabled("old")]).toEqual(before);
    const urn = (await at.project.resource("rule-kms01"))?.urn ?? "";
    const forced = await at.project.run(["up", "--yes", "--skip-preview", "--replace", urn]);
    expect(forced.code, forced.output).toBe(0);
    expect([enabled("kms01"), enabled("kms01", KMS), enabled("old")]).toEqual(before);
    expect((await at.project.drift()).code).toBe(0);
  });

  it("delete removes our rules and puts Windows' own back", async () => {
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    for (const name of ["kms01", "old", "pc"]) expect(enabled(name)).toEqual([]);
    for (const name of ["old", "pc"]) expect(enabled(name, KMS)).toEqual([]);
    // Renamed without an alias: the new declaration found the group open, and leaves it so.
    expect(enabled("kms01", KMS)).toHaveLength(1);
  });
});
