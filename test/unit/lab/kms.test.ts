import { afterEach, describe, expect, it } from "vitest";
import type { Lab, MachineSpec, OsId } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { DAY, events, exitCodeOf, HOST, KMS_GROUP, MINUTE, product, statusOf, type } from "./helpers";

const NOT_ENOUGH = 0xc004f038;
const NO_HOST = 0xc004f074;

function clients(count: number, os: OsId = "ws2019", more: Partial<MachineSpec> = {}): MachineSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `cl${String(index + 1).padStart(2, "0")}`,
    os,
    address: `10.0.1.${index + 1}`,
    ...more,
  }));
}

let lab: Lab;
afterEach(() => lab.stop());

/** A network whose host is activated and listens. */
async function network(machines: MachineSpec[], hostSpec: MachineSpec = HOST): Promise<void> {
  lab = await testLab({ machines: [hostSpec, ...machines] });
  await type(lab, "kms01", `slmgr /ipk ${lab.keys["kms01"]}`);
  await type(lab, "kms01", "slmgr /ato");
  await type(lab, "kms01", "restart-service sppsvc");
}
async function ask(machine: string, target = "kms01.contoso.com"): Promise<number> {
  await type(lab, machine, `slmgr /skms ${target}`);
  return (await type(lab, machine, "slmgr /ato")).exitCode;
}

describe("a KMS host that is asked", () => {
  it("activates servers from the fifth on, and the first four when they ask again by themselves", async () => {
    await network(clients(5));
    for (const name of ["cl01", "cl02", "cl03", "cl04"]) expect(await ask(name)).toBe(exitCodeOf(NOT_ENOUGH));
    expect(statusOf(lab, "cl01")).toBe("OOBGrace");
    expect(await ask("cl05")).toBe(0);
    expect(product(lab, "cl05")).toMatchObject({ licenseStatusName: "Licensed", graceMinutesRemaining: 259_200 });
    expect(statusOf(lab, "cl01")).toBe("OOBGrace");
    lab.advance(119 * MINUTE);
    expect(statusOf(lab, "cl01")).toBe("OOBGrace");
    lab.advance(2 * MINUTE);
    for (const name of ["cl01", "cl02", "cl03", "cl04"]) expect(statusOf(lab, name)).toBe("Licensed");
    expect(lab.state("kms01").kmsHost.count).toBe(5);
  });

  it("counts a machine once, however often it asks", async () => {
    await network(clients(1));
    for (let time = 0; time < 3; time++) expect(await ask("cl01")).toBe(exitCodeOf(NOT_ENOUGH));
    expect(lab.state("kms01").kmsHost).toMatchObject({ count: 1, requests: { Total: 3, OOBGrace: 3, Failed: 0 } });
  });

  it("counts clones that share one CMID once", async () => {
    await network([...clients(1), { name: "copy", os: "ws2019", address: "10.0.1.9", cloneOf: "cl01" }]);
    await ask("cl01");
    await ask("copy");
    expect(lab.state("kms01").kmsHost.count).toBe(1);
  });

  it("holds client Windows back until the twenty-fifth, and counts servers with them", async () => {
    await network([...clients(24), { name: "pc", os: "win11", address: "10.0.2.1" }]);
    expect(await ask("pc")).toBe(exitCodeOf(NOT_ENOUGH));
    for (let index = 1; index <= 23; index++) await ask(`cl${String(index).padStart(2, "0")}`);
    expect(await ask("pc")).toBe(exitCodeOf(NOT_ENOUGH));
    await ask("cl24");
    expect(await ask("pc")).toBe(0);
  });

  it("remembers twice as many machines as the largest threshold: ten servers, fifty with a client among them", async () => {
    await network([...clients(60), { name: "pc", os: "win10", address: "10.0.2.1" }]);
    for (let index = 1; index <= 12; index++) await ask(`cl${String(index).padStart(2, "0")}`);
    expect(lab.state("kms01").kmsHost.count).toBe(10);
    await ask("pc");
    for (let index = 1; index <= 60; index++) await ask(`cl${String(index).padStart(2, "0")}`);
    expect(lab.state("kms01").kmsHost.count).toBe(50);
  });

  it("forgets a machine that was silent for 30 days", async () => {
    await network(clients(2));
    await ask("cl01");
    await ask("cl02");
    await type(lab, "cl01", "shutdown");
    lab.advance(29 * DAY);
    expect(lab.state("kms01").kmsHost.count).toBe(2);
    lab.advance(2 * DAY);
    expect(lab.state("kms01").kmsHost.count).toBe(1);
  });

  it("does not count a product that its key does not cover, and answers 0xC004F042", async () => {
    await network(clients(1, "ws2025"), { ...HOST, csvlk: "ws2022" });
    expect(await ask("cl01")).toBe(exitCodeOf(0xc004f042));
    expect(lab.state("kms01").kmsHost).toMatchObject({ count: 0, requests: { Total: 1, Failed: 1 } });
  });

  it("answers 0xC004F041 while its own key is not activated", async () => {
    lab = await testLab({ machines: [HOST, ...clients(1)] });
    await type(lab, "kms01", `slmgr /ipk ${lab.keys["kms01"]}`);
    await type(lab, "kms01", "restart-service sppsvc");
    expect(await ask("cl01")).toBe(exitCodeOf(0xc004f041));
  });

  it("refuses a client whose clock is hours away", async () => {
    await network(clients(1, "ws2019", { clockSkewMinutes: 300 }));
    expect(await ask("cl01")).toBe(exitCodeOf(0xc004f06c));
  });

  it("sends its intervals to the clients, as they were at its last start", async () => {
    await network(clients(1));
    await type(lab, "kms01", "slmgr /sai 30");
    await ask("cl01");
    expect(Date.parse(lab.state("cl01").kmsClient.nextAttempt ?? "") - lab.now().getTime()).toBe(120 * MINUTE);
    await type(lab, "kms01", "restart-service sppsvc");
    await ask("cl01");
    expect(Date.parse(lab.state("cl01").kmsClient.nextAttempt ?? "") - lab.now().getTime()).toBe(30 * MINUTE);
  });
});

