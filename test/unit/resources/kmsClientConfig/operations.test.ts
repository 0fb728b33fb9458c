import { describe, expect, it } from "vitest";
import { encode, type Props } from "../../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../../provider/errors/failure";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import { ConnectError } from "../../../../provider/machine/transport";
import { kmsClientConfigHandler } from "../../../../provider/resources/kmsClientConfig/handler";
import type { KmsClientOutputs } from "../../../../provider/resources/kmsClientConfig/outputs";
import { errorOf } from "../../../failures";
import {
  type Answer,
  breaking,
  DESCRIPTION,
  done,
  FakeMachine,
  failing,
  HELLO,
  HOST_KEY,
  hostProduct,
  hresult,
  product,
  SETUP_KEY,
} from "../shared/fakeMachine";
import {
  AFTER,
  answerEvent,
  type ClientState,
  clientReads,
  MAK,
  NOW,
  pinned,
  requestEvent,
  WAITING,
  wantedClient,
} from "./samples";

const ID = "kms-client-0123456789abcdef";
const seen = (state: ClientState): Answer => done(clientReads(state));
const fails = (step: string, error: Parameters<typeof failing>[1], state: ClientState) =>
  failing(step, error, clientReads(state));
const FRESH: ClientState = { products: [product({ LicenseStatus: 2 })] };
const KMS01 = { kmsHost: "kms01.contoso.com" };
const PIN = wantedClient(KMS01);
const PINNED: ClientState = { service: pinned("kms01.contoso.com", 1688) };

async function create(machine: FakeMachine, wanted: Props = wantedClient()) {
  const { id, outs } = await kmsClientConfigHandler.create(machine.context("create"), wanted);
  expect(machine.unasked).toBe(0);
  expect(id).toBe(ID);
  return encode(outs);
}
async function update(machine: FakeMachine, outs: Props, wanted: Props = wantedClient()) {
  const result = await kmsClientConfigHandler.update(machine.context("update"), ID, outs, wanted);
  expect(machine.unasked).toBe(0);
  return encode(result.outs);
}
async function read(machine: FakeMachine, outs: Props) {
  const result = await kmsClientConfigHandler.read(machine.context("read"), ID, outs);
  if (result === "absent") throw new Error("a machine is never absent");
  return encode(result.outs);
}
async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).toMatch(/^KmsClientConfig "web01"( on .+)?: .+ failed: .+ Next: .+\.$/);
  return error;
}
async function partialOf(work: Promise<unknown>): Promise<PartialFailure & { outs: KmsClientOutputs }> {
  const error = await failureOf(work);
  if (!(error instanceof PartialFailure)) throw new Error("nothing was recorded");
  expect(error.id).toBe(ID);
  return error as PartialFailure & { outs: KmsClientOutputs };
}
async function unrecorded(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await failureOf(work);
  expect(error).not.toBeInstanceOf(PartialFailure);
  return error;
}

