import { describe, expect, it } from "vitest";
import { encode } from "../../../../provider/adapter/props";
import type { BatchRead, EventType, MachineEvent, ReadOutcome } from "../../../../provider/machine/protocol";
import type { Hello } from "../../../../provider/machine/session";
import { kmsHostHandler } from "../../../../provider/resources/kmsHost/handler";
import { diffHost } from "../../../../provider/resources/kmsHost/outputs";
import { parseReadiness, readinessReads } from "../../../../provider/resources/kmsHost/readiness";
import { done, FakeMachine, HELLO } from "../shared/fakeMachine";
import { create, ID } from "./operate";
import { hostReads, wantedHost } from "./samples";

const NOW = "2026-11-23T10:00:00Z";
const DAY = 24 * 60 * 60_000;
const before = (days: number) => new Date(Date.parse(NOW) - days * DAY).toISOString();
const SERVER_2025: Hello = { ...HELLO, osVersion: "10.0.26100", osCaption: "Microsoft Windows Server 2025 Datacenter" };

const event = (id: number, days = 1, type: EventType = "warning"): MachineEvent => ({
  id,
  type,
  time: before(days),
  strings: [],
});
const log = (...events: MachineEvent[]): ReadOutcome => ({ ok: true, result: { exists: true, now: NOW, events } });
const tpm = (count: number | null): ReadOutcome => ({
  ok: true,
  result: { values: [count === null ? null : { kind: "REG_DWORD", data: count }] },
});
const REFUSED: ReadOutcome = { ok: false, error: { kind: "hresult", code: "0x80070005", message: "" } };

const parsed = (warnings: ReadOutcome, devices: ReadOutcome = tpm(1)) =>
  parseReadiness((asked: BatchRead) => (asked.op === "events.read" ? warnings : devices));

describe("what is read", () => {
  it.each([
    ["Server 2025", "10.0.26100", 3, true],
    ["a domain controller", "10.0.26100", 2, true],
    ["a later server", "10.0.29000", 3, true],
    ["Server 2022", "10.0.20348", 3, false],
    ["Windows 11 of the same build", "10.0.26100", 1, false],
    ["Server 2008 R2", "6.1.7601", 3, false],
  ])("on %s", (_name, osVersion, productType, has) => {
    expect(readinessReads({ osVersion, productType }).length > 0).toBe(has);
  });

  it("is warnings only, and a bounded part of the log", () => {
    const [warnings] = readinessReads(SERVER_2025);
    expect(warnings).toMatchObject({ args: { log: "Key Management Service", types: ["warning"], look: 2000 } });
  });
});

describe("warnings of the log", () => {
  it("are told by id, each once, with the newest time", () => {
    expect(parsed(log(event(400, 1), event(401, 2), event(400, 3)))).toEqual({
      ids: [400, 401],
      newest: before(1),
      tpm: true,
    });
  });

  it("are nothing new when they are KMS's own, no warnings, or older than thirty days", () => {
    expect(parsed(log(event(12_290), event(12_293), event(12_288)))).toBeUndefined();
    expect(parsed(log(event(400, 1, "information"), event(401, 1, "error")))).toBeUndefined();
    expect(parsed(log(event(400, 31)))).toBeUndefined();
    expect(parsed(log(event(400, 29)))).toBeDefined();
    expect(parsed(log())).toBeUndefined();
  });

  it("that cannot be read tell nothing, and a TPM that cannot be looked for is not absent", () => {
    expect(parsed(REFUSED)).toBeUndefined();
    expect(parsed(log(event(400)), REFUSED)?.tpm).toBeUndefined();
    expect(parsed(log(event(400)), tpm(null))?.tpm).toBe(false);
    expect(parsed(log(event(400)), tpm(0))?.tpm).toBe(false);
  });
});

describe("a KMS host on Server 2025 with such warnings", () => {
  const machineOf = (warnings: ReadOutcome, devices: ReadOutcome) => {
    const machine = new FakeMachine(done([...hostReads({}), log(), log(), warnings, devices]));
    machine.hello = SERVER_2025;
    return machine;
  };

  it("says once what they are, that activation goes on, and how to check; it is no drift", async () => {
    const wanted = wantedHost();
    const warnings = log(event(401), event(400));
    const { outs } = await create(machineOf(warnings, tpm(null)), wanted);
    expect(outs["findings"]).toEqual([
      expect.stringMatching(
        /^for information: warnings in the log Key Management Service \(event 401, 400; newest 2026-11-22T10:00Z\).*activation goes on; Windows has no TPM in use here\. Check: Get-TpmSupportedFeature -FeatureList "Key Attestation"$/,
      ),
    ]);
    expect(diffHost(outs, wanted)).toEqual([]);
    const look = machineOf(warnings, tpm(null)).context("read");
    const seen = await kmsHostHandler.read(look, ID, outs);
    if (seen === "absent") throw new Error("the host is absent");
    const looked = encode(seen.outs);
    expect(looked["findings"]).toEqual(outs["findings"]);
    expect(diffHost(looked, wanted)).toEqual([]);
  });

  it("says nothing of a TPM that is there, nor of one that could not be looked for", async () => {
    for (const devices of [tpm(1), REFUSED]) {
      const { outs } = await create(machineOf(log(event(400)), devices));
      expect(String(outs["findings"])).toContain("event 400");
      expect(String(outs["findings"])).not.toContain("no TPM");
    }
  });

  it("says nothing without a warning", async () => {
    const { outs } = await create(machineOf(log(), tpm(null)));
    expect(outs["findings"]).toEqual([]);
  });

  it("that is activated by phone is read as any other: the readings are told apart by what was asked", async () => {
    const row = { ID: "2", PartialProductKey: "6789B", ProductKeyID: "pid", OfflineInstallationId: "1".repeat(63) };
    const offline: ReadOutcome = { ok: true, result: { service: {}, products: [row] } };
    const machine = new FakeMachine(done([...hostReads({}), log(), log(), offline, log(event(400)), tpm(1)]));
    machine.hello = SERVER_2025;
    const { outs } = await create(machine, wantedHost({ activation: { method: "phone" } }));
    expect(String(outs["findings"])).toContain("event 400");
  });
});

it("a KMS host on another Windows is not asked for it", async () => {
  const machine = new FakeMachine(done([...hostReads({}), log(), log()]));
  await create(machine);
  expect(machine.batches[0]?.reads.some(({ args }) => "types" in args)).toBe(false);
});
