import { beforeEach, describe, expect, it } from "vitest";
import { encode, type Props } from "../../../../provider/adapter/props";
import { DnsNetwork } from "../../../../provider/dns";
import { PartialFailure } from "../../../../provider/errors/failure";
import type {
  AgentError,
  BatchArgs,
  BatchResult,
  DnsChangeArgs,
  DnsReadResult,
  DnsSrvData,
  DnsSrvRecord,
} from "../../../../provider/machine/protocol";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import { ConnectError } from "../../../../provider/machine/transport";
import { makeSrvRecordHandler } from "../../../../provider/resources/srvRecord/handler";
import { FakeZone, startFakeServer } from "../../dns/fakeServer";
import { type Answer, FakeMachine, HELLO, hresult } from "../shared/fakeMachine";
import { recordFailure, wantedBag } from "./samples";

const ID = "_vlmcs._tcp.contoso.com/kms01.contoso.com";
const PASSWORD = "Passw0rd!of-dc01";
const text = ({ priority, weight, port, target }: DnsSrvData) => `${priority} ${weight} ${port} ${target}`;
const record = (line: string, over: Partial<DnsSrvRecord> = {}): DnsSrvRecord => {
  const [priority, weight, port, target = ""] = line.split(" ");
  const data = { priority: Number(priority), weight: Number(weight), port: Number(port), target };
  return { ...data, ttl: 3600, static: true, ...over };
};
const MINE = record("0 0 1688 kms01.contoso.com");
const OTHER = record("0 0 1688 kms02.contoso.com");

/** One name of a Windows DNS server, changed as the agent does it. */
class FakeSet {
  records: DnsSrvRecord[];
  alias: string | null = null;
  aging = true;
  changes = 0;
  /** What a look answers instead. */
  blind: AgentError | undefined;
  /** Ran before each change; an error is the change's answer, and nothing is done. */
  before: ((args: DnsChangeArgs, changes: number) => AgentError | undefined) | undefined;
  /** Ran after each batch with a change: throws, or stays silent. */
  after: (() => void) | undefined;

  constructor(...records: DnsSrvRecord[]) {
    this.records = records;
  }

  readonly answer: Answer = (args: BatchArgs): BatchResult => {
    const steps = args.steps.map((step) => {
      if (step.op !== "dns.change") throw new Error(`${step.op} is no change of a record`);
      const error = this.before?.(step.args, ++this.changes) ?? this.#change(step.args);
      return error ? ({ status: "failed", error } as const) : ({ status: "done", result: {} } as const);
    });
    if (steps.length > 0) this.after?.();
    const { records, alias, aging } = this;
    const zone = { adIntegrated: true, aging, dynamicUpdate: "secure" as const };
    const result: DnsReadResult = { zone, records: records.map((one) => ({ ...one })), alias };
    const reads = args.reads.map(() =>
      this.blind ? { ok: false as const, error: this.blind } : { ok: true as const, result },
    );
    return { steps, restart: { status: "notNeeded" }, reads };
  };

  #change({ expected, deletes, add }: DnsChangeArgs): AgentError | undefined {
    const sorted = (list: DnsSrvData[]) => list.map(text).sort().join();
    if (sorted(expected) !== sorted(this.records)) return { kind: "expectation", message: "" };
    this.records = this.records.filter((one) => !deletes.some((gone) => text(gone) === text(one)));
    if (add) this.records.push({ ...add, static: true });
    return undefined;
  }
}

let set: FakeSet;
let machine: FakeMachine;
let handler: ReturnType<typeof makeSrvRecordHandler>;
beforeEach(() => use(new FakeSet()));
function use(given: FakeSet): void {
  set = given;
  machine = new FakeMachine(...Array.from({ length: 30 }, () => set.answer));
  machine.hello = { ...HELLO, computerName: "DC01" };
  handler = makeSrvRecordHandler(new DnsNetwork());
}

const auth = (over: Props = {}) => ({
  method: "windowsDns",
  connection: { host: "dc01", hostKey: "insecure-accept-any", password: PASSWORD, ...over },
});
const wanted = (over: Props = {}) => wantedBag({ auth: auth(), ...over });
async function create(over: Props = {}) {
  const { id, outs } = await handler.create(machine.context("create"), wanted(over));
  expect(id).toBe(ID);
  return encode(outs);
}
const update = async (outs: Props, over: Props = {}) =>
  encode((await handler.update(machine.context("update"), ID, outs, wanted(over))).outs);
