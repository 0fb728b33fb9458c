import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { firewallRuleHandler } from "../../provider/resources/firewallRule/handler";
import { kmsHostHandler } from "../../provider/resources/kmsHost/handler";
import type { MachineSpec } from "../lab/index";
import { events } from "../unit/lab/helpers";
import { type Applied, clients, GuideLab, HOST } from "./guideLab";

describe("設定 KMS 主機 (Set up the KMS host)", () => {
  let at: GuideLab;
  let host: Applied;
  beforeAll(async () => {
    at = await GuideLab.start({ machines: [HOST] });
    host = await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01") });
    at.commands();
  });
  afterAll(() => at.end());
  const restarts = () => at.lab.state("kms01").service.restarts;
  const set = async (props: Props) => {
    host = await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), ...props }, host);
    return at.commands();
  };

  it("Table 1: /sprt sets the port, which is served after the restart", async () => {
    expect(await set({ listeningPort: 1690 })).toContain("slmgr /sprt 1690");
    expect(at.lab.state("kms01").kmsHost.port).toBe(1690);
    expect(host.outs["listeningPort"]).toBe(1690);
    expect(await set({})).toContain("slmgr /sprt 1688");
    expect(at.lab.state("kms01").kmsHost.port).toBe(1688);
  });

  it("Table 1: /cdns and /sdns switch automatic publishing off and on", async () => {
    expect(await set({ dnsPublishing: false })).toContain("slmgr /cdns");
    expect(await at.value("kms01", "DisableDnsPublishing")).toBe(1);
    expect(await set({})).toContain("slmgr /sdns");
    expect(await at.value("kms01", "DisableDnsPublishing")).toBe(0);
  });

  it("Table 1: /cpri and /spri lower the priority of the KMS process and put it back", async () => {
    expect(await set({ lowPriority: true })).toContain("slmgr /cpri");
    expect(await at.value("kms01", "EnableKmsLowPriority")).toBe(1);
    expect(await set({})).toContain("slmgr /spri");
    expect(await at.value("kms01", "EnableKmsLowPriority")).toBe(0);
  });

  it("Table 1: /sai and /sri set the intervals that clients are told", async () => {
    expect(await set({ activationInterval: 30, renewalInterval: 1440 })).toEqual(
      expect.arrayContaining(["slmgr /sai 30", "slmgr /sri 1440"]),
    );
    expect(host.outs).toMatchObject({ activationInterval: 30, renewalInterval: 1440 });
    expect(await set({})).toEqual(expect.arrayContaining(["slmgr /sai 120", "slmgr /sri 10080"]));
  });

  it("restarts the Software Protection service once for all changes together, and not at all without one", async () => {
    const before = restarts();
    const commands = await set({ listeningPort: 1701, lowPriority: true, activationInterval: 60, renewalInterval: 60 });
    expect(commands.filter((line) => line === "net stop sppsvc && net start sppsvc")).toHaveLength(1);
    expect(restarts()).toBe(before + 1);
    expect(await set({ listeningPort: 1701, lowPriority: true, activationInterval: 60, renewalInterval: 60 })).toEqual(
      [],
    );
    expect(restarts()).toBe(before + 1);
    await set({});
  });

  it("finds every option of Table 1 that somebody changed by hand, names it, and puts it back", async () => {
    const byHand = ["/sprt 1702", "/cdns", "/cpri", "/sai 45", "/sri 45"];
    for (const option of byHand) await at.type("kms01", `slmgr ${option}`);
    expect((await at.drift(host)).filter((name) => name !== "restartOwed").sort()).toEqual(
      ["activationInterval", "dnsPublishing", "listeningPort", "lowPriority", "renewalInterval"].sort(),
    );
    host = await at.repair(host);
    expect(await at.drift(host)).toEqual([]);
    expect(at.lab.state("kms01").kmsHost.port).toBe(1688);
  });
});

