import { describe, expect, it } from "vitest";
import { encode, type Props, UNKNOWN } from "../../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../../provider/errors/failure";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import { firewallRuleHandler as handler } from "../../../../provider/resources/firewallRule/handler";
import { errorOf } from "../../../failures";
import { type Answer, breaking, done, FakeMachine, failing, hresult } from "../shared/fakeMachine";
import { custom, group, KMS_EXE, kmsRule, reads, rule, SSH, twins, type Wall } from "./samples";

const seen = (wall: Wall): Answer => done(reads(wall));
const OWN = rule({ remoteAddresses: "*" });

async function create(machine: FakeMachine, wanted: Props) {
  const { id, outs } = await handler.create(machine.context("create"), wanted);
  expect(machine.unasked).toBe(0);
  return { id, outs: encode(outs) };
}
async function update(machine: FakeMachine, outs: Props, wanted: Props) {
  const result = await handler.update(machine.context("update"), "id", outs, wanted);
  expect(machine.unasked).toBe(0);
  return encode(result.outs);
}
async function read(machine: FakeMachine, outs: Props) {
  const result = await handler.read(machine.context("read"), "id", outs);
  return result === "absent" ? result : encode(result.outs);
}
async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).toMatch(/^FirewallRule "wall"( on .+)?: .+ failed: .+ Next: .+\.$/);
  return error;
}
const created = async (wanted: Props, wall: Wall) => (await create(new FakeMachine(seen(wall)), wanted)).outs;
const drifted = async (wanted: Props, before: Wall, after: Wall) => {
  const outs = await read(new FakeMachine(seen(after)), await created(wanted, before));
  if (outs === "absent") throw new Error("absent");
  return outs;
};

