import { afterEach, describe, expect, it } from "vitest";
import { GVLKS } from "../../../provider/keys/index";
import type { Lab, MachineSpec, OsId } from "../../lab/index";
import { OPERATING_SYSTEMS, osKind } from "../../lab/machine/os";
import { setupKey } from "../../lab/machine/products";
import { testLab } from "../conformance/harness";
import { DAY, exitCodeOf, KMS_GROUP, MINUTE, product, SPP, statusOf, type, withAgent } from "./helpers";

let lab: Lab;
afterEach(() => lab.stop());

async function one(more: Partial<MachineSpec> = {}): Promise<void> {
  lab = await testLab({ machines: [{ name: "m", os: "ws2022", address: "10.0.0.1", ...more }] });
}
const key = (family: string, editionId: string) =>
  GVLKS.find((row) => row.family === family && row.editionId === editionId)?.key ?? "";
async function slmgr(option: string, ...values: string[]): Promise<number> {
  return (await lab.change("m", ["slmgr", option, ...values])).exitCode;
}
const read = (service: string[], columns: string[]) =>
  withAgent(lab, "m", (agent) => agent.call("licensing.read", { service, product: columns }));

describe("the Windows versions", () => {
  it.each([...OPERATING_SYSTEMS.keys()])("%s has a setup key for its usual edition and says who it is", async (os) => {
    await one({ os });
    const kind = osKind(os);
    expect(setupKey(kind, kind.defaultEdition)?.family).toBe(kind.gvlkFamily);
    const hello = await withAgent(lab, "m", (agent) => agent.call("hello", {}));
    expect(hello).toMatchObject({
      osVersion: kind.version,
      productType: kind.server ? 3 : 1,
      editionId: kind.defaultEdition,
      psVersion: kind.psVersion,
      domain: "contoso.com",
      primaryDnsSuffix: "contoso.com",
      partOfDomain: true,
    });
    expect(product(lab, "m")?.description).toContain("VOLUME_KMSCLIENT channel");
  });

  it.each<[OsId, boolean]>([
    ["win7", false],
    ["ws2008r2", false],
    ["ws2012", true],
    ["win10", true],
  ])("%s: the columns of Windows 8 are there: %s", async (os, there) => {
    await one({ os });
    const names = ["ProductKeyChannel", "VLActivationTypeEnabled", "VLActivationType", "RemainingSkuReArmCount"];
    const { service, products } = await read(
      ["KeyManagementServiceLookupDomain", "KeyManagementServiceActivationDisabled"],
      names,
    );
    expect(Object.keys(products[0] ?? {})).toEqual(there ? names : []);
    expect(Object.keys(service)).toEqual([
      there ? "KeyManagementServiceLookupDomain" : "KeyManagementServiceActivationDisabled",
    ]);
  });

  it.each<[OsId, string]>([
    ["ws2008r2", "sppsvc.exe"],
    ["ws2022", "sppextcomobj.exe"],
  ])("%s listens for KMS in %s", async (os, program) => {
    await one({ os });
    const { rules } = await withAgent(lab, "m", (agent) =>
      agent.call("firewall.read", { groups: [KMS_GROUP], groupings: [] }),
    );
    expect(rules.map((rule) => rule.program)).toEqual([`%SystemRoot%\\system32\\${program}`]);
  });
});

