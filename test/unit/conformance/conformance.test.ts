import { spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { agentCommand, agentText } from "../../../provider/agent/index";
import {
  type BatchArgs,
  type DnsChangeArgs,
  type DnsSrvData,
  MAX_REQUEST_BYTES,
  PROTOCOL_VERSION,
  type RegistryValue,
} from "../../../provider/machine/protocol";
import type { Lab } from "../../lab/index";
import { AgentClient, agentOn, type Pipes, ready, startOn, startReal, testLab } from "./harness";
import { CURRENT_VERSION, HOSTILE_LINES, MARKER, REFUSALS, SCRATCH } from "./requests";

/** One agent under test: the lab's always, the real one wherever a Windows has a PowerShell. */
interface Subject {
  name: string;
  start(): Pipes;
  open(): Promise<void>;
  close(): Promise<void>;
}

function labSubject(name: string, os: "ws2022" | "ws2008r2"): Subject {
  let lab: Lab | undefined;
  const machine = () => {
    if (!lab) throw new Error("the lab has not started");
    return lab.machine("kms01");
  };
  return {
    name,
    start: () => startOn(machine(), agentCommand(agentText().length)),
    open: async () => {
      lab = await testLab({ machines: [{ name: "kms01", os, address: "10.0.0.10", language: "zh-TW" }] });
    },
    close: async () => lab?.stop(),
  };
}

function realSubjects(): Subject[] {
  if (process.platform !== "win32") return [];
  return ["powershell.exe", "pwsh.exe"]
    .filter((executable) => spawnSync(executable, ["-NoProfile", "-Command", "exit 0"]).status === 0)
    .map((executable) => ({
      name: `agent.ps1 in ${executable}`,
      start: () => startReal(executable),
      open: async () => {},
      close: async () => {},
    }));
}

const subjects = [
  labSubject("the lab's Server 2022", "ws2022"),
  labSubject("the lab's Server 2008 R2", "ws2008r2"),
  ...realSubjects(),
];

describe.each(subjects)("$name", (subject) => {
  let agent: AgentClient;
  beforeAll(async () => {
    await subject.open();
    agent = await ready(subject.start());
  }, 120_000);
  afterAll(async () => {
    for (const name of ["value", MARKER.name]) await agent.ask("registry.delete", { key: SCRATCH, name });
    agent.end();
    await agent.exit;
    await subject.close();
  });
  const value = async (name: string): Promise<RegistryValue | null | undefined> =>
    (await agent.call("registry.read", { values: [{ key: SCRATCH, name }] })).values[0];
  const writeStep = (name: string, data: string): BatchArgs["steps"][number] => ({
    op: "registry.write",
    args: { key: SCRATCH, name, kind: "REG_SZ", data },
  });
  const failing: BatchArgs["steps"][number] = {
    op: "expect",
    args: { partialProductKey: "00000", property: "LicenseStatus", test: "eq", value: 1 },
  };

  describe("start and end", () => {
    it("says its protocol, version and length first", async () => {
      const client = new AgentClient(subject.start());
      client.send(agentText());
      expect(await client.line()).toEqual({
        ready: { protocol: PROTOCOL_VERSION, agentVersion: expect.any(String), agentLength: agentText().length },
      });
      client.end();
      expect(await client.exit).toBe(0);
      expect(client.stderr).toBe("");
    });

    it("ends without a word when standard input ends in the middle of its text", async () => {
      const client = new AgentClient(subject.start());
      client.send(agentText().subarray(0, 100));
      client.end();
      expect(await client.line()).toBeNull();
      expect(await client.exit).toBe(72);
    });

    it("takes its text and requests in any pieces", async () => {
      const client = new AgentClient(subject.start());
      const text = agentText();
      const all = Buffer.concat([
        text,
        Buffer.from('{"id":7,"op":"ping","args":{}}\n{"id":8,"op":"ping","args":{}}\n'),
      ]);
      client.send(all.subarray(0, 10));
      client.send(all.subarray(10, text.length + 5));
      client.send(all.subarray(text.length + 5));
      expect(await client.line()).toHaveProperty("ready");
      expect(await client.line()).toEqual({ id: 7, ok: true, result: {} });
      expect(await client.line()).toEqual({ id: 8, ok: true, result: {} });
      client.end();
      expect(await client.exit).toBe(0);
    });
  });

  describe("reads", () => {
    it("ping", async () => {
      expect(await agent.call("ping", {})).toEqual({});
    });

    it("hello says who the machine is", async () => {
      const hello = await agent.call("hello", {});
      expect(hello).toMatchObject({
        protocol: PROTOCOL_VERSION,
        agentLength: agentText().length,
        languageMode: "FullLanguage",
      });
      expect(hello.osVersion).toMatch(/^\d+\.\d+\.\d+$/);
      expect(hello.osCaption).toMatch(/Windows/);
      expect(hello.now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(hello.machineGuid).toMatch(/^[0-9a-f-]{36}$/i);
      expect([1, 2, 3]).toContain(hello.productType);
      for (const flag of [hello.partOfDomain, hello.is64BitOs, hello.is64BitProcess, hello.elevated]) {
        expect(typeof flag).toBe("boolean");
      }
      for (const text of [
        hello.computerName,
        hello.domain,
        hello.primaryDnsSuffix,
        hello.editionId,
        hello.uiLanguage,
        hello.user,
      ]) {
        expect(typeof text).toBe("string");
      }
    });

    it("licensing.read gives the columns that this Windows has, and leaves others out", async () => {
      const answer = await agent.call("licensing.read", {
        service: ["Version", "IsKeyManagementServiceMachine", "NoSuchColumn", "x'; DROP"],
        product: ["ID", "LicenseStatus", "PartialProductKey", "NoSuchColumn"],
      });
      expect(answer.service).toEqual({
        Version: expect.stringMatching(/^\d+\.\d+/),
        IsKeyManagementServiceMachine: expect.any(Number),
      });
      for (const product of answer.products) {
        expect(Object.keys(product).sort()).toEqual(["ID", "LicenseStatus", "PartialProductKey"]);
        expect(product["PartialProductKey"]).toMatch(/^[A-Z0-9]{5}$/);
      }
    });

    it("licensing.read of an application that is not there gives no products", async () => {
      const applicationId = "00000000-0000-0000-0000-000000000000";
      const answer = await agent.call("licensing.read", { service: ["Version"], product: ["ID"], applicationId });
      expect(answer.products).toEqual([]);
    });

    it("licensing.read without columns gives no rows", async () => {
      expect(await agent.call("licensing.read", { service: [], product: [] })).toEqual({ service: {}, products: [] });
    });

    it("registry.read answers in the order asked, null for what is not there", async () => {
      const answer = await agent.call("registry.read", {
        values: [
          { key: SCRATCH, name: "never written" },
          { key: CURRENT_VERSION, name: "EditionID" },
          { key: CURRENT_VERSION.toUpperCase(), name: "editionid" },
          { key: `${SCRATCH}\\no\\such\\key`, name: "x" },
        ],
      });
      const edition = { kind: "REG_SZ", data: expect.any(String) };
      expect(answer.values).toEqual([null, edition, edition, null]);
    });

    it("net.listeners lists addresses and ports", async () => {
      const { listeners } = await agent.call("net.listeners", {});
      expect(listeners.length).toBeGreaterThan(0);
      for (const one of listeners) expect(one).toEqual({ address: expect.any(String), port: expect.any(Number) });
    });

    it("net.probe reaches what listens on the machine itself, and is refused where nothing does", async () => {
      const { listeners } = await agent.call("net.listeners", {});
      const open = listeners.find(({ address }) => address === "0.0.0.0" || address === "127.0.0.1")?.port ?? 0;
      const probe = (port: number) => agent.ask("net.probe", { host: "127.0.0.1", port, timeoutMs: 20_000 });
      expect(await probe(open)).toMatchObject({ ok: true, result: {} });
      expect(await probe(1)).toMatchObject({ ok: false, error: { kind: "hresult", code: "0x8007274D" } });
      expect(await probe(0)).toMatchObject({ ok: false, error: { kind: "refused" } });
    });

    it.each(["", "a b", "kms01;calc", "x".repeat(254), "[::1]"])("net.probe refuses the host %j", async (host) => {
      expect(await agent.ask("net.probe", { host, port: 80, timeoutMs: 100 })).toMatchObject({
        ok: false,
        error: { kind: "refused" },
      });
    });

    it("firewall.read knows the KMS group by its neutral name, and says of another that it does not know it", async () => {
      const groups = ["@FirewallAPI.dll,-28002", "@FirewallAPI.dll,-1"];
      const answer = await agent.call("firewall.read", { groups, groupings: [] });
      expect(answer.groups.map(({ group, known }) => [group, known])).toEqual([
        [groups[0], true],
        [groups[1], false],
      ]);
      expect(answer.profiles.map((one) => one.profile)).toEqual([1, 2, 4]);
      expect(answer.rules.length).toBeGreaterThan(0);
      for (const rule of answer.rules) {
        expect(rule).toMatchObject({ grouping: groups[0], direction: "in", protocol: 6, localPorts: "1688" });
      }
      expect(Array.isArray(answer.policyRules)).toBe(true);
    });

    it("firewall.read finds enabled inbound TCP rules by a port of theirs, whatever their group", async () => {
      const answer = await agent.call("firewall.read", { groups: [], groupings: [], ports: [22] });
      for (const rule of answer.rules) {
        expect(rule).toMatchObject({ direction: "in", protocol: 6, enabled: true });
        expect(rule.localPorts.split(",")).toContain("22");
      }
      expect(answer.groups).toEqual([]);
    });

    it("events.read gives the newest first, as many as asked, and says when the log does not exist", async () => {
      const answer = await agent.call("events.read", { log: "Application", ids: [], max: 3 });
      expect(answer.exists).toBe(true);
      expect(answer.events.length).toBeLessThanOrEqual(3);
      const times = answer.events.map((one) => Date.parse(one.time));
      expect(times).toEqual(times.toSorted((left, right) => right - left));
      const none = await agent.call("events.read", { log: "No such log", ids: [1], max: 3 });
      expect(none).toEqual({ exists: false, now: expect.any(String), events: [] });
      const future = await agent.call("events.read", {
        log: "Application",
        ids: [],
        since: "2999-01-01T00:00:00Z",
        max: 3,
      });
      expect(future.events).toEqual([]);
    });

    it("directory.node gives the domain's own word, or says why there is none", async () => {
      const answer = await agent.ask("directory.node", { zone: "no-such-zone.test", name: "_vlmcs._tcp" });
      if (answer.ok) expect(answer.result).toEqual({ server: expect.any(String), zones: [], node: null });
      else expect(["notSupported", "hresult"]).toContain(answer.error.kind);
    });

    it("events.read gives the type of each event, only those that were asked for, and ends after `look` entries", async () => {
      const read = { log: "Application", ids: [], max: 200 };
      const all = await agent.call("events.read", read);
      const types = ["error", "warning", "information", "auditSuccess", "auditFailure"] as const;
      for (const { type } of all.events) expect(types).toContain(type);
      for (const type of types) {
        const some = await agent.call("events.read", { ...read, types: [type], look: 200 });
        expect(some.events.every((one) => one.type === type)).toBe(true);
      }
      const { events } = await agent.call("events.read", { ...read, types: [...types], look: 2 });
      expect(events.length).toBe(Math.min(2, all.events.length));
    });

    it("dns.read says that there is no DNS server, or that it has no such zone", async () => {
      const answer = await agent.ask("dns.read", { zone: "no-such-zone.invalid", name: "_vlmcs._tcp" });
      if (answer.ok) throw new Error("a zone that nobody has was read");
      const { kind, code } = answer.error;
      expect(kind === "notSupported" ? kind : `${kind} ${code}`).toMatch(/^notSupported$|^hresult 0x80072581$/);
    });

    it("/dti gives an installation id, or says that there is no product", async () => {
      const answer = await agent.ask("slmgr", { verb: "/dti" });
      if (answer.ok)
        expect(answer.result).toEqual({ installationId: expect.stringMatching(/^([0-9]{54}|[0-9]{63})$/) });
      else expect(answer.error.kind).toBe("noProduct");
    });
  });

  describe("the registry", () => {
    const values: RegistryValue[] = [
      { kind: "REG_SZ", data: "" },
      { kind: "REG_SZ", data: '金鑰 "x" \\ end' },
      { kind: "REG_EXPAND_SZ", data: "%SystemRoot%\\system32" },
      { kind: "REG_DWORD", data: 0 },
      { kind: "REG_DWORD", data: 4294967295 },
      { kind: "REG_QWORD", data: "18446744073709551615" },
      { kind: "REG_MULTI_SZ", data: [] },
      { kind: "REG_MULTI_SZ", data: ["contoso.com, 10, 20"] },
      { kind: "REG_MULTI_SZ", data: ["contoso.com", "fabrikam.com"] },
      { kind: "REG_BINARY", data: "" },
      { kind: "REG_BINARY", data: "AP8Q" },
    ];
    it.each(values)("keeps $kind $data as it was written", async (written) => {
      await agent.call("registry.write", { key: SCRATCH, name: "value", ...written });
      expect(await value("value")).toEqual(written);
    });

    it("says of a deletion whether there was anything", async () => {
      await agent.call("registry.write", { key: SCRATCH, name: "value", kind: "REG_SZ", data: "x" });
      expect(await agent.call("registry.delete", { key: SCRATCH, name: "value" })).toEqual({ existed: true });
      expect(await agent.call("registry.delete", { key: SCRATCH, name: "value" })).toEqual({ existed: false });
      expect(await value("value")).toBeNull();
    });
  });

  describe("refuses", () => {
    it.each(REFUSALS)("$title", async ({ op, args, kind }) => {
      const answer = await agent.ask(op, args);
      expect(answer).toMatchObject({
        ok: false,
        error: { kind: kind ?? "refused", message: expect.stringMatching(/./) },
      });
    });

    it.each(HOSTILE_LINES)("$title, and goes on", async ({ line }) => {
      expect(await agent.raw(line)).toMatchObject({ id: null, ok: false, error: { kind: "refused" } });
      expect(await agent.call("ping", {})).toEqual({});
    });

    it("bytes that are no UTF-8, and goes on", async () => {
      const answer = await agent.raw(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
      expect(answer).toMatchObject({ id: null, ok: false, error: { kind: "refused" } });
      expect(await agent.call("ping", {})).toEqual({});
    });

    it("a line of more than 1 MiB, takes one of just 1 MiB, and goes on", async () => {
      const request = (length: number) => {
        const head = '{"id":5,"op":"ping","args":{"a":"';
        return `${head}${"x".repeat(length - head.length - 3)}"}}`;
      };
      expect(await agent.raw(request(MAX_REQUEST_BYTES + 1))).toMatchObject({
        id: null,
        ok: false,
        error: { kind: "refused" },
      });
      expect(await agent.raw(request(MAX_REQUEST_BYTES))).toEqual({ id: 5, ok: true, result: {} });
    });
  });

  describe("a batch", () => {
    const reads: BatchArgs["reads"] = [{ op: "registry.read", args: { values: [{ key: SCRATCH, name: "value" }] } }];

    it("with nothing in it does nothing", async () => {
      expect(await agent.call("batch", { steps: [], reads: [] })).toEqual({
        steps: [],
        restart: { status: "notNeeded" },
        reads: [],
      });
    });

    it("does its steps in order, then reads", async () => {
      const result = await agent.call("batch", {
        mutex: { name: "conformance", waitMs: 1000 },
        steps: [writeStep("value", "1"), writeStep("value", "2")],
        reads,
      });
      expect(result).toEqual({
        steps: [
          { status: "done", result: {} },
          { status: "done", result: {} },
        ],
        restart: { status: "notNeeded" },
        reads: [{ ok: true, result: { values: [{ kind: "REG_SZ", data: "2" }] } }],
      });
    });

    it("stops at the first failure, and reads all the same", async () => {
      const result = await agent.call("batch", {
        steps: [writeStep("value", "3"), failing, writeStep("value", "4")],
        reads,
      });
      expect(result.steps.map((step) => step.status)).toEqual(["done", "failed", "notRun"]);
      expect(result.steps[1]).toMatchObject({ error: { kind: "noProduct" } });
      expect(result.reads).toEqual([{ ok: true, result: { values: [{ kind: "REG_SZ", data: "3" }] } }]);
    });

    it("treats a wrong argument of a step as that step's failure", async () => {
      const bad = { op: "registry.write", args: { key: SCRATCH, name: "value", kind: "REG_DWORD", data: -1 } };
      const answer = await agent.ask("batch", { steps: [writeStep("value", "5"), bad], reads: [] });
      expect(answer).toMatchObject({
        ok: true,
        result: { steps: [{ status: "done" }, { status: "failed", error: { kind: "refused" } }] },
      });
    });

    it("skips a step whose condition is about a product that is not there, and goes on", async () => {
      const when = { partialProductKey: "00000", property: "LicenseStatus", test: "eq" as const, value: 0 };
      const result = await agent.call("batch", {
        steps: [{ ...writeStep("value", "6"), when }, writeStep("value", "7")],
        reads,
      });
      expect(result.steps.map((step) => step.status)).toEqual(["skipped", "done"]);
      expect(result.reads).toEqual([{ ok: true, result: { values: [{ kind: "REG_SZ", data: "7" }] } }]);
    });

    it("fails a step whose condition cannot be looked at", async () => {
      const when = { partialProductKey: "", property: "NoSuchProperty", test: "eq" as const, value: 0 };
      const result = await agent.call("batch", { steps: [{ ...writeStep("value", "8"), when }], reads: [] });
      expect(result.steps).toMatchObject([{ status: "failed", error: { kind: "notSupported" } }]);
    });

    it("answers a read that fails as that read's failure", async () => {
      const answer = await agent.ask("batch", { steps: [], reads: [{ op: "registry.read", args: {} }, ...reads] });
      expect(answer).toMatchObject({
        ok: true,
        result: { reads: [{ ok: false, error: { kind: "refused" } }, { ok: true }] },
      });
    });

    it("leaves the marker when the restart fails, so that the next run sees that one is owed", async () => {
      const result = await agent.call("batch", {
        steps: [{ ...writeStep("value", "9"), restart: true } as BatchArgs["steps"][number]],
        restart: { service: "no-such-service-x", marker: MARKER, owed: false },
        reads: [],
      });
      expect(result.steps.map((step) => step.status)).toEqual(["done"]);
      expect(result.restart).toMatchObject({ status: "failed", error: { kind: "notSupported" } });
      expect(await value(MARKER.name)).toMatchObject({ kind: "REG_SZ" });
    });

    it("restarts nothing and sets no marker when the restart step was skipped", async () => {
      await agent.ask("registry.delete", MARKER);
      const when = { partialProductKey: "00000", property: "LicenseStatus", test: "eq" as const, value: 0 };
      const result = await agent.call("batch", {
        steps: [{ ...writeStep("value", "10"), when, restart: true } as BatchArgs["steps"][number]],
        restart: { service: "no-such-service-x", marker: MARKER, owed: false },
        reads: [],
      });
      expect(result.restart).toEqual({ status: "notNeeded" });
      expect(await value(MARKER.name)).toBeNull();
    });
  });
});

/** Only on the lab: the records of a real DNS server are nobody's to play with. */
describe.each(["ws2022", "ws2008r2"] as const)("a DNS server on the lab's %s", (os) => {
  let lab: Lab;
  let agent: AgentClient;
  const at = { zone: "contoso.com", name: "_vlmcs._tcp" };
  const srv = (target: string, over: Partial<DnsSrvData> = {}): DnsSrvData => ({
    ...{ priority: 0, weight: 0, port: 1688, target: `${target}.contoso.com` },
    ...over,
  });
  const add = (record: DnsSrvData, ttl = 3600) => ({ ...record, ttl });
  const records = async () => (await agent.call("dns.read", at)).records;
  const batch = async (args: DnsChangeArgs) =>
    (await agent.call("batch", { steps: [{ op: "dns.change", args }], reads: [{ op: "dns.read", args: at }] }))
      .steps[0];

  beforeEach(async () => {
    lab = await testLab({
      zones: [
        { name: "contoso.com", allowUpdate: ["hosts"], aging: true },
        { name: "flat.test", allowUpdate: [] },
      ],
      machines: [{ name: "dc01", os, address: "10.0.0.1", language: "zh-TW", dnsServer: true }],
    });
    agent = await agentOn(lab.machine("dc01"));
  });
  afterEach(async () => {
    agent.end();
    await agent.exit;
    await lab.stop();
  });

  it("reads the zone and, of a name that does not exist, nothing", async () => {
    const zone = { adIntegrated: true, aging: true, dynamicUpdate: "secure" };
    expect(await agent.call("dns.read", at)).toEqual({ zone, records: [], alias: null });
    expect(await agent.call("dns.read", { ...at, zone: "FLAT.test" })).toMatchObject({
      zone: { adIntegrated: false, aging: false, dynamicUpdate: "none" },
    });
  });

  it("reads records with their TTL, which of them are static, and an alias", async () => {
    lab.dns.change(["dnscmd /RecordAdd contoso.com _vlmcs._tcp /Aging 60 SRV 1 2 1688 old.contoso.com."]);
    lab.dns.change(["dnscmd /RecordAdd contoso.com other CNAME www.contoso.com."]);
    expect(await records()).toEqual([{ ...srv("old", { priority: 1, weight: 2 }), ttl: 60, static: false }]);
    expect(await agent.call("dns.read", { ...at, name: "other" })).toMatchObject({
      records: [],
      alias: "www.contoso.com",
    });
  });

  it("adds static records, each with its own TTL, and deletes exactly those that are named", async () => {
    await batch({ ...at, expected: [], deletes: [], add: add(srv("kms01")) });
    await batch({ ...at, expected: [srv("KMS01")], deletes: [], add: add(srv("kms02"), 60) });
    expect(await records()).toEqual([
      { ...srv("kms01"), ttl: 3600, static: true },
      { ...srv("kms02"), ttl: 60, static: true },
    ]);
    const expected = [srv("kms02"), srv("kms01")];
    const change = { ...at, expected, deletes: [srv("kms01")], add: add(srv("kms01", { weight: 5 })) };
    expect(await batch(change)).toEqual({ status: "done", result: {} });
    expect((await records()).map(({ target, weight }) => `${target} ${weight}`)).toEqual([
      "kms02.contoso.com 0",
      "kms01.contoso.com 5",
    ]);
  });

  it("does nothing where the set is not the expected one, or the name has an alias", async () => {
    await batch({ ...at, expected: [], deletes: [], add: add(srv("kms01")) });
    for (const expected of [[], [srv("kms01", { weight: 1 })], [srv("kms01"), srv("kms02")]]) {
      expect(await batch({ ...at, expected, deletes: [], add: add(srv("kms09")) })).toMatchObject({
        status: "failed",
        error: { kind: "expectation", actual: "0 0 1688 kms01.contoso.com" },
      });
    }
    lab.dns.change(["dnscmd /RecordAdd contoso.com other CNAME www.contoso.com."]);
    const alias = { ...at, name: "other", expected: [], deletes: [], add: add(srv("kms09")) };
    expect(await batch(alias)).toMatchObject({ status: "failed", error: { kind: "expectation" } });
    expect(await records()).toHaveLength(1);
  });

  it("gives a record another TTL, and takes its time stamp, though Windows refuses to add what is there", async () => {
    lab.dns.change(["dnscmd /RecordAdd contoso.com _vlmcs._tcp /Aging 60 SRV 0 0 1688 KMS01.contoso.com."]);
    const change = { ...at, expected: [srv("kms01")], add: add(srv("kms01"), 120) };
    expect(await batch({ ...change, deletes: [] })).toMatchObject({ error: { kind: "hresult", code: "0x800725EF" } });
    expect(await batch({ ...change, deletes: [srv("kms01")] })).toMatchObject({ status: "done" });
    expect(await records()).toEqual([{ ...srv("kms01"), ttl: 120, static: true }]);
  });

  it("answers by number what Windows refuses, whatever its language", async () => {
    const change = { ...at, expected: [], deletes: [], add: add(srv("kms01")) };
    const code = async (op: string, args: unknown) => {
      const answer = await agent.ask(op, args);
      return answer.ok ? "done" : `${answer.error.kind} ${answer.error.code}`;
    };
    expect(await code("dns.read", { ...at, zone: "fabrikam.com" })).toBe("hresult 0x80072581");
    await lab.dns.fault({ denyChanges: true });
    expect(await code("dns.change", change)).toBe("hresult 0x80070005");
    expect(await code("dns.read", at)).toBe("done");
    await lab.dns.fault({ denyChanges: false, down: true });
    expect(await code("dns.read", at)).toBe("hresult 0x80070426");
    await lab.dns.fault({ down: false });
    await lab.fault("dc01", { notElevated: true });
    expect(await code("dns.change", change)).toBe("hresult 0x80070005");
  });
});

describe("every kind of error that an agent answers", () => {
  it("comes from the lab too", async () => {
    const lab = await testLab({ machines: [{ name: "old", os: "ws2008r2", address: "10.0.0.1", initialKey: "none" }] });
    const agent = await agentOn(lab.machine("old"));
    const kind = async (op: string, args: unknown) => {
      const answer = await agent.ask(op, args);
      return answer.ok ? "ok" : answer.error.kind;
    };
    const product = { partialProductKey: "", property: "LicenseStatus", test: "eq", value: 1 };
    expect(await kind("slmgr", { verb: "/sprt", values: ["1700"] })).toBe("notKmsHost");
    expect(await kind("slmgr", { verb: "/dti" })).toBe("noProduct");
    expect(await kind("slmgr", { verb: "/skms-domain", values: ["contoso.com"] })).toBe("notSupported");
    expect(await kind("slmgr", { verb: "/ipk", values: ["BBBBB-BBBBB-BBBBB-BBBBB-BBBBB"] })).toBe("hresult");
    await lab.change("old", ["slmgr /ipk 489J6-VHDMP-X63PK-3K798-CPX3Y"]);
    expect(await kind("slmgr", { verb: "/ipk", values: ["YC6KT-GKW9T-YTKYR-T4X34-R7VHC"] })).toBe("ok");
    expect(await kind("expect", product)).toBe("expectation");
    expect(await kind("format", {})).toBe("refused");
    await lab.fault("old", { stopRefused: true, failOn: "net.listeners" });
    expect(await kind("service.restart", { name: "sppsvc" })).toBe("restartRefused");
    expect(await kind("net.listeners", {})).toBe("internal");
    agent.end();
    await agent.exit;
    await lab.stop();
  });
});