describe("create", () => {
  it("adds a rule of one's own in two round trips, under the mutex, without a restart", async () => {
    const machine = new FakeMachine(seen({ rules: [SSH] }), seen({ rules: [SSH, OWN] }));
    const { id, outs } = await create(machine, custom());
    expect(id).toBe("firewall-rule-0123456789abcdef-KMS on 1690");
    expect(machine.batches).toHaveLength(2);
    expect(machine.batches[1]).toMatchObject({
      mutex: { name: "pulumi-volume-activation" },
      restart: { owed: false },
      steps: [{ op: "firewall.rule", args: { program: KMS_EXE, service: "sppsvc", localPorts: "1690" } }],
    });
    expect(outs).toMatchObject({ enabled: true, program: "auto", localPorts: ["1690"], findings: [] });
    expect(outs).not.toHaveProperty("declared");
    expect(handler.diff(outs, custom()).changed).toEqual([]);
    expect(machine.log).toEqual([
      `netsh advfirewall firewall add rule name="KMS on 1690" dir=in action=allow protocol=TCP localport=1690 program="${KMS_EXE}" service=sppsvc enable=yes profile=any remoteip=any`,
    ]);
  });

  it("opens a group and says what it takes over", async () => {
    const on = [kmsRule({ enabled: true })];
    const machine = new FakeMachine(seen({ rules: [kmsRule()] }), seen({ rules: on }));
    const { id, outs } = await create(machine, group());
    expect(id).toBe("firewall-group-0123456789abcdef-kms");
    expect(machine.log[0]).toMatch(/^takes over the rule ".*": enabled false becomes true$/);
    expect(outs).toMatchObject({
      rules: [{ enabled: true, profiles: ["domain", "private", "public"], localPorts: "1688" }],
      changed: [{ was: { enabled: false }, set: { enabled: true } }],
    });
  });

  it("takes over what is as declared with one look, and restores nothing of it later", async () => {
    const machine = new FakeMachine(seen({ rules: twins({ enabled: true }) }));
    const { outs } = await create(machine, group());
    expect(machine.batches[0]?.steps).toEqual([]);
    expect(outs).not.toHaveProperty("changed");
    const remover = new FakeMachine(seen({ rules: twins({ enabled: true }) }));
    await handler.delete(remover.context("delete"), "id", outs);
    expect(remover.batches).toHaveLength(1);
  });

  it("of a group that this Windows does not have says so", async () => {
    const error = await failureOf(create(new FakeMachine(seen({})), group({ group: "@other.dll,-1" })));
    expect(error.message).toContain("this Windows has no rules of the group @other.dll,-1");
    expect(error).not.toBeInstanceOf(PartialFailure);
  });

  it("adopts a rule of ours that is as declared, changes another only when told, and never when told so", async () => {
    const other = { rules: [rule({ localPorts: "1700" })] };
    await create(new FakeMachine(seen({ rules: [OWN] })), custom());
    const refused = await failureOf(create(new FakeMachine(seen(other)), custom()));
    expect(refused.message).toContain('localPorts reads ["1700"] instead of ["1690"]');
    expect(refused.message).toContain('adopt: "always"');
    await create(new FakeMachine(seen(other), seen({ rules: [OWN] })), custom({ adopt: "always" }));
    const never = await failureOf(create(new FakeMachine(seen({ rules: [OWN] })), custom({ adopt: "never" })));
    expect(never).not.toBeInstanceOf(PartialFailure);
  });

  it("is refused, before anything is written, where Group Policy owns it or it would shut the way in", async () => {
    const owned = new FakeMachine(seen({ localMergeOff: 1 }));
    expect((await failureOf(create(owned, custom()))).message).toContain(
      "Group Policy owns the firewall of the domain",
    );
    const there = new FakeMachine(seen({ localMergeOff: 1, rules: [OWN] }));
    expect((await failureOf(create(there, custom()))).message).toContain("A local rule would have no effect there");
    const shut = new FakeMachine(seen({ rules: [SSH] }));
    const block = custom({ action: "block", localPorts: [22], service: undefined });
    expect((await failureOf(create(shut, block))).message).toContain("would block TCP port 22");
    expect([owned, there, shut].map(({ batches }) => batches.length)).toEqual([1, 1, 1]);
  });

  it("of what is shut already is no error under Group Policy: it is as declared", async () => {
    const off = new FakeMachine(seen({ localMergeOff: 1, rules: [rule({ enabled: false })] }));
    expect((await create(off, custom({ enabled: false }))).outs["findings"]).toEqual([
      expect.stringContaining("Group Policy owns"),
    ]);
  });

  it("that Windows did not keep, or Group Policy turns out to block, is recorded and fails", async () => {
    const lost = await failureOf(
      create(new FakeMachine(seen({}), seen({ rules: [rule({ enabled: false })] })), custom()),
    );
    expect(lost).toBeInstanceOf(PartialFailure);
    expect(lost.message).toContain("checking what was written failed");
    const policyRules = ["v2.10|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=1690|Name=GPO|"];
    const blocked = await failureOf(create(new FakeMachine(seen({}), seen({ rules: [OWN], policyRules })), custom()));
    expect(blocked).toBeInstanceOf(PartialFailure);
    expect(blocked.message).toContain('Group Policy blocks the same by its rule "GPO"');
  });

  it("whose step fails says which, and records nothing", async () => {
    const machine = new FakeMachine(seen({}), failing("firewall.rule", hresult("0x80070005"), reads({})));
    const error = await failureOf(create(machine, custom()));
    expect(error.message).toMatch(/netsh advfirewall firewall add rule .* failed: Windows answered 0x80070005/);
    expect(error).not.toBeInstanceOf(PartialFailure);
  });

  it("that is cut off is recorded as not looked at; one that never began is not", async () => {
    const cut = new FakeMachine(seen({}), breaking(new SessionError("died", "it ended", "try again")));
    const error = await failureOf(create(cut, custom()));
    expect(error).toBeInstanceOf(PartialFailure);
    const { outs } = error as PartialFailure;
    expect(outs).toMatchObject({ lookedAt: false });
    expect(handler.diff(encode(outs), custom()).changed).toContain("lookedAt");
    const opening = new FakeMachine(
      seen({ rules: [kmsRule()] }),
      breaking(new SessionError("died", "it ended", "again")),
    );
    const half = (await failureOf(create(opening, group()))) as PartialFailure;
    expect(half.outs).toMatchObject({ changed: [{ was: { enabled: false }, set: { enabled: true } }] });
    const busy = breaking(new AgentFailure("batch", { kind: "busy", message: "" }));
    const waited = await failureOf(create(new FakeMachine(seen({}), busy), custom()));
    expect(waited).not.toBeInstanceOf(PartialFailure);
    expect(waited.message).toContain("Nothing was changed.");
  });
});

