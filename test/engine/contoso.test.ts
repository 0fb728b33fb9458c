import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout } from "./checkout";

const SPP = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
const RULE = "Key Management Service on TCP 1689";

interface Ledger {
  entries: { machine: string; partialProductKey: string }[];
}

describe("the guide's network, as npm run up brings it to life", () => {
  let at: Checkout;
  beforeAll(() => {
    at = Checkout.create("contoso");
  });
  afterAll(() => at.remove());

  const change = async (...words: string[]): Promise<void> => {
    const ran = await at.command("lab", "change", ...words);
    expect(ran.code, `${words.join(" ")}\n${ran.output}`).toBe(0);
  };
  const ledger = async (): Promise<Ledger["entries"]> => {
    const { output } = await at.command("lab", "ledger", "--json");
    return (JSON.parse(output.slice(output.indexOf("{"))) as Ledger).entries;
  };
  const kms02Count = async (): Promise<number> => {
    const { output } = await at.command("lab", "state", "kms02", "--json");
    return (JSON.parse(output.slice(output.indexOf("{"))) as { kmsHost: { count: number } }).kmsHost.count;
  };

  it("27 clients, both hosts and the MAK server end Licensed; the spare's low count is no finding", async () => {
    const ran = await at.command("up");
    expect(ran.code, ran.output).toBe(0);
    const table = ran.output.slice(ran.output.indexOf("MACHINE "));
    expect(table.match(/ Licensed /g)).toHaveLength(30);
    expect(table.match(/ KMS client /g)).toHaveLength(27);
    expect(table).toMatch(/^KMS01 .*KMS host \(spare\) +Licensed +\S+ +-$/m);
    expect(await kms02Count()).toBeGreaterThanOrEqual(25);
    for (const secret of at.secrets()) expect(ran.output).not.toContain(secret);
  });

  it("a second time changes nothing", async () => {
    const ran = await at.command("up");
    expect(ran.code, ran.output).toBe(0);
    expect(ran.output).toMatch(/35 unchanged/);
    expect(ran.output).not.toMatch(/\d+ (created|updated|deleted|replaced)/);
    expect((await at.command("drift")).code).toBe(0);
  });

  it("drift names everything that was changed behind its back, up repairs it all, and drift is clean", async () => {
    await change("kms02", "slmgr", "/sprt", "1700");
    await change("kms01", "reg", "delete", SPP, "/v", "DnsDomainPublishList", "/f");
    await change("dns", "delete", "_vlmcs._tcp.contoso.com", "SRV", "0", "0", "1689", "kms02.contoso.com");
    await change("dns", "reweight", "_vlmcs._tcp.corp.contoso.com", "kms02.contoso.com", "30", "7");
    await change("kms02", "netsh", "advfirewall", "firewall", "set", "rule", `name=${RULE}`, "new", "enable=no");
    await change("srv07", "slmgr", "/ipk", at.key("srv07"));
    await change("pc06", "slmgr", "/ckms");
    const drift = await at.command("drift");
    expect(drift.code, drift.output).toBe(7);
    for (const named of [
      /listeningPort\s*: 1689 => 1700/,
      /publishDomains/,
      /SrvRecord: \(delete\)[\s\S]*?kms02\.contoso\.com/,
      /priority\s*: 0 => 30/,
      /weight\s*: 0 => 7/,
      /enabled\s*: true => false/,
      /setupKey\s*: "auto" => "another key: \.\.\.\w{5} \(Volume:MAK\)"/,
      /kmsHost\s*: "kms02\.contoso\.com"/,
    ]) {
      expect(drift.output).toMatch(named);
    }
    for (const secret of at.secrets()) expect(drift.output).not.toContain(secret);
    const spent = (await ledger()).length;
    const up = await at.command("up");
    expect(up.code, up.output).toBe(0);
    const clean = await at.command("drift");
    expect(clean.code, clean.output).toBe(0);
    expect(await ledger()).toHaveLength(spent);
  });

  it("a foreign SRV record beside ours is kept, no drift, and said in the closing table", async () => {
    await change("dns", "add", "_vlmcs._tcp.contoso.com", "3600", "SRV", "0", "5", "1688", "old.contoso.com");
    expect((await at.command("drift")).code).toBe(0);
    const up = await at.command("up");
    expect(up.code, up.output).toBe(0);
    expect(up.output.slice(up.output.indexOf("MACHINE "))).toContain("old.contoso.com");
    const { output } = await at.command("lab", "state", "dns");
    expect(output).toContain("old.contoso.com");
    await change("dns", "delete", "_vlmcs._tcp.contoso.com", "SRV", "0", "5", "1688", "old.contoso.com");
  });

  it("with the firewall closed a client's failure says 0xC004F074, what it heard, and where to look", async () => {
    await change("kms02", "netsh", "advfirewall", "firewall", "set", "rule", `name=${RULE}`, "new", "enable=no");
    await change("kms01", "shutdown");
    await change("srv12", "slmgr", "/upk");
    const up = await at.command("up", "--target", "**KmsClientConfig::srv12");
    expect(up.code).not.toBe(0);
    expect(up.output).toMatch(/KmsClientConfig "srv12" on .* failed: Windows answered 0xC004F074/);
    expect(up.output).toMatch(/Events: 12288 asked kms0[12]\.contoso\.com:\d+/);
    expect(up.output).toMatch(/Next: .*firewall|Next: .*port/i);
    await change("kms01", "start");
    const mended = await at.command("up");
    expect(mended.code, mended.output).toBe(0);
  });

  it("a client that meets only a host whose key does not cover it is told so, with both names", async () => {
    await change("kms02", "shutdown");
    await change("srv12", "slmgr", "/upk");
    const up = await at.command("up", "--target", "**KmsClientConfig::srv12");
    expect(up.code).not.toBe(0);
    expect(up.output).toMatch(/KmsClientConfig "srv12" on SRV12 .*0xC004F042/);
    expect(up.output).toMatch(/12288 asked kms01\.contoso\.com:1688/);
    await change("kms02", "start");
    const mended = await at.command("up");
    expect(mended.code, mended.output).toBe(0);
  });

  it("down and up again: every key is activated once on its machine, ever", async () => {
    const down = await at.command("down");
    expect(down.code, down.output).toBe(0);
    const up = await at.command("up");
    expect(up.code, up.output).toBe(0);
    const spent = (await ledger()).map(({ machine, partialProductKey }) => `${machine} ${partialProductKey}`);
    expect(new Set(spent).size).toBe(spent.length);
    expect(spent.map((entry) => entry.split(" ")[0]).sort()).toEqual(["kms01", "kms02", "mak01"]);
  });
});
