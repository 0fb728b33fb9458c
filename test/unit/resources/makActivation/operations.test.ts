import { describe, expect, it } from "vitest";
import { encode, type Props, UNKNOWN } from "../../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../../provider/errors/failure";
import type { WmiRow } from "../../../../provider/machine/protocol";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import { makActivationHandler as handler } from "../../../../provider/resources/makActivation/handler";
import { errorOf } from "../../../failures";
import {
  type Answer,
  breaking,
  done,
  FakeMachine,
  failing,
  HELLO,
  hostProduct,
  hresult,
  MACHINE,
  OTHER_HOST_KEY,
  product,
  SETUP_KEY,
} from "../shared/fakeMachine";
import { CLIENT, MAK, MOVED, makProduct, PARTIAL, reads, wanted } from "./samples";

const ID = "mak-0123456789abcdef";
const seen = (...products: WmiRow[]): Answer => done(reads(...products));
const OTHER = makProduct({ PartialProductKey: "HHHHH", LicenseStatus: 2 });
const expectation = { kind: "expectation", message: "", actual: "Windows(R), VOLUME_KMS_WS22 channel" } as const;

async function create(machine: FakeMachine, input: Props = wanted()) {
  const { id, outs } = await handler.create(machine.context("create"), input);
  expect(machine.unasked).toBe(0);
  return { id, outs: encode(outs) };
}
async function update(machine: FakeMachine, outs: Props, input: Props = wanted()) {
  const result = await handler.update(machine.context("update"), ID, outs, input);
  expect(machine.unasked).toBe(0);
  return encode(result.outs);
}
async function read(outs: Props, ...products: WmiRow[]): Promise<Props> {
  const machine = new FakeMachine(seen(...products));
  const result = await handler.read(machine.context("read"), ID, outs);
  expect(machine.batches).toHaveLength(1);
  expect(machine.batches[0]?.steps).toEqual([]);
  return result === "absent" ? {} : encode(result.outs);
}
async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).not.toContain(MAK);
  expect(error.message).toMatch(/^MakActivation "lap01"( on .+)?: .+ failed: .+ Next: .+\.$/);
  return error;
}
async function recorded(work: Promise<unknown>): Promise<{ message: string; outs: Props }> {
  const error = await failureOf(work);
  if (!(error instanceof PartialFailure)) throw new Error("nothing was recorded");
  expect(error.id).toBe(ID);
  return { message: error.message, outs: encode(error.outs) };
}
const licensed = async (input?: Props) => (await create(new FakeMachine(seen(makProduct())), input)).outs;

