import { describe, expect, it } from "vitest";
import type { FirewallRuleState } from "../../../provider/machine/protocol";
import { Firewall } from "../../lab/machine/firewall";
import { GROUPS, PROFILE, predefinedRules } from "../../lab/machine/firewallRules";
import { osKind } from "../../lab/machine/os";
import type { FirewallMemory } from "../../lab/machine/state";

const PROGRAM = "%SystemRoot%\\system32\\sppextcomobj.exe";
function firewall(os: "ws2022" | "win10", changes: Partial<FirewallMemory> = {}): Firewall {
  return new Firewall({
    currentProfiles: PROFILE.domain,
    profiles: ([1, 2, 4] as const).map((profile) => ({
      profile,
      enabled: true,
      blockAllInbound: false,
      defaultInbound: "block",
    })),
    rules: predefinedRules(osKind(os), "en-US"),
    policyRules: [],
    localMergeOff: 0,
    ...changes,
  });
}
const caller = (address = "10.0.9.9", port = 1688) => ({
  address,
  port,
  program: PROGRAM,
  service: "sppsvc",
  ownAddress: "10.0.0.10",
});
const own: FirewallRuleState = {
  name: "KMS 1700",
  grouping: "ours",
  description: "",
  direction: "in",
  action: "allow",
  enabled: true,
  profiles: 7,
  protocol: 6,
  localPorts: "1700",
  remoteAddresses: "",
  program: PROGRAM,
  service: "sppsvc",
};
const groupOf = (one: Firewall) => one.read([GROUPS.kms], []).groups[0];

describe("the predefined KMS group", () => {
  it("is off on every Windows at first", () => {
    for (const os of ["ws2022", "win10"] as const) {
      expect(groupOf(firewall(os))).toEqual({
        group: GROUPS.kms,
        known: true,
        enabledProfiles: 0,
        currentlyEnabled: false,
      });
      expect(firewall(os).admits(caller())).toBe(false);
    }
  });

  it("is one rule for all profiles on a server", () => {
    const one = firewall("ws2022");
    one.setGroup(GROUPS.kms, PROFILE.domain, true);
    expect(groupOf(one)).toMatchObject({ enabledProfiles: 7, currentlyEnabled: true });
  });

  it("is two rules on a client: from anywhere in the domain, from the own subnet only elsewhere", () => {
    const one = firewall("win10");
    one.setGroup(GROUPS.kms, PROFILE.domain, true);
    expect(groupOf(one)).toMatchObject({ enabledProfiles: PROFILE.domain, currentlyEnabled: true });
    expect(one.admits(caller())).toBe(true);
    const workgroup = firewall("win10", { currentProfiles: PROFILE.private });
    workgroup.setGroup(GROUPS.kms, 7, true);
    expect(workgroup.admits(caller("10.0.9.9"))).toBe(false);
    expect(workgroup.admits(caller("10.0.0.99"))).toBe(true);
  });

  it("lets port 1688 through and no other", () => {
    const one = firewall("ws2022");
    one.setGroup(GROUPS.kms, 7, true);
    expect(one.admits(caller("10.0.9.9", 1700))).toBe(false);
  });
});

