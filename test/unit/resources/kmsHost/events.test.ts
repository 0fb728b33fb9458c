import { describe, expect, it } from "vitest";
import type { MachineEvent, ReadOutcome } from "../../../../provider/machine/protocol";
import {
  clonedClients,
  lastPublication,
  parseEvents,
  withoutResult,
} from "../../../../provider/resources/kmsHost/events";

const NOW = "2026-11-23T10:00:00.500Z";
const log = (...events: MachineEvent[]): ReadOutcome => ({ ok: true, result: { exists: true, now: NOW, events } });
const event = (id: number, strings: string[], time = "2026-11-23T09:00:00Z"): MachineEvent => ({
  id,
  type: "information",
  time,
  strings,
});
const published = (...events: MachineEvent[]) => parseEvents(log(...events), undefined).publishing;
const clients = (...events: MachineEvent[]) => parseEvents(undefined, log(...events)).clients;

const CMID = "a1b2c3d4-0000-1111-2222-333344445555";
const FIELDS = [
  "0x0",
  "25",
  "PC01.contoso.com",
  CMID,
  "2026/11/23 09:00",
  "1",
  "2",
  "43200",
  "73111121-5638-40f6-bc11-f1d7b0d64300",
];

describe("publishing", () => {
  it("is read with and without a leading item, and by whatever name the domain goes", () => {
    expect(published(event(12294, ["Contoso.com"]))).toMatchObject([{ domain: "contoso.com", ok: true }]);
    expect(published(event(12293, ["0x8007232D", "contoso.com"]))).toMatchObject([
      { domain: "contoso.com", ok: false, code: "0x8007232D" },
    ]);
    expect(
      published(event(12293, ["0x8007232d,_vlmcs._tcp.contoso.com.", "0x8007232d", "_vlmcs._tcp.contoso.com."])),
    ).toMatchObject([{ domain: "contoso.com", ok: false, code: "0x8007232D" }]);
  });

  it("of the last time is the newest result of each domain, without domains of long ago", () => {
    const results = published(
      event(12294, ["old.example"], "2026-11-22T09:00:00Z"),
      event(12293, ["0x8007232D", "a.example"], "2026-11-23T09:00:00Z"),
      event(12294, ["a.example"], "2026-11-23T09:00:02Z"),
      event(12294, ["b.example"], "2026-11-23T09:00:01Z"),
    );
    expect(lastPublication(results).map(({ domain, ok }) => [domain, ok])).toEqual([
      ["a.example", true],
      ["b.example", true],
    ]);
    expect(lastPublication([])).toEqual([]);
  });

  it("counts as a result of a restart only when it is as new", () => {
    const results = published(event(12294, ["a.example"], "2026-11-23T10:00:00Z"), event(12294, ["b.example"]));
    expect(withoutResult(["a.example", "b.example", "c.example"], NOW, results)).toEqual(["b.example", "c.example"]);
  });
});

describe("a request in the log", () => {
  it.each<[string, string[]]>([
    ["as published", FIELDS],
    ["with one item more in front, as real records have", [FIELDS.join(","), ...FIELDS]],
    ["as one string", [FIELDS.join(",")]],
    ["with braces and blanks", FIELDS.map((field) => (field === CMID ? ` {${CMID.toUpperCase()}} ` : ` ${field}`))],
  ])("is understood %s", (_what, strings) => {
    expect(clients(event(12290, strings))).toEqual([
      { name: "PC01.contoso.com", cmid: CMID, time: "2026-11-23T09:00:00Z" },
    ]);
  });

  it("that was refused shows the code", () => {
    expect(clients(event(12290, ["0xC004F042", ...FIELDS.slice(1)]))[0]?.code).toBe("0xC004F042");
  });

  it("that makes no sense is left out", () => {
    for (const strings of [[], [""], ["nonsense"], [CMID], ["0x0", "25"]])
      expect(clients(event(12290, strings))).toEqual([]);
  });

  it("counts once for each client, newest first", () => {
    const other = FIELDS.map((field) => (field.startsWith("PC01") ? "PC02.contoso.com" : field));
    const seen = clients(event(12290, FIELDS, "2026-11-23T09:30:00Z"), event(12290, other), event(12290, FIELDS));
    expect(seen.map(({ name, time }) => [name, time])).toEqual([
      ["PC01.contoso.com", "2026-11-23T09:30:00Z"],
      ["PC02.contoso.com", "2026-11-23T09:00:00Z"],
    ]);
    expect(clonedClients(seen)).toEqual([{ cmid: CMID, names: ["pc01.contoso.com", "pc02.contoso.com"] }]);
    expect(clonedClients(seen.slice(0, 1))).toEqual([]);
  });
});

it("a log that cannot be read tells nothing and fails nothing", () => {
  const broken: ReadOutcome = { ok: false, error: { kind: "internal", message: "" } };
  const missing: ReadOutcome = { ok: true, result: { exists: false, now: NOW, events: [] } };
  for (const read of [undefined, broken, missing]) {
    expect(parseEvents(read, read)).toEqual({ now: undefined, publishing: [], clients: [] });
  }
});
