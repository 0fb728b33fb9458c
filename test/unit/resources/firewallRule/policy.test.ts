import { describe, expect, it } from "vitest";
import { planFirewall } from "../../../../provider/resources/firewallRule/plan";
import { firewallFindings, owner, parsePolicyRule } from "../../../../provider/resources/firewallRule/policy";
import { closesWayIn } from "../../../../provider/resources/firewallRule/wayIn";
import { custom, group, kmsRule, observed, rule, SSH, type Wall } from "./samples";

const policyRule = (action: string, profile = "Domain", port = "1690") =>
  `v2.10|Action=${action}|Active=TRUE|Dir=In|Protocol=6|Profile=${profile}|LPort=${port}|App=x|Svc=sppsvc|Name=GPO KMS|`;
const own = (wall: Wall, wanted = custom()) => owner(observed({ rules: [rule()], ...wall }, wanted), wanted);
const said = (wall: Wall, wanted = custom()) =>
  firewallFindings(observed({ rules: [rule()], ...wall }, wanted), wanted);

it("reads a rule of Group Policy", () => {
  expect(parsePolicyRule(policyRule("Block", "Private|Profile=Public"))).toEqual({
    name: "GPO KMS",
    action: "block",
    inbound: true,
    active: true,
    profiles: 6,
    ports: ["1690"],
    service: "sppsvc",
    group: "",
  });
  expect(parsePolicyRule("v2.10|Action=Allow|Active=FALSE|Dir=Out|Name=x|")).toMatchObject({
    active: false,
    inbound: false,
    profiles: 7,
  });
});

describe("Group Policy owns the setting", () => {
  it("when it switches local rules off in the profile in force, or in every profile that is wanted", () => {
    expect(own({ localMergeOff: 1 })).toContain("owns the firewall of the domain profile");
    expect(own({ localMergeOff: 2 })).toBeUndefined();
    expect(own({ localMergeOff: 2 }, custom({ profiles: ["private"] }))).toContain("private profile");
    expect(own({ localMergeOff: 1 }, custom({ profiles: ["private"] }))).toBeUndefined();
  });

  it("when Windows says that it overrides", () => {
    expect(own({ modifyState: 1 })).toContain("overrules what is set on the machine");
    expect(own({ modifyState: 2 })).toBeUndefined();
  });

  it("when it blocks the same service or port, and not when it admits it or concerns something else", () => {
    expect(own({ policyRules: [policyRule("Block")] })).toContain('blocks the same by its rule "GPO KMS"');
    expect(own({ policyRules: [policyRule("Allow")] })).toBeUndefined();
    expect(own({ policyRules: [policyRule("Block", "Public")] })).toBeUndefined();
    const ssh = policyRule("Block", "Domain", "22").replace("sppsvc", "sshd");
    expect(own({ policyRules: [ssh] })).toBeUndefined();
    expect(own({ policyRules: [policyRule("Block", "Domain", "1688")] })).toBeUndefined();
    expect(own({ policyRules: [policyRule("Block", "Domain", "1600-1700")] })).toContain("GPO KMS");
    expect(own({ policyRules: [policyRule("Block").replace("Svc=sppsvc|", "")] })).toContain("GPO KMS");
    expect(own({ policyRules: [policyRule("Block").replace("TRUE", "FALSE")] })).toBeUndefined();
  });
});

describe("findings", () => {
  it("are none for a firewall that is on and decides by itself", () => {
    expect(said({})).toEqual([]);
  });

  it("name the owner, and a policy rule that admits the same", () => {
    expect(said({ localMergeOff: 1 })).toEqual([expect.stringContaining("gpresult")]);
    expect(said({ policyRules: [policyRule("Allow")] })).toEqual([expect.stringContaining('"GPO KMS"')]);
  });

  it("say that the firewall is off, or blocks everything, in the profile in force only", () => {
    const profiles = (over: object) =>
      ([1, 2] as const).map((profile) => ({
        profile,
        enabled: true,
        blockAllInbound: false,
        defaultInbound: "block" as const,
        ...(profile === 1 ? over : {}),
      }));
    expect(said({ profiles: profiles({ enabled: false }) })).toEqual([
      expect.stringMatching(/off in the domain profile/),
    ]);
    expect(said({ profiles: profiles({ blockAllInbound: true }) })).toEqual([
      expect.stringMatching(/blocks all inbound/),
    ]);
    expect(said({ profiles: profiles({ enabled: false }), currentProfiles: 2 })).toEqual([]);
  });

  it("say that there are several rules of ours with one name", () => {
    expect(said({ rules: [rule(), rule()] })).toEqual([expect.stringContaining("there are 2 rules of ours")]);
  });
});

