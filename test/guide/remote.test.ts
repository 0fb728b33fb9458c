import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { activationPolicyHandler } from "../../provider/resources/activationPolicy/handler";
import { firewallRuleHandler } from "../../provider/resources/firewallRule/handler";
import { GuideLab } from "./guideLab";

const WMI = "@FirewallAPI.dll,-34251";
const POLICIES = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System";

let at: GuideLab;
beforeEach(async () => {
  at = await GuideLab.start({
    machines: [
      { name: "srv", os: "ws2022", address: "10.0.1.1" },
      { name: "pc", os: "win10", address: "10.0.1.2", language: "zh-TW" },
      { name: "alone", os: "win11", address: "10.0.1.3", domainJoined: false },
    ],
  });
});
afterEach(() => at.end());
const rules = (machine: string) =>
  at.lab
    .state(machine)
    .firewall.enabledRules.filter(({ grouping, direction }) => grouping === WMI && direction === "in");

describe("為遠端軟體授權管理員作業設定 Windows 防火牆 (Windows Firewall for remote slmgr)", () => {
  it("one subnet: switches on the exception for Windows Management Instrumentation, whatever Windows' language", async () => {
    for (const name of ["srv", "pc"]) {
      expect(rules(name)).toEqual([]);
      await at.on(firewallRuleHandler, name, { group: "wmi" });
      expect(rules(name).length, name).toBeGreaterThanOrEqual(3);
    }
  });

  it("several subnets: ASync-In, DCOM-In and WMI-In admit the declared networks, in the declared profiles", async () => {
    const remoteAddresses = ["10.0.0.0/16", "192.168.7.0/24"];
    const set = await at.on(firewallRuleHandler, "srv", {
      group: "wmi",
      remoteAddresses,
      profiles: ["domain", "private"],
    });
    const [domain, privately] = [1, 2];
    const programs = new Set<string>();
    for (const { profiles, remoteAddresses: scope, program } of rules("srv")) {
      programs.add(program.toLowerCase());
      expect(profiles & 7).toBe(domain + privately);
      expect(
        scope
          .split(",")
          .sort()
          .map((one) => one.replace("/255.255.0.0", "/16").replace("/255.255.255.0", "/24")),
      ).toEqual(remoteAddresses);
    }
    expect(programs.size).toBeGreaterThanOrEqual(2);
    expect(await at.drift(set)).toEqual([]);
    await at.remove(set);
    expect(rules("srv")).toEqual([]);
  });

  it("by profile: the domain alone is admitted where the domain profile alone is declared, twins of client Windows too", async () => {
    for (const name of ["srv", "pc"]) {
      await at.on(firewallRuleHandler, name, { group: "wmi", profiles: ["domain"] });
      expect(new Set(rules(name).map(({ profiles }) => profiles & 7)), name).toEqual(new Set([1]));
    }
  });

  it.each([
    ["remoteEventLog", "@FirewallAPI.dll,-29252"],
    ["remoteService", "@FirewallAPI.dll,-29502"],
  ])("opens what else a management station uses, and shuts it again: %s", async (group, id) => {
    for (const name of ["srv", "pc"]) {
      const on = () => at.lab.state(name).firewall.enabledRules.filter(({ grouping }) => grouping === id);
      const set = await at.on(firewallRuleHandler, name, { group, remoteAddresses: ["10.0.9.0/24"] });
      expect(on().length, name).toBeGreaterThanOrEqual(2);
      expect(new Set(on().map(({ remoteAddresses }) => remoteAddresses.replace("/255.255.255.0", "/24")))).toEqual(
        new Set(["10.0.9.0/24"]),
      );
      expect(await at.drift(set)).toEqual([]);
      await at.remove(set);
      expect(on(), name).toEqual([]);
    }
  });

  describe("where Group Policy owns the firewall", () => {
    it("which switches local rules off, the declaration is an error that says so, and nothing is opened", async () => {
      await at.type("srv", "gpo firewall domain merge off");
      await expect(at.on(firewallRuleHandler, "srv", { group: "wmi" })).rejects.toThrow(
        /Group Policy owns the firewall of the domain profile: it switches local rules off there \(AllowLocalPolicyMerge = 0\)/,
      );
      expect(rules("srv")).toEqual([]);
      await at.type("srv", 'netsh advfirewall firewall set rule group="@FirewallAPI.dll,-34251" new enable=yes');
      await expect(at.on(firewallRuleHandler, "srv", { group: "wmi" })).rejects.toThrow(/Group Policy owns/);
    });

    it("which blocks the same, the error names its rule", async () => {
      await at.type("srv", 'gpo firewall group "@FirewallAPI.dll,-34251" block');
      await expect(at.on(firewallRuleHandler, "srv", { group: "wmi" })).rejects.toThrow(
        /Group Policy blocks the same by its rule "Windows Management Instrumentation/,
      );
    });

    it("which comes after the declaration, it is a finding at each look and no drift that up could not repair", async () => {
      const set = await at.on(firewallRuleHandler, "srv", { group: "wmi" });
      await at.type("srv", "gpo firewall domain merge off");
      const seen = await at.read(set);
      expect(seen.outs["findings"]).toEqual([expect.stringContaining("Group Policy owns the firewall")]);
      expect(await at.drift(set)).toEqual([]);
      await at.type("srv", "gpo firewall domain merge on");
      expect((await at.read(set)).outs["findings"]).toEqual([]);
    });
  });

  it("on client Windows each rule's own scope stays as Windows has it, if none is declared", async () => {
    await at.on(firewallRuleHandler, "pc", { group: "wmi" });
    expect(new Set(rules("pc").map(({ remoteAddresses }) => remoteAddresses))).toEqual(new Set(["LocalSubnet", "*"]));
  });
});

describe("以工作群組電腦為目標的遠端作業 (Remote operations on workgroup computers)", () => {
  it("localAccountTokenFilterPolicy writes the DWORD 1, without a restart, and a delete can take it away again", async () => {
    const restarts = at.lab.state("alone").service.restarts;
    const props = { localAccountTokenFilterPolicy: true, onDelete: "restore" };
    const set = await at.on(activationPolicyHandler, "alone", props);
    expect(await at.value("alone", "LocalAccountTokenFilterPolicy", POLICIES)).toBe(1);
    expect(at.lab.state("alone").service.restarts).toBe(restarts);
    await at.remove(set);
    expect(await at.value("alone", "LocalAccountTokenFilterPolicy", POLICIES)).toBeUndefined();
  });

  it("these resources themselves need it not: a local administrator is elevated over SSH", async () => {
    const set = await at.on(activationPolicyHandler, "alone", { skipRearm: false });
    expect(set.outs["machine"]).toMatchObject({ name: "ALONE" });
  });
});
