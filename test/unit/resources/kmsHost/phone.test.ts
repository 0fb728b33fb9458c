import { describe, expect, it } from "vitest";
import { inBlocks } from "../../../../provider/activation/ids";
import { encode } from "../../../../provider/adapter/props";
import type { ReadOutcome } from "../../../../provider/machine/protocol";
import { kmsHostHandler as handler } from "../../../../provider/resources/kmsHost/handler";
import { CONFIRMATION_ID, installationId } from "../../activation/samples";
import { done, FakeMachine, HELLO, HOST_KEY, hostProduct, SETUP_KEY } from "../shared/fakeMachine";
import { create, failureOf, ID, licensed, partialOf, seen, unrecorded, update } from "./operate";
import { type HostState, hostReads, NO_HOST, wantedHost } from "./samples";

const A = installationId(63, 1);
const B = installationId(63, 2);
const NO_LOG: ReadOutcome = { ok: true, result: { exists: false, now: "", events: [] } };
const ids = (installation: string): ReadOutcome => ({
  ok: true,
  result: { service: {}, products: [{ PartialProductKey: "6789B", OfflineInstallationId: installation }] },
});
const withId = (installation: string, state: HostState) =>
  done([...hostReads(state), NO_LOG, NO_LOG, ids(installation)]);

const INSTALLED: HostState = {
  products: [hostProduct({ LicenseStatus: 2, IsKeyManagementServiceMachine: 0 })],
  listeners: [135],
};
const MADE: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1689] };
const PHONE = wantedHost({ listeningPort: 1689, activation: { method: "phone" } });
const CALLED = wantedHost({ listeningPort: 1689, activation: { method: "phone", confirmationId: CONFIRMATION_ID } });
const pending = async () => (await create(new FakeMachine(withId(A, NO_HOST), withId(A, INSTALLED)), PHONE)).outs;

describe("a host key by phone", () => {
  it("is installed first; settings wait, and nothing is different until somebody has called", async () => {
    const machine = new FakeMachine(withId(A, NO_HOST), withId(A, INSTALLED));
    const { outs } = await create(machine, PHONE);
    expect(machine.steps(1)).toEqual([`/ipk ${HOST_KEY}`, "expect Description"]);
    expect(outs).toMatchObject({ installationId: A, licenseStatus: "OOBGrace" });
    expect(outs["findings"]).toContainEqual(
      expect.stringContaining(`pendingConfirmation: call Microsoft with the installation id ${inBlocks(A)}`),
    );
    expect(handler.diff(outs, PHONE).changed).toEqual([]);
  });

  it("is activated by the confirmation id, with one restart, and the settings that waited are applied", async () => {
    const outs = await pending();
    expect(handler.diff(outs, CALLED).changed).toEqual(["activation", "licenseStatus"]);
    const machine = new FakeMachine(withId(A, INSTALLED), withId(A, MADE));
    const after = await update(machine, outs, CALLED);
    expect(machine.steps(1)).toEqual(["expect Description", `/atp ${CONFIRMATION_ID}`, "/sprt 1689"]);
    expect(machine.log.filter((line) => line.startsWith("net stop"))).toHaveLength(1);
    expect(machine.log.join()).not.toContain(CONFIRMATION_ID);
    expect(after).toMatchObject({ licenseStatus: "Licensed", listeningPort: 1689 });
    expect(handler.diff(after, CALLED).changed).toEqual([]);
  });

  it("gets no confirmation id that was given for another installation id", async () => {
    const machine = new FakeMachine(withId(B, INSTALLED));
    const failed = await partialOf(update(machine, await pending(), CALLED));
    expect(failed.message).toContain(inBlocks(B));
    expect(failed.outs).toMatchObject({ installationId: B, confirmation: { installationId: A } });
    expect(machine.batches).toHaveLength(1);
    const again = new FakeMachine(withId(B, INSTALLED));
    expect((await partialOf(update(again, encode(failed.outs), CALLED))).message).toContain("nothing was spent");
  });
});