describe("read", () => {
  it("of a rule of one's own that is gone is absent; a group never is", async () => {
    expect(await read(new FakeMachine(seen({})), await created(custom(), { rules: [OWN] }))).toBe("absent");
    const outs = await created(group(), { rules: [kmsRule({ enabled: true })] });
    expect(await read(new FakeMachine(seen({})), outs)).not.toBe("absent");
  });

  it("shows drift under the inputs' names, and remembers what is wanted over several looks", async () => {
    const off: Wall = { rules: [rule({ enabled: false, program: "C:\\x.exe", service: "" })] };
    const first = await drifted(custom(), { rules: [OWN] }, off);
    expect(first).toMatchObject({ enabled: false, program: "C:\\x.exe" });
    expect(handler.inputsOf(first)).not.toHaveProperty("service");
    expect(handler.inputsOf(first)).not.toHaveProperty("declared");
    const second = await read(new FakeMachine(seen(off)), first);
    expect(second).toEqual(first);
    expect(handler.diff(first, custom()).changed).toEqual(["enabled", "program", "service"]);
    const repaired = await update(new FakeMachine(seen(off), seen({ rules: [OWN] })), first, custom());
    expect(handler.diff(repaired, custom()).changed).toEqual([]);
  });

  it("of what Group Policy took back is a finding and no difference, however often", async () => {
    const policy: Wall = { localMergeOff: 1, rules: [rule({ enabled: false })] };
    const outs = await drifted(custom(), { rules: [OWN] }, policy);
    expect(outs["findings"]).toEqual([expect.stringContaining("Group Policy owns")]);
    expect(handler.diff(outs, custom()).changed).toEqual([]);
    const gone = await drifted(custom(), { rules: [OWN] }, { localMergeOff: 1 });
    expect(handler.diff(gone, custom()).changed).toEqual([]);
  });

  it("that fails says what was being read, and that nothing was looked at", async () => {
    const outs = await created(group(), { rules: [kmsRule({ enabled: true })] });
    const stopped: Answer = () => ({
      steps: [],
      restart: { status: "notNeeded" },
      reads: [
        { ok: false, error: hresult("0x800706D9") },
        { ok: true, result: { listeners: [] } },
      ],
    });
    const error = await failureOf(read(new FakeMachine(stopped), outs));
    expect(error.message).toContain("reading its firewall failed");
    expect(error.couldNotLook).toBe(true);
  });
});

describe("update", () => {
  it("under Group Policy fails for a new declaration and only speaks for the old one", async () => {
    const policy: Wall = { localMergeOff: 1, rules: [rule({ enabled: false })] };
    const outs = await drifted(custom(), { rules: [OWN] }, policy);
    const quiet = new FakeMachine(seen(policy));
    await update(quiet, outs, custom({ connection: { host: "other", hostKey: "insecure-accept-any" } }));
    expect(quiet.log).toEqual([expect.stringMatching(/^warning: Group Policy owns/)]);
    const error = await failureOf(update(new FakeMachine(seen(policy)), outs, custom({ localPorts: [1700] })));
    expect(error.message).toContain("Group Policy owns");
  });

  it("keeps what a group's rules were at first", async () => {
    const machine = new FakeMachine(seen({ rules: [kmsRule()] }), seen({ rules: [kmsRule({ enabled: true })] }));
    const { outs } = await create(machine, group());
    const narrow = [kmsRule({ enabled: true, profiles: 1 })];
    const after = await update(
      new FakeMachine(seen({ rules: [kmsRule({ enabled: true })] }), seen({ rules: narrow })),
      outs,
      group({ profiles: ["domain"] }),
    );
    expect(after["changed"]).toEqual([
      expect.objectContaining({
        was: expect.objectContaining({ enabled: false, profiles: 2_147_483_647 }),
        set: expect.objectContaining({ enabled: true, profiles: 1 }),
      }),
    ]);
    const remover = new FakeMachine(seen({ rules: narrow }), done([]));
    await handler.delete(remover.context("delete"), "id", after);
    expect(remover.batches[1]?.steps).toEqual([{ op: "firewall.rule", args: kmsRule() }]);
  });
});

