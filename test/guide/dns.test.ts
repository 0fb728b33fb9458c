import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { dnsRecordPermissionHandler } from "../../provider/resources/dnsRecordPermission/handler";
import { kmsHostHandler } from "../../provider/resources/kmsHost/handler";
import { srvRecordHandler } from "../../provider/resources/srvRecord/handler";
import { Lab, type NetworkSpec } from "../lab/index";
import { START } from "../unit/conformance/harness";
import { events } from "../unit/lab/helpers";
import { type Applied, DAYS, GuideLab, HOST } from "./guideLab";

const zone = (name: string) => ({ name, allowUpdate: ["tsig" as const, "hosts" as const] });

let at: GuideLab;
beforeEach(async () => {
  at = await GuideLab.start({
    zones: [zone("contoso.com"), zone("corp.contoso.com"), zone("fabrikam.com")],
    machines: [
      HOST,
      { ...HOST, name: "kms02", address: "10.0.0.11", csvlk: "ws2025" },
      { name: "pc1", os: "win10", address: "10.0.1.1", domain: "fabrikam.com" },
      { name: "dc01", os: "ws2019", address: "10.0.0.5", language: "zh-TW", domainController: true },
    ],
    groups: [{ name: "Key Management Service Group", members: ["kms01", "kms02"] }],
  });
});
afterEach(() => at.end());
const host = (props: Props = {}, before?: Applied) =>
  at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), ...props }, before);
const record = (props: Props = {}): Props => {
  const { address, tsig } = at.lab.dns;
  const { keyName, algorithm, secret } = tsig;
  return {
    resourceName: "kms01",
    zone: "contoso.com",
    target: "kms01.contoso.com",
    server: `${address.host}:${address.port}`,
    auth: { method: "tsig", keyName, algorithm, secret },
    ...props,
  };
};

