import { describe, expect, it } from "vitest";
import { encode, type Props } from "../../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../../provider/errors/failure";
import type { WmiRow } from "../../../../provider/machine/protocol";
import { SessionError } from "../../../../provider/machine/session";
import { kmsClientConfigHandler } from "../../../../provider/resources/kmsClientConfig/handler";
import { clientInputsOf, diffClient } from "../../../../provider/resources/kmsClientConfig/outputs";
import { planClient } from "../../../../provider/resources/kmsClientConfig/plan";
import { errorOf } from "../../../failures";
import {
  type Answer,
  breaking,
  done,
  FakeMachine,
  HELLO,
  HOST_KEY,
  hostProduct,
  product,
  SETUP_KEY,
  typed,
} from "../shared/fakeMachine";
import { type ClientState, clientReads, observed, wantedClient } from "./samples";

const ID = "kms-client-0123456789abcdef";
const WINDOWS_7 = { ...HELLO, osVersion: "6.1.7601", editionId: "Professional", productType: 1 };

/** A Licensed client of Windows 8 or later, which shows all of its settings. */
function client(over: { domain?: string | null; caching?: boolean; type?: number; row?: WmiRow } = {}): ClientState {
  return {
    service: {
      KeyManagementServiceLookupDomain: over.domain ?? null,
      KeyManagementServiceHostCaching: over.caching ?? true,
      RemainingWindowsReArmCount: 3,
    },
    products: [
      product({ LicenseStatus: 1, VLActivationType: 2, VLActivationTypeEnabled: over.type ?? 0, ...over.row }),
    ],
  };
}
const seen = (state: ClientState): Answer => done(clientReads(state));
const stepsOf = (state: ClientState, input: { [name: string]: unknown } = {}) =>
  typed(planClient(observed(state), wantedClient(input), SETUP_KEY));

async function create(machine: FakeMachine, input: { [name: string]: unknown } = {}): Promise<Props> {
  const { outs } = await kmsClientConfigHandler.create(machine.context("create"), wantedClient(input));
  expect(machine.unasked).toBe(0);
  return encode(outs);
}
const failureOf = (work: Promise<unknown>) => errorOf(OperationFailure, work);