describe("product keys", () => {
  it("of the installed edition make a KMS client, of another edition give 0xC004F069", async () => {
    await one({ edition: "ServerDatacenter", initialKey: "none" });
    expect(await slmgr("/ipk", key("windows-server-2022", "ServerStandard"))).toBe(exitCodeOf(0xc004f069));
    expect(lab.state("m").products).toEqual([]);
    expect(await slmgr("/ipk", key("windows-server-2022", "ServerDatacenter"))).toBe(0);
    expect(product(lab, "m")).toMatchObject({
      partialProductKey: "6VM33",
      channel: "Volume:GVLK",
      licenseStatusName: "OOBGrace",
    });
  });

  it.each([
    "VDYBN-27WPP-V4HQT-9VMD4-VMK7",
    "not a key",
    "D2N9P-3P6X9-2R39C-7RTCD-MDVJX",
    "BBBBB-CCCCC-DDDDD-FFFFF-NGGGG",
  ])("%s gives 0xC004F050 on Server 2022", async (wrong) => {
    await one();
    expect(await slmgr("/ipk", wrong)).toBe(exitCodeOf(0xc004f050));
    expect(product(lab, "m")?.partialProductKey).toBe("VMK7H");
  });

  it.each<[OsId, number]>([
    ["ws2025", 0],
    ["ws2022", 0],
    ["ws2019", 0],
    ["ws2016", 0xc004f050],
    ["win11", 0xc004f069],
  ])("the host key of Server 2025 on %s: %d", async (os, code) => {
    await one({ os, csvlk: "ws2025" });
    expect(await slmgr("/ipk", lab.keys["m"] ?? "")).toBe(exitCodeOf(code));
  });

  it("that are too old for a Windows give 0xC004F069", async () => {
    await one({ os: "ws2025", csvlk: "ws2022" });
    expect(await slmgr("/ipk", lab.keys["m"] ?? "")).toBe(exitCodeOf(0xc004f069));
  });

  it("of a host are named by their channel, and leave the version for inventory tools in both registry views", async () => {
    await one({ csvlk: "ws2022" });
    await slmgr("/ipk", lab.keys["m"] ?? "");
    expect(product(lab, "m")).toMatchObject({
      channel: "Volume:CSVLK",
      description: "Windows(R) Operating System, VOLUME_KMS_WS22 channel",
    });
    const values = [SPP, SPP.replace("SOFTWARE", "SOFTWARE\\Wow6432Node")].map((path) => ({
      key: path,
      name: "KeyManagementServiceVersion",
    }));
    const versions = () => withAgent(lab, "m", async (agent) => (await agent.call("registry.read", { values })).values);
    expect(await versions()).toEqual(Array(2).fill({ kind: "REG_SZ", data: "10.0.20348.1" }));
    await slmgr("/ipk", key("windows-server-2022", "ServerStandard"));
    expect(await versions()).toEqual([null, null]);
  });

  it("can be taken away", async () => {
    await one();
    expect(await slmgr("/upk")).toBe(0);
    expect(lab.state("m").products).toEqual([]);
    expect((await read([], ["ID"])).products).toEqual([]);
  });

  it("installed once more keep a KMS client's activation", async () => {
    await one({ activated: true });
    await slmgr("/ipk", key("windows-server-2022", "ServerStandard"));
    expect(statusOf(lab, "m")).toBe("Licensed");
  });

  it("are never printed whole", async () => {
    await one({ csvlk: "ws2022" });
    const whole = lab.keys["m"] ?? "";
    const { output } = await lab.change("m", ["slmgr", "/ipk", whole]);
    await slmgr("/ato");
    const everything = JSON.stringify([output, lab.state("m"), lab.ledger(), lab.balances()]);
    expect(everything).toContain(whole.slice(-5));
    expect(everything).not.toContain(whole.slice(0, 11));
  });
});

describe("KMS host options", () => {
  it.each(["/sprt 1700", "/sdns", "/cdns", "/spri", "/cpri", "/sai 30", "/sri 30"])(
    "slmgr %s on a client warns, ends with 0 and changes nothing",
    async (words) => {
      await one();
      const before = lab.state("m").registry;
      const result = await type(lab, "m", `slmgr ${words}`);
      expect(result.exitCode).toBe(0);
      expect(result.output).toMatch(/^Warning/);
      expect(lab.state("m").registry).toEqual(before);
    },
  );

  it("do nothing with a host key that is not activated", async () => {
    await one({ initialKey: "csvlk", csvlk: "ws2022" });
    expect((await type(lab, "m", "slmgr /sprt 1700")).output).toMatch(/^Warning/);
  });

  it("write the registry with the types that Windows wants, and are read back at once", async () => {
    await one({ initialKey: "csvlk", csvlk: "ws2022", activated: true });
    for (const words of ["/sprt 1700", "/cdns", "/cpri", "/sai 15", "/sri 43200"])
      await type(lab, "m", `slmgr ${words}`);
    expect(lab.state("m").registry[`HKLM\\${SPP}`]).toEqual({
      KeyManagementServiceListeningPort: { kind: "REG_SZ", data: "1700" },
      DisableDnsPublishing: { kind: "REG_DWORD", data: 1 },
      EnableKmsLowPriority: { kind: "REG_DWORD", data: 1 },
      VLActivationInterval: { kind: "REG_DWORD", data: 15 },
      VLRenewalInterval: { kind: "REG_DWORD", data: 43200 },
    });
    const columns = [
      "KeyManagementServiceListeningPort",
      "KeyManagementServiceDnsPublishing",
      "KeyManagementServiceLowPriority",
      "VLActivationInterval",
      "VLRenewalInterval",
      "IsKeyManagementServiceMachine",
    ];
    expect((await read(columns, [])).service).toEqual({
      KeyManagementServiceListeningPort: 1700,
      KeyManagementServiceDnsPublishing: false,
      KeyManagementServiceLowPriority: true,
      VLActivationInterval: 15,
      VLRenewalInterval: 43200,
      IsKeyManagementServiceMachine: 1,
    });
  });

  it.each(["/sai 14", "/sai 43201", "/sri 0"])(
    "slmgr %s is out of the range of the service: 0x80070057",
    async (words) => {
      await one({ initialKey: "csvlk", csvlk: "ws2022", activated: true });
      expect((await type(lab, "m", `slmgr ${words}`)).exitCode).toBe(exitCodeOf(0x80070057));
    },
  );

  it("show -1 as unsigned while nobody has asked", async () => {
    await one({ initialKey: "csvlk", csvlk: "ws2022", activated: true });
    const { service } = await read(["KeyManagementServiceCurrentCount", "KeyManagementServiceTotalRequests"], []);
    expect(service).toEqual({ KeyManagementServiceCurrentCount: 4294967295, KeyManagementServiceTotalRequests: 0 });
  });
});