describe("create", () => {
  it("installs and activates in two round trips and says what it took over", async () => {
    const machine = new FakeMachine(seen(CLIENT), seen(makProduct()));
    const { id, outs } = await create(machine);
    expect(id).toBe(ID);
    expect(machine.steps(1)).toEqual([`/ipk ${MAK}`, "expect Description", "/ato"]);
    expect(machine.log).toEqual([
      `takes over from the key ...${SETUP_KEY.slice(-5)} (Volume:GVLK)`,
      `slmgr /ipk XXXXX-XXXXX-XXXXX-XXXXX-${PARTIAL}`,
      "slmgr /ato",
    ]);
    expect(outs).toMatchObject({
      machine: MACHINE,
      channel: "Volume:MAK",
      licenseStatus: "Licensed",
      partialProductKey: PARTIAL,
      lastActivation: { partialProductKey: PARTIAL, licensed: true },
      findings: [],
    });
    expect(outs).not.toHaveProperty("graceMinutes");
    expect(handler.diff(outs, wanted()).changed).toEqual([]);
  });

  it("takes over a machine that is as declared with one look", async () => {
    const machine = new FakeMachine(seen(makProduct()));
    await create(machine);
    expect(machine.batches).toHaveLength(1);
  });

  it("takes a key that is no MAK out again and puts the edition's setup key back", async () => {
    const wrong = hostProduct({ LicenseStatus: 2 });
    const machine = new FakeMachine(
      seen(CLIENT),
      failing("expect", expectation, reads(wrong)),
      seen(product({ LicenseStatus: 2 })),
    );
    const { message, outs } = await recorded(create(machine));
    expect(machine.steps(2)).toEqual(["/upk", `/ipk ${SETUP_KEY}`]);
    expect(message).toContain('it is no MAK: its channel reads "Windows(R), VOLUME_KMS_WS22 channel"');
    expect(message).toContain("It was taken out again and the setup key of Windows Server 2022 Datacenter put in");
    expect(outs).toMatchObject({ channel: "Volume:GVLK", partialProductKey: SETUP_KEY.slice(-5) });
  });

  it("leaves a key alone that was there before and is no MAK", async () => {
    const machine = new FakeMachine(
      seen(hostProduct({ LicenseStatus: 2 })),
      failing("expect", expectation, reads(hostProduct({ LicenseStatus: 2 }))),
    );
    const error = await failureOf(create(machine));
    expect(error).not.toBeInstanceOf(PartialFailure);
    expect(error.message).toContain("is on the machine already and is no MAK");
    expect(machine.batches).toHaveLength(2);
  });

  it("whose activation Microsoft refuses is recorded; the next update tries once more", async () => {
    const installed = makProduct({ LicenseStatus: 2, GracePeriodRemaining: 100 });
    const machine = new FakeMachine(seen(CLIENT), failing("/ato", hresult("0xC004C020"), reads(installed)));
    const { message, outs } = await recorded(create(machine));
    expect(message).toMatch(/activating the MAK at Microsoft \(slmgr \/ato\) failed: Windows answered 0xC004C020/);
    expect(message).toContain("A refused activation costs nothing");
    expect(outs).toMatchObject({ licenseStatus: "OOBGrace", graceMinutes: 100 });
    expect(handler.diff(outs, wanted()).changed).toEqual(["licenseStatus"]);
    const next = new FakeMachine(seen(installed), seen(makProduct()));
    await update(next, outs);
    expect(next.steps(1)).toEqual(["expect Description", "/ato"]);
  });

  it("that Windows calls done and that is not Licensed is an error", async () => {
    const machine = new FakeMachine(seen(CLIENT), seen(makProduct({ LicenseStatus: 5 })));
    expect((await recorded(create(machine))).message).toContain(
      "Windows reported success, but its status is Notification",
    );
  });

  it("that is cut off is recorded, and a look remembers the activation that it may have spent", async () => {
    const cut = new FakeMachine(seen(CLIENT), breaking(new SessionError("died", "it ended", "try again")));
    const { outs } = await recorded(create(cut));
    expect(outs).toMatchObject({ lookedAt: false });
    const after = await read(outs, makProduct());
    expect(after["lastActivation"]).toMatchObject({ licensed: true });
    const machine = new FakeMachine(seen(MOVED));
    expect((await recorded(update(machine, after))).message).toContain("reactivate");
  });

  it("that never began records nothing", async () => {
    const busy = breaking(new AgentFailure("batch", { kind: "busy", message: "" }));
    expect(await failureOf(create(new FakeMachine(seen(CLIENT), busy)))).not.toBeInstanceOf(PartialFailure);
  });
});

describe("drift", () => {
  it("of a key replaced by hand is shown by its last five characters", async () => {
    const outs = await read(await licensed(), OTHER);
    expect(outs).toMatchObject({ partialProductKey: "HHHHH", licenseStatus: "OOBGrace", productKey: MAK });
    expect(handler.diff(outs, wanted()).changed).toEqual(["partialProductKey", "licenseStatus"]);
    expect(outs["findings"]).toContainEqual(expect.stringContaining("another key (Volume:MAK) ...HHHHH"));
  });

  it("of a host key or setup key in its place is named, also when that one is Licensed", async () => {
    const host = await read(await licensed(), hostProduct({ PartialProductKey: "AAAAA" }));
    expect(host["findings"]).toEqual([expect.stringContaining("a KMS HOST key ...AAAAA")]);
    expect(handler.diff(host, wanted()).changed).toEqual(["partialProductKey"]);
    const client = await read(await licensed(), product({ LicenseStatus: 1 }));
    expect(handler.diff(client, wanted()).changed).toEqual(["partialProductKey"]);
  });

  it("of a machine without any key is drift and never absence", async () => {
    const outs = await read(await licensed());
    expect(outs).toMatchObject({ partialProductKey: "", licenseStatus: "Unlicensed", channel: "" });
    expect(outs["findings"]).toEqual(["no product key is installed"]);
  });

  it("of other hardware says what happened and how long is left", async () => {
    const outs = await read(await licensed(), MOVED);
    expect(outs).toMatchObject({ licenseStatus: "OOTGrace", graceMinutes: 43_200 });
    expect(outs["findings"]).toEqual([
      expect.stringMatching(/hardware changed since its activation \(0xC004F00F\); 30 days are left.*reactivate/),
    ]);
  });

  it("of the status is none where nothing is to be activated", async () => {
    const none = wanted({ activation: { method: "none" } });
    const outs = await read(await licensed(none), makProduct({ LicenseStatus: 2, GracePeriodRemaining: 9 }));
    expect(handler.diff(outs, none).changed).toEqual([]);
    expect(outs["findings"]).toEqual([]);
  });

  it("is not there for what is not known yet but for that itself", async () => {
    const outs = await licensed();
    expect(handler.diff(outs, { ...(wanted() as Props), productKey: UNKNOWN }).changed).toEqual(["productKey"]);
  });
});