describe("設定 KMS 主機 (Set up the KMS host): firewall exception", () => {
  let at: GuideLab;
  beforeEach(async () => {
    at = await GuideLab.start({
      machines: [
        { ...HOST, firewallGroups: [] },
        {
          ...HOST,
          name: "old",
          os: "ws2008r2",
          edition: "ServerEnterprise",
          address: "10.0.0.11",
          csvlk: "ws2008r2-c",
        },
        ...clients(1),
      ],
    });
  });
  afterEach(() => at.end());
  /** Whether the client gets through to the host: the host counts it. */
  const reaches = async (host: string) => {
    await at.type("c1", "slmgr /ato");
    return at.lab.state(host).kmsHost.count > 0;
  };

  it("opens the default port by Windows' own exception, in the declared profiles only", async () => {
    await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01") });
    await at.type("c1", "slmgr /skms kms01.contoso.com:1688");
    expect(await reaches("kms01")).toBe(false);
    const rule = await at.on(firewallRuleHandler, "kms01", { group: "kms", profiles: ["private"] });
    expect(await reaches("kms01")).toBe(false);
    await at.on(firewallRuleHandler, "kms01", { group: "kms", profiles: ["domain"] }, rule);
    expect(await reaches("kms01")).toBe(true);
  });

  it("opens another port by a rule of its own, for the program that serves KMS on this Windows", async () => {
    await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), listeningPort: 1690 });
    await at.type("c1", "slmgr /skms kms01.contoso.com:1690");
    await at.on(firewallRuleHandler, "kms01", { group: "kms" });
    expect(await reaches("kms01")).toBe(false);
    for (const name of ["kms01", "old"]) {
      const own = { name: "KMS on TCP 1690", localPorts: [1690], service: "sppsvc", profiles: ["domain"] };
      await at.on(firewallRuleHandler, name, own);
    }
    expect(await reaches("kms01")).toBe(true);
    const program = (name: string) =>
      at.lab
        .state(name)
        .firewall.enabledRules.find((rule) => rule.name === "KMS on TCP 1690")
        ?.program.toLowerCase();
    expect(program("kms01")).toMatch(/sppextcomobj\.exe$/);
    expect(program("old")).toMatch(/sppsvc\.exe$/);
  });
});