describe("KMS client options", () => {
  it("keep name and port as REG_SZ; a name without a port clears the port", async () => {
    await one();
    await slmgr("/skms", "kms01.contoso.com:1700");
    expect(lab.state("m").registry[`HKLM\\${SPP}`]).toEqual({
      KeyManagementServiceName: { kind: "REG_SZ", data: "kms01.contoso.com" },
      KeyManagementServicePort: { kind: "REG_SZ", data: "1700" },
    });
    await slmgr("/skms", "kms01");
    expect(lab.state("m").kmsClient.target).toBe("kms01:1688");
    await slmgr("/ckms");
    expect(lab.state("m").registry[`HKLM\\${SPP}`]).toEqual({});
  });

  it("for one product win over those for all", async () => {
    await one();
    const activationId = product(lab, "m")?.activationId ?? "";
    await withAgent(lab, "m", (agent) => agent.call("slmgr", { verb: "/skms", values: ["own:1701"], activationId }));
    const { service, products } = await read(
      ["KeyManagementServiceMachine"],
      ["KeyManagementServiceMachine", "KeyManagementServicePort"],
    );
    expect(service).toEqual({ KeyManagementServiceMachine: null });
    expect(products).toEqual([{ KeyManagementServiceMachine: "own", KeyManagementServicePort: 1701 }]);
  });

  it("/ckhc and /skhc turn host caching off and on", async () => {
    await one();
    const caching = async () =>
      (await read(["KeyManagementServiceHostCaching"], [])).service["KeyManagementServiceHostCaching"];
    expect(await caching()).toBe(true);
    await slmgr("/ckhc");
    expect(await caching()).toBe(false);
    await slmgr("/skhc");
    expect(await caching()).toBe(true);
  });

  it("/act-type 1 leaves KMS out, /act-type 3 refuses /ato, /act-type 0 clears it", async () => {
    await one();
    const type = async () => (await read([], ["VLActivationTypeEnabled"])).products[0]?.["VLActivationTypeEnabled"];
    await slmgr("/act-type", "1");
    expect(await slmgr("/ato")).toBe(exitCodeOf(0xc004f056));
    await slmgr("/act-type", "3");
    expect(await type()).toBe(3);
    await expect(slmgr("/ato")).rejects.toThrow(/tokens/);
    await slmgr("/act-type", "0");
    expect(await type()).toBe(0);
  });

  it("Windows 7 without the OEM marker cannot be activated by KMS: 0xC004F035", async () => {
    await one({ os: "win7", oemMarker: false });
    expect(await slmgr("/ato")).toBe(exitCodeOf(0xc004f035));
  });
});