const failureOf = (work: Promise<unknown>) => recordFailure(work, PASSWORD);
const shown = () => set.records.map((one) => `${text(one)} ${one.ttl} ${one.static ? "static" : "dynamic"}`);
const changes = () => machine.batches.flatMap(({ steps }) => steps);

describe("create", () => {
  it("adds a static record in two round trips, under the machine's mutex", async () => {
    const outs = await create();
    expect(shown()).toEqual(["0 0 1688 kms01.contoso.com 3600 static"]);
    expect(machine.batches).toHaveLength(2);
    expect(machine.batches[1]).toMatchObject({
      mutex: { name: "pulumi-volume-activation" },
      steps: [{ op: "dns.change", args: { zone: "contoso.com", name: "_vlmcs._tcp", expected: [], deletes: [] } }],
      reads: [{ op: "dns.read", args: { zone: "contoso.com", name: "_vlmcs._tcp" } }],
    });
    expect(outs).toMatchObject({ server: "DC01", ensure: "present", ttl: 3600, findings: [] });
    expect(handler.diff(outs, wanted()).changed).toEqual([]);
    expect(handler.inputsOf(outs)).toEqual(wanted());
    expect(machine.log).toEqual(["dnscmd /RecordAdd contoso.com _vlmcs._tcp 3600 SRV 0 0 1688 kms01.contoso.com."]);
  });

  it("takes over a static record that is identical without touching it", async () => {
    use(new FakeSet(MINE, OTHER));
    const outs = await create();
    expect(changes()).toEqual([]);
    expect(outs).toMatchObject({ strangers: ["0 0 1688 kms02.contoso.com"] });
    expect(machine.log[0]).toContain("takes over the record that is there");
  });

  it("takes over a dynamic record that is identical, says so, and makes it static", async () => {
    use(new FakeSet({ ...MINE, static: false, ttl: 60 }));
    const outs = await create();
    expect(shown()).toEqual(["0 0 1688 kms01.contoso.com 60 static"]);
    expect(machine.log[0]).toMatch(/takes over the record that is there: it is dynamic.*becomes static/);
    expect(machine.log.slice(1)).toEqual([
      "dnscmd /RecordDelete contoso.com _vlmcs._tcp SRV 0 0 1688 kms01.contoso.com. /f",
      "dnscmd /RecordAdd contoso.com _vlmcs._tcp 60 SRV 0 0 1688 kms01.contoso.com.",
    ]);
    expect(outs["findings"]).toEqual([]);
  });

  it("keeps the rule of adopt", async () => {
    use(new FakeSet(record("0 9 1688 kms01.contoso.com")));
    expect((await failureOf(create())).message).toContain("with other data is there already");
    expect((await failureOf(create({ adopt: "never" }))).message).toContain('adopt is "never"');
    expect(changes()).toEqual([]);
    await create({ adopt: "always" });
    expect(shown()).toEqual(["0 0 1688 kms01.contoso.com 3600 static"]);
  });

  it("beside an alias is refused", async () => {
    set.alias = "www.contoso.com";
    expect((await failureOf(create())).message).toContain("the name is an alias (CNAME) for www.contoso.com");
  });

  it("changes no other record's TTL", async () => {
    use(new FakeSet(OTHER));
    await create({ ttl: 60, neighbours: ["kms02.contoso.com"] });
    expect(shown()).toEqual(["0 0 1688 kms02.contoso.com 3600 static", "0 0 1688 kms01.contoso.com 60 static"]);
    expect(machine.log.filter((line) => line.includes("one TTL"))).toEqual([]);
  });
});

