import type { NetworkSpec } from "pulumi-volume-activation-lab";
import { describe, expect, it } from "vitest";
import { expectSettled, KMS01, keyOf, labProjectAround, spent, taken, untouched } from "./labProject";

/** Machines from which Microsoft cannot be reached, so that nothing but the phone can activate them. */
const NETWORK: NetworkSpec = {
  name: "phone",
  domain: "contoso.com",
  machines: [
    { ...KMS01, internet: false },
    { name: "lap01", os: "win7", edition: "Professional", address: "10.0.0.31", language: "zh-TW", internet: false },
  ],
  keys: {
    second: { kind: "csvlk", csvlk: "ws2025" },
    mak7: { kind: "mak", os: "win7", activations: 10 },
    other7: { kind: "mak", os: "win7", activations: 10 },
  },
};
const MACHINES = ["kms01", "lap01"] as const;
const KEYS = { kms01: { own: "kms01", other: "second" }, lap01: { own: "mak7", other: "other7" } } as const;

/** `called` once somebody has called Microsoft and put the answers into the configuration. */
const program = (called: boolean) => {
  const activation = (name: string) =>
    `{ method: "phone"${called ? `, confirmationId: config.requireSecret("${name}-confirmation")` : ""} }`;
  return `
  const machines = config.requireObject("machines");
  const host = new activation.KmsHost("kms01", {
    connection: machines.kms01, productKey: config.requireSecret("hostKey"), activation: ${activation("kms01")},
    listeningPort: 1689, dnsPublishing: false, onDelete: "restore", uninstallKey: true,
  });
  const laptop = new activation.MakActivation("lap01", {
    connection: machines.lap01, productKey: config.requireSecret("mak7"), activation: ${activation("lap01")},
    onDelete: "convertToKms",
  });
  exports.kms01 = host.installationId;
  exports.lap01 = laptop.installationId;
`;
};

