import { afterEach, describe, expect, it } from "vitest";
import { inOrder } from "../../lab/dns/srvOrder";
import { Lab, type MachineSpec, type ZoneSpec } from "../../lab/index";
import { START, testLab } from "../conformance/harness";
import { events, exitCodeOf, KMS_GROUP, kmsHost, MINUTE, type, withAgent } from "./helpers";

const NOT_ENOUGH = exitCodeOf(0xc004f038);
const NO_HOST = exitCodeOf(0xc004f074);
const NO_NAME = exitCodeOf(0x8007232b);

const host = (name: string, last: number, more: Partial<MachineSpec> = {}) =>
  kmsHost(name, last, { firewallGroups: [KMS_GROUP], ...more });
const client = (more: Partial<MachineSpec> = {}): MachineSpec => ({
  name: "cl",
  os: "ws2019",
  address: "10.0.1.1",
  ...more,
});
const ZONES: ZoneSpec[] = [
  { name: "contoso.com", allowUpdate: [] },
  { name: "corp.contoso.com", allowUpdate: [] },
];
const SRV = "_vlmcs._tcp";

let lab: Lab;
afterEach(() => lab.stop());
const ato = async (machine = "cl") => (await type(lab, machine, "slmgr /ato")).exitCode;
/** Whom the client asked, oldest first. */
const asked = async (machine = "cl") => (await events(lab, machine, 12288)).map((one) => one.strings[2]).reverse();
const discovered = (machine = "cl") => lab.state(machine).kmsClient.discovered;

describe("a client without a fixed KMS host", () => {
  it("asks the hosts in the order of their priority, and goes on when one does not answer or does not cover it", async () => {
    lab = await testLab({
      zones: ZONES,
      machines: [host("kms1", 1), host("kms2", 2, { csvlk: "ws2016", os: "ws2016" }), host("kms3", 3), client()],
    });
    lab.dns.change([`add ${SRV}.contoso.com SRV 20 0 1688 kms1.contoso.com`]);
    lab.dns.change([`add ${SRV}.contoso.com SRV 10 0 1688 kms2.contoso.com`]);
    lab.dns.change([`add ${SRV}.contoso.com SRV 0 0 1688 gone.contoso.com`]);
    expect(await ato()).toBe(NOT_ENOUGH);
    expect(await asked()).toEqual(["gone.contoso.com:1688", "kms2.contoso.com:1688", "kms1.contoso.com:1688"]);
    expect(lab.state("kms2").kmsHost).toMatchObject({ count: 0, requests: { Failed: 1 } });
    expect(lab.state("kms1").kmsHost.count).toBe(1);
    expect(discovered()).toEqual({ name: "kms1.contoso.com", port: 1688, address: "10.0.0.1" });
  });

  it("that meets one host only, whose key does not cover it, gets 0xC004F042", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1, { csvlk: "ws2016", os: "ws2016" }), client()] });
    lab.dns.change([`add ${SRV}.contoso.com SRV 0 0 1688 kms1.contoso.com`]);
    expect(await ato()).toBe(exitCodeOf(0xc004f042));
    expect(discovered()).toBeNull();
  });

  it("stays with the host that answered until that one is silent, then looks again", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), host("kms2", 2), client()] });
    lab.dns.change([`add ${SRV}.contoso.com SRV 10 0 1688 kms1.contoso.com`]);
    await ato();
    lab.dns.change([`add ${SRV}.contoso.com SRV 0 0 1688 kms2.contoso.com`]);
    await ato();
    await type(lab, "kms1", "shutdown");
    expect(await ato()).toBe(NOT_ENOUGH);
    const [first, second] = ["kms1.contoso.com:1688", "kms2.contoso.com:1688"];
    expect(await asked()).toEqual([first, first, first, second]);
    expect(discovered()).toMatchObject({ name: "kms2.contoso.com" });
  });

  it.each([
    ["ws2019", "10.0.0.1"],
    ["win7", undefined],
  ] as const)("shows the host that it found in WMI; %s with the address %s", async (os, address) => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), client({ os })] });
    lab.dns.change([`add ${SRV}.contoso.com SRV 10 0 1688 kms1.contoso.com`]);
    await ato();
    const prefix = "DiscoveredKeyManagementServiceMachine";
    const columns = ["Name", "Port", "IpAddress"].map((column) => `${prefix}${column}`);
    const { service } = await withAgent(lab, "cl", (agent) =>
      agent.call("licensing.read", { service: columns, product: [] }),
    );
    expect(columns.map((column) => service[column])).toEqual(["kms1.contoso.com", 1688, address]);
  });

  it("does not need DNS for a host that it knows by address", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), client()] });
    lab.dns.change([`add ${SRV}.contoso.com SRV 0 0 1688 10.0.0.1`]);
    expect(await ato()).toBe(NOT_ENOUGH);
    await lab.dns.fault({ down: true });
    expect(await ato()).toBe(NOT_ENOUGH);
    await type(lab, "kms1", "shutdown");
    expect(await ato()).toBe(exitCodeOf(0x8007232a));
    expect(discovered()).toBeNull();
  });

  it("asks DNS every time when host caching is off", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), host("kms2", 2), client()] });
    await type(lab, "cl", "slmgr /ckhc");
    lab.dns.change([`add ${SRV}.contoso.com SRV 10 0 1688 kms1.contoso.com`]);
    await ato();
    lab.dns.change([`add ${SRV}.contoso.com SRV 0 0 1688 kms2.contoso.com`]);
    await ato();
    await type(lab, "cl", "slmgr /skhc");
    lab.dns.change([`delete ${SRV}.contoso.com SRV 0 0 1688 kms2.contoso.com`]);
    await ato();
    expect(await asked()).toEqual(["kms1.contoso.com:1688", "kms2.contoso.com:1688", "kms2.contoso.com:1688"]);
  });

  it("does not find a host whose address is not in DNS", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), client()] });
    lab.dns.change([`add ${SRV}.contoso.com SRV 0 0 1688 kms1.contoso.com`]);
    lab.dns.change(["delete kms1.contoso.com A"]);
    expect(await ato()).toBe(NO_HOST);
    lab.dns.change(["add kms1.contoso.com CNAME real.contoso.com"]);
    lab.dns.change(["add real.contoso.com A 10.0.0.1"]);
    expect(await ato()).toBe(NOT_ENOUGH);
  });

  it("says what DNS said: no name, no record, an answer that is a failure", async () => {
    lab = await testLab({ zones: ZONES, machines: [client()] });
    expect(await ato()).toBe(NO_NAME);
    lab.dns.change([`add ${SRV}.contoso.com A 10.0.0.1`]);
    expect(await ato()).toBe(exitCodeOf(0x8007251d));
    await lab.dns.fault({ refuse: true });
    expect(await ato()).toBe(exitCodeOf(0x8007232d));
    await lab.dns.fault({ refuse: false, drop: true });
    expect(await ato()).toBe(exitCodeOf(0x8007232a));
  });

  it("finds a host by itself after 120 minutes, once the record is there", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), client()] });
    await ato();
    lab.dns.change([`add ${SRV}.contoso.com SRV 0 0 1688 kms1.contoso.com`]);
    lab.advance(119 * MINUTE);
    expect(lab.state("kms1").kmsHost.count).toBe(0);
    lab.advance(2 * MINUTE);
    expect(lab.state("kms1").kmsHost.count).toBe(1);
  });
});