describe("安裝 KMS 主機 (Install the KMS host)", () => {
  let at: GuideLab;
  beforeEach(async () => {
    at = await GuideLab.start({
      machines: [HOST, ...clients(6)],
      keys: { mak: { kind: "mak", os: "ws2022", activations: 5 } },
    });
  });
  afterEach(() => at.end());
  const install = (props: Props = {}) => at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), ...props });

  it("installs the KMS key, activates it once over the internet, and restarts the service", async () => {
    const host = await install();
    const key = at.key("kms01");
    const commands = at.commands();
    const last = commands.at(-1);
    expect(commands.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(
      expect.arrayContaining(["slmgr /ipk", "slmgr /ato"]),
    );
    expect(last).toBe("net stop sppsvc && net start sppsvc");
    expect(commands.join("\n")).not.toContain(key);
    expect(host.outs).toMatchObject({ licenseStatus: "Licensed", isKmsHost: true, partialProductKey: key.slice(-5) });
    expect(at.lab.ledger()).toMatchObject([{ machine: "kms01", kind: "csvlk", method: "online" }]);
    expect(at.lab.state("kms01").kmsHost).toMatchObject({ active: true, port: 1688 });
  });

  it("activates by phone where there is no internet: installation id out (slui 4), confirmation id in", async () => {
    const first = await install({ activation: { method: "phone" } });
    expect(String(first.outs["installationId"])).toMatch(/^(\d[\s-]?){63}$/);
    expect(first.outs["isKmsHost"]).toBe(false);
    expect(at.lab.ledger()).toEqual([]);
    const confirmationId = at.lab.phone("kms01");
    const props = { productKey: at.key("kms01"), activation: { method: "phone", confirmationId } };
    const second = await at.on(kmsHostHandler, "kms01", props, first);
    expect(second.outs).toMatchObject({ licenseStatus: "Licensed", isKmsHost: true });
    expect(at.lab.ledger()).toMatchObject([{ machine: "kms01", kind: "csvlk", method: "phone" }]);
    expect(at.lab.state("kms01").kmsHost).toMatchObject({ active: true, port: 1688 });
    expect(await at.drift(second)).toEqual([]);
  });

  it("refuses what would make a KMS host by accident, or none: a setup key, and a MAK, which is taken out again", async () => {
    const { failures } = kmsHostHandler.check({
      resourceName: "kms01",
      connection: at.connection("kms01"),
      productKey: "WX4NM-KYWYW-QJJR4-XV3QB-6VM33",
    });
    expect(failures.map(({ reason }) => reason).join()).toContain("client setup key");
    await expect(install({ productKey: at.key("mak") })).rejects.toThrow(/VOLUME_MAK|MAK/);
    expect(at.lab.state("kms01").products.map(({ channel }) => channel)).not.toContain("Volume:MAK");
    expect(at.lab.ledger()).toEqual([]);
  });

  it("verifies by the count that rises, which /dli shows too", async () => {
    let host = await install();
    expect(host.outs["currentCount"] ?? 0).toBe(0);
    const counts: unknown[] = [];
    for (let index = 1; index <= 6; index++) {
      await at.type(`c${index}`, "slmgr /skms kms01.contoso.com");
      await at.type(`c${index}`, "slmgr /ato");
      host = await at.read(host);
      counts.push(host.outs["currentCount"]);
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6]);
    expect(host.outs["requiredCount"]).toBe(5);
    expect(host.handler.diff(host.outs, host.wanted).changed).toEqual([]);
  });

  it("tells of clones that were made without Sysprep: one client id under two names, counted once", async () => {
    await at.end();
    const [original, ...copies] = clients(2);
    if (!original) throw new Error("a client is needed");
    const cloned = copies.map((copy) => ({ ...copy, cloneOf: original.name }));
    at = await GuideLab.start({ machines: [HOST, original, ...cloned] });
    const host = await install();
    for (const name of ["c1", "c2"]) {
      await at.type(name, "slmgr /skms kms01.contoso.com");
      await at.type(name, "slmgr /ato");
    }
    const { outs } = await at.read(host);
    expect(outs["currentCount"]).toBe(1);
    expect(String(outs["findings"])).toMatch(/2 names share the client id .*c[12]\.contoso\.com, c[12]\.contoso\.com/);
  });

  it("logs event 12290 with name and time for each request, and the output recentClients has both", async () => {
    const host = await install();
    for (const name of ["c1", "c2"]) {
      await at.type(name, "slmgr /skms kms01.contoso.com");
      await at.type(name, "slmgr /ato");
    }
    const logged = await events(at.lab, "kms01", 12290, "Key Management Service");
    expect(logged.map(({ strings }) => strings.find((field) => /^c\d\.contoso\.com$/.test(field)))).toEqual([
      "c2.contoso.com",
      "c1.contoso.com",
    ]);
    expect(logged.every(({ time }) => time === at.lab.now().toISOString())).toBe(true);
    const recent = (await at.read(host)).outs["recentClients"];
    const minute = `${at.lab.now().toISOString().slice(0, 16)}Z`;
    expect(recent).toEqual([
      expect.stringContaining(`c2.contoso.com ${minute}`),
      expect.stringContaining(`c1.contoso.com ${minute}`),
    ]);
  });
});