describe("a rule of our own", () => {
  it("opens another port, for its program and its addresses only", () => {
    const one = firewall("ws2022");
    expect(one.setRule({ ...own, remoteAddresses: "10.0.8.0/23,192.168.1.5" })).toBe(true);
    expect(one.admits(caller("10.0.9.9", 1700))).toBe(true);
    expect(one.admits(caller("192.168.1.5", 1700))).toBe(true);
    expect(one.admits(caller("192.168.1.6", 1700))).toBe(false);
    expect(one.admits({ ...caller("10.0.9.9", 1700), program: "C:\\other.exe" })).toBe(false);
  });

  it("is read back as Windows keeps it: a mask instead of a length, * for nothing", () => {
    const one = firewall("ws2022");
    one.setRule({ ...own, remoteAddresses: "10.0.8.0/23, 192.168.1.5,LocalSubnet" });
    one.setRule({ ...own, name: "any" });
    const rules = one.read([], ["ours"]).rules;
    expect(rules.map((rule) => rule.remoteAddresses)).toEqual([
      "10.0.8.0/255.255.254.0,192.168.1.5/255.255.255.255,LocalSubnet",
      "*",
    ]);
  });

  it("is changed in place when it is there, and gone when it is removed", () => {
    const one = firewall("ws2022");
    one.setRule(own);
    expect(one.setRule({ ...own, localPorts: "1701-1703" })).toBe(false);
    expect(one.admits(caller("10.0.9.9", 1702))).toBe(true);
    expect(one.removeRule(own.name, own.grouping)).toBe(true);
    expect(one.removeRule(own.name, own.grouping)).toBe(false);
    expect(one.admits(caller("10.0.9.9", 1702))).toBe(false);
  });

  it("may be picked among its twins by how it reads", () => {
    const one = firewall("win10");
    const [base, domain] = one.read([GROUPS.kms], []).rules;
    if (!base || !domain) throw new Error("no twins");
    const only = { profiles: domain.profiles, remoteAddresses: domain.remoteAddresses };
    expect(one.setRule({ ...domain, enabled: true, only })).toBe(false);
    expect(one.read([GROUPS.kms], []).rules.map(({ enabled }) => enabled)).toEqual([false, true]);
    expect(one.reads(base.name, base.grouping, { profiles: 2, remoteAddresses: "LocalSubnet" })).toEqual([]);
  });

  it("is read by its port too, while it admits it", () => {
    const one = firewall("ws2022");
    one.setRule({ ...own, localPorts: "22,1700" });
    expect(one.read([], [], [22]).rules.map(({ name }) => name)).toEqual(["KMS 1700"]);
    expect(one.read([], [], [1701]).rules).toEqual([]);
    one.setRule({ ...own, localPorts: "22,1700", enabled: false });
    expect(one.read([], [], [22]).rules).toEqual([]);
  });

  it("loses against a block rule", () => {
    const one = firewall("ws2022");
    one.setRule(own);
    one.setRule({ ...own, name: "no", action: "block" });
    expect(one.admits(caller("10.0.9.9", 1700))).toBe(false);
  });
});

describe("Group Policy", () => {
  const policyRules = [
    `v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=1688|App=${PROGRAM}|Svc=sppsvc|Name=KMS|`,
  ];

  it("that takes no local rules makes ours worth nothing, and says so", () => {
    const one = firewall("ws2022", { localMergeOff: PROFILE.domain });
    one.setGroup(GROUPS.kms, 7, true);
    expect(one.admits(caller())).toBe(false);
    expect(one.read([GROUPS.kms], [])).toMatchObject({
      modifyState: 1,
      localMergeOff: 1,
      groups: [{ enabledProfiles: 7, currentlyEnabled: false }],
    });
  });

  it("opens the port by a rule of its own", () => {
    const one = firewall("ws2022", { localMergeOff: PROFILE.domain, policyRules });
    expect(one.admits(caller())).toBe(true);
    expect(one.read([GROUPS.kms], []).policyRules).toEqual(policyRules);
    expect(one.read([GROUPS.wmi], []).policyRules).toEqual([]);
  });
});

describe("a profile", () => {
  it("lets everything through when its firewall is off, and nothing when all inbound traffic is blocked", () => {
    const one = firewall("ws2022");
    one.setProfiles(7, false);
    expect(one.admits(caller("1.2.3.4", 9))).toBe(true);
    const blocked = firewall("ws2022", {
      profiles: [{ profile: 1, enabled: true, blockAllInbound: true, defaultInbound: "block" }],
    });
    blocked.setGroup(GROUPS.kms, 7, true);
    expect(blocked.admits(caller())).toBe(false);
    expect(blocked.read([], []).modifyState).toBe(2);
  });
});