describe("activation by phone in the real engine, of a KMS host and of a MAK", () => {
  const at = labProjectAround(program(false), NETWORK, ({ lab, project }) =>
    project.configure({}, { mak7: keyOf(lab, "mak7") }),
  );
  /** Every confirmation id that Microsoft gave. */
  const confirmations: string[] = [];

  const product = (machine: string) => at.lab.state(machine).products[0];
  const statuses = () => MACHINES.map((name) => product(name)?.licenseStatusName);
  const installationId = async (machine: string) =>
    (await at.lab.change(machine, ["slmgr", "/dti"])).output.replace(/\D/g, "");
  const outputs = async (machine: string) => (await at.project.resource(machine))?.outputs ?? {};
  /** Somebody calls Microsoft for each machine, and writes the answers down. */
  async function call(): Promise<void> {
    for (const name of MACHINES) {
      const confirmationId = at.lab.phone(name);
      confirmations.push(confirmationId);
      await at.project.configure({}, { [`${name}-confirmation`]: confirmationId });
    }
    at.project.write(program(true));
  }
  async function expectDrift(property: string): Promise<void> {
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    const lines = drift.output.match(new RegExp(`~ ${property}\\s*: ".+" => ".+"`, "g"));
    expect(lines, drift.output).toHaveLength(MACHINES.length);
  }
  async function expectRepairedForNothing(): Promise<void> {
    const before = spent(at.lab);
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(statuses()).toEqual(["Licensed", "Licensed"]);
    expect(spent(at.lab)).toEqual(before);
    expect((await at.project.drift()).code).toBe(0);
  }

  it("preview leaves the machines untouched and does not even connect", async () => {
    const before = MACHINES.map((name) => untouched(at.lab, name));
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(MACHINES.map((name) => untouched(at.lab, name))).toEqual(before);
    for (const name of MACHINES) expect(at.lab.state(name).counters.dials).toBe(0);
  });

  it("up installs the keys, shows each machine's installation id, and spends nothing", async () => {
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    for (const name of MACHINES) {
      expect(product(name)).toMatchObject({
        partialProductKey: keyOf(at.lab, KEYS[name].own).slice(-5),
        licenseStatusName: "OOBGrace",
      });
      const id = await installationId(name);
      expect(id).toHaveLength(name === "lap01" ? 54 : 63);
      const shown = await at.project.run(["stack", "output", name]);
      expect(shown.output.trim()).toBe(id);
      expect((await outputs(name))["findings"]).toContainEqual(expect.stringContaining("pendingConfirmation: call"));
    }
    expect(at.lab.state("kms01").kmsHost.port).toBe(1688);
    expect(spent(at.lab)).toEqual([]);
  });

  it("waiting for the call is no difference and no drift", async () => {
    const preview = await at.project.preview();
    expect(preview.code, preview.output).toBe(0);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(0);
  });

  it("a deposit that fails is an error that shows no confirmation id, and has cost what the call has cost", async () => {
    await call();
    expect(spent(at.lab)).toEqual(["kms01 by phone", "lap01 by phone"]);
    for (const name of MACHINES) await at.lab.fault(name, { failOn: "slmgr" });
    const up = await at.project.up();
    expect(up.code).not.toBe(0);
    expect(up.output.match(/depositing the confirmation id \(slmgr \/atp\) failed/g)?.length).toBeGreaterThan(1);
    for (const confirmationId of confirmations) expect(up.output).not.toContain(confirmationId);
    expect(statuses()).toEqual(["OOBGrace", "OOBGrace"]);
    for (const name of MACHINES) await at.lab.fault(name, { failOn: null });
  });

  it("the next up deposits it, restarts the host once, and applies the settings that waited", async () => {
    const { restarts } = at.lab.state("kms01").service;
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(statuses()).toEqual(["Licensed", "Licensed"]);
    const host = at.lab.state("kms01");
    expect(host.kmsHost).toMatchObject({ active: true, port: 1689 });
    expect(host.listeners).toContainEqual(expect.objectContaining({ port: 1689 }));
    expect(host.service.restarts).toBe(restarts + 1);
    for (const name of MACHINES) {
      expect(await outputs(name)).toMatchObject({ licenseStatus: "Licensed" });
      expect(await outputs(name)).not.toHaveProperty("installationId");
      expect(taken(at.lab, KEYS[name].own)).toBe(1);
    }
    expect(spent(at.lab)).toHaveLength(2);
  });

  it("preview again is empty, up again changes nothing, and drift is clean", async () => {
    await expectSettled(at, MACHINES);
    expect((await at.project.drift()).code).toBe(0);
    expect(spent(at.lab)).toHaveLength(2);
  });

  it("a key replaced by hand is drift; up puts it back and activates it by the same confirmation id", async () => {
    for (const name of MACHINES) await at.lab.change(name, ["slmgr", "/ipk", keyOf(at.lab, KEYS[name].other)]);
    await expectDrift("partialProductKey");
    await expectRepairedForNothing();
    for (const name of MACHINES) {
      expect(product(name)?.partialProductKey).toBe(keyOf(at.lab, KEYS[name].own).slice(-5));
      expect(taken(at.lab, KEYS[name].other)).toBe(0);
    }
  });

  it("a status that is lost is drift; up activates it again by the same confirmation id", async () => {
    for (const name of MACHINES) {
      for (const words of [["slmgr", "/rearm"], ["shutdown"], ["start"]]) await at.lab.change(name, words);
    }
    expect(statuses()).toEqual(["OOBGrace", "OOBGrace"]);
    await expectDrift("licenseStatus");
    await expectRepairedForNothing();
  });

  it("other hardware is drift; up deposits nothing, and asks for another call with the new installation id", async () => {
    for (const name of MACHINES) await at.lab.change(name, ["hardware"]);
    await expectDrift("licenseStatus");
    for (const _ of [1, 2]) {
      const up = await at.project.up();
      expect(up.code).not.toBe(0);
      for (const name of MACHINES) {
        const id = await installationId(name);
        expect(up.output.replace(/[\s-]/g, "")).toContain(id);
        expect(await outputs(name)).toMatchObject({ licenseStatus: "OOTGrace", installationId: id });
      }
      expect(up.output).toContain("call Microsoft with the new installation id, which may take one more activation");
      expect(up.output).toContain("set activation.confirmationId to the answer");
      expect(spent(at.lab)).toHaveLength(2);
    }
    expect((await outputs("lap01"))["findings"]).toContainEqual(expect.stringContaining("0xC004F00F"));
  });

  it("the answer to another call activates them again: one more activation each, and no second one", async () => {
    await call();
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(statuses()).toEqual(["Licensed", "Licensed"]);
    expect((await at.project.preview()).code).toBe(0);
    expect((await at.project.up()).code).toBe(0);
    for (const name of MACHINES) expect(taken(at.lab, KEYS[name].own)).toBe(2);
    expect(spent(at.lab)).toHaveLength(4);
  });

  it("keeps keys and confirmation ids secret in the state, and out of everything that was printed", async () => {
    const { text } = await at.project.exported();
    expect(confirmations).toHaveLength(4);
    const keys = ["kms01", "second", "mak7", "other7"].map((name) => keyOf(at.lab, name));
    for (const secret of [...keys, ...confirmations, at.lab.admin.password]) {
      expect(text).not.toContain(secret);
      expect(at.project.printed).not.toContain(secret);
    }
    for (const name of MACHINES) expect((await outputs(name))["confirmation"]).toHaveProperty("ciphertext");
  });

  it("delete takes both keys out, puts the port back, and spends nothing", async () => {
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    for (const name of MACHINES) expect(product(name)?.channel).toBe("Volume:GVLK");
    expect(JSON.stringify(at.lab.state("kms01").registry)).not.toContain("1689");
    expect(spent(at.lab)).toHaveLength(4);
  });
});
