import type { NetworkSpec } from "pulumi-volume-activation-lab";
import { describe, expect, it } from "vitest";
import { KMS01, labProjectAround, untouched } from "./labProject";

const SPP = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
const WMI = "@FirewallAPI.dll,-34251";
const NETWORK: NetworkSpec = {
  name: "switches",
  domain: "contoso.com",
  machines: [
    KMS01,
    { name: "srv01", os: "ws2019", edition: "ServerStandard", address: "10.0.0.21", language: "zh-TW" },
    { name: "alone", os: "win10", address: "10.0.0.22", domainJoined: false },
  ],
};

const program = (subnets = '"10.1.0.0/16"') => `
  const machines = config.requireObject("machines");
  new activation.ActivationPolicy("srv01", {
    connection: machines.srv01, skipRearm: true, notificationDisabled: true, alternateUrl: "https://intranet/activation",
    dnsSuffixSearchList: ["contoso.com", "kms.contoso.com"], onDelete: "restore",
  });
  new activation.RemoteManagement("alone", { connection: machines.alone, subnets: [${subnets}], workgroup: true });
`;

describe("ActivationPolicy and RemoteManagement in the real engine, over real SSH", () => {
  const at = labProjectAround(program(), NETWORK);
  const restarts = () => at.lab.state("srv01").service.restarts;
  const scopes = () => {
    const rules = at.lab.state("alone").firewall.enabledRules;
    return new Set(rules.filter(({ grouping }) => grouping === WMI).map(({ remoteAddresses }) => remoteAddresses));
  };

  it("preview connects to no machine", async () => {
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(at.lab.state("srv01").counters.dials).toBe(0);
  });

  it("up sets the switches with one restart, opens WMI for the subnet, and says what it typed", async () => {
    const before = restarts();
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    expect(restarts()).toBe(before + 1);
    expect(ran.output).toContain(`[ActivationPolicy srv01] reg add "${SPP}" /v SkipRearm /t REG_DWORD /d "1" /f`);
    expect(ran.output).toContain("LocalAccountTokenFilterPolicy");
    expect(scopes()).toEqual(new Set(["10.1.0.0/255.255.0.0"]));
  });

  it("preview again is empty, and drift is clean", async () => {
    const before = untouched(at.lab, "srv01");
    const preview = await at.project.preview();
    expect(preview.code, preview.output).toBe(0);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(0);
    expect(untouched(at.lab, "srv01")).toBe(before);
  });

  it("a value changed behind our back, and a link that is half gone, are drift with their names; up repairs them", async () => {
    await at.lab.change("srv01", ["reg", "add", SPP, "/v", "SkipRearm", "/t", "REG_DWORD", "/d", "0"]);
    await at.lab.change("srv01", ["reg", "delete", `${SPP}\\Activation`, "/v", "AlternateURL"]);
    await at.lab.change("srv01", ["reg", "add", SPP, "/v", "UserOperations", "/t", "REG_DWORD", "/d", "1"]);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toContain("skipRearm");
    expect(drift.output).toContain('Activation\\\\AlternateURL \\"\\"');
    expect(drift.output).not.toContain("userOperations");
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).toContain("1 updated");
    expect((await at.project.drift()).code).toBe(0);
  });

  it("another subnet is an update in place", async () => {
    at.project.write(program('"10.1.0.0/16", "10.2.0.0/16"'));
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(up.output).toContain("1 updated");
    expect(scopes()).toEqual(new Set(["10.1.0.0/255.255.0.0,10.2.0.0/255.255.0.0"]));
  });

  it("delete takes the switches and the token policy away again, and closes WMI", async () => {
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    expect(ran.output).toContain('reg delete "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"');
    expect(ran.output).toContain(`reg delete "${SPP}" /v SkipRearm /f`);
    expect(scopes()).toEqual(new Set());
  });
});
