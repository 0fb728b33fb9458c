import { describe, expect, it } from "vitest";
import { encode, type Props } from "../../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../../provider/errors/failure";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import { activationPolicyHandler } from "../../../../provider/resources/activationPolicy/handler";
import { diffPolicy, policyInputsOf } from "../../../../provider/resources/activationPolicy/outputs";
import { errorOf } from "../../../failures";
import { type Answer, breaking, done, FakeMachine, failing, hresult } from "../shared/fakeMachine";
import { dword, policyReads, type RegistryState, text, wanted } from "./samples";

const ID = "activation-policy-0123456789abcdef";
const seen = (state: RegistryState): Answer => done(policyReads(state));
const LINK = "https://intranet/activation";

async function create(machine: FakeMachine, input: { [name: string]: unknown }): Promise<Props> {
  const { id, outs } = await activationPolicyHandler.create(machine.context("create"), wanted(input));
  expect(machine.unasked).toBe(0);
  expect(id).toBe(ID);
  return encode(outs);
}
async function read(machine: FakeMachine, outs: Props): Promise<Props> {
  const result = await activationPolicyHandler.read(machine.context("read"), ID, outs);
  if (result === "absent") throw new Error("a machine is never absent");
  expect(machine.batches).toHaveLength(1);
  expect(machine.batches[0]?.steps).toEqual([]);
  return encode(result.outs);
}
const remove = (machine: FakeMachine, outs: Props) =>
  activationPolicyHandler.delete(machine.context("delete"), ID, outs);
async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).toMatch(/^ActivationPolicy "web01"( on .+)?: .+ failed: .+ Next: .+\.$/);
  return error;
}

describe("create", () => {
  it("takes over a machine that is as declared with one look and no write", async () => {
    const machine = new FakeMachine(seen({ "SoftwareProtectionPlatform\\UserOperations": dword(1) }));
    await expect(create(machine, { skipRearm: false })).resolves.toMatchObject({ skipRearm: false, findings: [] });
    expect(machine.batches).toHaveLength(1);
  });

  it("does everything else in one more trip with one restart, and says what it takes over", async () => {
    const after = { ActivationAlternateURL: text(LINK), AlternateURL: text(LINK), SkipRearm: dword(1) };
    const machine = new FakeMachine(seen({ SkipRearm: dword(0) }), seen(after));
    const outs = await create(machine, { alternateUrl: LINK, skipRearm: true });
    expect(machine.steps(1)).toEqual([
      `write ActivationAlternateURL: ${LINK}`,
      `write AlternateURL: ${LINK}`,
      "write SkipRearm: 1",
    ]);
    expect(machine.log.slice(0, 2)).toEqual([
      `takes over alternateUrl: "" becomes "${LINK}"`,
      "takes over skipRearm: false becomes true",
    ]);
    expect(machine.log.filter((line) => line === "net stop sppsvc && net start sppsvc")).toHaveLength(1);
    expect(outs["changed"]).toEqual({
      alternateUrl: { was: [null, null], set: [text(LINK), text(LINK)] },
      skipRearm: { was: [dword(0)], set: [dword(1)] },
    });
  });

  it("restarts nothing for values that the licensing service does not read", async () => {
    const machine = new FakeMachine(seen({}), seen({ LocalAccountTokenFilterPolicy: dword(1) }));
    await create(machine, { localAccountTokenFilterPolicy: true });
    expect(machine.batches[1]?.steps.some(({ restart }) => restart)).toBe(false);
    expect(machine.log).not.toContain("net stop sppsvc && net start sppsvc");
  });

  it("records nothing when nothing was written", async () => {
    const machine = new FakeMachine(seen({}), failing("write", hresult("0x80070005"), policyReads({})));
    const error = await failureOf(create(machine, { skipRearm: true }));
    expect(error).not.toBeInstanceOf(PartialFailure);
    expect(error.message).toContain("setting a value in its registry (reg add");
    expect(error.message).toContain("Windows answered 0x80070005");
    const busy = breaking(new AgentFailure("batch", { kind: "busy", message: "" }));
    expect(await failureOf(create(new FakeMachine(seen({}), busy), { skipRearm: true }))).not.toBeInstanceOf(
      PartialFailure,
    );
  });

  it("records what was done before a failure, for the next run and for restore", async () => {
    const half = failing(
      "write AlternateURL",
      hresult("0x80070005"),
      policyReads({ ActivationAlternateURL: text(LINK) }),
    );
    const error = await failureOf(create(new FakeMachine(seen({}), half), { alternateUrl: LINK }));
    expect(error).toBeInstanceOf(PartialFailure);
    expect((error as PartialFailure).outs).toMatchObject({
      alternateUrl: `ActivationAlternateURL "${LINK}", Activation\\AlternateURL ""`,
      changed: { alternateUrl: { was: [null, null] } },
    });
  });

  it("is recorded as not looked at when the connection goes away in the middle", async () => {
    const lost = breaking(new SessionError("died", "it ended.", "look"));
    const error = await failureOf(create(new FakeMachine(seen({}), lost), { skipRearm: true }));
    expect((error as PartialFailure).outs).toMatchObject({
      lookedAt: false,
      changed: { skipRearm: { was: [null], set: [dword(1)] } },
    });
    expect(error.message).toContain("How far it came is not known; a restart that is owed is marked on the machine.");
  });

  it("says when something else takes a value back at once", async () => {
    const error = await failureOf(create(new FakeMachine(seen({}), seen({})), { skipRearm: true }));
    expect(error.message).toContain("skipRearm reads false instead of true");
  });

  it("says that the values wait when the service would not restart", async () => {
    const refusing: Answer = (args) => ({
      steps: args.steps.map(() => ({ status: "done", result: {} })),
      restart: { status: "failed", error: { kind: "restartRefused", message: "" } },
      reads: policyReads({ SkipRearm: dword(1), RestartOwed: dword(1) }),
    });
    const error = await failureOf(create(new FakeMachine(seen({}), refusing), { skipRearm: true }));
    expect(error.message).toContain("The values are written, and act only after the restart.");
    const { outs } = error as PartialFailure;
    expect(diffPolicy(encode(outs), wanted({ skipRearm: true }))).toEqual(["restartOwed"]);
  });
});

