import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { kmsClientConfigHandler } from "../../provider/resources/kmsClientConfig/handler";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { clientReg } from "../../sdk/index";
import { events } from "../unit/lab/helpers";
import { type Applied, clients, GuideLab, HOST } from "./guideLab";

/** A host that counts five servers already, so that each further one is activated. */
const ACTIVE = { ...HOST, initialKey: "csvlk" as const, activated: true };

let at: GuideLab;
async function start(zones = true): Promise<void> {
  at = await GuideLab.start({
    ...(zones ? { zones: [{ name: "contoso.com", allowUpdate: ["hosts"] }] } : {}),
    machines: [
      ACTIVE,
      ...clients(8),
      { name: "shop", os: "ws2019", edition: "ServerStandard", address: "10.0.1.30", initialKey: "retail" },
      {
        name: "mak1",
        os: "ws2019",
        edition: "ServerStandard",
        address: "10.0.1.31",
        initialKey: "mak",
        activated: true,
      },
    ],
    keys: { mak: { kind: "mak", os: "ws2022", activations: 5 } },
  });
  for (let index = 1; index <= 5; index++) {
    await at.type(`c${index}`, "slmgr /skms kms01.contoso.com");
    await at.type(`c${index}`, "slmgr /ato");
  }
}
beforeEach(() => start());
afterEach(() => at.end());
const client = (name: string, props: Props = {}, before?: Applied) =>
  at.on(kmsClientConfigHandler, name, props, before);
const target = (name: string) => at.lab.state(name).kmsClient.target;

describe("手動指定 KMS 主機 (Assign the KMS host by hand)", () => {
  it("by its full name and port", async () => {
    const { outs } = await client("c6", { kmsHost: "kms01.contoso.com", kmsPort: 1688 });
    expect(at.commands()).toContain("slmgr /skms kms01.contoso.com:1688");
    expect(target("c6")).toBe("kms01.contoso.com:1688");
    expect(outs["licenseStatus"]).toBe("Licensed");
  });

  it("by its IPv4 address", async () => {
    const { outs } = await client("c6", { kmsHost: "10.0.0.10" });
    expect(target("c6")).toBe("10.0.0.10:1688");
    expect(outs["licenseStatus"]).toBe("Licensed");
  });

  it("by its NetBIOS name", async () => {
    const { outs } = await client("c6", { kmsHost: "KMS01" });
    expect(target("c6")).toBe("KMS01:1688");
    expect(outs["licenseStatus"]).toBe("Licensed");
  });

  it("on another port: declared, changed, found when somebody changes it, and put back", async () => {
    const first = await client("c6", { kmsHost: "kms01.contoso.com", kmsPort: 1690, activate: false });
    expect(target("c6")).toBe("kms01.contoso.com:1690");
    const second = await client("c6", { kmsHost: "kms01.contoso.com" }, first);
    expect(target("c6")).toBe("kms01.contoso.com:1688");
    await at.type("c6", "slmgr /skms kms02.contoso.com:1699");
    expect(await at.drift(second)).toEqual(["kmsHost", "kmsPort"]);
    await at.repair(second);
    expect(target("c6")).toBe("kms01.contoso.com:1688");
  });

  it("on laptops that nobody can log in to: a registration file with name and port as the texts that Windows reads", async () => {
    const file = clientReg({ kmsHost: "kms01.contoso.com", kmsPort: 1690 });
    const set = await client("c6", { kmsHost: "kms01.contoso.com", kmsPort: 1690, activate: false });
    for (const name of ["KeyManagementServiceName", "KeyManagementServicePort"]) {
      expect(file).toContain(`"${name}"="${String(await at.value("c6", name))}"`);
    }
    expect(set.outs).toMatchObject({ kmsHost: "kms01.contoso.com", kmsPort: 1690 });
  });

  it("switches discovery off: such a client does not ask DNS, even when the host it has does not answer", async () => {
    await at.lab.fault("kms01", { down: true });
    await expect(client("c6", { kmsHost: "kms02.contoso.com" })).rejects.toThrow(/0xC004F074|0x800706BA/);
    expect(at.lab.state("c6").kmsClient.discovered).toBeNull();
  });
});

describe("啟用 KMS 用戶端的自動探索 (Enable discovery on the KMS client)", () => {
  it("clears a host that was assigned (/ckms), and the client finds its host by DNS", async () => {
    const pinned = await client("c6", { kmsHost: "10.0.0.10" });
    at.commands();
    const free = await client("c6", {}, pinned);
    expect(at.commands()).toContain("slmgr /ckms");
    expect(target("c6")).toBeNull();
    await at.type("c6", "slmgr /ato");
    expect((await at.read(free)).outs["discoveredHost"]).toBe("kms01.contoso.com");
  });

  it("needs nothing at all on a client with a volume licence: it is activated as it is", async () => {
    const { outs } = await client("c7");
    expect(at.commands()).toEqual(["slmgr /ato"]);
    expect(outs).toMatchObject({ licenseStatus: "Licensed", activatedBy: "KMS", discoveredHost: "kms01.contoso.com" });
  });

  it("logs an error on a client whose domain has no SRV record, and the resource says which", async () => {
    at.lab.dns.change(["delete _vlmcs._tcp.contoso.com"]);
    await expect(client("c6")).rejects.toThrow(/0x8007232B/);
    expect(at.lab.state("c6").kmsClient.lastResult).toBe("0x8007232B");
  });
});

describe("手動啟用 KMS 用戶端 (Activate the KMS client by hand)", () => {
  it("asks at once (/ato) and says Licensed, with the events of question and answer", async () => {
    const { outs } = await client("c6");
    expect(outs["licenseStatus"]).toBe("Licensed");
    expect(await events(at.lab, "c6", 12288)).toHaveLength(1);
    expect(await events(at.lab, "c6", 12289)).toHaveLength(1);
  });

  it("reports the code of an activation that fails, and what to do", async () => {
    await at.lab.fault("kms01", { down: true });
    await expect(client("c6")).rejects.toThrow(/0xC004F074.*Next: /);
  });
});

describe("將 MAK 用戶端轉換為 KMS，將 KMS 用戶端轉換為 MAK (Convert MAK to KMS and KMS to MAK)", () => {
  it("Table 4: puts the setup key of edition and build in the place of a MAK, and the client is activated by KMS", async () => {
    expect(at.lab.state("mak1").products[0]?.channel).toBe("Volume:MAK");
    const { outs } = await client("mak1");
    expect(at.commands()[0]).toBe("slmgr /ipk N69G4-B89J2-4G8F4-WWYCC-J464C");
    expect(outs).toMatchObject({ channel: "Volume:GVLK", licenseStatus: "Licensed", activatedBy: "KMS" });
  });

  it("installs a MAK on a KMS client: the machine is activated by MAK, and KMS is not asked any more", async () => {
    await client("c6");
    const { outs } = await at.on(makActivationHandler, "c6", { productKey: at.key("mak") });
    expect(outs).toMatchObject({ channel: "Volume:MAK", licenseStatus: "Licensed" });
    expect(at.lab.state("c6").kmsClient.nextAttempt).toBeNull();
  });
});

describe("將零售版本轉換為大量啟用 (Convert a retail edition to volume activation)", () => {
  it("installs the setup key over a retail key, and the client is activated by KMS", async () => {
    expect(at.lab.state("shop").products[0]?.channel).toBe("Retail");
    const { outs } = await client("shop");
    expect(outs).toMatchObject({ setupKey: "auto", channel: "Volume:GVLK", licenseStatus: "Licensed" });
  });
});