describe("a host key that this Windows may not host", () => {
  it("is refused before anything is written on Datacenter: Azure Edition", async () => {
    const machine = new FakeMachine(seen(NO_HOST));
    machine.hello = {
      ...HELLO,
      editionId: "ServerTurbine",
      osCaption: "Microsoft Windows Server 2022 Datacenter Azure Edition",
    };
    const error = await unrecorded(create(machine));
    expect(error.message).toContain("Datacenter: Azure Edition takes no KMS host key");
    expect(machine.batches).toHaveLength(1);
  });

  it("is told by its generation after it was installed, and taken out again", async () => {
    const channel = "Windows(R) Operating System, VOLUME_KMS_WS25 channel";
    const wrong: HostState = { products: [hostProduct({ Description: channel, LicenseStatus: 2 })] };
    const machine = new FakeMachine(
      seen(NO_HOST),
      (args) => {
        const guard = args.steps[1];
        if (guard?.op !== "expect") throw new Error("no guard");
        // What the agent does with the guard: a host key of 2022 passes on Server 2016, one of 2025 does not.
        const pattern = new RegExp(String(guard.args.value));
        expect(pattern.test("Windows(R) Operating System, VOLUME_KMS_WS22 channel")).toBe(true);
        expect(pattern.test(channel)).toBe(false);
        expect(pattern.test("Windows(R) Operating System, VOLUME_KMSCLIENT channel")).toBe(false);
        return {
          steps: [
            { status: "done", result: {} },
            { status: "failed", error: { kind: "expectation", message: "", actual: channel } },
            { status: "notRun" },
          ],
          restart: { status: "done", tookMs: 1 },
          reads: hostReads(wrong),
        };
      },
      seen(NO_HOST),
    );
    machine.hello = { ...HELLO, osVersion: "10.0.14393", osCaption: "Microsoft Windows Server 2016 Datacenter" };
    const { message } = await partialOf(create(machine));
    expect(message).toContain(
      "it is a host key of Windows Server 2025, which Windows Server 2016 Datacenter may not host",
    );
    expect(machine.steps(2)[0]).toBe("/upk");
  });
});

describe("uninstallKey", () => {
  const remove = async (input: { [name: string]: unknown }, machine: FakeMachine) => {
    await handler.delete(machine.context("delete"), ID, await licensed(wantedHost(input)));
    expect(machine.unasked).toBe(0);
    return machine;
  };

  it("alone decides whether a delete takes the key out, and puts the setup key back", async () => {
    expect((await remove({}, new FakeMachine())).turns).toBe(0);
    const machine = await remove({ uninstallKey: true }, new FakeMachine(seen({}), done([])));
    expect(machine.steps(1)).toEqual(["/upk", `/ipk ${SETUP_KEY}`]);
    expect(machine.log.filter((line) => line.startsWith("net stop"))).toHaveLength(1);
  });

  it("leaves a key alone that somebody else put in since", async () => {
    const other: HostState = { products: [hostProduct({ PartialProductKey: "HHHHH" })] };
    const machine = await remove({ uninstallKey: true }, new FakeMachine(seen(other)));
    expect(machine.batches).toHaveLength(1);
    expect(machine.log).toEqual([expect.stringContaining("is not on the machine any more")]);
  });

  it("is refused without a declared key", async () => {
    expect(
      handler.check({
        resourceName: "kms01",
        connection: { host: "h", hostKey: "insecure-accept-any" },
        uninstallKey: true,
      }).failures,
    ).toEqual([
      { property: "", reason: "uninstallKey: needs productKey: only a key that is declared here is ever taken out" },
    ]);
  });

  it("says what was done when it stops in the middle", async () => {
    const machine = new FakeMachine(seen({}), (args) => ({
      steps: args.steps.map((_, index) =>
        index === 0
          ? { status: "done" as const, result: {} }
          : { status: "failed" as const, error: { kind: "hresult" as const, code: "0xC004F069", message: "" } },
      ),
      restart: { status: "done", tookMs: 1 },
      reads: [],
    }));
    const error = await failureOf(remove({ uninstallKey: true }, machine));
    expect(error.message).toContain("taking the host key out");
    expect(error.message).toContain("Done before it: slmgr /upk.");
  });
});