describe("update", () => {
  it("puts a replaced MAK back, spends nothing, and fails naming reactivate, again and again", async () => {
    let outs = await read(await licensed(), OTHER);
    for (const before of [OTHER, makProduct({ LicenseStatus: 2 })]) {
      const back = makProduct({ LicenseStatus: 2 });
      const replaced = before === OTHER;
      const machine = new FakeMachine(seen(before), ...(replaced ? [seen(back)] : []));
      const failed = await recorded(update(machine, outs));
      if (replaced) expect(machine.steps(1)).toEqual([`/ipk ${MAK}`, "expect Description"]);
      else expect(machine.batches).toHaveLength(1);
      expect(failed.message).toContain(
        replaced ? "The key was put back, nothing was spent" : "Nothing was changed, nothing",
      );
      expect(failed.message).toContain("set `reactivate` to a new value");
      outs = failed.outs;
    }
  });

  it("with a new value of reactivate spends once, and the value is used up", async () => {
    const again = wanted({ reactivate: "b" });
    const outs = await read(await licensed(), MOVED);
    const machine = new FakeMachine(seen(MOVED), seen(makProduct()));
    const after = await update(machine, outs, again);
    expect(machine.steps(1)).toEqual(["expect Description", "/ato"]);
    const moved = new FakeMachine(seen(MOVED));
    const failed = await recorded(update(moved, await read(after, MOVED), again));
    expect(moved.batches).toHaveLength(1);
    expect(failed.message).toContain("hardware has changed too much since then (0xC004F00F)");
  });

  it("of the connection alone touches nothing", async () => {
    const machine = new FakeMachine(seen(makProduct()));
    const connection = { host: "other", hostKey: "insecure-accept-any" };
    expect(handler.diff(await licensed(), wanted({ connection })).changed).toEqual(["connection"]);
    const outs = await update(machine, await licensed(), wanted({ connection }));
    expect(machine.batches).toHaveLength(1);
    expect(outs["connection"]).toEqual(connection);
  });

  it("to another MAK installs and activates that one", async () => {
    const other = wanted({ productKey: OTHER_HOST_KEY });
    const machine = new FakeMachine(
      seen(makProduct()),
      seen(makProduct({ PartialProductKey: OTHER_HOST_KEY.slice(-5) })),
    );
    await update(machine, await licensed(), other);
    expect(machine.steps(1)).toEqual([`/ipk ${OTHER_HOST_KEY}`, "expect Description", "/ato"]);
  });
});

describe("delete", () => {
  const remove = async (onDelete: string | undefined, machine: FakeMachine) => {
    const outs = await licensed(wanted(onDelete === undefined ? {} : { onDelete }));
    await handler.delete(machine.context("delete"), ID, outs);
    expect(machine.unasked).toBe(0);
    return machine;
  };

  it("does not even connect by default", async () => {
    for (const onDelete of [undefined, "retain"]) expect((await remove(onDelete, new FakeMachine())).turns).toBe(0);
  });

  it("takes the MAK out, or makes the machine a KMS client", async () => {
    const out = await remove("uninstall", new FakeMachine(seen(makProduct()), done([])));
    expect(out.steps(1)).toEqual(["/upk"]);
    const client = await remove("convertToKms", new FakeMachine(seen(makProduct()), done([])));
    expect(client.steps(1)).toEqual([`/ipk ${SETUP_KEY}`]);
  });

  it("leaves a key alone that somebody else put in since", async () => {
    const machine = await remove("uninstall", new FakeMachine(seen(OTHER)));
    expect(machine.batches).toHaveLength(1);
    expect(machine.log).toEqual([expect.stringContaining("is not on the machine any more")]);
  });

  it("says why it could not: refused, cut off, or an edition without a setup key", async () => {
    const refused = new FakeMachine(seen(makProduct()), failing("/upk", hresult("0xC004F025"), []));
    expect((await failureOf(remove("uninstall", refused))).message).toMatch(/slmgr \/upk failed: .*0xC004F025/);
    const cut = new FakeMachine(seen(makProduct()), breaking(new SessionError("died", "it ended", "try again")));
    expect((await failureOf(remove("uninstall", cut))).message).toContain("taking the MAK out failed: it ended");
    const home = new FakeMachine(seen(makProduct()));
    home.hello = { ...HELLO, editionId: "Core" };
    const none = await failureOf(remove("convertToKms", home));
    expect(none.message).toContain("is a home edition");
    expect(none.message).toContain('onDelete to "retain" or "uninstall"');
  });
});