describe("設定 DNS (Configure DNS): a change counts once all DNS servers have it", () => {
  /** Another DNS server of the zone, to which nothing is replicated but by hand. */
  let other: Lab;
  beforeEach(async () => {
    const network: NetworkSpec = { name: "replica", domain: "contoso.com", zones: [zone("contoso.com")], machines: [] };
    other = await Lab.start({ network, dns: true, start: START });
  });
  afterEach(() => other.stop());
  const waiting = (timeout: number): Props => {
    const { host, port } = other.dns.address;
    return { waitFor: [{ server: `${host}:${port}`, timeout }] };
  };
  const replicate = () => other.dns.change(["add _vlmcs._tcp.contoso.com 3600 SRV 0 0 1688 kms01.contoso.com"]);

  it("waitFor: up goes on only when the other server answers with the record too", async () => {
    let done = false;
    const made = at.apply(srvRecordHandler, record(waiting(30))).finally(() => {
      done = true;
    });
    await expect.poll(() => at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
    await sleep(300);
    expect(done).toBe(false);
    replicate();
    expect(await at.drift(await made)).toEqual([]);
  });

  it("waitFor: a server that has it not in time is named, with what it answers, and the record itself stays", async () => {
    await expect(at.apply(srvRecordHandler, record(waiting(1)))).rejects.toThrow(
      /waiting for other name servers .*does not within 1 s .*declared on the primary/,
    );
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
  });
});

describe("變更 SRV 記錄的預設 DNS 權限 (Change the default DNS permissions of SRV records)", () => {
  const second = (before?: Applied) => at.on(kmsHostHandler, "kms02", { productKey: at.key("kms02") }, before);
  const permission = (props: Props = {}, before?: Applied) =>
    at.on(
      dnsRecordPermissionHandler,
      "dc01",
      { zone: "contoso.com", account: "CONTOSO\\Key Management Service Group", ...props },
      before,
    );
  /** Codes of the failures to publish, and domains of the successes, of a host. */
  const published = async (machine: string) => ({
    refused: (await events(at.lab, machine, 12293)).map(({ strings }) => strings[0]),
    done: (await events(at.lab, machine, 12294)).map(({ strings }) => strings.at(-1)),
  });
  const restart = (machine: string) => at.type(machine, "restart-service sppsvc");
  const both = ["0 0 1688 kms01.contoso.com", "0 0 1688 kms02.contoso.com"];

  it("the second host is refused (12293) as long as the record is the first one's, and publishes (12294) once its group may update it", async () => {
    await host();
    await second();
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
    expect(await published("kms02")).toEqual({ refused: ["0x8007232D"], done: [] });
    const { outs } = await permission();
    expect(outs).toMatchObject({ rights: "update", owner: "CONTOSO\\KMS01$" });
    await restart("kms02");
    expect(at.srv("contoso.com").sort()).toEqual(both);
    expect((await published("kms02")).done).toEqual(["contoso.com"]);
    await at.type("kms01", "slmgr /sprt 1690");
    await restart("kms01");
    expect(at.srv("contoso.com").sort()).toEqual(["0 0 1688 kms02.contoso.com", "0 0 1690 kms01.contoso.com"]);
  });

  it("the permission needs the record of the first host, and says so", async () => {
    await expect(permission()).rejects.toThrow(
      /nobody has written a record of that name.*Next: create the SRV record first/,
    );
  });

  it("a group whose entry an administrator removes is drift, and is repaired; a delete takes only its own entry away", async () => {
    await host();
    at.lab.dns.change(["grant _vlmcs._tcp.contoso.com pc1"]);
    const given = await permission();
    at.lab.dns.change(['revoke _vlmcs._tcp.contoso.com "Key Management Service Group"']);
    await second();
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
    expect(await at.drift(given)).toEqual(["rights"]);
    const repaired = await at.repair(given);
    await restart("kms02");
    expect(at.srv("contoso.com").sort()).toEqual(both);
    await at.remove(repaired);
    const [zone] = at.lab.dns.describe().zones;
    expect(zone?.writers["_vlmcs._tcp.contoso.com"]).toContain("FABRIKAM\\PC1$");
    expect(zone?.writers["_vlmcs._tcp.contoso.com"]).not.toContain("CONTOSO\\Key Management Service Group");
  });

  it("full control, as the guide's example has it, is an entry of its own", async () => {
    await host();
    const given = await permission({ rights: "full" });
    expect(given.outs["entries"]).toEqual([expect.stringContaining("(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;S-1-5-21-")]);
    expect((await permission({}, given)).outs["entries"]).toEqual([expect.stringContaining("(A;;LCSWRPWPLORC;;;")]);
  });
});

describe("發佈到多個 DNS 網域 (Publish to several DNS domains)", () => {
  it("publishes in the host's own domain only, as long as nothing is declared", async () => {
    await host();
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
    expect(at.srv("corp.contoso.com")).toEqual([]);
  });

  it("writes DnsDomainPublishList with priority and weight, restarts, and publishes in every domain of the list", async () => {
    const publishDomains = [
      { domain: "contoso.com" },
      { domain: "corp.contoso.com", priority: 10, weight: 5 },
      { domain: "fabrikam.com", priority: 20 },
    ];
    const applied = await host({ publishDomains });
    expect(await at.value("kms01", "DnsDomainPublishList")).toEqual([
      "contoso.com, 0, 0",
      "corp.contoso.com, 10, 5",
      "fabrikam.com, 20, 0",
    ]);
    expect(["contoso.com", "corp.contoso.com", "fabrikam.com"].map((name) => at.srv(name))).toEqual([
      ["0 0 1688 kms01.contoso.com"],
      ["10 5 1688 kms01.contoso.com"],
      ["20 0 1688 kms01.contoso.com"],
    ]);
    await at.type(
      "kms01",
      'reg delete "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform" /v DnsDomainPublishList',
    );
    expect(await at.drift(applied)).toEqual(["publishDomains"]);
  });

  it("tells of 12294 for each domain that the host is in, and of 12293 for one that did not take it", async () => {
    const { outs } = await host({ publishDomains: [{ domain: "corp.contoso.com" }, { domain: "nowhere.test" }] });
    const published = await events(at.lab, "kms01", 12294);
    const failed = await events(at.lab, "kms01", 12293);
    expect(published.map(({ strings }) => strings.at(-1)).sort()).toEqual(["contoso.com", "corp.contoso.com"]);
    expect(failed.map(({ strings }) => strings.at(-1))).toEqual(["nowhere.test"]);
    const told = (outs["publishing"] as { domain: string; ok: boolean }[]).map(({ domain, ok }) => `${domain} ${ok}`);
    expect(told.sort()).toEqual(["contoso.com true", "corp.contoso.com true", "nowhere.test false"]);
    expect(String(outs["findings"])).toContain("publishing into nowhere.test failed (0x8007232B)");
  });

  it("tells of a host whose list lacks a domain that another host of the same domain publishes into", async () => {
    await host({ publishDomains: [{ domain: "contoso.com" }, { domain: "corp.contoso.com" }] });
    const publishDomains = [{ domain: "contoso.com" }];
    const { outs } = await at.on(kmsHostHandler, "kms02", { productKey: at.key("kms02"), publishDomains });
    expect(String(outs["findings"])).toMatch(/KMS01 of the same domain also publishes into corp\.contoso\.com/i);
  });

  it("lets a client of another domain find the host without any setting", async () => {
    await host({ publishDomains: [{ domain: "fabrikam.com" }] });
    await at.type("pc1", "slmgr /ato");
    expect(at.lab.state("pc1").kmsClient.discovered).toMatchObject({ name: "kms01.contoso.com", port: 1688 });
  });
});

describe("手動在 DNS 中建立 SRV 記錄 (Create SRV records by hand in DNS)", () => {
  it("Table 2: makes _vlmcs._tcp with port 1688 and the host's full name, and takes it away again", async () => {
    const made = await at.apply(srvRecordHandler, record());
    expect(made.outs["fqdn"]).toBe("_vlmcs._tcp.contoso.com");
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
    at.lab.dns.change(["delete _vlmcs._tcp.contoso.com"]);
    await expect(at.read(made)).rejects.toThrow("is absent");
    const again = await at.apply(srvRecordHandler, record());
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
    await at.remove(again);
    expect(at.srv("contoso.com")).toEqual([]);
  });

  it("keeps a record made by hand beside those that hosts publish themselves", async () => {
    await host({ publishDomains: [{ domain: "contoso.com" }] });
    const made = await at.apply(
      srvRecordHandler,
      record({ target: "kms02.contoso.com", neighbours: ["kms01.contoso.com"] }),
    );
    expect(at.srv("contoso.com").sort()).toEqual(["0 0 1688 kms01.contoso.com", "0 0 1688 kms02.contoso.com"]);
    expect(made.outs["strangers"] ?? []).toEqual([]);
    await at.remove(made);
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
  });
});

describe("手動在 BIND 8.2 或更高的 DNS 伺服器中建立 SRV 記錄 (Create SRV records by hand in BIND)", () => {
  it("Table 3: sets name, priority, weight, port and target, by an update that the server asks to be signed", async () => {
    const made = await at.apply(srvRecordHandler, record({ name: "_vlmcs._tcp", priority: 5, weight: 7, port: 1690 }));
    expect(at.srv("contoso.com")).toEqual(["5 7 1690 kms01.contoso.com"]);
    expect(await at.drift(made)).toEqual([]);
    await at.remove(made);
    expect(at.srv("contoso.com")).toEqual([]);
  });

  it("Table 3: an update without signature is refused by such a server, and the error says so", async () => {
    await expect(at.apply(srvRecordHandler, record({ auth: { method: "none" } }))).rejects.toThrow(/REFUSED/i);
    expect(at.srv("contoso.com")).toEqual([]);
  });
});

describe("停用將 KMS SRV 記錄發佈到 DNS (Disable publishing of SRV records)", () => {
  it("by dnsPublishing: false, which is /cdns: the record that somebody deletes does not come back", async () => {
    const applied = await host();
    const off = await host({ dnsPublishing: false }, applied);
    expect(at.commands()).toContain("slmgr /cdns");
    at.lab.dns.change(["delete _vlmcs._tcp.contoso.com"]);
    at.lab.advance(2 * DAYS);
    expect(at.srv("contoso.com")).toEqual([]);
    await host({}, off);
    expect(at.srv("contoso.com")).toEqual(["0 0 1688 kms01.contoso.com"]);
  });

  it("by the registry is the same thing: DisableDnsPublishing = 1 is read as dnsPublishing false", async () => {
    const on = await host();
    const value =
      'reg add "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform" /v DisableDnsPublishing /t REG_DWORD /d';
    await at.type("kms01", `${value} 1`);
    expect(await at.drift(on)).toEqual(["dnsPublishing"]);
    const off = await host({ dnsPublishing: false }, on);
    expect(at.commands()).not.toContain("slmgr /cdns");
    await at.type("kms01", `${value} 0`);
    expect(await at.drift(off)).toEqual(["dnsPublishing"]);
  });
});
