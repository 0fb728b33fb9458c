import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DnsChangeArgs, DnsSrvData } from "../../../provider/machine/protocol";
import type { Lab } from "../../lab/index";
import { type AgentClient, agentOn, testLab } from "./harness";

/** Only on the lab: the records of a real DNS server are nobody's to play with. */
describe.each(["ws2022", "ws2008r2"] as const)("a DNS server on the lab's %s", (os) => {
  let lab: Lab;
  let agent: AgentClient;
  const at = { zone: "contoso.com", name: "_vlmcs._tcp" };
  const srv = (target: string, over: Partial<DnsSrvData> = {}): DnsSrvData => ({
    ...{ priority: 0, weight: 0, port: 1688, target: `${target}.contoso.com` },
    ...over,
  });
  const add = (record: DnsSrvData, ttl = 3600) => ({ ...record, ttl });
  const records = async () => (await agent.call("dns.read", at)).records;
  const batch = async (args: DnsChangeArgs) =>
    (await agent.call("batch", { steps: [{ op: "dns.change", args }], reads: [{ op: "dns.read", args: at }] }))
      .steps[0];

  beforeEach(async () => {
    lab = await testLab({
      zones: [
        { name: "contoso.com", allowUpdate: ["hosts"], aging: true },
        { name: "flat.test", allowUpdate: [] },
      ],
      machines: [{ name: "dc01", os, address: "10.0.0.1", language: "zh-TW", dnsServer: true }],
    });
    agent = await agentOn(lab.machine("dc01"));
  });
  afterEach(async () => {
    agent.end();
    await agent.exit;
    await lab.stop();
  });

  it("reads the zone and, of a name that does not exist, nothing", async () => {
    const zone = { adIntegrated: true, aging: true, dynamicUpdate: "secure" };
    expect(await agent.call("dns.read", at)).toEqual({ zone, records: [], alias: null });
    expect(await agent.call("dns.read", { ...at, zone: "FLAT.test" })).toMatchObject({
      zone: { adIntegrated: false, aging: false, dynamicUpdate: "none" },
    });
  });

  it("reads records with their TTL, which of them are static, and an alias", async () => {
    lab.dns.change(["dnscmd /RecordAdd contoso.com _vlmcs._tcp /Aging 60 SRV 1 2 1688 old.contoso.com."]);
    lab.dns.change(["dnscmd /RecordAdd contoso.com other CNAME www.contoso.com."]);
    expect(await records()).toEqual([{ ...srv("old", { priority: 1, weight: 2 }), ttl: 60, static: false }]);
    expect(await agent.call("dns.read", { ...at, name: "other" })).toMatchObject({
      records: [],
      alias: "www.contoso.com",
    });
  });

  it("adds static records, each with its own TTL, and deletes exactly those that are named", async () => {
    await batch({ ...at, expected: [], deletes: [], add: add(srv("kms01")) });
    await batch({ ...at, expected: [srv("KMS01")], deletes: [], add: add(srv("kms02"), 60) });
    expect(await records()).toEqual([
      { ...srv("kms01"), ttl: 3600, static: true },
      { ...srv("kms02"), ttl: 60, static: true },
    ]);
    const expected = [srv("kms02"), srv("kms01")];
    const change = { ...at, expected, deletes: [srv("kms01")], add: add(srv("kms01", { weight: 5 })) };
    expect(await batch(change)).toEqual({ status: "done", result: {} });
    expect((await records()).map(({ target, weight }) => `${target} ${weight}`)).toEqual([
      "kms02.contoso.com 0",
      "kms01.contoso.com 5",
    ]);
  });

  it("does nothing where the set is not the expected one, or the name has an alias", async () => {
    await batch({ ...at, expected: [], deletes: [], add: add(srv("kms01")) });
    for (const expected of [[], [srv("kms01", { weight: 1 })], [srv("kms01"), srv("kms02")]]) {
      expect(await batch({ ...at, expected, deletes: [], add: add(srv("kms09")) })).toMatchObject({
        status: "failed",
        error: { kind: "expectation", actual: "0 0 1688 kms01.contoso.com" },
      });
    }
    lab.dns.change(["dnscmd /RecordAdd contoso.com other CNAME www.contoso.com."]);
    const alias = { ...at, name: "other", expected: [], deletes: [], add: add(srv("kms09")) };
    expect(await batch(alias)).toMatchObject({ status: "failed", error: { kind: "expectation" } });
    expect(await records()).toHaveLength(1);
  });

  it("gives a record another TTL, and takes its time stamp, though Windows refuses to add what is there", async () => {
    lab.dns.change(["dnscmd /RecordAdd contoso.com _vlmcs._tcp /Aging 60 SRV 0 0 1688 KMS01.contoso.com."]);
    const change = { ...at, expected: [srv("kms01")], add: add(srv("kms01"), 120) };
    expect(await batch({ ...change, deletes: [] })).toMatchObject({ error: { kind: "hresult", code: "0x800725EF" } });
    expect(await batch({ ...change, deletes: [srv("kms01")] })).toMatchObject({ status: "done" });
    expect(await records()).toEqual([{ ...srv("kms01"), ttl: 120, static: true }]);
  });

  it("answers by number what Windows refuses, whatever its language", async () => {
    const change = { ...at, expected: [], deletes: [], add: add(srv("kms01")) };
    const code = async (op: string, args: unknown) => {
      const answer = await agent.ask(op, args);
      return answer.ok ? "done" : `${answer.error.kind} ${answer.error.code}`;
    };
    expect(await code("dns.read", { ...at, zone: "fabrikam.com" })).toBe("hresult 0x80072581");
    await lab.dns.fault({ denyChanges: true });
    expect(await code("dns.change", change)).toBe("hresult 0x80070005");
    expect(await code("dns.read", at)).toBe("done");
    await lab.dns.fault({ denyChanges: false, down: true });
    expect(await code("dns.read", at)).toBe("hresult 0x80070426");
    await lab.dns.fault({ down: false });
    await lab.fault("dc01", { notElevated: true });
    expect(await code("dns.change", change)).toBe("hresult 0x80070005");
  });
});