describe("diff", () => {
  it("replaces for another name or group, the new one first", async () => {
    const outs = await created(custom(), { rules: [OWN] });
    expect(handler.diff(outs, custom({ name: "another" }))).toEqual({
      changed: ["name"],
      replaces: ["name"],
      deleteBeforeReplace: false,
    });
    expect(handler.diff(outs, custom({ localPorts: [1700] })).replaces).toEqual([]);
  });

  it("is blind to the order of lists, and sees what is not known yet", async () => {
    const wanted = custom({ remoteAddresses: ["10.0.0.1", "10.0.0.2"] });
    const outs = await created(wanted, { rules: [rule({ remoteAddresses: "10.0.0.2,10.0.0.1" })] });
    expect(handler.diff(outs, custom({ remoteAddresses: ["10.0.0.2", "10.0.0.1"] })).changed).toEqual([]);
    expect(handler.diff(outs, { ...(wanted as Props), localPorts: [UNKNOWN] }).changed).toEqual(["localPorts"]);
  });
});

describe("delete", () => {
  it("removes our rule, and is content when it is gone", async () => {
    const outs = await created(custom(), { rules: [OWN] });
    const machine = new FakeMachine(seen({ rules: [OWN, SSH] }), done([]));
    await handler.delete(machine.context("delete"), "id", outs);
    expect(machine.batches[1]?.steps).toEqual([
      { op: "firewall.remove", args: { name: "KMS on 1690", grouping: "pulumi-volume-activation" } },
    ]);
    const gone = new FakeMachine(seen({}));
    await handler.delete(gone.context("delete"), "id", outs);
    expect(gone.batches).toHaveLength(1);
  });

  it("of the only rule that admits the connection itself is refused", async () => {
    const wanted = custom({ localPorts: [22], service: undefined });
    const ours = rule({ localPorts: "22", service: "", program: "" });
    const outs = await created(wanted, { rules: [ours] });
    const machine = new FakeMachine(seen({ rules: [ours] }));
    const error = await failureOf(handler.delete(machine.context("delete"), "id", outs));
    expect(error.message).toContain("deleting it failed: it would take away the only rule that lets TCP port 22 in");
    const other = new FakeMachine(seen({ rules: [ours, SSH] }), done([]));
    await handler.delete(other.context("delete"), "id", outs);
    expect(other.batches).toHaveLength(2);
  });

  it("leaves rules of a group alone that somebody else changed since", async () => {
    const machine = new FakeMachine(seen({ rules: twins() }), seen({ rules: twins({ enabled: true }) }));
    const { outs } = await create(machine, group());
    const [base, domain] = twins({ enabled: true });
    if (!base || !domain) throw new Error("no twins");
    const remover = new FakeMachine(seen({ rules: [{ ...base, remoteAddresses: "10.0.0.0/8" }, domain] }), done([]));
    await handler.delete(remover.context("delete"), "id", outs);
    expect(remover.batches[1]?.steps).toEqual([
      { op: "firewall.rule", args: { ...domain, enabled: false, only: { profiles: 1, remoteAddresses: "*" } } },
    ]);
    expect(remover.log[0]).toContain("left as they are");
  });

  it("that Windows refuses says so", async () => {
    const outs = await created(custom(), { rules: [OWN] });
    const machine = new FakeMachine(seen({ rules: [OWN] }), failing("firewall.remove", hresult("0x80070005"), []));
    const error = await failureOf(handler.delete(machine.context("delete"), "id", outs));
    expect(error.message).toMatch(/netsh advfirewall firewall delete rule .* failed: Windows answered 0x80070005/);
  });
});
