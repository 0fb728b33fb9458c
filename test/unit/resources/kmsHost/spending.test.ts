import { describe, expect, it } from "vitest";
import { encode } from "../../../../provider/adapter/props";
import { DESCRIPTION, FakeMachine, HOST_KEY, hostProduct, hresult, OTHER_HOST_KEY } from "../shared/fakeMachine";
import { DENIED, fails, LOST, licensed, partialOf, seen, update } from "./operate";
import { type HostState, keyless, NO_HOST, wantedHost } from "./samples";

describe("spending", () => {
  it("never follows from a lost licence: the update fails naming reactivate", async () => {
    const machine = new FakeMachine(seen(LOST));
    const { message, outs } = await partialOf(update(machine, await licensed()));
    expect(machine.batches).toHaveLength(1);
    expect(message).toBe(
      `KmsHost "kms01" on ${DESCRIPTION}: keeping the host key ...6789B Licensed failed: it has been Licensed here before and ` +
        "is Notification now; activating it again would take one more of its activations. Nothing was changed, nothing was " +
        "spent; its status is Notification. Next: find out why it changed; to spend one more activation knowingly set " +
        "`reactivate` to a new value, like the date (each new value allows one attempt).",
    );
    expect(outs).toMatchObject({ licenseStatus: "Notification", lastActivation: { licensed: true } });
  });

  it("stays off while other settings are repaired, and the message says what was set", async () => {
    const wanted = wantedHost({ listeningPort: 1689 });
    const set: HostState = { ...LOST, service: { KeyManagementServiceListeningPort: 1689 } };
    const machine = new FakeMachine(seen(LOST), seen(set));
    const { message } = await partialOf(update(machine, await licensed(), wanted));
    expect(machine.steps(1)).toEqual(["/sprt 1689"]);
    expect(message).toContain("Its other settings were set (slmgr /sprt 1689), nothing was spent; ");
  });

  it("stays off when the key was replaced: it is put back, and the update fails naming reactivate", async () => {
    const machine = new FakeMachine(seen(NO_HOST), seen(LOST));
    const { message } = await partialOf(update(machine, await licensed()));
    expect(machine.steps(1)).toEqual([`/ipk ${HOST_KEY}`, "expect Description"]);
    expect(message).toContain("has been Licensed here before and was replaced by another key;");
    expect(message).toContain("The key was put back, nothing was spent; its status is Notification.");
  });

  it("is allowed once for each new value of reactivate", async () => {
    const first = wantedHost({ reactivate: "monday" });
    const refused = new FakeMachine(seen(LOST), fails("/ato", DENIED, LOST));
    const { outs } = await partialOf(update(refused, await licensed(), first));
    expect(refused.steps(1)).toEqual(["expect Description", "/ato"]);

    const same = new FakeMachine(seen(LOST));
    const again = await partialOf(update(same, encode(outs), first));
    expect(again.message).toContain("keeping the host key ...6789B Licensed failed");

    const removed = await partialOf(update(new FakeMachine(seen(LOST)), encode(again.outs)));
    const reused = new FakeMachine(seen(LOST));
    await partialOf(update(reused, encode(removed.outs), first));
    expect(reused.batches).toHaveLength(1);

    const next = new FakeMachine(seen(LOST), seen({}));
    const repaired = await update(next, encode(outs), wantedHost({ reactivate: "tuesday" }));
    expect(repaired).toMatchObject({ licenseStatus: "Licensed", lastActivation: { reactivate: "tuesday" } });
  });

  it("is not used up when the attempt never came to its turn", async () => {
    const wanted = wantedHost({ reactivate: "monday" });
    const blocked = new FakeMachine(seen(NO_HOST), fails("/ipk", hresult("0x80070005"), NO_HOST));
    const { outs } = await partialOf(update(blocked, await licensed(), wanted));
    const next = new FakeMachine(seen(NO_HOST), seen({}));
    await update(next, encode(outs), wanted);
    expect(next.steps(1)).toEqual([`/ipk ${HOST_KEY}`, "expect Description", "/ato"]);
  });

  it("does not follow from leaving the key out of the declaration for a while", async () => {
    const without = await update(new FakeMachine(seen({})), await licensed(), keyless());
    const { message } = await partialOf(update(new FakeMachine(seen(LOST)), without));
    expect(message).toContain("keeping the host key ...6789B Licensed failed");
  });

  it("does not happen while the key is Licensed, whatever reactivate says", async () => {
    const machine = new FakeMachine(seen({}));
    const outs = await update(machine, await licensed(), wantedHost({ reactivate: "monday" }));
    expect(machine.batches).toHaveLength(1);
    expect(outs).toMatchObject({ lastActivation: { reactivate: "monday" } });
  });

  it("follows from another declared key", async () => {
    const machine = new FakeMachine(seen({}), seen({ products: [hostProduct({ PartialProductKey: "HHHHH" })] }));
    const outs = await update(machine, await licensed(), wantedHost({ productKey: OTHER_HOST_KEY }));
    expect(machine.steps(1)).toEqual([`/ipk ${OTHER_HOST_KEY}`, "expect Description", "/ato"]);
    expect(outs).toMatchObject({ lastActivation: { partialProductKey: "HHHHH", licensed: true } });
  });
});