describe("a KMS host that is not reached", () => {
  it("is not there for a client when its firewall group is off", async () => {
    await network(clients(1), { ...HOST, firewallGroups: [] });
    expect(await ask("cl01")).toBe(exitCodeOf(NO_HOST));
    await type(lab, "kms01", `netsh advfirewall firewall set rule group="${KMS_GROUP}" new enable=yes`);
    expect(await ask("cl01")).toBe(exitCodeOf(NOT_ENOUGH));
  });

  it("serves a new port only after its restart, and the predefined rule lets 1688 through only", async () => {
    await network(clients(1));
    await type(lab, "kms01", "slmgr /sprt 1700");
    expect(await ask("cl01", "kms01:1700")).toBe(exitCodeOf(NO_HOST));
    expect(await ask("cl01", "kms01:1688")).toBe(exitCodeOf(NOT_ENOUGH));
    await type(lab, "kms01", "net stop sppsvc");
    expect(lab.state("kms01").listeners.map((one) => one.port)).not.toContain(1688);
    await type(lab, "kms01", "net start sppsvc");
    expect(lab.state("kms01").listeners.map((one) => one.port)).toContain(1700);
    expect(await ask("cl01", "kms01:1688")).toBe(exitCodeOf(NO_HOST));
    expect(await ask("cl01", "kms01:1700")).toBe(exitCodeOf(NO_HOST));
    await type(lab, "kms01", "netsh advfirewall set allprofiles state off");
    expect(await ask("cl01", "kms01:1700")).toBe(exitCodeOf(NOT_ENOUGH));
  });

  it("ignores a port that was written as REG_DWORD", async () => {
    await network(clients(1));
    await type(
      lab,
      "kms01",
      `reg add "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform" /v KeyManagementServiceListeningPort /t REG_DWORD /d 1700`,
    );
    await type(lab, "kms01", "restart-service sppsvc");
    expect(lab.state("kms01").kmsHost.port).toBe(1688);
  });

  it("is off: 0xC004F074, and the client's 12288 says 0x800706BA and whom it asked", async () => {
    await network(clients(1));
    await type(lab, "kms01", "shutdown");
    expect(await ask("cl01", "10.0.0.10")).toBe(exitCodeOf(NO_HOST));
    const [sent] = await events(lab, "cl01", 12288);
    expect(sent?.strings.slice(0, 3)).toEqual(["0x800706BA", "0x00000000", "10.0.0.10:1688"]);
    expect(await events(lab, "cl01", 12289)).toEqual([]);
  });

  it("is found by full name, NetBIOS name and address, and by no other name", async () => {
    await network(clients(1));
    for (const name of ["KMS01.contoso.com", "kms01", "10.0.0.10"]) {
      expect(await ask("cl01", name)).toBe(exitCodeOf(NOT_ENOUGH));
    }
    expect(await ask("cl01", "kms02.contoso.com")).toBe(exitCodeOf(NO_HOST));
  });

  it("is not discovered without a zone: 0x8007232B in the domain, 0x8007007B without a suffix", async () => {
    lab = await testLab({
      machines: [...clients(1), { name: "alone", os: "ws2022", address: "10.0.3.1", domainJoined: false }],
    });
    expect((await type(lab, "cl01", "slmgr /ato")).exitCode).toBe(exitCodeOf(0x8007232b));
    expect((await type(lab, "alone", "slmgr /ato")).exitCode).toBe(exitCodeOf(0x8007007b));
  });
});