describe("a look", () => {
  it("finds drift by name, absence, and what is as declared", async () => {
    const outs = await create();
    const look = () => handler.read(machine.context("read"), ID, outs);
    expect(await look()).toEqual({ outs });
    set.records = [record("0 7 1688 kms01.contoso.com")];
    const seen = await look();
    if (seen === "absent") throw new Error("absent");
    expect(handler.diff(encode(seen.outs), wanted()).changed).toEqual(["weight"]);
    set.records = [];
    expect(await look()).toBe("absent");
  });

  it("finds a record that became dynamic in a zone that ages, which is no drift", async () => {
    const outs = await create();
    set.records = [{ ...MINE, static: false }];
    const seen = await handler.read(machine.context("read"), ID, outs);
    if (seen === "absent") throw new Error("absent");
    expect(encode(seen.outs)["findings"]).toEqual([expect.stringContaining("Windows may remove it")]);
    expect(handler.diff(encode(seen.outs), wanted()).changed).toEqual([]);
    set.aging = false;
    expect(await handler.read(machine.context("read"), ID, outs)).toMatchObject({ outs: { findings: [] } });
  });

  it.each<[string, AgentError, RegExp]>([
    [
      "is no DNS server",
      { kind: "notSupported", message: "x" },
      /is no DNS server: .* Next: let auth\.connection lead to/,
    ],
    [
      "has no such zone",
      hresult("0x80072581"),
      /0x80072581 DNS_ERROR_ZONE_DOES_NOT_EXIST: the DNS server has no zone contoso\.com/,
    ],
    ["denies access", hresult("0x80070005"), /0x80070005 ERROR_ACCESS_DENIED: .*DnsAdmins.*second hop/],
    ["denies access by WMI", hresult("0x80041003"), /0x80041003 .*DnsAdmins/],
    [
      "does not run the service",
      hresult("0x80070426"),
      /0x80070426 ERROR_SERVICE_NOT_ACTIVE: The service is not running/,
    ],
    [
      "says what nobody knows",
      { kind: "internal", exception: "X", message: "y" },
      /does not know: X.*event log DNS Server/,
    ],
  ])("at a machine that %s is no look, whatever its language", async (_what, error, words) => {
    const outs = await create();
    set.blind = error;
    const failure = await failureOf(handler.read(machine.context("read"), ID, outs));
    expect(failure.couldNotLook).toBe(true);
    expect(failure.message).toMatch(words);
    expect(failure.message).toContain("Nothing was changed, and what state it is in is not known.");
    expect(failure.message).not.toContain("錯誤");
  });

  it("through a connection that fails is no look, and tells nothing of absence", async () => {
    const outs = await create();
    machine.refuses = new ConnectError("hostKey", "another key answers", "compare the keys");
    const failure = await failureOf(handler.read(machine.context("read"), ID, outs));
    expect(failure.couldNotLook).toBe(true);
    expect(failure.message).toContain("checking the host key failed: another key answers");
  });
});

describe("update", () => {
  it("adds before it deletes, and says it in that order", async () => {
    const outs = await create();
    machine.log.length = 0;
    const after = await update(outs, { port: 1700 });
    expect(shown()).toEqual(["0 0 1700 kms01.contoso.com 3600 static"]);
    expect(machine.log).toEqual([
      "dnscmd /RecordAdd contoso.com _vlmcs._tcp 3600 SRV 0 0 1700 kms01.contoso.com.",
      "dnscmd /RecordDelete contoso.com _vlmcs._tcp SRV 0 0 1688 kms01.contoso.com. /f",
    ]);
    expect(after).toMatchObject({ port: 1700 });
  });

  it("to another connection is in place and touches nothing, a dynamic record neither", async () => {
    const outs = await create();
    set.records = [{ ...MINE, static: false }];
    const over = { auth: auth({ host: "dc02" }) };
    expect(handler.diff(outs, wanted(over))).toMatchObject({ changed: ["auth"], replaces: [] });
    const before = changes().length;
    machine.hello = { ...HELLO, machineId: "another", computerName: "DC02" };
    const after = await update(outs, over);
    expect(changes()).toHaveLength(before);
    expect(after).toMatchObject({ server: "DC02", auth: { connection: { host: "dc02" } } });
  });

  it("of other data makes a dynamic record static", async () => {
    const outs = await create();
    set.records = [{ ...MINE, static: false }];
    await update(outs, { weight: 5 });
    expect(shown()).toEqual(["0 5 1688 kms01.contoso.com 3600 static"]);
  });
});

describe("another auth.method", () => {
  it("is in place, there and back, and touches nothing that is as declared", async () => {
    use(new FakeSet({ ...MINE, static: false }));
    const zone = new FakeZone();
    zone.put({ ...MINE });
    const server = await startFakeServer(zone.answer);
    const network = new DnsNetwork();
    handler = makeSrvRecordHandler(network);
    try {
      const where = `127.0.0.1:${server.port}`;
      const byUpdate = { auth: { method: "none" }, server: where };
      const made = encode((await handler.create(machine.context("create"), wantedBag(byUpdate))).outs);
      expect(handler.diff(made, wanted())).toMatchObject({ replaces: [] });
      const moved = await update(made);
      expect(moved).toMatchObject({ server: "DC01", auth: { method: "windowsDns" } });
      expect(moved["findings"]).toEqual([expect.stringContaining("Windows may remove it")]);
      expect(handler.diff(moved, wanted()).changed).toEqual([]);
      const back = encode((await handler.update(machine.context("update"), ID, moved, wantedBag(byUpdate))).outs);
      expect(back).toEqual(made);
      expect([changes().length, zone.updates]).toEqual([0, 0]);
    } finally {
      network.close();
      await server.stop();
    }
  });
});

