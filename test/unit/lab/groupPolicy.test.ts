import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChangeRefused, type Lab } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { exitCodeOf, KMS_GROUP, kmsHost, MINUTE, SPP, type, withAgent } from "./helpers";

const NOT_ENOUGH = exitCodeOf(0xc004f038);
const NO_HOST = exitCodeOf(0xc004f074);

let lab: Lab;
beforeEach(async () => {
  lab = await testLab({
    machines: [
      kmsHost("kms", 1),
      { name: "cl", os: "ws2019", address: "10.0.0.2" },
      { name: "alone", os: "ws2019", address: "10.0.0.3", domainJoined: false },
    ],
  });
  await type(lab, "cl", "slmgr /skms kms.contoso.com");
});
afterEach(() => lab.stop());
const ato = async () => (await type(lab, "cl", "slmgr /ato")).exitCode;
const enable = (yes: "yes" | "no") =>
  type(lab, "kms", `netsh advfirewall firewall set rule group="${KMS_GROUP}" new enable=${yes}`);
const read = () =>
  withAgent(lab, "kms", (agent) => agent.call("firewall.read", { groups: [KMS_GROUP], groupings: [] }));

describe("Group Policy", () => {
  it("that lets no local rule count takes an enabled rule back, and says so as GP_OVERRIDE", async () => {
    await enable("yes");
    expect(await ato()).toBe(NOT_ENOUGH);
    await type(lab, "kms", "gpo firewall domain merge off");
    expect(await ato()).toBe(NO_HOST);
    expect(await read()).toMatchObject({
      modifyState: 1,
      localMergeOff: 1,
      groups: [{ currentlyEnabled: false, enabledProfiles: 7 }],
    });
    await type(lab, "kms", "gpo firewall domain merge on");
    expect(await ato()).toBe(NOT_ENOUGH);
    expect(await read()).toMatchObject({ modifyState: 0, localMergeOff: 0, groups: [{ currentlyEnabled: true }] });
  });

  it("for another profile than the one in use changes nothing that acts", async () => {
    await enable("yes");
    await type(lab, "kms", "gpo firewall public merge off");
    expect(await ato()).toBe(NOT_ENOUGH);
    expect(await read()).toMatchObject({ modifyState: 0, localMergeOff: 4 });
  });

  it("blocks the KMS group whatever the machine says, opens it, or says nothing about it", async () => {
    await enable("yes");
    await type(lab, "kms", `gpo firewall group "${KMS_GROUP}" block`);
    expect(await ato()).toBe(NO_HOST);
    const { policyRules } = await read();
    expect(policyRules).toEqual([
      expect.stringMatching(/^v2\.10\|Action=Block\|.*LPort=1688\|.*EmbedCtxt=@FirewallAPI/),
    ]);
    await type(lab, "kms", `gpo firewall group "${KMS_GROUP}" none`);
    expect(await ato()).toBe(NOT_ENOUGH);
    await enable("no");
    await type(lab, "kms", "gpo firewall domain merge off");
    await type(lab, "kms", `gpo firewall group "${KMS_GROUP}" allow`);
    expect(await ato()).toBe(NOT_ENOUGH);
  });

  it("sets a registry value, again at gpupdate, at the start of Windows and after 90 minutes", async () => {
    const host = () => lab.state("cl").kmsClient.target;
    await type(lab, "cl", `gpo reg add "HKLM\\${SPP}" /v KeyManagementServiceName /t REG_SZ /d old.contoso.com`);
    expect(host()).toBe("old.contoso.com:1688");
    await type(lab, "cl", "slmgr /skms kms");
    expect(host()).toBe("kms:1688");
    await type(lab, "cl", "gpupdate /force");
    expect(host()).toBe("old.contoso.com:1688");
    await type(lab, "cl", "slmgr /ckms");
    await type(lab, "cl", "shutdown");
    await type(lab, "cl", "start");
    expect(host()).toBe("old.contoso.com:1688");
    await type(lab, "cl", "slmgr /ckms");
    lab.advance(89 * MINUTE);
    expect(host()).toBeNull();
    lab.advance(2 * MINUTE);
    expect(host()).toBe("old.contoso.com:1688");
    await type(lab, "cl", `gpo reg delete "HKLM\\${SPP}" /v keymanagementservicename`);
    await type(lab, "cl", "slmgr /ckms");
    lab.advance(300 * MINUTE);
    expect(host()).toBeNull();
    expect((await type(lab, "cl", `gpo reg delete "HKLM\\${SPP}" /v KeyManagementServiceName`)).exitCode).toBe(1);
  });

  it("knows no group that Windows does not have", async () => {
    expect((await type(lab, "kms", 'gpo firewall group "@FirewallAPI.dll,-1" block')).exitCode).toBe(1);
  });

  it.each([
    "gpo",
    "gpo firewall",
    "gpo firewall home merge off",
    "gpo firewall domain merge",
    "gpo reg add HKCU\\x /v a",
    `gpo firewall group "${KMS_GROUP}" maybe`,
  ])("%j is refused", async (words) => {
    await expect(type(lab, "kms", words)).rejects.toThrow(ChangeRefused);
  });

  it("does not reach a machine that is in no domain", async () => {
    await expect(type(lab, "alone", "gpo firewall domain merge off")).rejects.toThrow(/in no domain/);
  });
});
