import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChangeRefused, Lab } from "../../../lab/index";
import { ask, NODE, networkWith, serial } from "./client";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start({ network: networkWith(["tsig"]) });
});
afterEach(() => lab.stop());
const type = (line: string) => lab.change("dns", [line]);

describe("what an administrator of the DNS server types", () => {
  it("adds, deletes and replaces records, and raises the serial", async () => {
    await type(`add ${NODE} 600 SRV 0 5 1688 old.contoso.com`);
    await type(`update add ${NODE} IN SRV 0 0 1689 kms02.contoso.com.`);
    expect(ask(lab, NODE, "SRV")).toEqual(["600 0 0 1689 kms02.contoso.com", "600 0 5 1688 old.contoso.com"]);
    expect(await type(`delete ${NODE} SRV 0 5 1688 OLD.contoso.com`)).toMatchObject({ exitCode: 0 });
    expect(ask(lab, NODE, "SRV")).toEqual(["600 0 0 1689 kms02.contoso.com"]);
    await type(`replace ${NODE} 60 SRV 1 1 1 other.contoso.com`);
    expect(ask(lab, NODE, "SRV")).toEqual(["60 1 1 1 other.contoso.com"]);
    expect(serial(lab)).toBe(5);
    await type(`delete ${NODE} SRV`);
    await type("delete kms01.contoso.com");
    expect(ask(lab, NODE, "SRV")).toEqual([]);
    expect(ask(lab, "kms01.contoso.com", "A")).toEqual([]);
  });

  it("changes priority and weight of one record, and says when there is none", async () => {
    await type(`add ${NODE} 600 SRV 0 0 1689 KMS02.contoso.com`);
    await type(`reweight ${NODE} kms02.contoso.com 10 20`);
    expect(ask(lab, NODE, "SRV")).toEqual(["600 10 20 1689 KMS02.contoso.com"]);
    expect(await type(`reweight ${NODE} kms03.contoso.com 10 20`)).toMatchObject({ exitCode: 1 });
    expect(await type(`delete ${NODE} SRV 0 0 1 nobody.contoso.com`)).toMatchObject({ exitCode: 1 });
  });

  it("may be dnscmd's words", async () => {
    await type("dnscmd dc01 /RecordAdd contoso.com _vlmcs._tcp 3600 SRV 0 0 1688 kms01.contoso.com");
    expect(ask(lab, NODE, "SRV")).toEqual(["3600 0 0 1688 kms01.contoso.com"]);
    await type("dnscmd /RecordDelete contoso.com _vlmcs._tcp SRV 0 0 1688 kms01.contoso.com /f");
    expect(ask(lab, NODE, "SRV")).toEqual([]);
  });

  it("says which keys may change a zone", async () => {
    const rights = () => lab.dns.describe().zones.map(({ allowUpdate }) => allowUpdate);
    await type("allow-update contoso.com tsig:updater,hosts");
    expect(rights()).toEqual([["tsig:updater", "hosts"]]);
    await type("allow-update contoso.com none");
    expect(rights()).toEqual([[]]);
  });

  it.each([
    "",
    "add",
    "add x.fabrikam.com A 10.0.0.1",
    "add x.contoso.com A ten",
    "add x.contoso.com ANY",
    "add x.contoso.com 9999999999 A 10.0.0.1",
    "add x.contoso.com NOTYPE data",
    `reweight ${NODE} a.contoso.com 70000 1`,
    "grant _vlmcs._tcp.contoso.com nobody",
    "allow-update fabrikam.com none",
    "allow-update contoso.com everybody",
    "allow-update contoso.com tsig:",
    "allow-update contoso.com hosts,tsig:",
    "dnscmd /ZoneDelete contoso.com",
  ])("%j is refused, and nothing is changed", async (words) => {
    await type(`add ${NODE} SRV 0 0 1 a.contoso.com`);
    const before = lab.dns.describe();
    await expect(type(words)).rejects.toThrow(ChangeRefused);
    expect(lab.dns.describe()).toEqual(before);
  });

  it("in a network without zones is refused", async () => {
    const bare = await Lab.start({ network: { name: "bare", domain: "contoso.com", machines: [] } });
    expect(bare.hasDns).toBe(false);
    await expect(bare.change("dns", ["delete x.contoso.com"])).rejects.toThrow(/no DNS zones/);
    await bare.stop();
  });
});
