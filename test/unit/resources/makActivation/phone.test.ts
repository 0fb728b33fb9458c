import { describe, expect, it } from "vitest";
import { inBlocks } from "../../../../provider/activation/ids";
import { makActivationHandler as handler } from "../../../../provider/resources/makActivation/handler";
import { CONFIRMATION_ID, installationId } from "../../activation/samples";
import { FakeMachine, failing, hresult } from "../shared/fakeMachine";
import { create, read, recorded, seenWith, skipping, update, withIds } from "./offline";
import { CLIENT, MAK, makProduct, wanted } from "./samples";

const A = installationId(63, 1);
const B = installationId(63, 2);
const PHONE = wanted({ activation: { method: "phone" } });
const CALLED = wanted({ activation: { method: "phone", confirmationId: CONFIRMATION_ID } });
const WAITING = makProduct({ LicenseStatus: 2, GracePeriodRemaining: 43_200 });

const pending = () => create(new FakeMachine(seenWith(A, CLIENT), seenWith(A, WAITING)), PHONE);

describe("the first up by phone", () => {
  it("installs the MAK, shows the installation id, and waits without a difference", async () => {
    const machine = new FakeMachine(seenWith(A, CLIENT), seenWith(A, WAITING));
    const outs = await create(machine, PHONE);
    expect(machine.steps(1)).toEqual([`/ipk ${MAK}`, "expect Description"]);
    expect(outs).toMatchObject({ installationId: A, licenseStatus: "OOBGrace", daysLeft: 30 });
    expect(outs["findings"]).toEqual([
      `pendingConfirmation: call Microsoft with the installation id ${inBlocks(A)} (slui 4 shows the number), then set activation.confirmationId`,
    ]);
    expect(handler.diff(outs, PHONE).changed).toEqual([]);
  });
});

describe("the next up with the confirmation id", () => {
  it("is a difference, deposits it for the installation id that was shown, and never prints it", async () => {
    const outs = await pending();
    expect(handler.diff(outs, CALLED).changed).toEqual(["activation", "licenseStatus"]);
    const machine = new FakeMachine(seenWith(A, WAITING), seenWith(A, makProduct()));
    const after = await update(machine, outs, CALLED);
    expect(machine.steps(1)).toEqual(["expect Description", `/atp ${CONFIRMATION_ID}`]);
    expect(machine.batches[1]?.steps[1]?.when).toMatchObject({
      property: "OfflineInstallationId",
      test: "eq",
      value: A,
    });
    expect(machine.log.join()).not.toContain(CONFIRMATION_ID);
    expect(machine.log).toContain("slmgr /atp [confirmation id]");
    expect(after).toMatchObject({
      licenseStatus: "Licensed",
      confirmation: { installationId: A, confirmationId: CONFIRMATION_ID },
    });
    expect(after).not.toHaveProperty("installationId");
    expect(handler.diff(after, CALLED).changed).toEqual([]);
  });

  it("deposits nothing when the installation id has changed, and names the new one, again and again", async () => {
    let outs = await pending();
    for (let run = 0; run < 2; run++) {
      const machine = new FakeMachine(seenWith(B, WAITING));
      const failed = await recorded(update(machine, outs, CALLED));
      expect(machine.batches).toHaveLength(1);
      expect(failed.message).toContain("the installation id has changed since");
      expect(failed.message).toContain(inBlocks(B));
      expect(failed.message).toContain("nothing was spent");
      expect(failed.outs).toMatchObject({ installationId: B });
      outs = failed.outs ?? {};
    }
    const answered = wanted({ activation: { method: "phone", confirmationId: "246802".repeat(8) } });
    const machine = new FakeMachine(seenWith(B, WAITING), seenWith(B, makProduct()));
    expect(await update(machine, outs, answered)).toMatchObject({ licenseStatus: "Licensed" });
  });

  it("leaves the deposit out when the id changes in the very last moment", async () => {
    const machine = new FakeMachine(seenWith(A, WAITING), skipping(B, WAITING));
    const failed = await recorded(update(machine, await pending(), CALLED));
    expect(failed.message).toContain(`it is ${inBlocks(B)} now`);
  });

  it.each([
    ["0xC004F02C", "has the wrong form"],
    ["0xC004F04D", "A check digit of the installation id or the confirmation id is wrong"],
  ])("explains %s without the id", async (code, meaning) => {
    const machine = new FakeMachine(seenWith(A, WAITING), failing("/atp", hresult(code), withIds(A, WAITING)));
    const failed = await recorded(update(machine, await pending(), CALLED));
    expect(failed.message).toContain("depositing the confirmation id (slmgr /atp) failed: Windows answered");
    expect(failed.message).toContain(meaning);
    expect(failed.message).not.toContain(CONFIRMATION_ID);
    expect(failed.outs?.["confirmation"]).toEqual({ installationId: A, confirmationId: CONFIRMATION_ID });
  });
});

describe("later", () => {
  const licensed = async () =>
    update(new FakeMachine(seenWith(A, WAITING), seenWith(A, makProduct())), await pending(), CALLED);

  it("a MAK replaced by hand is put back and activated by the same confirmation id, which costs nothing", async () => {
    const other = makProduct({ PartialProductKey: "HHHHH", LicenseStatus: 1 });
    const machine = new FakeMachine(seenWith(A, other), seenWith(A, makProduct()));
    const outs = await update(machine, await licensed(), CALLED);
    expect(machine.steps(1)).toEqual([`/ipk ${MAK}`, "expect Description", `/atp ${CONFIRMATION_ID}`]);
    expect(outs).toMatchObject({ licenseStatus: "Licensed" });
  });

  it("other hardware is drift that says what happened, and the old confirmation id is not tried", async () => {
    const moved = makProduct({ LicenseStatus: 3, LicenseStatusReason: 0xc004f00f, GracePeriodRemaining: 43_200 });
    const outs = await read(new FakeMachine(seenWith(B, moved)), await licensed());
    expect(handler.diff(outs, CALLED).changed).toEqual(["licenseStatus"]);
    expect(outs["findings"]).toEqual([expect.stringContaining("0xC004F00F")]);
    const machine = new FakeMachine(seenWith(B, moved));
    expect((await recorded(update(machine, outs, CALLED))).message).toContain(inBlocks(B));
    expect(machine.batches).toHaveLength(1);
  });

  it("a machine that is Licensed is left alone", async () => {
    const machine = new FakeMachine(seenWith(A, makProduct()));
    await update(machine, await licensed(), CALLED);
    expect(machine.batches).toHaveLength(1);
  });
});
