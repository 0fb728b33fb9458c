import { afterEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { activationPolicyHandler } from "../../provider/resources/activationPolicy/handler";
import { kmsClientConfigHandler } from "../../provider/resources/kmsClientConfig/handler";
import type { MachineSpec } from "../lab/index";
import { type Applied, clients, DAYS, GuideLab, HOST } from "./guideLab";

let at: GuideLab;
afterEach(() => at.end());
async function start(...machines: MachineSpec[]): Promise<void> {
  at = await GuideLab.start({
    zones: [
      { name: "contoso.com", allowUpdate: ["hosts"] },
      { name: "fabrikam.com", allowUpdate: [] },
    ],
    machines,
  });
}
const policy = (machine: string, props: Props, before?: Applied) =>
  at.on(activationPolicyHandler, machine, props, before);
const inForce = (machine: string) => at.lab.state(machine).activationPolicy;
const ACTIVE_HOST: MachineSpec = { ...HOST, initialKey: "csvlk", activated: true };
const MAK_MACHINE: MachineSpec = { name: "m", os: "win10", address: "10.0.1.50", initialKey: "mak" };
const CLIENT: MachineSpec = { name: "m", os: "win10", edition: "Professional", address: "10.0.1.50", graceMinutes: 60 };

describe("停用自動啟用 (Disable automatic activation)", () => {
  it("on a MAK machine: manualActivation keeps Windows from spending by itself, until it is taken back", async () => {
    await start(MAK_MACHINE);
    const set = await policy("m", { manualActivation: true });
    at.lab.advance(5 * DAYS);
    expect(at.lab.ledger()).toEqual([]);
    await policy("m", { manualActivation: false }, set);
    at.lab.advance(1 * DAYS);
    expect(at.lab.ledger()).toMatchObject([{ machine: "m", kind: "mak" }]);
  });

  it("on a KMS client: the value is set and kept, and the client may ask all the same", async () => {
    await start(ACTIVE_HOST, ...clients(1));
    const set = await policy("c1", { manualActivation: true });
    expect(inForce("c1").manual).toBe(true);
    at.lab.advance(1 * DAYS);
    expect(at.lab.state("kms01").kmsHost.count).toBe(1);
    await at.type(
      "c1",
      `reg delete "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform\\Activation" /v Manual`,
    );
    expect(await at.drift(set)).toEqual(["manualActivation"]);
    await at.repair(set);
    expect(inForce("c1").manual).toBe(true);
  });
});

describe("啟用標準使用者啟用 (Let standard users activate), Appendix A", () => {
  it("userOperations: a standard user may install a key and rearm, after the one restart", async () => {
    await start({ ...CLIENT, initialKey: "none" });
    const install = () => at.type("m", "slmgr /ipk W269N-WFGWX-YVC9B-4J6C9-T83GX");
    await at.lab.fault("m", { notElevated: true });
    expect(await install()).toContain("0xC004F025");
    await at.lab.fault("m", { notElevated: false });
    const restarts = at.lab.state("m").service.restarts;
    const set = await policy("m", { userOperations: true });
    expect(at.lab.state("m").service.restarts).toBe(restarts + 1);
    await at.lab.fault("m", { notElevated: true });
    expect(await install()).toContain("successfully");
    expect(await at.type("m", "slmgr /rearm")).toContain("successfully");
    await at.lab.fault("m", { notElevated: false });
    await policy("m", { userOperations: false }, set);
    expect(inForce("m").userOperations).toBe(false);
  });
});

describe("停用啟用通知 (Disable activation notifications), Appendix A", () => {
  it("notificationDisabled: no notices, until the grace period is over", async () => {
    await start(CLIENT);
    expect(inForce("m").notices.shown).toBe(true);
    await policy("m", { notificationDisabled: true });
    expect(inForce("m").notices.shown).toBe(false);
    at.lab.advance(61 * 60_000);
    expect(inForce("m").notices.shown).toBe(true);
  });
});

describe("啟用功能的登錄金鑰變更 (Registry changes of activation), Appendix A", () => {
  const URL = "https://intranet.contoso.com/activation?from=%PATH%&to=[a]*'b'";

  it("alternateUrl: the link leads to the administrator's page, in both documented values, hostile text unharmed", async () => {
    await start(CLIENT);
    const set = await policy("m", { alternateUrl: URL, onDelete: "restore" });
    expect(inForce("m").notices.link).toBe(URL);
    expect(set.outs["alternateUrl"]).toBe(URL);
    expect(await at.drift(set)).toEqual([]);
    await at.remove(set);
    expect(inForce("m").notices.link).toBeNull();
    expect(await at.value("m", "ActivationAlternateURL")).toBeUndefined();
  });

  it("sets several switches with one restart of the Software Protection service, and none again", async () => {
    await start(CLIENT);
    const restarts = at.lab.state("m").service.restarts;
    const props = {
      userOperations: false,
      notificationDisabled: true,
      alternateUrl: URL,
      manualActivation: true,
      skipRearm: true,
      noGenTicket: true,
    };
    const set = await policy("m", props);
    expect(at.lab.state("m").service.restarts).toBe(restarts + 1);
    expect(await at.value("m", "NoGenTicket", "SOFTWARE\\Classes\\AppID\\slui.exe")).toBe(1);
    await policy("m", props, set);
    expect(at.lab.state("m").service.restarts).toBe(restarts + 1);
  });
});

describe("部署 KMS 用戶端 (Deploy KMS clients)", () => {
  it("skipRearm: a rearm takes none of the few that a Windows 7 has, and changes nothing", async () => {
    await start({ ...CLIENT, os: "win7" });
    const set = await policy("m", { skipRearm: true });
    await at.type("m", "slmgr /rearm");
    expect(inForce("m").rearmsLeft).toBe(3);
    await policy("m", { skipRearm: false }, set);
    await at.type("m", "slmgr /rearm");
    expect(inForce("m").rearmsLeft).toBe(2);
  });
});

describe("將尾碼項目新增到 KMS 用戶端 (Add a suffix to the KMS client)", () => {
  const FAR: MachineSpec = { name: "far", os: "win10", address: "10.0.1.60", domain: "fabrikam.com" };
  const found = () => at.lab.state("far").kmsClient.discovered?.name;

  it("dnsSuffixSearchList: a client of another domain finds the host that is published in a listed one", async () => {
    await start(ACTIVE_HOST, FAR);
    await at.type("far", "slmgr /ato");
    expect(found()).toBeUndefined();
    const set = await policy("far", { dnsSuffixSearchList: ["fabrikam.com", "contoso.com"], onDelete: "restore" });
    await at.type("far", "slmgr /ato");
    expect(found()).toBe("kms01.contoso.com");
    expect(await at.drift(set)).toEqual([]);
    await at.remove(set);
    const key = "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters";
    expect(await at.value("far", "SearchList", key)).toBeUndefined();
  });

  it("lookupDomain (/skms-domain): from Windows 8 on, one domain for KMS alone", async () => {
    await start(ACTIVE_HOST, ...clients(5), FAR);
    for (let index = 1; index <= 5; index++) await at.type(`c${index}`, "slmgr /ato");
    const set = await at.on(kmsClientConfigHandler, "far", { lookupDomain: "contoso.com" });
    expect(found()).toBe("kms01.contoso.com");
    expect(set.outs["lookupDomain"]).toBe("contoso.com");
  });
});
