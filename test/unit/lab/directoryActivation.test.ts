import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lab, MachineSpec } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { DAY, events, exitCodeOf, KMS_GROUP, kmsHost, product, statusOf, type, withAgent } from "./helpers";

const NOT_BOUND = 0xc004f056;
const machines: MachineSpec[] = [
  kmsHost("kms01", 10, { firewallGroups: [KMS_GROUP] }),
  { name: "srv", os: "ws2012", address: "10.0.1.1" },
  { name: "pc", os: "win8.1", address: "10.0.1.2" },
  { name: "other", os: "ws2022", address: "10.0.1.3", domain: "corp.contoso.com" },
  { name: "seven", os: "win7", address: "10.0.1.4" },
  { name: "alone", os: "ws2022", address: "10.0.1.5", domainJoined: false },
  { name: "newer", os: "ws2025", address: "10.0.1.6" },
  { name: "mak", os: "ws2022", address: "10.0.1.7", initialKey: "mak" },
];

let lab: Lab;
beforeEach(async () => {
  lab = await testLab({ machines, activationObject: { name: "Contoso volume", csvlk: "ws2022" } });
});
afterEach(() => lab.stop());

const ato = (machine: string) => type(lab, machine, "slmgr /ato");
/** Nobody answers as a KMS host: only Active Directory can have activated it. */
const pinToNobody = (machine: string) => type(lab, machine, "slmgr /skms nobody.contoso.com");
const columns = (machine: string) =>
  withAgent(lab, machine, async (agent) => {
    const names = ["VLActivationType", "ADActivationObjectName", "ADActivationObjectDN", "GracePeriodRemaining"];
    return (await agent.call("licensing.read", { service: [], product: names })).products[0];
  });
const restart = async (machine: string) => {
  await type(lab, machine, "shutdown");
  await type(lab, machine, "start");
};

describe("a forest with an activation object", () => {
  it.each(["srv", "pc", "other"])(
    "activates its member %s for 180 days, and asks and counts nobody",
    async (machine) => {
      await pinToNobody(machine);
      expect((await ato(machine)).exitCode).toBe(0);
      expect(product(lab, machine)).toMatchObject({ licenseStatusName: "Licensed", activatedByDirectory: true });
      expect(await columns(machine)).toEqual({
        VLActivationType: 1,
        ADActivationObjectName: "Contoso volume",
        ADActivationObjectDN:
          "CN=Contoso volume,CN=Activation Objects,CN=Microsoft SPP,CN=Services,CN=Configuration,DC=contoso,DC=com",
        GracePeriodRemaining: 259_200,
      });
      expect(await events(lab, machine, 12288)).toEqual([]);
      expect(lab.state("kms01").kmsHost.count).toBe(0);
    },
  );

  it("renews every seven days without being asked, so that 180 days never end", async () => {
    await pinToNobody("srv");
    await ato("srv");
    lab.advance(400 * DAY);
    expect(statusOf(lab, "srv")).toBe("Licensed");
  });

  it.each([
    ["Windows 7", "seven"],
    ["a machine of a workgroup", "alone"],
    ["a Windows that the object's key does not cover", "newer"],
  ])("does not activate %s, which goes on to KMS", async (_what, machine) => {
    await pinToNobody(machine);
    expect((await ato(machine)).exitCode).not.toBe(0);
    expect(product(lab, machine)).toMatchObject({ activatedByDirectory: false });
    expect(await events(lab, machine, 12288)).toHaveLength(1);
  });

  it("activates nothing with another key than a setup key", async () => {
    await ato("mak");
    expect(product(lab, "mak")?.activatedByDirectory).toBe(false);
    expect(lab.ledger()).toMatchObject([{ machine: "mak", kind: "mak" }]);
  });

  it("is passed by where the activation type is KMS only, and is all there is where it is Active Directory only", async () => {
    await type(lab, "srv", "slmgr /act-type 2");
    await pinToNobody("srv");
    expect((await ato("srv")).exitCode).not.toBe(0);
    await type(lab, "srv", "slmgr /act-type 1");
    expect((await ato("srv")).exitCode).toBe(0);
    expect(product(lab, "srv")?.activatedByDirectory).toBe(true);
    await type(lab, "newer", "slmgr /act-type 1");
    expect((await ato("newer")).exitCode).toBe(exitCodeOf(NOT_BOUND));
  });

  it("gives way to KMS at the next request of a client that is set to KMS only", async () => {
    await ato("srv");
    await type(lab, "srv", "slmgr /skms kms01.contoso.com");
    await type(lab, "srv", "slmgr /act-type 2");
    for (const name of ["pc", "other", "alone", "seven"]) {
      await type(lab, name, "slmgr /act-type 2");
      await type(lab, name, "slmgr /skms kms01.contoso.com");
      await ato(name);
    }
    expect((await ato("srv")).exitCode).toBe(0);
    expect(await columns("srv")).toMatchObject({ VLActivationType: 2, ADActivationObjectName: null });
  });
});

describe("a member that leaves the domain", () => {
  it("is a member and Licensed until it starts again, and is not activated any more then", async () => {
    await pinToNobody("srv");
    await ato("srv");
    await type(lab, "srv", "remove-computer");
    expect(lab.state("srv")).toMatchObject({ domainJoined: true });
    expect(statusOf(lab, "srv")).toBe("Licensed");
    await restart("srv");
    expect(lab.state("srv")).toMatchObject({ domainJoined: false, fqdn: "srv", domain: "WORKGROUP" });
    expect(statusOf(lab, "srv")).toBe("Notification");
    expect(lab.state("srv").firewall.currentProfiles).toBe(2);
  });

  it("keeps an activation that a KMS host gave", async () => {
    await type(lab, "srv", "slmgr /act-type 2");
    for (const name of ["srv", "pc", "other", "alone", "newer", "seven"]) {
      await type(lab, name, "slmgr /act-type 2");
      await type(lab, name, "slmgr /skms kms01.contoso.com");
      await ato(name);
    }
    await ato("srv");
    expect(statusOf(lab, "srv")).toBe("Licensed");
    await type(lab, "srv", "remove-computer");
    await restart("srv");
    expect(statusOf(lab, "srv")).toBe("Licensed");
  });

  it("cannot leave twice", async () => {
    await expect(type(lab, "alone", "remove-computer")).rejects.toThrow(/in no domain/);
  });
});

it("without an activation object nobody is activated by Active Directory", async () => {
  const plain = await testLab({ machines });
  try {
    await type(plain, "srv", "slmgr /skms nobody.contoso.com");
    expect((await type(plain, "srv", "slmgr /ato")).exitCode).not.toBe(0);
  } finally {
    await plain.stop();
  }
});