describe("a replacement", () => {
  it("makes a record static that became dynamic, and its old declaration's delete leaves it", async () => {
    const older = await create();
    set.records = [{ ...MINE, static: false }];
    await create();
    await handler.delete(machine.context("delete"), ID, older);
    expect(shown()).toEqual(["0 0 1688 kms01.contoso.com 3600 static"]);
  });
});

describe("delete", () => {
  it("removes our record and nothing else", async () => {
    use(new FakeSet(OTHER));
    const outs = await create();
    await handler.delete(machine.context("delete"), ID, outs);
    expect(shown()).toEqual(["0 0 1688 kms02.contoso.com 3600 static"]);
  });
});

describe("a set that others change at the same time", () => {
  it("is read again and changed then, with one round trip for each attempt", async () => {
    set.before = (_args, attempt) => {
      if (attempt === 1) set.records.push(OTHER);
      return undefined;
    };
    await create();
    expect(set.records).toHaveLength(2);
    expect(machine.batches).toHaveLength(3);
  });

  it("all the time is given up after a few attempts, with nothing changed", async () => {
    set.before = () => ({ kind: "expectation", message: "" });
    const failure = await failureOf(create());
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain("in 6 attempts. Nothing was changed.");
  });
});

describe("a change that fails", () => {
  it("before anything was done says so", async () => {
    set.before = () => hresult("0x80070005");
    const failure = await failureOf(create());
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(failure.message).toMatch(/DC01|KMS01/);
    expect(failure.message).toContain("the change (dnscmd /RecordAdd contoso.com _vlmcs._tcp 3600 SRV 0 0 1688");
    expect(failure.message).toContain("DnsAdmins");
    expect(failure.message).toContain("Read back: it was not done.");
  });

  it("in between is recorded as it is, and the next update goes on", async () => {
    use(new FakeSet(record("0 9 1688 kms01.contoso.com")));
    set.before = () => {
      set.records.push(MINE);
      return hresult("0x8000FFFF");
    };
    const failure = await failureOf(create({ adopt: "always" }));
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain(
      'Read back: it was done in part; of this target there is now: "0 9 1688 kms01.contoso.com", "0 0 1688 kms01.contoso.com".',
    );
    set.before = undefined;
    await update(encode((failure as PartialFailure).outs), { adopt: "always" });
    expect(shown()).toEqual(["0 0 1688 kms01.contoso.com 3600 static"]);
  });

  it("after it was done is recorded", async () => {
    set.before = () => {
      set.records = [MINE];
      return hresult("0x8000FFFF");
    };
    const failure = await failureOf(create());
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain("Read back: it was done all the same.");
  });

  it("because another run holds the machine changed nothing", async () => {
    const busy: Answer = () => {
      throw new AgentFailure("batch", { kind: "busy", message: "x" });
    };
    machine = new FakeMachine(set.answer, busy);
    const failure = await failureOf(create());
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain("another run is changing this machine. Nothing was changed.");
  });

  it("with a session that breaks is recorded with a look owed, and the next update finds what was done", async () => {
    set.after = () => {
      throw new SessionError("died", "the connection was lost", "check the machine");
    };
    const failure = await failureOf(create({ adopt: "never" }));
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain("the connection was lost. How far it came is not known.");
    expect(machine.batches).toHaveLength(2);
    const { outs } = failure as PartialFailure;
    expect(handler.diff(encode(outs), wanted({ adopt: "never" })).changed).toEqual(["lookedAt"]);
    set.after = undefined;
    const before = changes().length;
    const after = await update(encode(outs), { adopt: "never" });
    expect(changes()).toHaveLength(before);
    expect(after).not.toHaveProperty("lookedAt");
  });

  it("though Windows says that it was done is found out by reading back", async () => {
    set.before = () => {
      set.records = [];
      return undefined;
    };
    set.after = () => {
      set.records = [];
    };
    const failure = await failureOf(create());
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(failure.message).toContain(
      "Windows reported success, but the record is not there. Read back: no SRV records.",
    );
  });
});

it("an account without administrator's rights is told so before anything is asked", async () => {
  machine.hello = { ...HELLO, elevated: false };
  expect((await failureOf(create())).message).toContain("without elevated administrator rights");
  expect(machine.batches).toEqual([]);
});

it("a credential set that is not there is told by name", async () => {
  const over = {
    auth: { method: "windowsDns", connection: { host: "dc01", hostKey: "insecure-accept-any", credentials: "dns" } },
  };
  expect((await failureOf(create(over))).message).toContain('The credential set "dns" does not exist');
  expect(machine.turns).toBe(0);
});
