import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { type Applied, DAYS, GuideLab } from "./guideLab";

let at: GuideLab;
beforeEach(async () => {
  at = await GuideLab.start({
    machines: [
      { name: "srv01", os: "ws2022", address: "10.0.1.1" },
      { name: "old", os: "ws2008r2", edition: "ServerStandard", address: "10.0.1.2" },
    ],
    keys: { mak: { kind: "mak", os: "ws2022", activations: 5 }, old: { kind: "mak", os: "ws2008r2", activations: 5 } },
  });
});
afterEach(() => at.end());
const mak = (props: Props = {}, before?: Applied) =>
  at.on(makActivationHandler, "srv01", { productKey: at.key("mak"), ...props }, before);

describe("將 KMS 用戶端轉換為 MAK 啟用 (Convert a KMS client to MAK activation)", () => {
  it("keeps a MAK on a reference image installed and never activated there (activation.method none)", async () => {
    const image = await mak({ activation: { method: "none" } });
    expect(image.outs).toMatchObject({ channel: "Volume:MAK", licenseStatus: "OOBGrace" });
    expect(at.commands().some((line) => line.startsWith("slmgr /ato"))).toBe(false);
    at.lab.advance(10 * DAYS);
    expect(await at.drift(image)).toEqual([]);
    expect(at.lab.ledger()).toEqual([]);
  });

  it("spends one activation on a machine that is installed from the image, whose key Sysprep has kept", async () => {
    const image = await mak({ activation: { method: "none" } });
    await at.type("srv01", "sysprep /generalize /oobe");
    await at.type("srv01", "start");
    await at.newRun();
    await expect(at.read(image)).rejects.toThrow("another machine answers there");
    at.commands();
    const { outs } = await mak();
    expect(at.commands().map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["slmgr /ato"]);
    expect(outs["licenseStatus"]).toBe("Licensed");
    expect(at.lab.ledger()).toHaveLength(1);
  });
});

describe("在安裝作業系統後安裝 MAK (Install a MAK after the installation)", () => {
  it("installs it by /ipk and tells its last five characters only", async () => {
    const { outs } = await mak({ activation: { method: "none" } });
    const key = at.key("mak");
    expect(outs["partialProductKey"]).toBe(key.slice(-5));
    const said = at.said.join("\n");
    expect(said).toContain("slmgr /ipk");
    expect(said).not.toContain(key);
  });
});

describe("透過網際網路啟用 MAK 用戶端 (Activate a MAK client over the internet)", () => {
  it("activates once, and a second run spends nothing", async () => {
    const first = await mak();
    expect(first.outs["licenseStatus"]).toBe("Licensed");
    await mak({}, first);
    await mak();
    expect(at.lab.ledger()).toMatchObject([{ machine: "srv01", kind: "mak", method: "online" }]);
  });

  it("works the same on Server 2008 R2, whose licensing classes have fewer columns", async () => {
    const { outs } = await at.on(makActivationHandler, "old", { productKey: at.key("old") });
    expect(outs).toMatchObject({ channel: "Volume:MAK", licenseStatus: "Licensed" });
  });
});
