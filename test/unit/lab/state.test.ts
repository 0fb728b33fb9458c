import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Lab, type MachineSpec, quickstart } from "../../lab/index";
import { START, testLab } from "../conformance/harness";
import { DAY, statusOf, type } from "./helpers";

let directory: string;
let file: string;
let lab: Lab | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lab-state-"));
  file = join(directory, "state.json");
});
afterEach(async () => {
  await lab?.stop();
  rmSync(directory, { recursive: true });
});

const machines: MachineSpec[] = [
  { name: "kms01", os: "ws2022", address: "10.0.0.10", csvlk: "ws2022", firewallGroups: ["@FirewallAPI.dll,-28002"] },
  { name: "srv01", os: "ws2016", address: "10.0.0.21", initialKey: "retail" },
];
const open = async () => {
  lab = await testLab({ machines }, file);
  return lab;
};
/** Everything about the machines but what lives only as long as the process. */
const picture = (one: Lab) => machines.map(({ name }) => one.state(name));

describe("the state file", () => {
  it("brings the lab back as it was: machines, time, ledger, keys, host keys, account", async () => {
    const first = await open();
    await type(first, "kms01", `slmgr /ipk ${first.keys["kms01"]}`);
    await type(first, "kms01", "slmgr /ato");
    await type(first, "kms01", "slmgr /sprt 1700");
    await type(first, "srv01", "shutdown");
    first.advance(3 * DAY);
    const before = {
      picture: picture(first),
      ledger: first.ledger(),
      keys: first.keys,
      admin: first.admin,
      machines: first.machines.map((one) => one.hostKey),
    };
    await first.stop();
    const second = await open();
    expect({
      picture: picture(second),
      ledger: second.ledger(),
      keys: second.keys,
      admin: second.admin,
      machines: second.machines.map((one) => one.hostKey),
    }).toEqual(before);
    expect(second.now()).toEqual(new Date(START.getTime() + 3 * DAY));
    expect(second.ledger()).toHaveLength(1);
  });

  it("may be read by its owner only, and leaves no other file behind", async () => {
    await (await open()).stop();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(["state.json"]);
  });

  it("is written by itself soon after a change", async () => {
    const one = await open();
    await type(one, "kms01", "slmgr /skms other:1700");
    await expect.poll(() => readFileSync(file, "utf8"), { timeout: 5_000 }).toContain('"other"');
  });

  it("of another network is refused with the way out", async () => {
    await (await open()).stop();
    await expect(Lab.start({ network: quickstart, stateFile: file })).rejects.toThrow(
      /belongs to the network "test".*Delete it/,
    );
  });

  it.each(["", "{", "[]", '{"version":99}'])(
    "with %j in it is refused with the way out, and left alone",
    async (text) => {
      writeFileSync(file, text);
      await expect(open()).rejects.toThrow(/state\.json.*[Dd]elete it/);
      expect(readFileSync(file, "utf8")).toBe(text);
      lab = undefined;
    },
  );
});

describe("a reset", () => {
  it("puts machines and ledger back, and keeps keys, host keys and identities", async () => {
    const one = await open();
    const before = picture(one).map(({ products, identity, registry }) => ({ products, identity, registry }));
    const kept = { keys: one.keys, admin: one.admin, hostKeys: one.machines.map((machine) => machine.hostKey) };
    await type(one, "kms01", `slmgr /ipk ${one.keys["kms01"]}`);
    await type(one, "kms01", "slmgr /ato");
    await type(one, "srv01", "reinstall");
    await one.fault("srv01", { noPowerShell: true });
    expect(statusOf(one, "kms01")).toBe("Licensed");
    await one.reset();
    expect(picture(one).map(({ products, identity, registry }) => ({ products, identity, registry }))).toEqual(before);
    expect(one.ledger()).toEqual([]);
    expect(one.state("srv01").faults.noPowerShell).toBe(false);
    expect({ keys: one.keys, admin: one.admin, hostKeys: one.machines.map((machine) => machine.hostKey) }).toEqual(
      kept,
    );
  });
});

describe("the clock", () => {
  it("begins at the real time of the first start", async () => {
    const before = Date.now();
    lab = await Lab.start({ network: { name: "empty", domain: "contoso.com", machines: [] } });
    expect(lab.now().getTime()).toBeGreaterThanOrEqual(before);
    expect(lab.now().getTime()).toBeLessThanOrEqual(Date.now());
  });

  it("runs as many times as fast as it is told, and stands while the lab is stopped", async () => {
    const start = () =>
      Lab.start({
        network: { name: "test", domain: "contoso.com", machines: [] },
        stateFile: file,
        clockFactor: 36_000,
        start: START,
      });
    lab = await start();
    await expect.poll(() => lab?.now().getTime(), { timeout: 5_000 }).toBeGreaterThan(START.getTime() + 3_600_000);
    await lab.stop();
    const stopped = JSON.parse(readFileSync(file, "utf8")).labTime;
    await new Promise((resolve) => setTimeout(resolve, 100));
    lab = await start();
    expect(lab.now().getTime() - stopped).toBeLessThan(36_000 * 100);
    expect(lab.now().getTime()).toBeGreaterThanOrEqual(stopped);
  });
});