describe("lookup domain, host caching and activation type", () => {
  it("are enforced at their defaults where nothing is declared", () => {
    expect(stepsOf(client())).toEqual([]);
    expect(stepsOf(client({ domain: "old.example", caching: false, type: 2 }))).toEqual([
      "/ckms-domain",
      "/skhc",
      "/act-type 0",
    ]);
  });

  it.each<[{ [name: string]: unknown }, string]>([
    [{ lookupDomain: "contoso.com" }, "/skms-domain contoso.com"],
    [{ hostCaching: false }, "/ckhc"],
    [{ activationType: "ad" }, "/act-type 1"],
    [{ activationType: "kms" }, "/act-type 2"],
    [{ activationType: "token", activate: false }, "/act-type 3"],
  ])("%j is set by %s, once", (input, step) => {
    expect(stepsOf(client(), input)).toEqual([step]);
    const type = { ad: 1, kms: 2, token: 3 }[String(input["activationType"])] ?? 0;
    const domain = input["lookupDomain"] ? "CONTOSO.com." : null;
    expect(stepsOf(client({ domain, caching: input["hostCaching"] !== false, type }), input)).toEqual([]);
  });

  it("that Windows shows without a value are at Windows' defaults", () => {
    const blank = client({ row: { VLActivationTypeEnabled: null } });
    blank.service = { ...blank.service, KeyManagementServiceHostCaching: null };
    expect(stepsOf(blank)).toEqual([]);
    expect(stepsOf(blank, { hostCaching: false, activationType: "kms" })).toEqual(["/ckhc", "/act-type 2"]);
  });

  it("are set before the machine asks its host", () => {
    const unlicensed = client({ row: { LicenseStatus: 0 } });
    expect(stepsOf(unlicensed, { lookupDomain: "contoso.com" })).toEqual(["/skms-domain contoso.com", "/ato"]);
  });

  it("give a machine without a key its type together with the key", () => {
    expect(stepsOf({ ...client(), products: [] }, { activationType: "kms" })).toEqual([
      `/ipk ${SETUP_KEY}`,
      "expect Description",
      "/act-type 2",
      "/ato",
    ]);
  });

  it.each([
    ["lookupDomain", client({ domain: "b.example" }), "b.example"],
    ["hostCaching", client({ domain: "a.example", caching: false }), false],
    ["activationType", client({ domain: "a.example", type: 2 }), "kms"],
  ])("changed by somebody else are drift under the name %s", async (name, state, value) => {
    const wanted = wantedClient({ lookupDomain: "a.example" });
    const outs = await create(new FakeMachine(seen(client({ domain: "a.example" }))), { lookupDomain: "a.example" });
    expect(diffClient(outs, wanted)).toEqual([]);
    const machine = new FakeMachine(seen(state));
    const read = await kmsClientConfigHandler.read(machine.context("read"), ID, outs);
    if (read === "absent") throw new Error("a machine is never absent");
    expect(diffClient(encode(read.outs), wanted)).toEqual([name]);
    expect(clientInputsOf(encode(read.outs))[name]).toBe(value);
  });

  it("say what they take over, and go back to what they were on delete", async () => {
    const before = client({ domain: "old.example", caching: true, type: 1 });
    const after = client({ caching: false, type: 0 });
    const machine = new FakeMachine(seen(before), seen(after));
    const outs = await create(machine, { hostCaching: false, onDelete: "restore" });
    expect(machine.log.slice(0, 3)).toEqual([
      'takes over KeyManagementServiceLookupDomain: "old.example" becomes null',
      "takes over KeyManagementServiceHostCaching: true becomes false",
      'takes over VLActivationTypeEnabled: "ad" becomes "all"',
    ]);
    const gone = new FakeMachine(seen(after), done([]));
    await kmsClientConfigHandler.delete(gone.context("delete"), ID, outs);
    expect(gone.steps(1)).toEqual(["/skms-domain old.example", "/skhc", "/act-type 1"]);
    const touched = new FakeMachine(seen(client({ domain: "new.example", caching: false, type: 2 })), done([]));
    await kmsClientConfigHandler.delete(touched.context("delete"), ID, outs);
    expect(touched.steps(1)).toEqual(["/skhc"]);
  });

  it("are remembered with all that may have been done when the connection goes away", async () => {
    const lost = breaking(new SessionError("died", "it ended.", "look"));
    const error = await failureOf(create(new FakeMachine(seen(client()), lost), { hostCaching: false }));
    expect(error).toBeInstanceOf(PartialFailure);
    expect((error as PartialFailure).outs).toMatchObject({ changed: { hostCaching: { was: true, set: false } } });
  });

  it("that Windows takes and does not keep are an error with the way to find out", async () => {
    const machine = new FakeMachine(seen(client()), seen(client({ type: 1 })));
    const { message } = await failureOf(create(machine, { activationType: "kms" }));
    expect(message).toContain('VLActivationTypeEnabled reads "ad" instead of "kms"');
    expect(message).toContain("slmgr /act-type 0 11111111-0000-0000-0000-000000000000");
  });
});