describe("create", () => {
  it("takes over a client that is as declared with one look and no write", async () => {
    const machine = new FakeMachine(seen({}));
    expect(await create(machine)).toMatchObject({ licenseStatus: "Licensed", setupKey: "auto", activatedBy: "KMS" });
    expect(machine.batches).toHaveLength(1);
    expect(machine.batches[0]?.steps).toEqual([]);
    expect(machine.log).toEqual([]);
  });

  it("does everything else in one more round trip, and says what it takes over", async () => {
    const before: ClientState = { ...MAK, service: pinned("old", 1700) };
    const machine = new FakeMachine(seen(before), seen(PINNED));
    const outs = await create(machine, PIN);
    expect(machine.turns).toBe(1);
    expect(machine.steps(1)).toEqual([
      `/ipk ${SETUP_KEY}`,
      "expect Description",
      "/skms kms01.contoso.com:1688",
      "/ato",
    ]);
    expect(machine.log).toEqual([
      "takes over from the key ...ABCDE (Volume:MAK)",
      "takes over the KMS host: old:1700 becomes kms01.contoso.com:1688",
      `slmgr /ipk ${SETUP_KEY}`,
      "slmgr /skms kms01.contoso.com:1688",
      "slmgr /ato",
    ]);
    expect(outs["changed"]).toEqual({
      kmsHost: { was: { host: "old", port: 1700 }, set: { host: "kms01.contoso.com", port: 1688 } },
    });
  });

  it("never restarts the service", async () => {
    const machine = new FakeMachine(seen(FRESH), seen(PINNED));
    await create(machine, PIN);
    expect(machine.batches[1]?.restart).toMatchObject({ owed: false });
    expect(machine.batches[1]?.steps.some(({ restart }) => restart)).toBe(false);
  });

  it("takes a count that is too low for a status and no failure", async () => {
    const machine = new FakeMachine(seen(FRESH), fails("/ato", hresult("0xC004F038"), WAITING));
    expect(await create(machine)).toMatchObject({ licenseStatus: "pendingThreshold" });
    expect(machine.log).toContain("its KMS host's count is too low yet (0xC004F038); Windows asks again by itself");
    const silent = new FakeMachine(seen(FRESH), fails("/ato", hresult("0xC004F038"), FRESH));
    expect(await create(silent)).toMatchObject({ licenseStatus: "pendingThreshold" });
  });

  it("records nothing when nothing was written, and quotes the events since the attempt", async () => {
    const old = answerEvent("0xC004F056", "2026-11-22T10:00:00Z");
    const events = [answerEvent("0xC004F042", AFTER), requestEvent("0x0", "kms01.contoso.com:1688", NOW), old];
    const machine = new FakeMachine(seen(FRESH), fails("/ato", hresult("0xC004F074"), { ...FRESH, events }));
    const { message } = await unrecorded(create(machine));
    expect(message).toContain(
      `KmsClientConfig "web01" on ${DESCRIPTION}: activating by KMS at the hosts of its SRV records (slmgr /ato) failed: Windows answered 0xC004F074`,
    );
    expect(message).toMatch(
      /Nothing was changed; its status is OOBGrace\. Events: 12289 answer: 0xC004F042 \(.+\); 12288 asked kms01/,
    );
    expect(message).not.toContain("0xC004F056");
  });

  it("records what was done before the failure", async () => {
    const machine = new FakeMachine(
      seen(FRESH),
      fails("/ato", hresult("0xC004F074"), { ...FRESH, ...PINNED, products: FRESH.products ?? [] }),
    );
    const { message, outs } = await partialOf(create(machine, PIN));
    expect(message).toContain("activating by KMS at kms01.contoso.com:1688 (slmgr /ato) failed");
    expect(message).toContain("Done before it: slmgr /skms kms01.contoso.com:1688; its status is OOBGrace.");
    expect(outs).toMatchObject({ kmsHost: "kms01.contoso.com", changed: { kmsHost: { was: null } } });
  });

  it("refuses an edition that has no setup key before it looks", async () => {
    const machine = new FakeMachine();
    machine.hello = { ...HELLO, editionId: "ServerDatacenterEval" };
    const { message } = await unrecorded(create(machine));
    expect(message).toContain("choosing its setup key failed: No setup key can be chosen: ");
    expect(machine.batches).toEqual([]);
  });

  it("says when the key that went in is no client's", async () => {
    const error = { kind: "expectation" as const, message: "", actual: "VOLUME_MAK channel" };
    const wanted = wantedClient({ setupKey: HOST_KEY, extraSetupKeys: [HOST_KEY] });
    const machine = new FakeMachine(seen(FRESH), fails("expect", error, MAK));
    const { message } = await partialOf(create(machine, wanted));
    expect(message).toContain(
      'checking the installed key failed: its channel reads "VOLUME_MAK channel", which is no KMS client\'s.',
    );
    expect(message).not.toContain(HOST_KEY);
  });

  it("says when Windows reports an activation that is none", async () => {
    const machine = new FakeMachine(seen(FRESH), seen(FRESH));
    const { message } = await partialOf(create(machine));
    expect(message).toContain("Windows reported success, but its status is OOBGrace.");
  });

  it("is recorded as not looked at when the connection goes away in the middle, and the next update goes on", async () => {
    const lost = breaking(new SessionError("died", "it ended.", "look"));
    const { message, outs } = await partialOf(create(new FakeMachine(seen(FRESH), lost), PIN));
    expect(message).toContain("applying its settings failed: it ended. How far it came is not known.");
    expect(outs).toMatchObject({
      lookedAt: false,
      changed: { kmsHost: { was: null, set: { host: "kms01.contoso.com" } } },
    });
    const next = await update(new FakeMachine(seen(PINNED)), encode(outs), PIN);
    expect(next).not.toHaveProperty("lookedAt");
    expect(next["changed"]).toEqual(encode(outs)["changed"]);
  });

  it("records nothing when another run holds the machine", async () => {
    const busy = breaking(new AgentFailure("batch", { kind: "busy", message: "" }));
    const { message } = await unrecorded(create(new FakeMachine(seen(FRESH), busy)));
    expect(message).toContain("another run is changing this machine. Nothing was changed. Next: ");
  });
});

describe("update", () => {
  it("asks again when the licence is lost, without naming reactivate", async () => {
    const outs = await create(new FakeMachine(seen({})));
    const machine = new FakeMachine(seen({ products: [product({ LicenseStatus: 5 })] }), seen({}));
    expect(await update(machine, outs)).toMatchObject({ licenseStatus: "Licensed" });
    expect(machine.steps(1)).toEqual(["/ato"]);
    expect(machine.log).toEqual(["slmgr /ato"]);
  });

  it("puts the setup key back over a host key", async () => {
    const outs = await create(new FakeMachine(seen({})));
    const machine = new FakeMachine(seen({ products: [hostProduct()] }), seen({}));
    expect(await update(machine, outs)).toMatchObject({ setupKey: "auto", findings: [] });
    expect(machine.steps(1)).toEqual([`/ipk ${SETUP_KEY}`, "expect Description", "/ato"]);
  });

  it("goes back to discovery when the host is no longer declared", async () => {
    const outs = await create(new FakeMachine(seen({}), seen(PINNED)), PIN);
    const machine = new FakeMachine(seen(PINNED), seen({}));
    const after = await update(machine, outs);
    expect(machine.steps(1)).toEqual(["/ckms"]);
    expect(after).not.toHaveProperty("kmsHost");
    expect(after).not.toHaveProperty("changed");
  });

  it("refuses another machine than the one it was made on", async () => {
    const outs = await create(new FakeMachine(seen({})));
    const machine = new FakeMachine();
    machine.hello = { ...HELLO, machineId: "ffffffffffffffff" };
    expect((await unrecorded(update(machine, outs))).message).toContain("another machine answers there: ");
  });
});

