import { afterEach, describe, expect, it } from "vitest";
import type { Lab, ZoneSpec } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { DAY, events, kmsHost, SPP, type } from "./helpers";

const NODE = "_vlmcs._tcp";
const zone = (name: string, more: Partial<ZoneSpec> = {}): ZoneSpec => ({ name, allowUpdate: ["hosts"], ...more });

let lab: Lab;
afterEach(() => lab.stop());
const published = (domain = "contoso.com") =>
  lab.dns.records(domain).flatMap(({ type: kind, ttl, data }) => (kind === "SRV" ? [`${ttl} ${data}`] : []));
const restart = (machine: string) => type(lab, machine, "restart-service sppsvc");
/** The strings of an event, oldest first. */
const logged = async (machine: string, id: number) =>
  (await events(lab, machine, id)).map((one) => one.strings).reverse();

describe("a KMS host", () => {
  it("publishes itself in its own domain when its service starts, and again every day", async () => {
    lab = await testLab({ zones: [zone("contoso.com")], machines: [kmsHost("kms1", 1)] });
    expect(published()).toEqual(["3600 0 0 1688 kms1.contoso.com"]);
    expect(await logged("kms1", 12294)).toEqual([["contoso.com"]]);
    lab.dns.change([`delete ${NODE}.contoso.com`]);
    lab.advance(DAY - 1);
    expect(published()).toEqual([]);
    lab.advance(1);
    expect(published()).toEqual(["3600 0 0 1688 kms1.contoso.com"]);
  });

  it("publishes nothing before its key is activated", async () => {
    lab = await testLab({ zones: [zone("contoso.com")], machines: [kmsHost("kms1", 1, { activated: false })] });
    expect(published()).toEqual([]);
    await type(lab, "kms1", "slmgr /ato");
    await restart("kms1");
    expect(published()).toHaveLength(1);
  });

  it("publishes what its list says, and in its own domain too, which the list need not have", async () => {
    lab = await testLab({
      zones: [zone("contoso.com"), zone("corp.contoso.com"), zone("fabrikam.com", { allowUpdate: [] })],
      machines: [kmsHost("kms1", 1)],
    });
    const list = (data: string) =>
      type(lab, "kms1", `reg add "HKLM\\${SPP}" /v DnsDomainPublishList /t REG_MULTI_SZ /d "${data}"`);
    await list("corp.contoso.com, 10, 20\\0fabrikam.com\\0nowhere.test, x");
    await restart("kms1");
    expect(published()).toEqual(["3600 0 0 1688 kms1.contoso.com"]);
    expect(published("corp.contoso.com")).toEqual(["3600 10 20 1688 kms1.contoso.com"]);
    expect(await logged("kms1", 12293)).toEqual([
      ["0x8007232D", "fabrikam.com"],
      ["0x8007232B", "nowhere.test"],
    ]);
    await list("contoso.com, 10");
    await restart("kms1");
    expect(published()).toEqual(["3600 10 0 1688 kms1.contoso.com"]);
  });

  it("replaces its own record when its port changes, and takes nothing away when publishing is turned off", async () => {
    lab = await testLab({ zones: [zone("contoso.com")], machines: [kmsHost("kms1", 1)] });
    lab.dns.change([`add ${NODE}.contoso.com SRV 5 5 1688 other.contoso.com`]);
    await type(lab, "kms1", "slmgr /sprt 1689");
    await restart("kms1");
    expect(published().sort()).toEqual(["3600 0 0 1689 kms1.contoso.com", "3600 5 5 1688 other.contoso.com"]);
    await type(lab, "kms1", "slmgr /cdns");
    await restart("kms1");
    lab.advance(2 * DAY);
    expect(published()).toHaveLength(2);
    expect(await logged("kms1", 12294)).toHaveLength(2);
  });

  it("is refused where another host was first, also after that one's record is gone, until it is granted", async () => {
    lab = await testLab({ zones: [zone("contoso.com")], machines: [kmsHost("kms1", 1), kmsHost("kms2", 2)] });
    expect(published()).toEqual(["3600 0 0 1688 kms1.contoso.com"]);
    expect(await logged("kms2", 12293)).toEqual([["0x8007232D", "contoso.com"]]);
    await type(lab, "kms1", "shutdown");
    lab.dns.change([`delete ${NODE}.contoso.com SRV`]);
    await restart("kms2");
    expect(published()).toEqual([]);
    await lab.change("dns", [`grant ${NODE}.contoso.com kms2`]);
    await restart("kms2");
    expect(published()).toEqual(["3600 0 0 1688 kms2.contoso.com"]);
    await lab.change("dns", [`revoke ${NODE}.contoso.com kms2`]);
    await restart("kms2");
    expect(await logged("kms2", 12293)).toHaveLength(3);
  });

  it("is refused where an administrator's record stands, unless the zone grants it", async () => {
    const records = [{ name: `${NODE}.contoso.com`, type: "SRV", ttl: 60, data: "0 0 1689 kms9.contoso.com" }];
    lab = await testLab({
      zones: [zone("contoso.com", { records, grants: { [NODE]: ["kms2"] } })],
      machines: [kmsHost("kms1", 1), kmsHost("kms2", 2)],
    });
    expect(await logged("kms1", 12293)).toEqual([["0x8007232D", "contoso.com"]]);
    expect(published()).toEqual(["60 0 0 1689 kms9.contoso.com", "3600 0 0 1688 kms2.contoso.com"]);
  });

  it("is refused in a zone that takes signatures only, or when it is in no domain", async () => {
    lab = await testLab({
      zones: [zone("contoso.com", { allowUpdate: ["tsig"] })],
      machines: [kmsHost("kms1", 1), kmsHost("kms2", 2, { domainJoined: false })],
    });
    await lab.change("dns", ["allow-update contoso.com hosts"]);
    await type(lab, "kms2", `reg add "HKLM\\${SPP}" /v DnsDomainPublishList /t REG_MULTI_SZ /d contoso.com`);
    await restart("kms2");
    expect(await logged("kms1", 12293)).toEqual([["0x8007232D", "contoso.com"]]);
    expect(await logged("kms2", 12293)).toEqual([["0x8007232D", "contoso.com"]]);
  });

  it("is told that DNS is broken while it is, and believes a server that lies", async () => {
    lab = await testLab({ zones: [zone("contoso.com")], machines: [kmsHost("kms1", 1)] });
    lab.dns.change([`delete ${NODE}.contoso.com`]);
    await lab.dns.fault({ down: true });
    await restart("kms1");
    expect(await logged("kms1", 12293)).toEqual([["0x8007232A", "contoso.com"]]);
    await lab.dns.fault({ down: false, lie: true });
    await restart("kms1");
    expect(await logged("kms1", 12294)).toHaveLength(2);
    expect(published()).toEqual([]);
  });
});

describe("a lab that is put back to its start", () => {
  it("has its zones as at the start, its faults off, and the same keys", async () => {
    lab = await testLab({ zones: [zone("contoso.com")], machines: [kmsHost("kms1", 1)] });
    const { tsig } = lab.dns;
    lab.dns.change(["delete kms1.contoso.com"]);
    await lab.dns.fault({ refuse: true });
    await lab.reset();
    expect(lab.dns.records().map(({ name }) => name)).toContain("kms1.contoso.com");
    expect(published()).toHaveLength(1);
    expect(lab.dns.tsig).toEqual(tsig);
  });
});