describe("the domains in which a client looks", () => {
  const record = `add ${SRV}.corp.contoso.com SRV 0 0 1688 kms1.contoso.com`;
  const key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters";

  it("are its own, unless /skms-domain names one, and then no other", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), client({ domain: "corp.contoso.com" })] });
    lab.dns.change([record]);
    expect(lab.machine("cl").fqdn).toBe("cl.corp.contoso.com");
    expect(await ato()).toBe(NOT_ENOUGH);
    await type(lab, "cl", "slmgr /ckhc");
    await type(lab, "cl", "slmgr /skms-domain contoso.com");
    expect(await ato()).toBe(NO_NAME);
    await type(lab, "cl", "slmgr /ckms-domain");
    expect(await ato()).toBe(NOT_ENOUGH);
  });

  it("are those of the suffix search list after that", async () => {
    lab = await testLab({ zones: ZONES, machines: [host("kms1", 1), client()] });
    lab.dns.change([record]);
    expect(await ato()).toBe(NO_NAME);
    await type(lab, "cl", `reg add "${key}" /v SearchList /d "fabrikam.com,corp.contoso.com"`);
    expect(await ato()).toBe(NOT_ENOUGH);
  });

  it("are DHCP's on a workgroup machine, and without any there is nothing to ask for", async () => {
    lab = await testLab({
      zones: ZONES,
      machines: [
        host("kms1", 1),
        client({ domainJoined: false }),
        client({ name: "dh", address: "10.0.1.2", domainJoined: false, dhcpDomain: "corp.contoso.com" }),
      ],
    });
    lab.dns.change([record]);
    expect(await ato("cl")).toBe(exitCodeOf(0x8007007b));
    expect(await ato("dh")).toBe(NOT_ENOUGH);
  });
});

describe("hosts of one priority", () => {
  const one = { priority: 0, weight: 1 };
  const nine = { priority: 0, weight: 9 };
  const spare = { priority: 10, weight: 100 };
  it("are drawn by weight, and one of a higher priority number is never first", () => {
    let first = 0;
    for (let draw = 0; draw < 1100; draw++) {
      const order = inOrder([spare, one, nine], () => (draw % 1100) / 1100);
      expect(order[2]).toBe(spare);
      if (order[0] === nine) first += 1;
    }
    expect(first / 1100).toBeGreaterThan(0.75);
    expect(first / 1100).toBeLessThan(0.95);
  });

  it("without weights are all drawn now and then", () => {
    const targets = [0, 1, 2].map((index) => ({ priority: 0, weight: 0, index }));
    const first = new Set([0, 0.4, 0.9].map((number) => inOrder(targets, () => number)[0]?.index));
    expect(first).toEqual(new Set([0, 1, 2]));
  });

  it("share the clients of a network", async () => {
    let draws = 0;
    const machines = Array.from({ length: 9 }, (_, n) => client({ name: `cl${n}`, address: `10.0.1.${n + 1}` }));
    lab = await Lab.start({
      network: {
        name: "test",
        domain: "contoso.com",
        zones: ZONES,
        machines: [host("kms1", 1), host("kms2", 2), ...machines],
      },
      start: START,
      random: () => (draws++ % 10) / 10,
    });
    for (const name of ["kms1", "kms2"]) lab.dns.change([`add ${SRV}.contoso.com SRV 0 50 1688 ${name}.contoso.com`]);
    lab.advance(3 * 60 * MINUTE);
    const counts = ["kms1", "kms2"].map((name) => lab.state(name).kmsHost.count);
    expect(Math.min(...counts)).toBeGreaterThan(1);
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(9);
  });
});