describe("Windows 7", () => {
  /** Its classes have no such columns. */
  const seven: ClientState = { service: { KeyManagementServiceHostCaching: true, RemainingWindowsReArmCount: 2 } };
  const machine7 = (...answers: Answer[]) => Object.assign(new FakeMachine(...answers), { hello: WINDOWS_7 });

  it("is not asked for what it does not have", async () => {
    const machine = machine7(seen(seven));
    const outs = await create(machine, { setupKey: "keep" });
    expect(machine.batches).toHaveLength(1);
    expect(outs).toMatchObject({ hostCaching: true, activationType: "all", rearmsLeft: 2 });
    expect(diffClient(outs, wantedClient({ setupKey: "keep" }))).toEqual([]);
  });

  it.each<[{ [name: string]: unknown }, string]>([
    [{ lookupDomain: "contoso.com" }, "setting lookupDomain (slmgr /skms-domain) failed"],
    [{ activationType: "kms" }, "setting activationType (slmgr /act-type) failed"],
  ])("refuses %j with the reason, before anything is changed", async (input, doing) => {
    const machine = machine7(seen(seven));
    const { message } = await failureOf(create(machine, { setupKey: "keep", ...input }));
    expect(message).toContain(doing);
    expect(message).toContain("has no such setting; Windows 8 and Server 2012 brought it. Nothing was changed.");
    expect(machine.batches).toHaveLength(1);
  });
});

describe("what a client is found with", () => {
  it("rearms that are left are an output and never drift", async () => {
    const outs = await create(new FakeMachine(seen(client())));
    expect(outs["rearmsLeft"]).toBe(3);
    expect(diffClient({ ...outs, rearmsLeft: 0 }, wantedClient())).toEqual([]);
  });

  it("a remark about the setup key that auto chose is an output", async () => {
    const machine = new FakeMachine(seen(client({ row: { PartialProductKey: "YDFWN" } })), seen(client()));
    machine.hello = { ...HELLO, editionId: "ServerTurbine", osVersion: "10.0.20348" };
    expect((await create(machine))["setupKeyRemark"]).toContain("can never be a KMS host");
    expect(await create(new FakeMachine(seen(client())))).not.toHaveProperty("setupKeyRemark");
  });

  it("a KMS host key is replaced by the setup key with a warning, and its KMS ends by one restart", async () => {
    const machine = new FakeMachine(seen({ ...client(), products: [hostProduct()] }), seen(client()));
    await create(machine);
    expect(machine.steps(1)).toEqual([`/ipk ${SETUP_KEY}`, "expect Description", "/ato"]);
    expect(machine.batches[1]?.steps.map(({ restart }) => restart)).toEqual([true, undefined, undefined]);
    expect(machine.log.filter((line) => line.startsWith("warning: "))).toEqual([
      `warning: a KMS HOST key (...${HOST_KEY.slice(-5)}) was on this client: the setup key takes its place, and it ends ` +
        "being a KMS host; look for its SRV record in DNS, and for who installed it",
    ]);
  });

  it("a restart that a killed run left behind is drift, and the next update does it and nothing else", async () => {
    const outs = await create(new FakeMachine(seen(client())));
    const looked = new FakeMachine(seen({ ...client(), owed: true }));
    const read = await kmsClientConfigHandler.read(looked.context("read"), ID, outs);
    if (read === "absent") throw new Error("a machine is never absent");
    expect(diffClient(encode(read.outs), wantedClient())).toEqual(["restartOwed"]);
    const machine = new FakeMachine(seen({ ...client(), owed: true }), seen(client()));
    const { outs: after } = await kmsClientConfigHandler.update(
      machine.context("update"),
      ID,
      encode(read.outs),
      wantedClient(),
    );
    expect(machine.log).toEqual(["net stop sppsvc && net start sppsvc"]);
    expect(diffClient(encode(after), wantedClient())).toEqual([]);
  });

  it("Active Directory that activated it is reported and not fought with", async () => {
    const machine = new FakeMachine(seen(client({ row: { VLActivationType: 1 } })));
    const outs = await create(machine);
    expect(machine.batches).toHaveLength(1);
    expect(outs).toMatchObject({
      activatedBy: "AD",
      findings: ["activated by Active Directory: the KMS settings are set but not in use"],
    });
    expect(diffClient(outs, wantedClient())).toEqual([]);
  });
});
