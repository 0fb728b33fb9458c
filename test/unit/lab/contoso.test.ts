import { afterEach, describe, expect, it } from "vitest";
import { contoso, Lab } from "../../lab/index";
import { osKind } from "../../lab/machine/os";
import { setupKey } from "../../lab/machine/products";
import { exitCodeOf, KMS_GROUP, product, SPP, statusOf, type } from "./helpers";

const KMS_HOSTS = ["kms01", "kms02"];
const clients = contoso.machines.map(({ name }) => name).filter((name) => !/^(kms|mak)/.test(name));
const NODE = "_vlmcs._tcp";

let lab: Lab;
afterEach(() => lab.stop());

/** What a program would declare, by hand. */
async function deployHosts(): Promise<void> {
  for (const name of KMS_HOSTS) {
    expect((await type(lab, name, `slmgr /ipk ${lab.keys[name]}`)).exitCode).toBe(0);
    expect((await type(lab, name, "slmgr /ato")).exitCode).toBe(0);
  }
  await type(lab, "kms02", "slmgr /sprt 1689");
  await type(lab, "kms02", "slmgr /cdns");
  // In place of a rule of our own for the port.
  await type(
    lab,
    "kms02",
    'netsh advfirewall firewall set rule name="Key Management Service (TCP-In)" new enable=yes localport=1689',
  );
  await type(
    lab,
    "kms01",
    `reg add "HKLM\\${SPP}" /v DnsDomainPublishList /t REG_MULTI_SZ /d "contoso.com, 10, 0\\0corp.contoso.com, 10, 0"`,
  );
  await type(lab, "kms01", `netsh advfirewall firewall set rule group="${KMS_GROUP}" new enable=yes`);
  for (const domain of lab.dns.zones) lab.dns.change([`add ${NODE}.${domain} SRV 0 0 1689 kms02.contoso.com`]);
  for (const name of KMS_HOSTS) await type(lab, name, "restart-service sppsvc");
}

async function deployClients(): Promise<void> {
  for (const name of clients) {
    const spec = contoso.machines.find((machine) => machine.name === name);
    if (!spec) throw new Error(name);
    const key = setupKey(osKind(spec.os), spec.edition ?? "")?.key;
    expect((await type(lab, name, `slmgr /ipk ${key}`)).exitCode, name).toBe(0);
    await type(lab, name, "slmgr /ato");
  }
}

describe("the contoso network", () => {
  it("starts with all its servers in less than 1.5 seconds", async () => {
    const began = performance.now();
    lab = await Lab.start({ network: contoso, ssh: true, dns: true, control: true });
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(new Set([...lab.machines.map(({ port }) => port), lab.dns.address.port]).size).toBe(31);
    expect(clients).toHaveLength(27);
    expect(lab.machines.filter(({ name, language }) => clients.includes(name) && language === "zh-TW")).toHaveLength(3);
  });

  it("has every client activated by kms02 at last, and no need of kms01", async () => {
    lab = await Lab.start({ network: contoso });
    await deployHosts();
    expect(
      lab.dns
        .records("corp.contoso.com")
        .filter((one) => one.type === "SRV")
        .map((one) => one.data),
    ).toEqual(["0 0 1689 kms02.contoso.com", "10 0 1688 kms01.contoso.com"]);
    await deployClients();
    expect(clients.filter((name) => statusOf(lab, name) === "Licensed").length).toBeLessThan(27);
    lab.advance(121 * 60_000);
    expect(clients.filter((name) => statusOf(lab, name) !== "Licensed")).toEqual([]);
    expect(lab.state("kms02").kmsHost.count).toBe(27);
    expect(lab.state("kms01").kmsHost.count).toBe(0);
  });

  it("is activated within twenty seconds of real time when its clock runs 3600 times as fast", async () => {
    lab = await Lab.start({ network: contoso, clockFactor: 3600 });
    await deployHosts();
    const began = performance.now();
    await deployClients();
    await expect
      .poll(() => clients.filter((name) => statusOf(lab, name) !== "Licensed"), { timeout: 20_000, interval: 100 })
      .toEqual([]);
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 30_000);

  it("has clients of newer Windows refused by kms01 while kms02 is away, and older ones counted there", async () => {
    lab = await Lab.start({ network: contoso });
    await deployHosts();
    await type(lab, "kms02", "shutdown");
    await deployClients();
    expect(lab.state("pc12").kmsClient.lastResult).toBe("0xC004F074");
    await type(lab, "pc12", "slmgr /skms kms01.contoso.com");
    expect((await type(lab, "pc12", "slmgr /ato")).exitCode).toBe(exitCodeOf(0xc004f042));
    expect(lab.state("pc01").kmsClient.lastResult).toBe("0xC004F038");
    expect(lab.state("kms01").kmsHost.count).toBe(5);
  });

  it("has a multiple activation key for mak01 alone", async () => {
    lab = await Lab.start({ network: contoso });
    expect((await type(lab, "mak01", `slmgr /ipk ${lab.keys["mak01"]}`)).exitCode).toBe(0);
    expect(product(lab, "mak01")).toMatchObject({ channel: "Volume:MAK", licenseStatusName: "OOBGrace" });
    expect((await type(lab, "mak01", "slmgr /ato")).exitCode).toBe(0);
    expect(lab.balances().find(({ name }) => name === "mak01")).toMatchObject({ limit: 10 });
    expect(lab.ledger()).toHaveLength(1);
  });
});
