import { describe, expect, it } from "vitest";
import { planFirewall } from "../../../../provider/resources/firewallRule/plan";
import { viewOf } from "../../../../provider/resources/firewallRule/view";
import { ALL, custom, group, KMS_EXE, kmsRule, observed, rule, twins, type Wall } from "./samples";

const WS2022 = "10.0.20348";
const plan = (wall: Wall, wanted: ReturnType<typeof group>, version = WS2022) =>
  planFirewall(observed(wall, wanted), wanted, version);
const view = (wall: Wall, wanted: ReturnType<typeof group>) => viewOf(observed(wall, wanted).rules, wanted, WS2022);

describe("a group", () => {
  it("that is off is switched on in one step, on a server and with twins", () => {
    for (const rules of [[kmsRule()], twins()]) {
      const { steps } = plan({ rules }, group());
      expect(steps).toEqual([
        {
          op: "firewall.group",
          args: { group: "@FirewallAPI.dll,-28002", profiles: ALL, enabled: true },
        },
      ]);
    }
  });

  it("that is as wanted takes no step", () => {
    expect(plan({ rules: twins({ enabled: true }) }, group()).steps).toEqual([]);
    expect(
      plan({ rules: twins({ enabled: true }) }, group({ profiles: ["domain", "private", "public"] })).steps,
    ).toEqual([]);
    expect(plan({ rules: twins() }, group({ enabled: false })).steps).toEqual([]);
    expect(plan({ rules: [kmsRule({ enabled: true, profiles: 7 })] }, group()).steps).toEqual([]);
  });

  it("half on is switched on whole", () => {
    const rules = [kmsRule({ name: "a", enabled: true }), kmsRule({ name: "b" })];
    expect(plan({ rules }, group()).steps.map(({ op }) => op)).toEqual(["firewall.group"]);
    expect(view({ rules }, group())).toEqual({ enabled: false });
  });

  it("for the domain alone: the domain's twin on, the other stays off", () => {
    const { steps } = plan({ rules: twins() }, group({ profiles: ["domain"] }));
    expect(steps).toEqual([
      {
        op: "firewall.rule",
        args: expect.objectContaining({
          enabled: true,
          profiles: 1,
          remoteAddresses: "*",
          only: { profiles: 1, remoteAddresses: "*" },
        }),
      },
    ]);
  });

  it("for the domain alone on a server narrows its one rule", () => {
    const { steps } = plan({ rules: [kmsRule()] }, group({ profiles: ["domain"] }));
    expect(steps).toEqual([{ op: "firewall.rule", args: kmsRule({ enabled: true, profiles: 1 }) }]);
    expect(view({ rules: [kmsRule({ enabled: true })] }, group({ profiles: ["domain"] }))).toEqual({
      enabled: true,
      profiles: ["domain", "private", "public"],
    });
  });

  it("that was narrowed before is widened again: public goes to the twin for the own subnet", () => {
    const [base, domain] = twins({ enabled: true });
    if (!base || !domain) throw new Error("no twins");
    const wanted = group({ profiles: ["private", "public"] });
    const { changes } = plan({ rules: [{ ...base, profiles: 2 }, domain] }, wanted);
    expect(changes.map(({ after }) => [after.enabled, after.profiles])).toEqual([
      [true, 6],
      [false, 1],
    ]);
  });

  it("with addresses sets them on each twin that is on", () => {
    const wanted = group({ remoteAddresses: ["10.0.0.0/8"] });
    const { steps } = plan({ rules: twins({ enabled: true }) }, wanted);
    expect(steps.map(({ args }) => args)).toEqual([
      expect.objectContaining({ remoteAddresses: "10.0.0.0/8", only: { profiles: 6, remoteAddresses: "LocalSubnet" } }),
      expect.objectContaining({ remoteAddresses: "10.0.0.0/8", only: { profiles: 1, remoteAddresses: "*" } }),
    ]);
    expect(view({ rules: twins({ enabled: true }) }, wanted)).toMatchObject({ remoteAddresses: ["LocalSubnet"] });
    const set = twins({ enabled: true, remoteAddresses: "10.0.0.0/255.0.0.0" });
    expect(plan({ rules: set }, wanted).steps).toEqual([]);
  });

  it("that is off reads as off, whatever its profiles", () => {
    expect(view({ rules: twins() }, group({ profiles: ["domain"] }))).toEqual({ enabled: false, profiles: ["domain"] });
    expect(view({ rules: twins({ enabled: true }) }, group({ enabled: false }))).toEqual({ enabled: true });
  });
});

describe("a rule of one's own", () => {
  it("is added with the program that serves KMS on this Windows", () => {
    const programs = ["6.1.7601", "6.2.9200", WS2022].map((version) => {
      const [step] = plan({}, custom(), version).steps;
      return step?.op === "firewall.rule" ? step.args.program : undefined;
    });
    expect(programs).toEqual(["%SystemRoot%\\system32\\sppsvc.exe", KMS_EXE, KMS_EXE]);
  });

  it("of another service, or with a program of its own, gets no program of KMS", () => {
    const program = (input: object) => {
      const [step] = plan({}, custom({ ...input })).steps;
      return step?.op === "firewall.rule" ? step.args.program : undefined;
    };
    expect(program({ service: "winmgmt" })).toBe("");
    expect(program({ program: "any" })).toBe("");
    expect(program({ program: "C:\\kms.exe" })).toBe("C:\\kms.exe");
  });

  it("that reads the same in Windows' spelling takes no step and shows no difference", () => {
    const wanted = custom({
      remoteAddresses: ["10.0.0.0/8", "192.168.1.5", "LocalSubnet"],
      localPorts: [1690, "5000-5010"],
      profiles: ["private", "domain"],
    });
    const rules = [
      rule({
        remoteAddresses: "LocalSubnet,192.168.1.5/255.255.255.255,10.0.0.0/255.0.0.0",
        localPorts: "5000-5010,1690",
        profiles: 3,
        program: "C:\\WINDOWS\\System32\\SppExtComObj.exe",
        service: "SPPSVC",
      }),
    ];
    expect(plan({ rules }, wanted).steps).toEqual([]);
    for (const [name, value] of Object.entries(view({ rules }, wanted))) expect(wanted[name], name).toEqual(value);
  });

  it.each([
    ["enabled", { enabled: false }, false],
    ["profiles", { profiles: 2 }, ["private"]],
    ["remoteAddresses", { remoteAddresses: "10.0.0.0/255.0.0.0" }, ["10.0.0.0/8"]],
    ["localPorts", { localPorts: "1688" }, ["1688"]],
    ["direction", { direction: "out" as const }, "out"],
    ["action", { action: "block" as const }, "block"],
    ["protocol", { protocol: 17 }, "udp"],
    ["program", { program: "C:\\other.exe" }, "C:\\other.exe"],
    ["service", { service: "winmgmt" }, "winmgmt"],
  ])("whose %s was changed is repaired, and shows it", (name, over, shown) => {
    const wall = { rules: [rule(over)] };
    expect(plan(wall, custom()).steps).toHaveLength(1);
    expect(view(wall, custom())).toMatchObject({ [name]: shown });
  });

  it("does not touch a rule of the same name that is not ours", () => {
    const { steps } = plan({ rules: [rule({ grouping: "" }), rule({ name: "another" })] }, custom());
    expect(steps.map(({ op }) => op)).toEqual(["firewall.rule"]);
    expect(observed({ rules: [rule({ grouping: "" })] }, custom()).rules).toEqual([]);
  });
});