describe("time, hardware and rearm", () => {
  it("out-of-box grace ends in Notification, 0xC004F009", async () => {
    await one({ graceMinutes: 60 });
    expect(product(lab, "m")).toMatchObject({ licenseStatusName: "OOBGrace", graceMinutesRemaining: 60 });
    lab.advance(61 * MINUTE);
    expect(product(lab, "m")).toMatchObject({ licenseStatusName: "Notification", licenseStatusReason: "0xC004F009" });
  });

  it("other hardware puts an activated product out of tolerance, 0xC004F00F, then into Notification", async () => {
    await one({ initialKey: "mak", activated: true });
    await type(lab, "m", "hardware");
    expect(product(lab, "m")).toMatchObject({
      licenseStatusName: "OOTGrace",
      licenseStatusReason: "0xC004F00F",
      graceMinutesRemaining: 43_200,
    });
    lab.advance(31 * DAY);
    expect(statusOf(lab, "m")).toBe("Notification");
  });

  it("/rearm acts at the next start, three times on Windows 7, and not at all with SkipRearm", async () => {
    await one({ os: "win7", graceMinutes: 0 });
    const { clientMachineId } = lab.state("m").identity;
    await type(lab, "m", `reg add "HKLM\\${SPP}" /v SkipRearm /t REG_DWORD /d 1`);
    expect(await slmgr("/rearm")).toBe(0);
    await type(lab, "m", "shutdown");
    await type(lab, "m", "start");
    expect(lab.state("m").identity.clientMachineId).toBe(clientMachineId);
    await type(lab, "m", `reg delete "HKLM\\${SPP}" /v SkipRearm`);
    expect(await slmgr("/rearm")).toBe(0);
    expect(statusOf(lab, "m")).toBe("Notification");
    await type(lab, "m", "shutdown");
    await type(lab, "m", "start");
    expect(statusOf(lab, "m")).toBe("OOBGrace");
    expect(lab.state("m").identity.clientMachineId).not.toBe(clientMachineId);
    expect(await slmgr("/rearm")).toBe(0);
    expect(await slmgr("/rearm")).toBe(0);
    expect(await slmgr("/rearm")).toBe(exitCodeOf(0xc004d307));
  });

  it("reinstalling gives another MachineGuid and CMID on the same hardware", async () => {
    await one();
    const before = lab.state("m").identity;
    await type(lab, "m", "reinstall");
    const after = lab.state("m").identity;
    expect(after.smbiosUuid).toBe(before.smbiosUuid);
    expect(after.machineGuid).not.toBe(before.machineGuid);
    expect(after.clientMachineId).not.toBe(before.clientMachineId);
  });

  it("a machine's own clock may be wrong", async () => {
    await one({ clockSkewMinutes: -90 });
    const { now } = await withAgent(lab, "m", (agent) => agent.call("hello", {}));
    expect(now).toBe("2026-01-05T06:30:00.000Z");
  });
});

describe("installation ids", () => {
  it.each<[OsId, number, number]>([
    ["ws2022", 63, 7],
    ["ws2008r2", 54, 6],
  ])("of %s have %d digits, and every block of %d its check digit", async (os, length, size) => {
    await one({ os });
    const { installationId = "" } = await withAgent(lab, "m", (agent) => agent.call("slmgr", { verb: "/dti" }));
    expect(installationId).toMatch(new RegExp(`^[0-9]{${length}}$`));
    for (let at = 0; at < length; at += size) {
      const block = [...installationId.slice(at, at + size)].map(Number);
      const last = block.pop();
      expect(block.reduce((sum, digit, index) => sum + digit * (1 + (index % 2)), 0) % 7).toBe(last);
    }
  });

  it("change with the key and with the hardware, and not otherwise", async () => {
    await one();
    const id = async () => (await withAgent(lab, "m", (agent) => agent.call("slmgr", { verb: "/dti" }))).installationId;
    const first = await id();
    expect(await id()).toBe(first);
    await type(lab, "m", "hardware");
    expect(await id()).not.toBe(first);
  });
});

describe("languages", () => {
  it("change what Windows says, and no code", async () => {
    lab = await testLab({
      machines: [
        { name: "en", os: "ws2019", address: "10.0.0.1" },
        { name: "tw", os: "ws2019", address: "10.0.0.2", language: "zh-TW" },
      ],
    });
    const ask = (machine: string) =>
      withAgent(lab, machine, (agent) =>
        agent.ask("slmgr", { verb: "/ipk", values: ["BBBBB-CCCCC-DDDDD-FFFFF-NGGGG"] }),
      );
    const [english, taiwan] = [await ask("en"), await ask("tw")];
    if (english.ok || taiwan.ok) throw new Error("the key was taken");
    expect(taiwan.error.code).toBe(english.error.code);
    expect(taiwan.error.message).toMatch(/[\u4e00-\u9fff]/);
    expect(english.error.message).not.toBe(taiwan.error.message);
  });
});