describe("read", () => {
  it("writes nothing, whatever it sees", async () => {
    const outs = await create(new FakeMachine(seen({})));
    for (const state of [{}, MAK, FRESH, WAITING, PINNED, { products: [] }]) {
      const machine = new FakeMachine(seen(state));
      await read(machine, outs);
      expect(machine.batches).toHaveLength(1);
      expect(machine.batches[0]?.steps).toEqual([]);
    }
  });

  it("after drift and back again is what it was at first", async () => {
    const outs = await create(new FakeMachine(seen({})));
    const foreign = await read(new FakeMachine(seen(MAK)), outs);
    expect(foreign).toMatchObject({ setupKey: "another key: ...ABCDE (Volume:MAK)", wantedSetupKey: "auto" });
    const still = await read(new FakeMachine(seen({ ...MAK, ...PINNED })), foreign);
    expect(still).toMatchObject({ wantedSetupKey: "auto", kmsHost: "kms01.contoso.com" });
    expect(await read(new FakeMachine(seen({})), still)).toEqual(outs);
  });

  it("forgets that an earlier refresh could not look", async () => {
    const outs = await create(new FakeMachine(seen({})));
    expect(await read(new FakeMachine(seen({})), { ...outs, lookedAt: false, stateVersion: 1 })).toEqual(outs);
  });

  it("keeps looking at a machine whose edition has no setup key by now", async () => {
    const outs = await create(new FakeMachine(seen({})));
    const machine = new FakeMachine(seen({}));
    machine.hello = { ...HELLO, editionId: "ServerDatacenterEval" };
    expect(await read(machine, outs)).toEqual(outs);
  });

  it("says when it could not look", async () => {
    const outs = await create(new FakeMachine(seen({})));
    const refused = new FakeMachine();
    refused.refuses = new ConnectError("login", "the machine refused admin", "check the password");
    expect(await failureOf(read(refused, outs))).toMatchObject({ couldNotLook: true });
    const failed: Answer = () => ({
      steps: [],
      restart: { status: "notNeeded" },
      reads: [{ ok: false, error: hresult("0x80041003") }],
    });
    const error = await failureOf(read(new FakeMachine(failed), outs));
    expect(error.message).toContain("reading its activation state failed: Windows answered 0x80041003");
  });
});

describe("delete", () => {
  const remove = (machine: FakeMachine, outs: Props) =>
    kmsClientConfigHandler.delete(machine.context("delete"), ID, outs);
  const restorable = (before: ClientState = {}) =>
    create(new FakeMachine(seen(before), seen(PINNED)), wantedClient({ ...KMS01, onDelete: "restore" }));

  it("does not connect by default", async () => {
    const machine = new FakeMachine();
    await remove(machine, await create(new FakeMachine(seen(PINNED)), PIN));
    await remove(machine, await create(new FakeMachine(seen(PINNED)), wantedClient({ ...KMS01, onDelete: "retain" })));
    expect(machine.turns).toBe(0);
  });

  it.each<[string, ClientState, string]>([
    ["discovery", {}, "/ckms"],
    ["the host of before", { service: pinned("old", 1700) }, "/skms old:1700"],
  ])("goes back to %s, and leaves the key", async (_name, before, step) => {
    const outs = await restorable(before);
    const machine = new FakeMachine(seen(PINNED), done([]));
    await remove(machine, outs);
    expect(machine.steps(1)).toEqual([step]);
  });

  it("leaves what somebody else set since", async () => {
    const outs = await restorable();
    const machine = new FakeMachine(seen({ service: pinned("new") }));
    await remove(machine, outs);
    expect(machine.batches).toHaveLength(1);
  });

  it("says what could not be put back", async () => {
    const outs = await restorable();
    const machine = new FakeMachine(seen(PINNED), failing("/ckms", hresult("0x80070005"), []));
    const { message } = await failureOf(remove(machine, outs));
    expect(message).toContain("putting back its KMS client settings (slmgr /ckms) failed: Windows answered 0x80070005");
    const lost = new FakeMachine(seen(PINNED), breaking(new SessionError("died", "it ended.", "look")));
    expect((await failureOf(remove(lost, outs))).message).toContain("it ended. Whether it was put back is not known.");
  });
});
