import { describe, expect, it } from "vitest";
import { encode } from "../../../../provider/adapter/props";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import {
  type Answer,
  breaking,
  DESCRIPTION,
  FakeMachine,
  HELLO,
  HOST_KEY,
  hostProduct,
  hresult,
  MACHINE,
  SETUP_KEY,
} from "../shared/fakeMachine";
import { create, DENIED, fails, ID, partialOf, seen, unrecorded, update } from "./operate";
import { type HostState, hostReads, keyless, NO_HOST, wantedHost } from "./samples";

describe("create", () => {
  it("takes over a host that is as declared with one look and no write", async () => {
    const machine = new FakeMachine(seen({}));
    const { id, outs } = await create(machine);
    expect(id).toBe(ID);
    expect(machine.batches).toHaveLength(1);
    expect(machine.batches[0]?.steps).toEqual([]);
    expect(machine.batches[0]).not.toHaveProperty("restart");
    expect(machine.log).toEqual([]);
    expect(outs).toMatchObject({ licenseStatus: "Licensed", isKmsHost: true, machine: MACHINE, currentCount: 30 });
    expect(outs["lastActivation"]).toEqual({ partialProductKey: "6789B", licensed: true });
  });

  it("makes a host of a client in two round trips: one look, one batch that applies, restarts and looks", async () => {
    const wanted = wantedHost({ listeningPort: 1689 });
    const made: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1689] };
    const machine = new FakeMachine(seen(NO_HOST), seen(made));
    const { outs } = await create(machine, wanted);
    expect(machine.turns).toBe(1);
    expect(machine.steps(1)).toEqual([`/ipk ${HOST_KEY}`, "expect Description", "/ato", "/sprt 1689"]);
    expect(machine.batches[1]).toMatchObject({
      mutex: { name: "pulumi-volume-activation" },
      restart: { service: "sppsvc", owed: false },
    });
    expect(outs).toMatchObject({ listeningPort: 1689, changed: { listeningPort: { was: 1688, set: 1689 } } });
    expect(machine.log).toEqual([
      "takes over KeyManagementServiceListeningPort: 1688 becomes 1689",
      "slmgr /ipk XXXXX-XXXXX-XXXXX-XXXXX-6789B",
      "slmgr /ato",
      "slmgr /sprt 1689",
      "net stop sppsvc && net start sppsvc",
    ]);
  });

  it("pays a restart that a killed run left behind", async () => {
    const machine = new FakeMachine(seen({ marker: true }), seen({}));
    const { outs } = await create(machine);
    expect(machine.batches[1]).toMatchObject({ steps: [], restart: { owed: true } });
    expect(outs).not.toHaveProperty("restartOwed");
  });

  it("without a key on a machine that is no host records nothing", async () => {
    const error = await unrecorded(create(new FakeMachine(seen(NO_HOST)), keyless()));
    expect(error.message).toBe(
      `KmsHost "kms01" on ${DESCRIPTION}: looking for a KMS host failed: no KMS host key is activated on the machine, and ` +
        "none is declared. Nothing was changed. Next: declare productKey, your organisation's KMS host key (CSVLK), or " +
        "point connection at the real host.",
    );
  });

  it("records nothing when the first write is refused", async () => {
    const machine = new FakeMachine(seen(NO_HOST), fails("/ipk", hresult("0xC004F050"), NO_HOST));
    const { message } = await unrecorded(create(machine));
    expect(message).toContain("installing the host key ...6789B (slmgr /ipk) failed: Windows answered 0xC004F050");
    expect(message).toContain(" Nothing was changed. Next: ");
  });

  it("records what was done when the activation is refused, and the next update tries once more", async () => {
    const installed: HostState = { products: [hostProduct({ LicenseStatus: 2, IsKeyManagementServiceMachine: 0 })] };
    const machine = new FakeMachine(seen(NO_HOST), fails("/ato", DENIED, installed));
    const { outs, message } = await partialOf(create(machine));
    expect(message).toContain("activating the host key at Microsoft (slmgr /ato) failed: Windows answered 0xC004C008");
    expect(message).toContain("Done before it: slmgr /ipk XXXXX-XXXXX-XXXXX-XXXXX-6789B. sppsvc was restarted. Next: ");
    expect(message).toContain("A refused activation costs nothing; the next `pulumi up` tries once more.");
    expect(outs).toMatchObject({ partialProductKey: "6789B", licenseStatus: "OOBGrace" });

    const second = new FakeMachine(seen(installed), seen({}));
    expect(await update(second, encode(outs))).toMatchObject({ licenseStatus: "Licensed" });
    expect(second.steps(1)).toEqual(["expect Description", "/ato"]);
  });

  it("says what Windows accepted and did not keep", async () => {
    const wanted = wantedHost({ listeningPort: 1689, lowPriority: true });
    const machine = new FakeMachine(seen({}), seen({ service: { KeyManagementServiceLowPriority: true } }));
    const { message } = await partialOf(create(machine, wanted));
    expect(message).toContain(
      "checking what was written failed: KeyManagementServiceListeningPort reads 1688 instead of 1689. The other settings",
    );
  });

  it("says when Windows reports an activation that is none", async () => {
    const machine = new FakeMachine(seen(NO_HOST), seen({ products: [hostProduct({ LicenseStatus: 5 })] }));
    const { message } = await partialOf(create(machine));
    expect(message).toContain("Windows reported success, but its status is Notification. The key is installed.");
  });

  it("says when sppsvc does not restart", async () => {
    const refused: Answer = (args) => ({
      steps: args.steps.map(() => ({ status: "done", result: {} })),
      restart: { status: "failed", error: { kind: "restartRefused", message: "" } },
      reads: hostReads({ service: { KeyManagementServiceListeningPort: 1689 }, marker: true }),
    });
    const { message, outs } = await partialOf(
      create(new FakeMachine(seen({}), refused), wantedHost({ listeningPort: 1689 })),
    );
    expect(message).toContain("restarting sppsvc failed: the service would not restart.");
    expect(outs).toMatchObject({ restartOwed: true, listeningPort: 1689 });
  });

  it("is recorded as not looked at when the connection goes away in the middle, and the next update goes on", async () => {
    const wanted = wantedHost({ listeningPort: 1689 });
    const lost = breaking(new SessionError("died", "the connection ended", "look at the network"));
    const { message, outs } = await partialOf(create(new FakeMachine(seen(NO_HOST), lost), wanted));
    expect(message).toContain("applying its settings failed: the connection ended. How far it came is not known;");
    expect(outs).toMatchObject({ lookedAt: false, changed: { listeningPort: { was: 1688, set: 1689 } } });
    const made: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1689] };
    const next = await update(new FakeMachine(seen(made)), encode(outs), wanted);
    expect(next).not.toHaveProperty("lookedAt");
    expect(next["changed"]).toEqual({ listeningPort: { was: 1688, set: 1689 } });
  });

  it("records nothing when another run holds the machine", async () => {
    const busy = breaking(new AgentFailure("batch", { kind: "busy", message: "" }));
    const { message } = await unrecorded(create(new FakeMachine(seen(NO_HOST), busy)));
    expect(message).toContain("another run is changing this machine. Nothing was changed. Next: ");
  });
});

