import { describe, expect, it } from "vitest";
import type { BatchStep } from "../../../../provider/machine/protocol";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import { onMachine } from "../../../../provider/resources/shared/onMachine";
import { putBack } from "../../../../provider/resources/shared/putBack";
import { errorOf } from "../../../failures";
import { type Answer, breaking, done, FakeMachine, failing, hresult } from "./fakeMachine";

const PROPS = { resourceName: "kms01", connection: { host: "kms01", hostKey: "insecure-accept-any" } };
const CHANGES = { port: { was: 1688, set: 1689 }, low: { was: false, set: true } };

/** Puts back two settings; each goes back by one step that needs a restart. */
async function run(current: { [name: string]: unknown }, ...answers: Answer[]): Promise<FakeMachine> {
  const machine = new FakeMachine(...answers);
  const context = machine.context("delete");
  await onMachine(context, "KmsHost", PROPS, undefined, (turn) =>
    putBack(turn, context, {
      changes: CHANGES,
      current,
      steps: (before) =>
        Object.entries(before).map(([name, value]): BatchStep => {
          const verb = name === "port" ? "/sprt" : "/spri";
          return {
            op: "slmgr",
            args: { verb, ...(name === "port" ? { values: [String(value)] } : {}) },
            restart: true,
          };
        }),
      doing: "putting back the settings of before",
      unknown: "How far it came is not known.",
    }),
  );
  return machine;
}
const failure = async (...answers: Answer[]) =>
  (await errorOf(Error, run({ port: 1689, low: true }, ...answers))).message;

describe("putting back", () => {
  it("goes back to what was there first, in one round trip with one restart and without a reading", async () => {
    const machine = await run({ port: 1689, low: true }, done([]));
    expect(machine.steps(0)).toEqual(["/sprt 1688", "/spri"]);
    expect(machine.batches).toHaveLength(1);
    expect(machine.batches[0]?.reads).toEqual([]);
  });

  it("leaves what somebody else has set since, says so, and asks nothing of the machine when all of it is", async () => {
    const machine = await run({ port: 1700, low: true }, done([]));
    expect(machine.steps(0)).toEqual(["/spri"]);
    expect(machine.log).toContain("left as somebody else set it since: port");
    expect((await run({ port: 1700, low: false })).batches).toEqual([]);
  });

  it("that a step stops says which one, and what was done before it", async () => {
    const message = await failure(failing("/spri", hresult("0x80070005"), []));
    expect(message).toContain("putting back the settings of before (slmgr /spri) failed: Windows answered 0x80070005");
    expect(message).toContain("Done before it: slmgr /sprt 1688.");
  });

  it("whose restart fails is an error that says that the restart is still needed", async () => {
    const message = await failure((args) => ({
      steps: args.steps.map(() => ({ status: "done" as const, result: {} })),
      restart: { status: "failed", error: { kind: "restartRefused", message: "" } },
      reads: [],
    }));
    expect(message).toContain("(restart of sppsvc) failed: the service would not restart.");
    expect(message).toContain("sppsvc still needs a restart.");
  });

  it.each([
    ["was cut off", new SessionError("died", "it ended.", "look"), "it ended. How far it came is not known."],
    ["never began", new AgentFailure("batch", { kind: "busy", message: "" }), "machine. Nothing was changed."],
  ])("that %s says what is known of the machine", async (_what, error, said) => {
    expect(await failure(breaking(error))).toContain(said);
  });
});
