import { afterEach, describe, expect, it } from "vitest";
import type { Lab, MachineSpec } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { exitCodeOf, product, statusOf, type, withAgent } from "./helpers";

let lab: Lab;
afterEach(() => lab.stop());
const OVER_LIMIT = exitCodeOf(0xc004c008);

function hosts(count: number): MachineSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `h${index + 1}`,
    os: "ws2022",
    address: `10.0.0.${index + 1}`,
  }));
}
const site = { kind: "csvlk", csvlk: "ws2022" } as const;

describe("a KMS host key", () => {
  it("activates six hosts, and the seventh gets 0xC004C008", async () => {
    lab = await testLab({ machines: hosts(7), keys: { site } });
    for (let index = 1; index <= 7; index++) {
      await type(lab, `h${index}`, `slmgr /ipk ${lab.keys["site"]}`);
      expect((await type(lab, `h${index}`, "slmgr /ato")).exitCode).toBe(index <= 6 ? 0 : OVER_LIMIT);
    }
    expect(lab.ledger()).toHaveLength(6);
    expect(statusOf(lab, "h7")).toBe("OOBGrace");
  });

  it("activates one host ten times: activating what is activated costs again", async () => {
    lab = await testLab({ machines: hosts(1), keys: { site } });
    await type(lab, "h1", `slmgr /ipk ${lab.keys["site"]}`);
    for (let time = 1; time <= 10; time++) expect((await type(lab, "h1", "slmgr /ato")).exitCode).toBe(0);
    expect((await type(lab, "h1", "slmgr /ato")).exitCode).toBe(OVER_LIMIT);
    expect(lab.ledger()).toHaveLength(10);
    expect(lab.ledger()[0]).toEqual({
      time: "2026-01-05T08:00:00.000Z",
      machine: "h1",
      partialProductKey: lab.keys["site"]?.slice(-5),
      kind: "csvlk",
      method: "online",
    });
  });

  it("counts other hardware as another host, a reinstallation as the same", async () => {
    lab = await testLab({ machines: hosts(1), keys: { site } });
    const spend = async () => {
      await type(lab, "h1", `slmgr /ipk ${lab.keys["site"]}`);
      await type(lab, "h1", "slmgr /ato");
    };
    const balance = () => Object.values(lab.balances().find((one) => one.name === "site")?.hosts ?? {});
    await spend();
    await type(lab, "h1", "reinstall");
    await spend();
    expect(balance()).toEqual([2]);
    await type(lab, "h1", "hardware");
    await spend();
    expect(balance()).toEqual([2, 1]);
  });

  it("is unlicensed again when it is installed again", async () => {
    lab = await testLab({ machines: hosts(1), keys: { site } });
    for (const words of [`/ipk ${lab.keys["site"]}`, "/ato"]) await type(lab, "h1", `slmgr ${words}`);
    expect(statusOf(lab, "h1")).toBe("Licensed");
    await type(lab, "h1", `slmgr /ipk ${lab.keys["site"]}`);
    expect(statusOf(lab, "h1")).toBe("OOBGrace");
  });
});

describe("a MAK", () => {
  const keys = { mak: { kind: "mak", os: "ws2022", activations: 2 } } as const;

  it("has a number of activations, does not activate by itself, and gives none back", async () => {
    lab = await testLab({ machines: hosts(3), keys });
    for (const [name, code] of [
      ["h1", 0],
      ["h2", 0],
      ["h3", exitCodeOf(0xc004c020)],
    ] as const) {
      await type(lab, name, `slmgr /ipk ${lab.keys["mak"]}`);
      expect(statusOf(lab, name)).toBe("OOBGrace");
      expect((await type(lab, name, "slmgr /ato")).exitCode).toBe(code);
      if (name === "h2") await type(lab, "h2", "slmgr /upk");
    }
    expect(lab.ledger()).toHaveLength(2);
  });

  it("that is activated is left alone by /ato", async () => {
    lab = await testLab({ machines: hosts(1), keys });
    await type(lab, "h1", `slmgr /ipk ${lab.keys["mak"]}`);
    const ato = () => withAgent(lab, "h1", (agent) => agent.call("slmgr", { verb: "/ato" }));
    expect(await ato()).toEqual({ attempted: true });
    expect(await ato()).toEqual({ attempted: false });
    expect(lab.ledger()).toHaveLength(1);
    expect(product(lab, "h1")).toMatchObject({ licenseStatusName: "Licensed", graceMinutesRemaining: 0 });
  });

  it("is refused when it is blocked, and not reached without a way to the Internet", async () => {
    lab = await testLab({
      machines: [...hosts(1), { name: "alone", os: "ws2022", address: "10.0.1.1", internet: false }],
      keys,
    });
    lab.block("mak");
    for (const name of ["h1", "alone"]) await type(lab, name, `slmgr /ipk ${lab.keys["mak"]}`);
    expect((await type(lab, "h1", "slmgr /ato")).exitCode).toBe(exitCodeOf(0xc004c003));
    expect((await type(lab, "alone", "slmgr /ato")).exitCode).toBe(exitCodeOf(0x80072ee2));
    expect(lab.ledger()).toEqual([]);
  });

  it("is activated by phone with the confirmation id of its installation id, and with no other", async () => {
    lab = await testLab({ machines: [{ name: "alone", os: "ws2022", address: "10.0.1.1", internet: false }], keys });
    await type(lab, "alone", `slmgr /ipk ${lab.keys["mak"]}`);
    const confirmation = lab.phone("alone");
    expect(confirmation).toMatch(/^[0-9]{48}$/);
    expect((await type(lab, "alone", `slmgr /atp ${confirmation.slice(1)}`)).exitCode).toBe(exitCodeOf(0xc004f02c));
    const other = `${confirmation.slice(0, 47)}${(Number(confirmation[47]) + 1) % 10}`;
    expect((await type(lab, "alone", `slmgr /atp ${other}`)).exitCode).toBe(exitCodeOf(0xc004f04d));
    expect((await type(lab, "alone", `slmgr /atp ${confirmation}`)).exitCode).toBe(0);
    expect(statusOf(lab, "alone")).toBe("Licensed");
    expect(lab.ledger()).toMatchObject([{ machine: "alone", method: "phone" }]);
  });
});

describe("what costs nothing", () => {
  it("is every request to a KMS host", async () => {
    lab = await testLab({ machines: hosts(1) });
    await type(lab, "h1", "slmgr /ato");
    expect(lab.ledger()).toEqual([]);
  });
});

describe("made-up keys", () => {
  it("have one N since Windows 8 and none before, and are no published keys", async () => {
    lab = await testLab({
      machines: [],
      keys: {
        new: site,
        old: { kind: "csvlk", csvlk: "ws2008r2-c" },
        mak: { kind: "mak", os: "win7", activations: 1 },
      },
    });
    const ns = Object.fromEntries(Object.entries(lab.keys).map(([name, key]) => [name, key.split("N").length - 1]));
    expect(ns).toEqual({ new: 1, old: 0, mak: 0 });
    for (const key of Object.values(lab.keys))
      expect(key).toMatch(/^([BCDFGHJKMNPQRTVWXY2346789]{5}-){4}[BCDFGHJKMNPQRTVWXY2346789]{5}$/);
  });
});
