import { describe, expect, it } from "vitest";
import { labProjectAround, untouched } from "./labProject";

const program = (client: string) => `
  const machines = config.requireObject("machines");
  const host = new activation.KmsHost("kms01", {
    connection: machines.kms01, productKey: config.requireSecret("hostKey"), dnsPublishing: false,
  });
  for (const name of ["srv01", "srv02"]) {
    new activation.KmsClientConfig(name, { connection: machines[name], ${client} }, { dependsOn: host });
  }
`;
const PINNED = 'kmsHost: "kms01.contoso.com", kmsPort: host.listeningPort, onDelete: "restore"';

describe("KmsClientConfig in the real engine, over real SSH", () => {
  const at = labProjectAround(program(PINNED));

  it("preview leaves the clients untouched, also while the host's port is not known yet", async () => {
    const before = ["srv01", "srv02"].map((name) => untouched(at.lab, name));
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(["srv01", "srv02"].map((name) => untouched(at.lab, name))).toEqual(before);
    expect(at.lab.state("srv01").counters.dials).toBe(0);
  });

  it("up sets key and host; a count that is too low yet is pendingThreshold, not a failure", async () => {
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    for (const name of ["srv01", "srv02"]) {
      const machine = at.lab.state(name);
      expect(machine.kmsClient.target).toBe("kms01.contoso.com:1688");
      expect(machine.products[0]).toMatchObject({ channel: "Volume:GVLK" });
      expect((await at.project.resource(name))?.outputs).toMatchObject({ licenseStatus: "pendingThreshold" });
    }
    expect(at.lab.state("kms01").kmsHost.count).toBe(2);
  });

  it("preview again is empty and drift is clean while they wait", async () => {
    const preview = await at.project.preview();
    expect(preview.code, preview.output).toBe(0);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(0);
  });

  it("a client un-pinned and one re-keyed behind our back are drift with their names; up repairs both", async () => {
    await at.lab.change("srv01", ["slmgr", "/ckms"]);
    // The published setup key of another machine's edition does not fit; a retail key of this one does.
    const foreign = Object.entries(at.lab.keys).find(([name]) => name.includes("srv02"))?.[1];
    expect(foreign).toBeDefined();
    await at.lab.change("srv02", ["slmgr", "/ipk", foreign ?? ""]);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toContain("kmsHost");
    expect(drift.output).toContain("setupKey");
    expect(drift.output).not.toContain(foreign ?? "none");
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(at.lab.state("srv01").kmsClient.target).toBe("kms01.contoso.com:1688");
    expect(at.lab.state("srv02").products[0]?.channel).toBe("Volume:GVLK");
    expect((await at.project.drift()).code).toBe(0);
  });

  it("discovery instead of a host takes the pin away", async () => {
    at.project.write(program("activate: false"));
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(at.lab.state("srv01").kmsClient.target).toBeNull();
    at.project.write(program(PINNED));
    expect((await at.project.up()).code).toBe(0);
    expect(at.lab.state("srv01").kmsClient.target).toBe("kms01.contoso.com:1688");
  });

  it("delete puts the pin back to what it was at first and keeps the key", async () => {
    const key = at.lab.state("srv02").products[0]?.partialProductKey;
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    expect(at.lab.state("srv01").kmsClient.target).toBeNull();
    expect(at.lab.state("srv02").products[0]?.partialProductKey).toBe(key);
  });
});
