import { afterEach, describe, expect, it } from "vitest";
import type { CsvlkId, Lab, MachineSpec, OsId } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { exitCodeOf, KMS_GROUP, kmsHost, product, type } from "./helpers";

const UNKNOWN_KEY = exitCodeOf(0xc004f050);

let lab: Lab;
afterEach(() => lab.stop());

async function install(os: OsId, csvlk: CsvlkId, updates?: string[]): Promise<number> {
  const machine: MachineSpec = { name: "kms", os, address: "10.0.0.1", csvlk, ...(updates ? { updates } : {}) };
  lab = await testLab({ machines: [machine] });
  return (await type(lab, "kms", `slmgr /ipk ${lab.keys["kms"]}`)).exitCode;
}

describe("the host key of a newer Windows", () => {
  it.each<[OsId, CsvlkId, string]>([
    ["ws2022", "ws2025", "KB5034765"],
    ["ws2019", "ws2025", "KB5034768"],
    ["ws2019", "ws2022", "KB5003646"],
    ["ws2016", "ws2022", "KB5003638"],
    ["ws2016", "ws2019", "KB4478877"],
    ["ws2012r2", "ws2019", "KB4467695"],
    ["ws2012r2", "ws2016", "KB3172614"],
    ["ws2012", "ws2016", "KB3172615"],
    ["win8.1", "win10", "KB3172614"],
    ["win7", "win10", "KB3079821"],
  ])("on %s, of %s, needs %s", async (os, csvlk, update) => {
    expect(await install(os, csvlk, [])).toBe(UNKNOWN_KEY);
    await lab.stop();
    expect(await install(os, csvlk, [update])).toBe(0);
    await lab.stop();
    expect(await install(os, csvlk)).toBe(0);
  });

  it("needs none on the Windows that it is sold with, and no update makes it install on one that is too old", async () => {
    expect(await install("ws2022", "ws2022", [])).toBe(0);
    await lab.stop();
    expect(await install("ws2016", "ws2025", ["KB5034765"])).toBe(UNKNOWN_KEY);
  });
});

describe("the host keys of Windows Server 2008 R2", () => {
  it.each<[CsvlkId, string, OsId, number]>([
    ["ws2008r2-c", "ServerDatacenter", "ws2008r2", 0xc004f038],
    ["ws2008r2-b", "ServerDatacenter", "ws2008r2", 0xc004f042],
    ["ws2008r2-b", "ServerEnterprise", "ws2008r2", 0xc004f038],
    ["ws2008r2-c", "Professional", "win7", 0xc004f038],
    ["ws2008r2-c", "ServerStandard", "ws2012", 0xc004f042],
    ["ws2008r2-c", "Enterprise", "win10", 0xc004f042],
  ])("%s and %s of %s", async (csvlk, edition, os, code) => {
    lab = await testLab({
      machines: [
        kmsHost("kms", 1, { os: "ws2008r2", csvlk, firewallGroups: [KMS_GROUP] }),
        { name: "cl", os, edition, address: "10.0.0.2" },
      ],
    });
    expect(product(lab, "kms")?.description).toMatch(/VOLUME_KMS_R2_[BC] channel/);
    await type(lab, "cl", "slmgr /skms kms.contoso.com");
    expect((await type(lab, "cl", "slmgr /ato")).exitCode).toBe(exitCodeOf(code));
  });
});

describe("a multiple activation key whose machine gets other hardware", () => {
  it("is out of tolerance until it is activated again, which costs one more", async () => {
    lab = await testLab({
      keys: { mak: { kind: "mak", os: "ws2019", activations: 2 } },
      machines: [{ name: "m", os: "ws2019", address: "10.0.0.1", initialKey: "none" }],
    });
    await type(lab, "m", `slmgr /ipk ${lab.keys["mak"]}`);
    await type(lab, "m", "slmgr /ato");
    await type(lab, "m", "hardware");
    expect(product(lab, "m")).toMatchObject({ licenseStatusName: "OOTGrace", licenseStatusReason: "0xC004F00F" });
    lab.advance(31 * 24 * 3_600_000);
    expect(product(lab, "m")?.licenseStatusName).toBe("Notification");
    expect((await type(lab, "m", "slmgr /ato")).exitCode).toBe(0);
    expect(product(lab, "m")?.licenseStatusName).toBe("Licensed");
    expect(lab.ledger()).toHaveLength(2);
    await type(lab, "m", "hardware");
    expect((await type(lab, "m", "slmgr /ato")).exitCode).toBe(exitCodeOf(0xc004c020));
  });
});