describe("what is written about a request", () => {
  it("is 12288 and 12289 on the client, 12290 with one item in front on the host", async () => {
    await network(clients(1));
    await ask("cl01");
    const { clientMachineId } = lab.state("cl01").identity;
    const activationId = product(lab, "cl01")?.activationId;
    const [sent] = await events(lab, "cl01", 12288);
    expect(sent?.strings).toEqual([
      "0x00000000",
      "0x00000000",
      "kms01.contoso.com:1688",
      clientMachineId,
      "2026/01/05 08:00",
      "1",
      "2",
      "43200",
      activationId,
      "5",
    ]);
    const [processed] = await events(lab, "cl01", 12289);
    expect(processed?.strings).toEqual(["0xC004F038", "0x04000000", "0", "0", "1", "120", "10080", "2026/01/05 08:00"]);
    const [request] = await events(lab, "kms01", 12290, "Key Management Service");
    expect(request?.strings.slice(1)).toEqual([
      "0x00000000",
      "5",
      "cl01.contoso.com",
      clientMachineId,
      "2026/01/05 08:00",
      "1",
      "2",
      "43200",
      activationId,
    ]);
    expect(request?.strings).toHaveLength(10);
  });

  it("is 12293 for each domain while no DNS server takes the record, and nothing when publishing is off", async () => {
    await network([]);
    const list = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
    const before = (await events(lab, "kms01", 12293)).length;
    await type(
      lab,
      "kms01",
      `reg add "HKLM\\${list}" /v DnsDomainPublishList /t REG_MULTI_SZ /d "fabrikam.com, 10, 20"`,
    );
    await type(lab, "kms01", "restart-service sppsvc");
    const failures = await events(lab, "kms01", 12293);
    expect(failures.slice(0, failures.length - before).map((one) => one.strings)).toEqual([
      ["0x8007267C", "fabrikam.com"],
      ["0x8007267C", "contoso.com"],
    ]);
    await type(lab, "kms01", "slmgr /cdns");
    await type(lab, "kms01", "restart-service sppsvc");
    expect(await events(lab, "kms01", 12293)).toHaveLength(failures.length);
  });
});

describe("a KMS activation over time", () => {
  it("is renewed every seven days, so that it never runs out while the host is there", async () => {
    await network(clients(5));
    for (let index = 1; index <= 5; index++) await ask(`cl0${index}`);
    lab.advance(365 * DAY);
    for (let index = 1; index <= 5; index++) expect(statusOf(lab, `cl0${index}`)).toBe("Licensed");
    expect(product(lab, "cl01")?.graceMinutesRemaining).toBeGreaterThan(259_200 - 10_081);
  });

  it("ends in Notification after 180 days without the host, and comes back by itself with it", async () => {
    await network(clients(5));
    for (let index = 1; index <= 5; index++) await ask(`cl0${index}`);
    lab.advance(2 * 60 * MINUTE);
    await type(lab, "kms01", "shutdown");
    lab.advance(179 * DAY);
    expect(statusOf(lab, "cl01")).toBe("Licensed");
    lab.advance(2 * DAY);
    expect(product(lab, "cl01")).toMatchObject({
      licenseStatusName: "Notification",
      licenseStatusReason: "0xC004F009",
    });
    await type(lab, "kms01", "start");
    lab.advance(DAY);
    expect(statusOf(lab, "cl01")).toBe("Licensed");
  });
});

describe("zones that are plugged in", () => {
  it("lead a client to the hosts in their order, on to the next when one does not answer", async () => {
    await network(clients(1));
    lab.connectZones({
      discover: () => [
        { name: "gone.contoso.com", port: 1688 },
        { name: "kms01.contoso.com", port: 1688 },
      ],
      publish: () => 0,
    });
    expect((await type(lab, "cl01", "slmgr /ato")).exitCode).toBe(exitCodeOf(NOT_ENOUGH));
    expect((await events(lab, "cl01", 12288)).map((one) => one.strings[2])).toEqual([
      "kms01.contoso.com:1688",
      "gone.contoso.com:1688",
    ]);
    await type(lab, "kms01", "restart-service sppsvc");
    expect((await events(lab, "kms01", 12294)).map((one) => one.strings)).toEqual([["contoso.com"]]);
  });
});
