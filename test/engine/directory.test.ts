import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Checkout } from "./checkout";

const NAME = "_vlmcs._tcp.contoso.com";
const THREE = ["0 0 1688 kms01", "10 0 1688 kms02", "20 0 1688 kms03"].map((data) => `${data}.contoso.com`);

interface DnsState {
  zones: { records: { name: string; type: string; data: string }[]; writers: { [name: string]: string[] } }[];
}

describe("the example of several hosts in Active Directory, as npm run up brings it to life", () => {
  let at: Checkout;
  beforeAll(() => {
    at = Checkout.create("directory");
  });
  afterAll(() => at.remove());

  const change = async (...words: string[]): Promise<void> => {
    const ran = await at.command("lab", "change", ...words);
    expect(ran.code, `${words.join(" ")}\n${ran.output}`).toBe(0);
  };
  const zone = async () => {
    const { output } = await at.command("lab", "state", "dns", "--json");
    return (JSON.parse(output.slice(output.indexOf("{"))) as DnsState).zones[0];
  };
  const records = async () =>
    (await zone())?.records.flatMap(({ name, type, data }) => (name === NAME && type === "SRV" ? [data] : [])).sort();

  it("the second host publishes itself by the rights of its group, the third one's record is made for it, and clients are activated", async () => {
    const ran = await at.command("up");
    expect(ran.code, ran.output).toBe(0);
    expect(await records()).toEqual(THREE);
    expect((await zone())?.writers[NAME]).toContain("CONTOSO\\KMS Hosts");
    const table = ran.output.slice(ran.output.indexOf("MACHINE "));
    expect(table.match(/ Licensed /g)).toHaveLength(9);
    // The domain controller is a KMS client too, and may have asked by itself.
    expect(table).toMatch(/^KMS01 .*KMS host +Licensed +[67] /m);
    for (const secret of at.secrets()) expect(ran.output).not.toContain(secret);
  });

  it("a second time changes nothing", async () => {
    const ran = await at.command("up");
    expect(ran.code, ran.output).toBe(0);
    expect(ran.output).toMatch(/15 unchanged/);
    expect((await at.command("drift")).code).toBe(0);
  });

  it("rights that are taken away and a record that is changed are drift, and up repairs both", async () => {
    await change("dns", "revoke", NAME, "KMS", "Hosts");
    await change("dns", "reweight", NAME, "kms03.contoso.com", "0", "5");
    const drift = await at.command("drift");
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toMatch(/rights\s*: "update" => "none"/);
    expect(drift.output).toMatch(/priority\s*: 20 => 0/);
    const up = await at.command("up");
    expect(up.code, up.output).toBe(0);
    expect(await records()).toEqual(THREE);
    expect((await zone())?.writers[NAME]).toContain("CONTOSO\\KMS Hosts");
    expect((await at.command("drift")).code).toBe(0);
  });

  it("down takes the group's entry and the third host's record away, and leaves what the hosts published", async () => {
    const ran = await at.command("pulumi", "destroy", "--yes", "--skip-preview");
    expect(ran.code, ran.output).toBe(0);
    expect(await records()).toEqual(THREE.slice(0, 2));
    expect((await zone())?.writers[NAME]).not.toContain("CONTOSO\\KMS Hosts");
  });
});