describe("a key that is no host key", () => {
  const mak = "Windows(R) Operating System, VOLUME_MAK channel";
  const expectation = { kind: "expectation" as const, message: "", actual: mak };
  const wrong: HostState = {
    products: [hostProduct({ Description: mak, LicenseStatus: 2, IsKeyManagementServiceMachine: 0 })],
  };

  it("is taken out again and the edition's setup key put in", async () => {
    const machine = new FakeMachine(seen(NO_HOST), fails("expect", expectation, wrong), seen(NO_HOST));
    const { message, outs } = await partialOf(create(machine));
    expect(machine.steps(2)).toEqual(["/upk", `/ipk ${SETUP_KEY}`]);
    expect(message).toContain(`checking the installed key failed: it is no KMS host key: its channel reads "${mak}".`);
    expect(message).toContain(
      "It was taken out again and the setup key of Windows Server 2022 Datacenter put in; nothing was spent. The key of before (...6VM33) is not known in full.",
    );
    expect(outs).toMatchObject({ partialProductKey: "6VM33", isKmsHost: false });
  });

  it("is only taken out where the edition has no published setup key", async () => {
    const machine = new FakeMachine(seen(NO_HOST), fails("expect", expectation, wrong), seen({ products: [] }));
    machine.hello = { ...HELLO, editionId: "ServerRdsh" };
    const { message } = await partialOf(create(machine));
    expect(machine.steps(2)).toEqual(["/upk"]);
    expect(message).toContain("It was taken out again; nothing was spent.");
  });

  it("is said to be there still when it cannot be taken out", async () => {
    const machine = new FakeMachine(
      seen(NO_HOST),
      fails("expect", expectation, wrong),
      fails("/upk", hresult("0x80070005"), wrong),
    );
    const { message, outs } = await partialOf(create(machine));
    expect(message).toContain("Taking it out again failed (slmgr /upk: Windows answered 0x80070005");
    expect(outs.partialProductKey).toBe("6789B");
    const lost = new SessionError("timeout", "no answer.", "look");
    const gone = await partialOf(
      create(new FakeMachine(seen(NO_HOST), fails("expect", expectation, wrong), breaking(lost))),
    );
    expect(gone.message).toContain("Whether it could be taken out again is not known: no answer.");
  });

  it("stays where it is and spends nothing when it was there before us", async () => {
    const machine = new FakeMachine(seen(wrong), fails("expect", expectation, wrong));
    const { message } = await unrecorded(create(machine));
    expect(machine.steps(1)).toEqual(["expect Description", "/ato"]);
    expect(message).toContain("the declared key is on the machine already and is no KMS host key");
    expect(message).toContain("Nothing was changed, nothing was spent.");
  });
});
