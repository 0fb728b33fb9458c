import { describe, expect, it } from "vitest";
import { encode, type Props } from "../../../../provider/adapter/props";
import { ConnectError } from "../../../../provider/machine/transport";
import { kmsHostHandler } from "../../../../provider/resources/kmsHost/handler";
import { type Answer, done, FakeMachine, failing, HELLO, HOST_KEY, hresult, product } from "../shared/fakeMachine";
import { create, fails, failureOf, ID, LOST, licensed, partialOf, seen, unrecorded, update } from "./operate";
import { type HostState, NO_HOST, wantedHost } from "./samples";

describe("update", () => {
  it("of the connection alone only looks", async () => {
    const machine = new FakeMachine(seen({}));
    const connection = { host: "10.0.0.9", hostKey: "insecure-accept-any" };
    expect(await update(machine, await licensed(), wantedHost({ connection }))).toMatchObject({ connection });
    expect(machine.batches).toHaveLength(1);
  });

  it("does not call it a takeover when it repairs", async () => {
    const machine = new FakeMachine(seen({ service: { VLActivationInterval: 15 } }), seen({}));
    await update(machine, await licensed());
    expect(machine.log).toEqual(["slmgr /sai 120", "net stop sppsvc && net start sppsvc"]);
  });

  it("remembers what a failed plan did change", async () => {
    const wanted = wantedHost({ listeningPort: 1689, activationInterval: 60 });
    const half: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1689] };
    const machine = new FakeMachine(seen({}), fails("/sai", { kind: "notKmsHost", message: "" }, half));
    const { outs, message } = await partialOf(update(machine, await licensed(), wanted));
    expect(message).toContain("slmgr /sai 60 failed: the machine is no KMS host");
    expect(outs.changed).toEqual({ listeningPort: { was: 1688, set: 1689 } });
  });

  it("refuses another machine than the one it was made on", async () => {
    const machine = new FakeMachine();
    machine.hello = { ...HELLO, machineId: "ffffffffffffffff", computerName: "KMS99" };
    const { message } = await unrecorded(update(machine, await licensed()));
    expect(message).toContain(
      "another machine answers there: KMS99 (machine id ffffffffffffffff), while this resource was made on KMS01 (machine id 0123456789abcdef).",
    );
    expect(message).toContain("which may spend an activation of its key.");
    expect(machine.batches).toEqual([]);
  });
});

