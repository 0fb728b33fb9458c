import { afterEach, describe, expect, it } from "vitest";
import type { DnsChangeArgs, DnsSrvData } from "../../../../provider/machine/protocol";
import type { Lab, MachineSpec } from "../../../lab/index";
import { testLab } from "../../conformance/harness";
import { DAY, events, kmsHost, type, withAgent } from "../helpers";

const AT = { zone: "contoso.com", name: "_vlmcs._tcp" };
const HOST = kmsHost("kms1", 1);
const DC: MachineSpec = { name: "dc01", os: "ws2022", address: "10.0.0.2", dnsServer: true };
const srv = (host: string): DnsSrvData => ({ priority: 0, weight: 0, port: 1688, target: `${host}.contoso.com` });

let lab: Lab;
afterEach(() => lab.stop());
const start = async (machines = [HOST, DC], aging = true) => {
  lab = await testLab({ zones: [{ name: "contoso.com", allowUpdate: ["hosts"], aging }], machines });
};
const read = () => withAgent(lab, "dc01", (agent) => agent.call("dns.read", AT));
const shown = async () =>
  (await read()).records.map(({ target, static: fixed }) => `${target} ${fixed ? "static" : "dynamic"}`);
const change = (args: Partial<DnsChangeArgs>, machine = "dc01") =>
  withAgent(lab, machine, (agent) => agent.ask("dns.change", { ...AT, expected: [], deletes: [], add: null, ...args }));
const dnscmd = (words: string) => lab.change("dns", [`dnscmd ${words}`]);

describe("records of a Windows DNS server", () => {
  it("are dynamic when a KMS host published them, and static when an administrator made them", async () => {
    await start();
    expect(await shown()).toEqual(["kms1.contoso.com dynamic"]);
    await change({ expected: [srv("kms1")], add: { ...srv("kms2"), ttl: 60 } });
    await dnscmd("/RecordAdd contoso.com _vlmcs._tcp SRV 0 0 1688 kms3.contoso.com.");
    await dnscmd("/RecordAdd contoso.com _vlmcs._tcp /Aging SRV 0 0 1688 kms4.contoso.com.");
    expect(await shown()).toEqual([
      "kms1.contoso.com dynamic",
      "kms2.contoso.com static",
      "kms3.contoso.com static",
      "kms4.contoso.com dynamic",
    ]);
  });

  it("become dynamic again when their host updates them, or somebody ages them all", async () => {
    await start();
    await change({ expected: [srv("kms1")], deletes: [srv("kms1")], add: { ...srv("kms1"), ttl: 3600 } });
    await change({ expected: [srv("kms1")], add: { ...srv("kms2"), ttl: 3600 } });
    expect(await shown()).toEqual(["kms1.contoso.com static", "kms2.contoso.com static"]);
    lab.advance(DAY);
    expect(await shown()).toEqual(["kms1.contoso.com dynamic", "kms2.contoso.com static"]);
    await dnscmd("/AgeAllRecords contoso.com _vlmcs._tcp /f");
    expect(await shown()).toEqual(["kms1.contoso.com dynamic", "kms2.contoso.com dynamic"]);
  });

  it("keep each a TTL of its own, also when their hosts update theirs", async () => {
    await start();
    await change({ expected: [srv("kms1")], add: { ...srv("kms2"), ttl: 60 } });
    lab.advance(DAY);
    await type(lab, "kms1", "slmgr /sprt 1700");
    await type(lab, "kms1", "restart-service sppsvc");
    const ttls = async () => (await read()).records.map(({ port, target, ttl }) => `${port} ${target} ${ttl}`).sort();
    expect(await ttls()).toEqual(["1688 kms2.contoso.com 60", "1700 kms1.contoso.com 3600"]);
  });

  it("are scavenged when they are dynamic, old, and in a zone that ages; static ones stay for ever", async () => {
    await start([HOST, DC], false);
    await change({ expected: [srv("kms1")], add: { ...srv("kms2"), ttl: 3600 } });
    await type(lab, "kms1", "shutdown");
    lab.advance(15 * DAY);
    await dnscmd("/StartScavenging");
    expect(await shown()).toHaveLength(2);
    await dnscmd("/Config contoso.com /Aging 1");
    await dnscmd("/StartScavenging");
    expect(await shown()).toEqual(["kms2.contoso.com static"]);
  });

  it("are not scavenged while their host updates them", async () => {
    await start();
    lab.advance(15 * DAY);
    await dnscmd("/StartScavenging");
    expect(await shown()).toEqual(["kms1.contoso.com dynamic"]);
  });

  it("may all be changed by an administrator, whoever made them; and a host may not write at what he made", async () => {
    await start([DC, HOST]);
    await change({ expected: [srv("kms1")], deletes: [srv("kms1")] });
    expect(await shown()).toEqual([]);
    await lab.stop();
    await start([DC, { ...HOST, activated: false }]);
    await change({ add: { ...srv("kms2"), ttl: 60 } });
    await type(lab, "kms1", "slmgr /ato");
    await type(lab, "kms1", "restart-service sppsvc");
    expect((await events(lab, "kms1", 12293)).map(({ strings }) => strings)).toEqual([["0x8007232D", "contoso.com"]]);
    expect(await shown()).toEqual(["kms2.contoso.com static"]);
  });

  it("stay as they are when the server lies", async () => {
    await start([DC]);
    await lab.dns.fault({ lie: true });
    expect(await change({ add: { ...srv("kms2"), ttl: 60 } })).toMatchObject({ ok: true });
    expect(await shown()).toEqual([]);
  });

  it("carry the lab's own time of the last update", async () => {
    await start();
    const [record] = lab.dns.records("contoso.com").filter(({ type: kind }) => kind === "SRV");
    expect(record?.timestamp).toBe(lab.now().getTime());
  });
});

describe("a machine that is no DNS server", () => {
  it("says so, and looks at the arguments first", async () => {
    await start();
    expect(await change({}, "kms1")).toMatchObject({ ok: false, error: { kind: "notSupported" } });
    expect(await change({ zone: "a b" }, "kms1")).toMatchObject({ ok: false, error: { kind: "refused" } });
  });
});

describe("words for the DNS server", () => {
  it.each([
    "dnscmd /Config contoso.com /Aging 2",
    "dnscmd /AgeAllRecords fabrikam.com",
    "dnscmd /Config contoso.com /X 1",
  ])("%s is refused", async (words) => {
    await start([DC]);
    await expect(lab.change("dns", [words])).rejects.toThrow(/dnscmd|no zone/);
  });
});
