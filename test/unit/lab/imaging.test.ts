import { afterEach, describe, expect, it } from "vitest";
import type { Lab, MachineSpec } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { DAY, MINUTE, product, SPP, statusOf, type, withAgent } from "./helpers";

let lab: Lab;
afterEach(() => lab.stop());
async function one(spec: Partial<MachineSpec> = {}): Promise<void> {
  lab = await testLab({ machines: [{ name: "m", os: "ws2022", address: "10.0.0.1", ...spec }] });
}
const slmgr = async (words: string) => (await type(lab, "m", `slmgr ${words}`)).exitCode;

describe("sysprep", () => {
  it("/generalize keeps the key, makes new ids, resets the timer at the next start, and shuts down", async () => {
    await one({ os: "win7", graceMinutes: 60 });
    const before = lab.state("m");
    expect(await type(lab, "m", "sysprep /generalize /oobe")).toMatchObject({ exitCode: 0 });
    expect(lab.state("m").powered).toBe(false);
    await type(lab, "m", "start");
    const after = lab.state("m");
    expect(after.identity.machineGuid).not.toBe(before.identity.machineGuid);
    expect(after.identity.clientMachineId).not.toBe(before.identity.clientMachineId);
    expect(after.products[0]?.partialProductKey).toBe(before.products[0]?.partialProductKey);
    expect(after.products[0]?.graceMinutesRemaining).toBe(43_200);
    expect(after.activationPolicy.rearmsLeft).toBe(before.activationPolicy.rearmsLeft - 1);
  });

  it("without a rearm left completes, says 0xC004D307, and leaves the timer as it is", async () => {
    await one({ os: "win7", graceMinutes: 60 });
    for (let time = 1; time <= 3; time++) expect(await slmgr("/rearm")).toBe(0);
    await type(lab, "m", "shutdown");
    await type(lab, "m", "start");
    lab.advance(100 * MINUTE);
    const { output } = await type(lab, "m", "sysprep /generalize");
    expect(output).toContain("0xC004D307");
    await type(lab, "m", "start");
    expect(product(lab, "m")?.graceMinutesRemaining).toBe(43_100);
  });
});

describe("what Appendix A sets", () => {
  const SET = `reg add "HKLM\\${SPP}`;
  it("holds a MAK of the installation back by Manual; without it Windows activates it by itself within hours", async () => {
    await one({ initialKey: "mak" });
    await type(lab, "m", `${SET}\\Activation" /v Manual /t REG_DWORD /d 1`);
    await type(lab, "m", "restart-service sppsvc");
    lab.advance(3 * DAY);
    expect(lab.ledger()).toEqual([]);
    await type(lab, "m", `reg delete "HKLM\\${SPP}\\Activation" /v Manual`);
    await type(lab, "m", "restart-service sppsvc");
    lab.advance(3 * DAY);
    expect(lab.ledger()).toHaveLength(1);
    expect(statusOf(lab, "m")).toBe("Licensed");
  });

  it("never lets a MAK be tried that somebody installed by slmgr", async () => {
    lab = await testLab({
      machines: [{ name: "m", os: "ws2022", address: "10.0.0.1" }],
      keys: { k: { kind: "mak", os: "ws2022", activations: 2 } },
    });
    await type(lab, "m", `slmgr /ipk ${lab.keys["k"]}`);
    lab.advance(20 * DAY);
    expect(lab.ledger()).toEqual([]);
  });

  it("shows notices again once the grace has expired, and a link only where both documented values name it", async () => {
    await one({ graceMinutes: 60 });
    const notices = () => lab.state("m").activationPolicy.notices;
    await type(lab, "m", `${SET}\\Activation" /v NotificationDisabled /t REG_DWORD /d 1`);
    await type(lab, "m", `${SET}" /v ActivationAlternateURL /t REG_SZ /d https://intranet.contoso.com`);
    expect(notices()).toEqual({ shown: true, link: null });
    await type(lab, "m", "restart-service sppsvc");
    expect(notices()).toEqual({ shown: false, link: null });
    await type(lab, "m", `${SET}\\Activation" /v AlternateURL /t REG_SZ /d https://intranet.contoso.com`);
    await type(lab, "m", "restart-service sppsvc");
    expect(notices()).toEqual({ shown: false, link: "https://intranet.contoso.com" });
    lab.advance(61 * MINUTE);
    expect(notices().shown).toBe(true);
  });
});

it("a local account of a workgroup machine is elevated over SSH, whatever LocalAccountTokenFilterPolicy says", async () => {
  await one({ domainJoined: false });
  const hello = await withAgent(lab, "m", (agent) => agent.call("hello", {}));
  expect(hello).toMatchObject({ partOfDomain: false, elevated: true });
});
