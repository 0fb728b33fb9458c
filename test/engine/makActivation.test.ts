import type { NetworkSpec } from "pulumi-volume-activation-lab";
import { describe, expect, it } from "vitest";
import { expectSettled, KMS01, keyOf, labProjectAround, untouched } from "./labProject";

const NETWORK: NetworkSpec = {
  name: "maks",
  domain: "contoso.com",
  machines: [
    KMS01,
    {
      name: "lap01",
      os: "win7",
      edition: "Professional",
      address: "10.0.0.31",
      domainJoined: false,
      language: "zh-TW",
    },
    { name: "srv01", os: "ws2022", edition: "ServerStandard", address: "10.0.0.32" },
  ],
  keys: {
    mak7: { kind: "mak", os: "win7", activations: 10 },
    mak22: { kind: "mak", os: "ws2022", activations: 10 },
    other22: { kind: "mak", os: "ws2022", activations: 10 },
  },
};

const program = (settings = "") => `
  const machines = config.requireObject("machines");
  new activation.MakActivation("lap01", {
    connection: machines.lap01, productKey: config.requireSecret("mak7"), onDelete: "uninstall",
  });
  new activation.MakActivation("srv01", {
    connection: machines.srv01, productKey: config.requireSecret("mak22"), onDelete: "convertToKms", ${settings}
  });
`;

describe("MakActivation in the real engine, over real SSH", () => {
  const at = labProjectAround(program(), NETWORK, ({ lab, project }) =>
    project.configure({}, { mak7: keyOf(lab, "mak7"), mak22: keyOf(lab, "mak22") }),
  );
  const product = (machine: string) => at.lab.state(machine).products[0];
  const partial = (key: string) => keyOf(at.lab, key).slice(-5);

  it("preview leaves the machines untouched and does not even connect", async () => {
    const before = ["lap01", "srv01"].map((name) => untouched(at.lab, name));
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(["lap01", "srv01"].map((name) => untouched(at.lab, name))).toEqual(before);
    expect(at.lab.state("lap01").counters.dials).toBe(0);
    expect(ran.output).not.toContain(keyOf(at.lab, "mak7"));
  });

  it("up installs and activates each MAK once, on Windows 7 too", async () => {
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
    for (const name of ["lap01", "srv01"]) {
      expect(product(name)).toMatchObject({ channel: "Volume:MAK", licenseStatusName: "Licensed" });
    }
    expect(at.lab.ledger()).toHaveLength(2);
    expect((await at.project.resource("lap01"))?.outputs).toMatchObject({
      channel: "Volume:MAK",
      licenseStatus: "Licensed",
      partialProductKey: partial("mak7"),
    });
    expect(ran.output).toContain(`slmgr /ipk XXXXX-XXXXX-XXXXX-XXXXX-${partial("mak7")}`);
  });

  it("preview again is empty, up again spends nothing, and drift is clean", async () => {
    await expectSettled(at, ["srv01"]);
    expect((await at.project.drift()).code).toBe(0);
    expect(at.lab.ledger()).toHaveLength(2);
  });

  it("a MAK replaced by hand is drift; up puts it back, spends nothing, and fails naming reactivate", async () => {
    await at.lab.change("srv01", ["slmgr", "/ipk", keyOf(at.lab, "other22")]);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toContain("partialProductKey");
    expect(drift.output).not.toContain(keyOf(at.lab, "other22"));
    for (const _ of [1, 2]) {
      const up = await at.project.up();
      expect(up.code).not.toBe(0);
      expect(up.output).toContain("reactivate");
      expect(product("srv01")?.partialProductKey).toBe(partial("mak22"));
      expect(at.lab.ledger()).toHaveLength(2);
    }
  });

  it("a new value of reactivate spends one more activation, knowingly and once", async () => {
    at.project.write(program('reactivate: "2026-11-23"'));
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(product("srv01")?.licenseStatusName).toBe("Licensed");
    expect(at.lab.ledger()).toHaveLength(3);
    expect((await at.project.up()).code).toBe(0);
    expect(at.lab.ledger()).toHaveLength(3);
  });

  it("other hardware is drift that says what happened, and needs reactivate", async () => {
    await at.lab.change("srv01", ["hardware"]);
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toContain("licenseStatus");
    const up = await at.project.up();
    expect(up.code).not.toBe(0);
    expect(up.output).toMatch(/hardware has changed too much since then \(0xC004F00F\)/);
    expect(up.output).toContain("reactivate");
    expect(at.lab.ledger()).toHaveLength(3);
    expect((await at.project.resource("srv01"))?.outputs?.["findings"]).toEqual([
      expect.stringContaining("the machine's hardware changed since its activation (0xC004F00F)"),
    ]);
    at.project.write(program('reactivate: "new board"'));
    const again = await at.project.up();
    expect(again.code, again.output).toBe(0);
    expect(at.lab.ledger()).toHaveLength(4);
  });

  it("a key that is no MAK is taken out again before it can be activated", async () => {
    const wrong = `
      const machines = config.requireObject("machines");
      new activation.MakActivation("wrong", { connection: machines.kms01, productKey: config.requireSecret("hostKey") });
    `;
    at.project.write(wrong);
    const ran = await at.project.run(["up", "--yes", "--skip-preview", "--target", "**wrong**"]);
    expect(ran.code).not.toBe(0);
    expect(ran.output).toContain("it is no MAK: its channel reads");
    expect(ran.output).not.toContain(keyOf(at.lab, "kms01"));
    expect(product("kms01")?.channel).toBe("Volume:GVLK");
    expect(at.lab.ledger()).toHaveLength(4);
    at.project.write(program('reactivate: "new board"'));
  });

  it("keeps every secret out of state and output", async () => {
    const { text } = await at.project.exported();
    for (const name of ["mak7", "mak22", "other22", "kms01"]) expect(text).not.toContain(keyOf(at.lab, name));
  });

  it("delete takes the one MAK out and makes the other machine a KMS client", async () => {
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    expect(at.lab.state("lap01").products).toEqual([]);
    expect(product("srv01")?.channel).toBe("Volume:GVLK");
    expect(at.lab.ledger()).toHaveLength(4);
  });
});
