import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../../../provider/adapter/props";
import { SessionError } from "../../../../provider/machine/session";
import { makActivationHandler as handler } from "../../../../provider/resources/makActivation/handler";
import { confirmed, MAC_KEY, refused, remaining, StandIn } from "../../activation/batchActivation/standIn";
import { CONFIRMATION_ID, installationId, PRODUCT_KEY_ID } from "../../activation/samples";
import { breaking, FakeMachine, failing, hresult } from "../shared/fakeMachine";
import { create, read, recorded, seenWith, update, withIds } from "./offline";
import { CLIENT, MAK, makProduct, wanted } from "./samples";

const A = installationId(63, 1);
const B = installationId(63, 2);
const WAITING = makProduct({ LicenseStatus: 2 });
const ASKED = { type: "1", productKeyId: PRODUCT_KEY_ID, installationId: A };
const STORED = { installationId: A, confirmationId: CONFIRMATION_ID };

let service: StandIn;
beforeEach(async () => {
  service = await new StandIn().start();
});
afterEach(() => {
  service.stop();
  expect(service.complaints).toEqual([]);
});
const proxied = (over: { [name: string]: unknown } = {}): Props =>
  wanted({ activation: { method: "proxy", endpoint: service.endpoint, macKey: MAC_KEY }, ...over });

describe("proxy activation", () => {
  it("installs the MAK, asks once, deposits, and keeps the confirmation id with its installation id", async () => {
    service.replies.push(confirmed(CONFIRMATION_ID));
    const machine = new FakeMachine(seenWith(A, CLIENT), seenWith(A, WAITING), seenWith(A, makProduct()));
    const outs = await create(machine, proxied());
    expect(machine.steps(1)).toEqual([`/ipk ${MAK}`, "expect Description"]);
    expect(machine.steps(2)).toEqual([`/atp ${CONFIRMATION_ID}`]);
    expect(service.asked).toEqual([ASKED]);
    expect(outs).toMatchObject({ licenseStatus: "Licensed", confirmation: STORED });
    expect(machine.log.join()).not.toContain(CONFIRMATION_ID);
    expect(handler.diff(outs, proxied()).changed).toEqual([]);
  });

  it("asks nobody while the MAK is Licensed, and never in a refresh", async () => {
    const outs = await create(new FakeMachine(seenWith(A, makProduct())), proxied({ remainingCount: undefined }));
    await update(new FakeMachine(seenWith(A, makProduct())), outs, proxied());
    const drifted = await read(new FakeMachine(seenWith(A, WAITING)), outs);
    expect(drifted).toMatchObject({ licenseStatus: "OOBGrace" });
    expect(service.asked).toEqual([]);
  });

  it.each([
    ["is refused by Windows", failing("/atp", hresult("0xC004F04D"), withIds(A, WAITING))],
    ["is cut off", breaking(new SessionError("died", "the connection ended", "look"))],
  ])("whose deposit %s keeps the confirmation id; the next up deposits it and asks nobody", async (_what, answer) => {
    service.replies.push(confirmed(CONFIRMATION_ID));
    const failed = await recorded(
      create(new FakeMachine(seenWith(A, WAITING), seenWith(A, WAITING), answer), proxied()),
    );
    expect(failed.outs).toMatchObject({ confirmation: STORED });
    expect(failed.message).not.toContain(CONFIRMATION_ID);
    const machine = new FakeMachine(seenWith(A, WAITING), seenWith(A, WAITING), seenWith(A, makProduct()));
    expect(await update(machine, failed.outs ?? {}, proxied())).toMatchObject({ licenseStatus: "Licensed" });
    expect(machine.steps(2)).toEqual([`/atp ${CONFIRMATION_ID}`]);
    expect(service.asked).toHaveLength(1);
  });

  it("that the service refuses says why, that nothing was taken, and records the installed key only", async () => {
    service.replies.push(refused("0x7F"));
    const failed = await recorded(
      create(new FakeMachine(seenWith(A, CLIENT), seenWith(A, WAITING)), proxied({ reactivate: "a" })),
    );
    expect(failed.message).toContain("0x7F: the MAK has no activations left");
    expect(failed.message).toContain("The key is installed. No activation was taken.");
    expect(failed.outs).not.toHaveProperty("confirmation");
    expect(failed.outs?.["lastActivation"]).not.toHaveProperty("reactivate");
  });

  it("whose answer never came says that an activation may have been taken", async () => {
    service.replies.push("hang up");
    const failed = await recorded(create(new FakeMachine(seenWith(A, WAITING), seenWith(A, WAITING)), proxied()));
    expect(failed.message).toContain("Whether an activation of the MAK was taken is not known.");
  });
});