describe("read", () => {
  const read = async (machine: FakeMachine, outs: Props) => {
    const result = await kmsHostHandler.read(machine.context("read"), ID, outs);
    if (result === "absent") throw new Error("a machine is never absent");
    return encode(result.outs);
  };

  it("looks once and writes nothing, whatever it sees", async () => {
    for (const state of [{}, LOST, NO_HOST, { marker: true }]) {
      const machine = new FakeMachine(seen(state));
      await read(machine, await licensed());
      expect(machine.batches).toHaveLength(1);
      expect(machine.batches[0]?.steps).toEqual([]);
    }
  });

  it("after drift and back again is what it was at first", async () => {
    const outs = await licensed();
    const drifted = await read(
      new FakeMachine(seen({ service: { VLRenewalInterval: 15 }, publishList: ["x.example"] })),
      outs,
    );
    expect(drifted).toMatchObject({ renewalInterval: 15, publishDomains: [{ domain: "x.example" }] });
    const lost = await read(new FakeMachine(seen(NO_HOST)), drifted);
    expect(lost).toMatchObject({
      partialProductKey: "6VM33",
      productKey: HOST_KEY,
      lastActivation: { licensed: true },
    });
    expect(await read(new FakeMachine(seen({})), lost)).toEqual(outs);
  });

  it("remembers a licence that an interrupted run did not record, and the used value of reactivate", async () => {
    const { lastActivation: _, ...unrecorded } = await licensed();
    expect(await read(new FakeMachine(seen({})), unrecorded)).toMatchObject({ lastActivation: { licensed: true } });
    const used: Props = {
      ...unrecorded,
      lastActivation: { partialProductKey: "6789B", licensed: true, reactivate: "monday" },
    };
    expect(await read(new FakeMachine(seen({})), used)).toMatchObject({ lastActivation: { reactivate: "monday" } });
    expect(await read(new FakeMachine(seen({ products: [] })), used)).toMatchObject({
      lastActivation: { reactivate: "monday" },
    });
  });

  it("says when the agent could not read", async () => {
    const failed: Answer = () => ({
      steps: [],
      restart: { status: "notNeeded" },
      reads: [{ ok: false, error: hresult("0x80041003") }],
    });
    const error = await failureOf(read(new FakeMachine(failed), await licensed()));
    expect(error.message).toContain("reading its activation state failed: Windows answered 0x80041003");
    expect(error.couldNotLook).toBe(true);
  });

  it.each([
    [
      "an account without administrator rights",
      { elevated: false },
      "checking the account's rights failed: CONTOSO\\admin is logged in without",
    ],
  ])("refuses %s", async (_name, hello, text) => {
    const machine = new FakeMachine();
    machine.hello = { ...HELLO, ...hello };
    expect((await failureOf(read(machine, await licensed()))).message).toContain(text);
  });

  it.each([
    ["Microsoft Windows Vista Business", "6.0.6002", "has the licensing service of Vista and Server 2008"],
    ["Microsoft Windows Server 2008 Standard", "6.0.6003", "has the licensing service of Vista and Server 2008"],
    ["Microsoft Windows Server 2003 R2", "5.2.3790", "has the licensing of Server 2003"],
  ])("refuses a host on Vista, Server 2008 or Server 2003 by name: %s", async (osCaption, osVersion, why) => {
    const machine = new FakeMachine();
    machine.hello = { ...HELLO, osCaption, osVersion };
    const { message } = await failureOf(read(machine, await licensed()));
    const name = osCaption.replace("Microsoft ", "");
    expect(message).toContain(`checking the Windows version failed: ${name} (${osVersion}) ${why}`);
    expect(machine.batches).toEqual([]);
  });

  it("says that it could not look when nobody answers", async () => {
    const machine = new FakeMachine();
    machine.refuses = new ConnectError("connect", "no route to kms01", "check the address");
    const error = await failureOf(read(machine, await licensed()));
    expect(error.couldNotLook).toBe(true);
    expect(error.message).toBe(
      'KmsHost "kms01" on kms01:22: connecting failed: no route to kms01. Nothing was changed, and what state it is in is not known. Next: check the address.',
    );
  });

  it("says which credential set is missing before it dials", async () => {
    const machine = new FakeMachine();
    const connection = { host: "kms01", hostKey: "insecure-accept-any", credentials: "site-1" };
    const error = await failureOf(read(machine, { ...(await licensed()), connection }));
    expect(error.message).toContain('finding the account failed: The credential set "site-1" does not exist.');
    expect(error.couldNotLook).toBe(true);
    expect(machine.turns).toBe(0);
  });
});

describe("delete", () => {
  const remove = (machine: FakeMachine, outs: Props) => kmsHostHandler.delete(machine.context("delete"), ID, outs);
  const PORT: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1689] };
  const restorable = async (onDelete?: string) => {
    const wanted = wantedHost({ listeningPort: 1689, lowPriority: true, ...(onDelete ? { onDelete } : {}) });
    const both: HostState = { ...PORT, service: { ...PORT.service, KeyManagementServiceLowPriority: true } };
    return (await create(new FakeMachine(seen({}), seen(both)), wanted)).outs;
  };

  it("does not connect by default", async () => {
    const machine = new FakeMachine();
    await remove(machine, await restorable());
    await remove(machine, await restorable("retain"));
    expect(machine.turns).toBe(0);
  });

  it("puts back what still is as it was set, and says what somebody else set since", async () => {
    const machine = new FakeMachine(seen(PORT), done([]));
    await remove(machine, await restorable("restore"));
    expect(machine.steps(1)).toEqual(["/sprt 1688"]);
    expect(machine.batches[1]?.reads).toEqual([]);
    expect(machine.log).toContain("left as somebody else set it since: lowPriority");
  });

  it("writes nothing where nothing was changed, or where KMS is gone", async () => {
    const cases: [Props, HostState][] = [
      [await licensed(wantedHost({ onDelete: "restore" })), {}],
      [await restorable("restore"), { ...PORT, products: [product({})] }],
    ];
    for (const [outs, state] of cases) {
      const machine = new FakeMachine(seen(state));
      await remove(machine, outs);
      expect(machine.batches).toHaveLength(1);
    }
  });

  it("says which setting could not be put back", async () => {
    const machine = new FakeMachine(seen(PORT), failing("/sprt", hresult("0x80070005"), []));
    const { message } = await failureOf(remove(machine, await restorable("restore")));
    expect(message).toContain(
      "putting back the settings of before (slmgr /sprt 1688) failed: Windows answered 0x80070005",
    );
    expect(message).toContain(" Nothing was changed. Next: ");
  });
});