describe("read", () => {
  it("names what somebody changed, and looks at nothing that is not declared", async () => {
    const input = { userOperations: false, dnsSuffixSearchList: ["contoso.com"] };
    const before = { "Tcpip\\Parameters\\SearchList": text("contoso.com") };
    const outs = await create(new FakeMachine(seen(before)), input);
    expect(diffPolicy(outs, wanted(input))).toEqual([]);
    expect(policyInputsOf(outs)).toEqual(wanted(input));
    const changed = await read(
      new FakeMachine(seen({ "SoftwareProtectionPlatform\\UserOperations": dword(1), SkipRearm: dword(1) })),
      outs,
    );
    expect(diffPolicy(changed, wanted(input))).toEqual(["userOperations", "dnsSuffixSearchList"]);
    expect(changed).not.toHaveProperty("skipRearm");
  });

  it("says that Group Policy wins, which is no drift", async () => {
    const policy = {
      "Software Protection Platform\\NoGenTicket": dword(1),
      "DNSClient\\SearchList": text("corp.example"),
    };
    const outs = await create(new FakeMachine(seen(policy)), { noGenTicket: false });
    expect(outs["findings"]).toEqual([
      "Group Policy sets NoGenTicket to 1 (HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\CurrentVersion\\Software Protection " +
        "Platform\\NoGenTicket): the policy wins over the declared noGenTicket; change it there, or ask who manages it (gpresult /h)",
    ]);
    expect(diffPolicy(outs, wanted({ noGenTicket: false }))).toEqual([]);
  });
});