describe("the way in", () => {
  const closes = (wall: Wall, wanted: ReturnType<typeof custom>) => {
    const seen = observed(wall, wanted);
    return closesWayIn(seen, planFirewall(seen, wanted, "10.0.20348").changes);
  };
  const block = (over: object = {}) => custom({ action: "block", service: undefined, localPorts: [22], ...over });

  it("is not shut by a block rule for it, by number, range, any port or any protocol", () => {
    for (const over of [{}, { localPorts: ["1-1000"] }, { localPorts: undefined, program: "C:\\x\\SSHD.exe" }]) {
      expect(closes({ rules: [SSH] }, block(over))).toContain("would block TCP port 22");
    }
    expect(closes({ rules: [SSH] }, block({ protocol: "any", localPorts: undefined }))).toContain(
      "would block TCP port 22",
    );
  });

  it.each([
    ["another port", block({ localPorts: [1688] })],
    ["another program", block({ program: "C:\\x.exe" })],
    ["another service", block({ service: "winmgmt" })],
    ["a profile that is not in force", block({ profiles: ["public"] })],
    ["what goes out", block({ direction: "out" })],
    ["UDP", block({ protocol: "udp" })],
    ["nothing, being off", block({ enabled: false })],
  ])("is not concerned by a block of %s", (_what, wanted) => {
    expect(closes({ rules: [SSH] }, wanted)).toBeUndefined();
  });

  it("is the port of the connection when the machine serves it, else 22", () => {
    const wanted = block({
      localPorts: [2222],
      connection: { host: "kms01", port: 2222, hostKey: "insecure-accept-any" },
    });
    expect(closes({ rules: [SSH], listeners: [22, 2222] }, wanted)).toContain("TCP port 2222");
    expect(closes({ rules: [SSH], listeners: [22] }, wanted)).toBeUndefined();
  });

  it("is not shut by switching off, or narrowing, the only rule that admits it", () => {
    const ours = rule({ localPorts: "22", program: "", service: "" });
    const sshRule = (over: object) => custom({ localPorts: [22], service: undefined, ...over });
    expect(closes({ rules: [ours] }, sshRule({ enabled: false }))).toContain("the only rule that lets TCP port 22 in");
    expect(closes({ rules: [ours] }, sshRule({ profiles: ["public"] }))).toContain("the only rule");
    expect(closes({ rules: [ours, SSH] }, sshRule({ enabled: false }))).toBeUndefined();
    const policy = { policyRules: [policyRule("Allow", "Domain", "22")] };
    expect(closes({ rules: [ours], ...policy }, sshRule({ enabled: false }))).toBeUndefined();
  });

  it("is not shut by switching off a group that alone admits it", () => {
    const rules = [kmsRule({ localPorts: "22", program: "", service: "", enabled: true })];
    expect(closes({ rules }, group({ enabled: false }))).toContain("the only rule that lets TCP port 22 in");
  });

  it("does not matter where the firewall is off or Group Policy decides", () => {
    const off = ([1, 2, 4] as const).map((profile) => ({
      profile,
      enabled: false,
      blockAllInbound: false,
      defaultInbound: "block" as const,
    }));
    expect(closes({ rules: [SSH], profiles: off }, block())).toBeUndefined();
    expect(closes({ rules: [SSH], localMergeOff: 1 }, block())).toBeUndefined();
  });
});
