import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { kmsClientConfigHandler } from "../../provider/resources/kmsClientConfig/handler";
import type { MachineSpec } from "../lab/index";
import { type Applied, clients, GuideLab, HOST } from "./guideLab";

const ACTIVE: MachineSpec = { ...HOST, initialKey: "csvlk", activated: true };
const SEVEN: MachineSpec = { name: "seven", os: "win7", edition: "Professional", address: "10.0.2.1" };

let at: GuideLab;
beforeEach(async () => {
  at = await GuideLab.start({
    activationObject: { name: "Contoso volume", csvlk: "ws2025" },
    machines: [ACTIVE, ...clients(7), SEVEN],
  });
});
afterEach(() => at.end());
const PIN = { kmsHost: "kms01.contoso.com" };
const AD = expect.stringContaining("activated by Active Directory");
const client = (name: string, props: Props = {}, before?: Applied) =>
  at.on(kmsClientConfigHandler, name, props, before);
/** Five servers that ask KMS only, as many as it needs. */
async function fiveAskKms() {
  for (let index = 1; index <= 5; index++) {
    await at.type(`c${index}`, "slmgr /act-type 2");
    await at.type(`c${index}`, "slmgr /skms kms01.contoso.com");
    await at.type(`c${index}`, "slmgr /ato");
  }
}
const restart = async (machine: string) => {
  for (const what of ["shutdown", "start"]) await at.type(machine, what);
  await at.newRun();
};

describe("設定 KMS 用戶端 (Set up KMS clients) where Active Directory activates", () => {
  it("reports a client that Active Directory activates, takes it for no drift, and leaves it as it is", async () => {
    const set = await client("c1", PIN);
    expect(set.outs).toMatchObject({ licenseStatus: "Licensed", activatedBy: "AD", findings: [AD], daysLeft: 180 });
    expect(at.lab.state("kms01").kmsHost.count).toBe(0);
    expect(await at.drift(set)).toEqual([]);
    at.commands();
    expect((await client("c1", PIN, set)).outs).toMatchObject({ activatedBy: "AD" });
    expect(at.commands()).toEqual([]);
  });

  it("leaves one alone that was activated before anything was declared", async () => {
    await at.type("c1", "slmgr /ato");
    const { outs } = await client("c1");
    expect(outs).toMatchObject({ licenseStatus: "Licensed", activatedBy: "AD" });
    expect(at.commands()).toEqual([]);
  });

  it("activationType kms lets a client ask KMS only, ad Active Directory only", async () => {
    const kms = await client("c6", { ...PIN, activationType: "kms" });
    expect(kms.outs).toMatchObject({ licenseStatus: "pendingThreshold", activatedBy: "" });
    await fiveAskKms();
    const counted = await client("c6", { ...PIN, activationType: "kms" }, await at.read(kms));
    expect(counted.outs).toMatchObject({ licenseStatus: "Licensed", activatedBy: "KMS", findings: [] });
    const ad = await client("c7", { activationType: "ad" });
    expect(ad.outs).toMatchObject({ licenseStatus: "Licensed", activatedBy: "AD" });
  });

  it("a Windows 7 beside it is activated by KMS as ever", async () => {
    const { outs } = await client("seven", PIN);
    expect(outs).toMatchObject({ licenseStatus: "pendingThreshold", activatedBy: "" });
    expect(at.lab.state("kms01").kmsHost.count).toBe(1);
  });

  it("a client that has left the domain asks KMS by itself at its next start, which is no drift", async () => {
    await fiveAskKms();
    const set = await client("c6", { kmsHost: "10.0.0.10" });
    expect(set.outs["activatedBy"]).toBe("AD");
    await at.type("c6", "remove-computer");
    expect(await at.drift(set)).toEqual([]);
    await restart("c6");
    const seen = await at.read(set);
    expect(seen.outs).toMatchObject({ activatedBy: "KMS", licenseStatus: "Licensed", findings: [] });
    expect(await at.drift(set)).toEqual([]);
  });

  it("one that no KMS host answers is unlicensed by leaving the domain, which is drift", async () => {
    const set = await client("c6", { kmsHost: "10.9.9.9" });
    await at.type("c6", "remove-computer");
    await restart("c6");
    const seen = await at.read(set);
    expect(seen.outs).toMatchObject({ licenseStatus: "Notification", activatedBy: "" });
    expect(await at.drift(set)).toEqual(["licenseStatus"]);
    await expect(at.repair(set)).rejects.toThrow(/activating by KMS at 10\.9\.9\.9:1688/);
  });

  it("says that Active Directory did not activate where that alone was asked for", async () => {
    await at.type("c6", "remove-computer");
    await restart("c6");
    await expect(client("c6", { activationType: "ad" })).rejects.toThrow(
      /activating by Active Directory \(slmgr \/ato\) failed: .*0xC004F056/,
    );
  });
});
