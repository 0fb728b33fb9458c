import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { splitWords } from "../../lab/changes/words";
import { ChangeRefused, type Lab } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { KMS_GROUP, kmsHost, SPP, type, withAgent } from "./helpers";

let lab: Lab;
beforeEach(async () => {
  lab = await testLab({
    machines: [kmsHost("m", 1)],
  });
});
afterEach(() => lab.stop());
const values = () => lab.state("m").registry[`HKLM\\${SPP}`] ?? {};

describe("an administrator's words", () => {
  it("come as one line or word by word, with quotes as in a Windows shell", () => {
    expect(splitWords(['reg add "HKLM\\A B" /v x /d "a, b"'])).toEqual([
      "reg",
      "add",
      "HKLM\\A B",
      "/v",
      "x",
      "/d",
      "a, b",
    ]);
    expect(splitWords(["slmgr", "/skms", "a b"])).toEqual(["slmgr", "/skms", "a b"]);
  });

  it("may be written -sprt, SLMGR.VBS or /SPRT", async () => {
    for (const [words, port] of [
      ["slmgr -sprt 1701", "1701"],
      ["SLMGR.VBS /SPRT 1702", "1702"],
      ["slmgr.vbs /sprt 1703", "1703"],
    ] as const) {
      expect((await type(lab, "m", words)).exitCode).toBe(0);
      expect(values()["KeyManagementServiceListeningPort"]?.data).toBe(port);
    }
  });

  it("set and delete registry values", async () => {
    await type(
      lab,
      "m",
      `reg add "HKLM\\${SPP}" /v DnsDomainPublishList /t REG_MULTI_SZ /d "contoso.com, 0, 10\\0fabrikam.com" /f`,
    );
    expect(values()["DnsDomainPublishList"]).toEqual({
      kind: "REG_MULTI_SZ",
      data: ["contoso.com, 0, 10", "fabrikam.com"],
    });
    expect((await type(lab, "m", `reg delete "HKEY_LOCAL_MACHINE\\${SPP}" /v dnsdomainpublishlist /f`)).exitCode).toBe(
      0,
    );
    expect((await type(lab, "m", `reg delete "HKLM\\${SPP}" /v DnsDomainPublishList /f`)).exitCode).toBe(1);
    expect(values()).toEqual({});
  });

  it("stop and start the licensing service, and say when there was nothing to do", async () => {
    expect((await type(lab, "m", "net start sppsvc")).exitCode).toBe(2);
    expect((await type(lab, "m", "net stop sppsvc")).exitCode).toBe(0);
    expect((await type(lab, "m", "net stop sppsvc")).exitCode).toBe(2);
    expect(lab.state("m").service).toEqual({ name: "sppsvc", running: false, restarts: 0 });
    await type(lab, "m", "net start sppsvc");
    expect(lab.state("m").service).toEqual({ name: "sppsvc", running: true, restarts: 1 });
    await type(lab, "m", "Restart-Service sppsvc");
    expect(lab.state("m").service.restarts).toBe(2);
  });

  it("switch the firewall group on and off", async () => {
    const enabled = () => lab.state("m").firewall.enabledRules.filter(({ grouping }) => grouping === KMS_GROUP).length;
    await type(lab, "m", `netsh advfirewall firewall set rule group="${KMS_GROUP}" new enable=yes`);
    expect(enabled()).toBe(1);
    await type(lab, "m", `netsh advfirewall firewall set rule group="${KMS_GROUP}" new enable=no`);
    expect(enabled()).toBe(0);
    expect((await type(lab, "m", 'netsh advfirewall firewall set rule group="nothing" new enable=yes')).exitCode).toBe(
      1,
    );
  });

  it("change rules by name, and delete them", async () => {
    const rule = () => lab.state("m").firewall.enabledRules.find(({ localPorts }) => /^168[89]$/.test(localPorts));
    const name = 'name="Key Management Service (TCP-In)"';
    await type(
      lab,
      "m",
      `netsh advfirewall firewall set rule ${name} new enable=yes profile=domain,private localport=1689`,
    );
    expect(rule()).toMatchObject({ profiles: 3, localPorts: "1689", remoteAddresses: "*" });
    await type(lab, "m", `netsh advfirewall firewall set rule ${name} new remoteip=10.0.0.0/8`);
    expect(rule()?.remoteAddresses).toBe("10.0.0.0/255.0.0.0");
    await expect(type(lab, "m", `netsh advfirewall firewall set rule ${name} new edge=yes`)).rejects.toThrow(
      /edge=yes/,
    );
    await type(lab, "m", `netsh advfirewall firewall delete rule ${name}`);
    expect(rule()).toBeUndefined();
    expect((await type(lab, "m", `netsh advfirewall firewall delete rule ${name}`)).exitCode).toBe(1);
  });

  it("bring Group Policy through the registry, as the policy's own client does", async () => {
    const key = "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\DomainProfile";
    await type(lab, "m", `reg add ${key} /v AllowLocalPolicyMerge /t REG_DWORD /d 0`);
    const read = await withAgent(lab, "m", (agent) => agent.call("firewall.read", { groups: [], groupings: [] }));
    expect(read).toMatchObject({ modifyState: 1, localMergeOff: 1 });
    await type(lab, "m", `reg delete ${key} /v AllowLocalPolicyMerge /f`);
    const after = await withAgent(lab, "m", (agent) => agent.call("firewall.read", { groups: [], groupings: [] }));
    expect(after).toMatchObject({ modifyState: 0, localMergeOff: 0 });
  });

  it("switch the machine off and on; nothing can be typed on a machine that is off", async () => {
    await type(lab, "m", "shutdown");
    await expect(type(lab, "m", "slmgr /dli")).rejects.toThrow(/is off/);
    await type(lab, "m", "start");
    expect((await type(lab, "m", "slmgr /dli")).output).toContain("VOLUME_KMS_WS22 channel");
  });

  it.each([
    "format c:",
    "",
    "slmgr",
    "slmgr /explode",
    "slmgr /sprt",
    "slmgr /sprt many",
    "net pause sppsvc",
    "net stop spooler",
    "reg add HKCU\\x /v a",
    "reg add HKLM\\x",
    "reg add HKLM\\x /v a /t REG_DWORD /d many",
    "reg add HKLM\\x /v a /t REG_LINK",
    "reg add HKLM\\x /v a /z",
    "reg query HKLM\\x /v a",
    "netsh winsock reset",
    "shutdown /r",
  ])("%j is refused, and nothing is changed", async (words) => {
    const before = lab.state("m");
    await expect(type(lab, "m", words)).rejects.toThrow(ChangeRefused);
    expect(lab.state("m")).toEqual(before);
  });

  it("to a machine that is not there are refused with the names of those that are", async () => {
    await expect(type(lab, "nobody", "start")).rejects.toThrow(/nobody.*it has m/);
  });
});