describe("the spending rule", () => {
  const spent = async () => {
    service.replies.push(confirmed(CONFIRMATION_ID));
    return create(new FakeMachine(seenWith(A, WAITING), seenWith(A, WAITING), seenWith(A, makProduct())), proxied());
  };

  it("lets other hardware cost nothing without reactivate, and one more with it", async () => {
    const outs = await spent();
    const moved = makProduct({ LicenseStatus: 3, LicenseStatusReason: 0xc004f00f });
    const failed = await recorded(update(new FakeMachine(seenWith(B, moved)), outs, proxied()));
    expect(failed.message).toContain("set `reactivate` to a new value");
    expect(service.asked).toHaveLength(1);
    service.replies.push(confirmed("246802".repeat(8)));
    const machine = new FakeMachine(seenWith(B, moved), seenWith(B, moved), seenWith(B, makProduct()));
    const after = await update(machine, failed.outs ?? {}, proxied({ reactivate: "new board" }));
    expect(service.asked[1]).toEqual({ ...ASKED, installationId: B });
    expect(after).toMatchObject({ confirmation: { installationId: B }, lastActivation: { reactivate: "new board" } });
  });

  it("puts a replaced MAK back with the confirmation id that was paid for", async () => {
    const outs = await spent();
    const machine = new FakeMachine(seenWith(A, CLIENT), seenWith(A, WAITING), seenWith(A, makProduct()));
    await update(machine, outs, proxied());
    expect(machine.steps(2)).toEqual([`/atp ${CONFIRMATION_ID}`]);
    expect(service.asked).toHaveLength(1);
  });
});

describe("the remaining count", () => {
  const counted = (over: { [name: string]: unknown } = {}) => proxied({ remainingCount: true, ...over });
  const licensed = (wantedInputs: Props) => create(new FakeMachine(seenWith(A, makProduct())), wantedInputs);

  it("is asked for in create and update, kept by a refresh, and takes nothing", async () => {
    service.replies.push(remaining(40), remaining(39));
    const outs = await licensed(counted());
    expect(outs).toMatchObject({ remainingActivations: 40, findings: [] });
    expect(await read(new FakeMachine(seenWith(A, makProduct())), outs)).toMatchObject({ remainingActivations: 40 });
    const again = await update(new FakeMachine(seenWith(A, makProduct())), outs, counted());
    expect(again).toMatchObject({ remainingActivations: 39 });
    expect(service.asked.map(({ type }) => type)).toEqual(["2", "2"]);
  });

  it("below the threshold is a finding", async () => {
    service.replies.push(remaining(9), remaining(9));
    expect((await licensed(counted()))["findings"]).toEqual([expect.stringContaining("has 9 activations left")]);
    expect((await licensed(counted({ warnBelow: 9 })))["findings"]).toEqual([]);
  });

  it("that cannot be had is a warning and no failure", async () => {
    service.replies.push(refused("0x86", 2));
    const machine = new FakeMachine(seenWith(A, makProduct()));
    expect(await create(machine, counted())).not.toHaveProperty("remainingActivations");
    expect(machine.log).toEqual([expect.stringMatching(/^warning: how many activations .* is not known: .*0x86/)]);
  });

  it("is never asked for unless the program says so", async () => {
    await licensed(proxied());
    expect(service.asked).toEqual([]);
  });
});