describe("安裝 KMS 主機 (Install the KMS host) on the Windows of the guide", () => {
  const kind = (name: string, os: MachineSpec["os"], edition: string, csvlk: "ws2008r2-c" | "win7"): MachineSpec => ({
    ...HOST,
    name,
    os,
    edition,
    csvlk,
    language: "zh-TW",
  });
  let at: GuideLab;
  beforeEach(async () => {
    at = await GuideLab.start({
      machines: [
        { ...kind("server", "ws2008r2", "ServerEnterprise", "ws2008r2-c"), address: "10.0.0.10" },
        { ...kind("seven", "win7", "Enterprise", "win7"), address: "10.0.0.11" },
        ...clients(5, "ws2008r2"),
        ...clients(5, "win7", 6),
      ],
    });
  });
  afterEach(() => at.end());

  it.each(["server", "seven"])(
    "Server 2008 R2 and Windows 7 can both be hosts, with every option of Table 1: %s",
    async (name) => {
      const settings = {
        listeningPort: 1690,
        dnsPublishing: false,
        lowPriority: true,
        activationInterval: 30,
        renewalInterval: 600,
      };
      const host = await at.on(kmsHostHandler, name, { productKey: at.key(name), ...settings });
      expect(host.outs).toMatchObject({ licenseStatus: "Licensed", isKmsHost: true, ...settings });
      expect(at.lab.state(name).kmsHost).toMatchObject({ active: true, port: 1690 });
      expect(await at.drift(host)).toEqual([]);
      await at.type(name, "slmgr /spri");
      expect(await at.drift(host)).toEqual(["lowPriority"]);
    },
  );

  it("a server's host activates servers from 5 on; one on Windows 7 has 25 to reach, and says so", async () => {
    const asks = async (host: string, first: number) => {
      for (let index = first; index < first + 5; index++) {
        await at.type(`c${index}`, `slmgr /skms ${host}.contoso.com`);
        await at.type(`c${index}`, "slmgr /ato");
      }
    };
    const server = await at.on(kmsHostHandler, "server", { productKey: at.key("server"), dnsPublishing: false });
    const seven = await at.on(kmsHostHandler, "seven", { productKey: at.key("seven"), dnsPublishing: false });
    await asks("server", 1);
    await asks("seven", 6);
    expect(at.lab.state("c5").products[0]?.licenseStatusName).toBe("Licensed");
    expect(at.lab.state("c10").products[0]?.licenseStatusName).toBe("OOBGrace");
    expect((await at.read(server)).outs).toMatchObject({ currentCount: 5, requiredCount: 5, findings: [] });
    expect((await at.read(seven)).outs).toMatchObject({
      currentCount: 5,
      requiredCount: 25,
      findings: [expect.stringContaining("client Windows from 25")],
    });
  });
});

describe("安裝 KMS 主機 (Install the KMS host): hardware of Server 2025", () => {
  it("tells of the warnings that its update of August 2026 logs, and takes them for no failure and no drift", async () => {
    const newer = { os: "ws2025" as const, edition: "ServerDatacenter", csvlk: "ws2025" as const };
    const at = await GuideLab.start({
      machines: [
        { ...HOST, ...newer, tpm: false, kmsReadinessUpdate: true },
        { ...HOST, ...newer, name: "kms02", address: "10.0.0.11", kmsReadinessUpdate: true },
      ],
    });
    try {
      const host = await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), role: "spare" });
      expect(host.outs["licenseStatus"]).toBe("Licensed");
      const seen = await at.read(host);
      const told = (seen.outs["findings"] as string[]).filter((text) => text.includes("hardware-based security"));
      expect(told).toEqual([expect.stringContaining('Get-TpmSupportedFeature -FeatureList "Key Attestation"')]);
      expect(told[0]).toContain("Windows has no TPM in use here");
      expect(await at.drift(host)).toEqual([]);
      const good = await at.on(kmsHostHandler, "kms02", { productKey: at.key("kms02"), role: "spare" });
      expect(String(good.outs["findings"])).not.toContain("hardware");
    } finally {
      await at.end();
    }
  });
});
