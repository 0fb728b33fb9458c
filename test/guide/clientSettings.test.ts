import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { kmsClientConfigHandler } from "../../provider/resources/kmsClientConfig/handler";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import type { MachineSpec } from "../lab/index";
import { type Applied, clients, GuideLab, HOST } from "./guideLab";

const ACTIVE: MachineSpec = { ...HOST, initialKey: "csvlk", activated: true };
const SEVEN: MachineSpec = { name: "seven", os: "win7", edition: "Professional", address: "10.0.2.1" };
/** Somebody put a KMS host key on it by mistake. */
const BY_MISTAKE: MachineSpec = {
  name: "oops",
  os: "ws2022",
  edition: "ServerStandard",
  address: "10.0.2.2",
  csvlk: "ws2025",
  initialKey: "csvlk",
  activated: true,
};

let at: GuideLab;
beforeEach(async () => {
  at = await GuideLab.start({
    zones: [{ name: "contoso.com", allowUpdate: ["hosts"] }],
    machines: [ACTIVE, ...clients(7), SEVEN, BY_MISTAKE],
    keys: { mak: { kind: "mak", os: "ws2022", activations: 5 } },
  });
  for (let index = 1; index <= 5; index++) {
    await at.type(`c${index}`, "slmgr /skms kms01.contoso.com");
    await at.type(`c${index}`, "slmgr /ato");
  }
});
afterEach(() => at.end());
const PIN = { kmsHost: "kms01.contoso.com" };
const client = (name: string, props: Props = {}, before?: Applied) =>
  at.on(kmsClientConfigHandler, name, props, before);

describe("手動指定 KMS 主機 (Assign the KMS host by hand)", () => {
  it("with the host alone: a port that somebody set stands no longer, and 1688 is used", async () => {
    await at.type("c6", "slmgr /skms kms01.contoso.com:1700");
    await client("c6", PIN);
    expect(at.lab.state("c6").kmsClient.target).toBe("kms01.contoso.com:1688");
  });

  it("host caching (/ckhc, /skhc) is set, found when somebody changes it, put back, and restored on delete", async () => {
    let set = await client("c6", { ...PIN, hostCaching: false, onDelete: "restore" });
    const caching = () => at.value("c6", "DisableKeyManagementServiceHostCaching");
    expect(at.commands()).toContain("slmgr /ckhc");
    expect(await caching()).toBe(1);
    await at.type("c6", "slmgr /skhc");
    expect(await at.drift(set)).toEqual(["hostCaching"]);
    set = await at.repair(set);
    expect(await caching()).toBe(1);
    await at.remove(set);
    expect(await caching()).toBe(0);
  });

  it("activation type (/act-type 2) is set by number, and all of them again when it is declared no more", async () => {
    const set = await client("c6", { ...PIN, activationType: "kms" });
    expect(set.outs).toMatchObject({ activationType: "kms", licenseStatus: "Licensed" });
    expect(at.commands()).toContain("slmgr /act-type 2");
    const { outs } = await client("c6", PIN, set);
    expect(at.commands()).toEqual(["slmgr /act-type 0"]);
    expect(outs["activationType"]).toBe("all");
  });

  it("Windows 7 has neither a lookup domain nor an activation type: they are refused with the reason", async () => {
    for (const props of [{ lookupDomain: "contoso.com" }, { ...PIN, activationType: "kms" }]) {
      await expect(client("seven", props)).rejects.toThrow(
        /Windows 8 and Server 2012 brought it\. Nothing was changed/,
      );
    }
    const { outs } = await client("seven", { ...PIN, activate: false });
    expect(outs).toMatchObject({ kmsHost: "kms01.contoso.com", hostCaching: true });
  });
});

describe("部署 KMS 用戶端 (Deploy KMS clients)", () => {
  it("shows how often the activation timer may still be reset, and a rearm is no drift of it", async () => {
    const set = await client("seven", { activate: false });
    expect(set.outs["rearmsLeft"]).toBe(3);
    await at.type("seven", "slmgr /rearm");
    for (const what of ["shutdown", "start"]) await at.type("seven", what);
    // The connection of before ends with the machine; the next look dials anew.
    await expect.poll(() => at.read(set).catch(() => set)).toMatchObject({ outs: { rearmsLeft: 2 } });
    expect(await at.drift(set)).toEqual([]);
  });
});

describe("將 MAK 用戶端轉換為 KMS，將 KMS 用戶端轉換為 MAK (Convert MAK to KMS and KMS to MAK)", () => {
  it("there and back again: what was spent on the MAK once is not spent twice by the taking over", async () => {
    const mak = { productKey: at.key("mak") };
    await at.on(makActivationHandler, "c6", mak);
    expect(at.lab.ledger().filter(({ kind }) => kind === "mak")).toHaveLength(1);
    const taken = await client("c6", PIN);
    expect(at.said.join("\n")).toContain(`takes over from the key ...${mak.productKey.slice(-5)} (Volume:MAK)`);
    expect(taken.outs).toMatchObject({ channel: "Volume:GVLK", activatedBy: "KMS", licenseStatus: "Licensed" });
    expect(at.lab.ledger().filter(({ kind }) => kind === "mak")).toHaveLength(1);
    const back = await at.on(makActivationHandler, "c6", mak);
    expect(back.outs).toMatchObject({ channel: "Volume:MAK", licenseStatus: "Licensed" });
    expect((await at.drift(taken)).sort()).toContain("setupKey");
    expect(at.said.join("\n")).not.toContain(mak.productKey);
  });
});

describe("安裝 KMS 主機 (Install the KMS host): a host key on a client", () => {
  it("is a loud finding at a look, and up puts the setup key in its place, warns, and ends the host", async () => {
    const kept = await client("oops", { ...PIN, setupKey: "keep", activate: false });
    expect(kept.outs["findings"]).toEqual([expect.stringContaining("a KMS HOST key (...")]);
    expect(at.lab.state("oops").kmsHost.active).toBe(true);
    const spent = at.lab.ledger().length;
    at.commands();
    const { outs } = await client("oops", PIN, kept);
    expect(outs).toMatchObject({ channel: "Volume:GVLK", licenseStatus: "Licensed", findings: [] });
    expect(at.said.join("\n")).toContain("was on this client: the setup key takes its place");
    expect(at.commands().at(-1)).toBe("net stop sppsvc && net start sppsvc");
    expect(at.lab.state("oops").kmsHost.active).toBe(false);
    expect(at.lab.ledger()).toHaveLength(spent);
  });
});