describe("update", () => {
  it("does the restart that a killed run left behind, and nothing else", async () => {
    const outs = await create(new FakeMachine(seen({ SkipRearm: dword(1) })), { skipRearm: true });
    const owed = await read(new FakeMachine(seen({ SkipRearm: dword(1), RestartOwed: dword(1) })), outs);
    expect(diffPolicy(owed, wanted({ skipRearm: true }))).toEqual(["restartOwed"]);
    const machine = new FakeMachine(
      seen({ SkipRearm: dword(1), RestartOwed: dword(1) }),
      seen({ SkipRearm: dword(1) }),
    );
    const { outs: after } = await activationPolicyHandler.update(
      machine.context("update"),
      ID,
      owed,
      wanted({ skipRearm: true }),
    );
    expect(machine.steps(1)).toEqual([]);
    expect(machine.log).toEqual(["net stop sppsvc && net start sppsvc"]);
    expect(diffPolicy(encode(after), wanted({ skipRearm: true }))).toEqual([]);
  });

  it("leaves a value as it is when it is declared no more, and still knows what it was", async () => {
    const outs = await create(new FakeMachine(seen({}), seen({ SkipRearm: dword(1) })), { skipRearm: true });
    expect(diffPolicy(outs, wanted())).toEqual(["skipRearm"]);
    const machine = new FakeMachine(seen({ SkipRearm: dword(1) }));
    const { outs: after } = await activationPolicyHandler.update(machine.context("update"), ID, outs, wanted());
    expect(machine.batches).toHaveLength(1);
    expect(after).toMatchObject({ changed: outs["changed"] });
    expect(after).not.toHaveProperty("skipRearm");
  });
});

describe("delete", () => {
  const AFTER = { SkipRearm: dword(1), Manual: dword(1), LocalAccountTokenFilterPolicy: dword(1) };
  const INPUT = { skipRearm: true, manualActivation: true, localAccountTokenFilterPolicy: true };
  const made = (onDelete?: string) =>
    create(new FakeMachine(seen({ SkipRearm: dword(0) }), seen(AFTER)), {
      ...INPUT,
      ...(onDelete ? { onDelete } : {}),
    });

  it("does not connect by default", async () => {
    const machine = new FakeMachine();
    await remove(machine, await made());
    await remove(machine, await made("retain"));
    expect(machine.turns).toBe(0);
  });

  it("puts values back, and takes away those that were not there, with one restart", async () => {
    const machine = new FakeMachine(seen(AFTER), done([]));
    await remove(machine, await made("restore"));
    expect(machine.steps(1)).toEqual(["delete Manual", "write SkipRearm: 0", "delete LocalAccountTokenFilterPolicy"]);
    expect(machine.log.filter((line) => line === "net stop sppsvc && net start sppsvc")).toHaveLength(1);
  });

  it("leaves what somebody else set since, and says so", async () => {
    const machine = new FakeMachine(seen({ ...AFTER, Manual: dword(0) }), done([]));
    await remove(machine, await made("restore"));
    expect(machine.steps(1)).toEqual(["write SkipRearm: 0", "delete LocalAccountTokenFilterPolicy"]);
    expect(machine.log[0]).toBe("left as somebody else set it since: manualActivation");
  });

  it("leaves a switch that another declaration stands for by now, and puts the others back", async () => {
    const machine = new FakeMachine(seen(AFTER), done([]));
    const outs = await made("restore");
    const [theirs] = activationPolicyHandler.things?.(ID, { skipRearm: true }) ?? [];
    const context = { ...machine.context("delete"), isAnothers: (thing: string) => thing === theirs };
    expect(activationPolicyHandler.things?.(ID, outs)).toContain(theirs);
    await activationPolicyHandler.delete(context, ID, outs);
    expect(machine.steps(1)).toEqual(["delete Manual", "delete LocalAccountTokenFilterPolicy"]);
  });

  it("says what could not be put back", async () => {
    const machine = new FakeMachine(seen(AFTER), failing("write SkipRearm", hresult("0x80070005"), []));
    const { message } = await failureOf(remove(machine, await made("restore")));
    expect(message).toContain("Windows answered 0x80070005");
    expect(message).toContain("Done before it: reg delete");
    const lost = new FakeMachine(seen(AFTER), breaking(new SessionError("died", "it ended.", "look")));
    expect((await failureOf(remove(lost, await made("restore")))).message).toContain(
      "putting back the values of before failed: it ended.",
    );
  });
});
