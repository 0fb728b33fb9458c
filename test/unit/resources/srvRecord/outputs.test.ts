import { describe, expect, it } from "vitest";
import { encode, type Props, UNKNOWN } from "../../../../provider/adapter/props";
import type { SrvSet } from "../../../../provider/dns";
import {
  declaredInputs,
  diffSrv,
  srvInputsOf,
  srvOutputs,
  unseenOutputs,
} from "../../../../provider/resources/srvRecord/outputs";
import { seen, setOf, wanted, wantedBag } from "./samples";

const MINE = seen("0 0 1688 kms01.contoso.com");
const OTHER = seen("0 0 1688 kms02.contoso.com");
const SERVER = "ns1.contoso.com:53";

const outs = (set: SrvSet = setOf(MINE), over: Props = {}) => encode(srvOutputs(set, wanted(over), SERVER, "claim"));
/** What would change, as the record is and as it is declared then (by default as it was). */
const changed = (set: SrvSet, before: Props = {}, now: Props = before) =>
  diffSrv(outs(set, before), wantedBag(now)).changed;

describe("drift", () => {
  it("is none when the record is as declared, whatever TTL an undeclared one has", () => {
    expect(changed(setOf(MINE))).toEqual([]);
    expect(changed(setOf({ ...MINE, ttl: 5 }, OTHER))).toEqual([]);
    expect(changed(setOf(MINE), { ttl: 3600, server: "ns1.contoso.com", onStranger: "fail", neighbours: [] })).toEqual(
      [],
    );
  });

  it.each<[string, SrvSet, Props, string[]]>([
    ["a weight", setOf(seen("0 9 1688 kms01.contoso.com")), {}, ["weight"]],
    ["a port and a priority", setOf(seen("1 0 1 kms01.contoso.com")), {}, ["port", "priority"]],
    ["a declared TTL", setOf(MINE), { ttl: 60 }, ["ttl"]],
    ["a second record of the target", setOf(MINE, seen("0 0 9 kms01.contoso.com")), {}, ["port"]],
    ["a record that should be gone", setOf(MINE), { ensure: "absent" }, ["ensure"]],
    ["a record that is gone", setOf(), {}, ["ensure"]],
    ["a stranger where none may be", setOf(MINE, OTHER), { onStranger: "fail" }, ["strangers"]],
  ])("is shown: %s", (_what, set, over, expected) => {
    expect(changed(set, over)).toEqual(expected);
  });

  it("is no stranger that is a neighbour, and none that is only to be told", () => {
    expect(changed(setOf(MINE, OTHER), { onStranger: "fail", neighbours: ["KMS02.contoso.com"] })).toEqual([]);
    expect(changed(setOf(MINE, OTHER))).toEqual([]);
  });

  it("is owed where a change was sent and nothing could be read afterwards", () => {
    const unseen = encode(unseenOutputs(wanted(), SERVER, "claim"));
    expect(diffSrv(unseen, wantedBag()).changed).toEqual(["lookedAt"]);
  });
});

describe("a change of the declaration", () => {
  it.each([
    ["zone", { zone: "fabrikam.com" }],
    ["name", { name: "_vlmcs._tcp.site" }],
    ["target", { target: "kms09.contoso.com" }],
  ])("of %s is another record", (property, over) => {
    expect(diffSrv(outs(), wantedBag(over)).replaces).toEqual([property]);
  });

  it("of letters is none", () => {
    expect(diffSrv(outs(), wantedBag({ zone: "CONTOSO.com.", target: "KMS01.contoso.com" })).changed).toEqual([]);
  });

  it.each<[string, Props]>([
    ["port", { port: 1 }],
    ["ttl", { ttl: 3600 }],
    ["server", { server: "ns2" }],
    ["auth", { auth: { method: "none" } }],
    ["adopt", { adopt: "never" }],
    ["neighbours", { neighbours: ["kms02.contoso.com"] }],
    ["onStranger", { onStranger: "fail" }],
    ["ensure", { ensure: "absent" }],
  ])("of %s is in place, there and back", (property, over) => {
    expect(diffSrv(outs(), wantedBag(over))).toEqual({ changed: [property], replaces: [] });
    expect(
      changed(over["ensure"] ? setOf() : setOf({ ...MINE, port: Number(over["port"] ?? 1688) }), over, {}),
    ).toEqual([property]);
  });

  it("to what is not known yet is a change, and another record where it is the identity", () => {
    expect(diffSrv(outs(), { ...wantedBag(), port: UNKNOWN }).changed).toEqual(["port"]);
    expect(diffSrv(outs(), { ...wantedBag(), target: UNKNOWN }).replaces).toEqual(["target"]);
  });
});

describe("outputs", () => {
  it("show what was seen under the inputs' names, and keep what was declared", () => {
    const seenOuts = outs(setOf({ ...MINE, weight: 9, ttl: 60 }), { ttl: 3600, server: "ns1.contoso.com" });
    expect(seenOuts).toMatchObject({ weight: 9, ttl: 60, server: SERVER, fqdn: "_vlmcs._tcp.contoso.com" });
    expect(srvInputsOf(seenOuts)).toMatchObject({ weight: 9, ttl: 60, server: "ns1.contoso.com" });
    expect(declaredInputs(seenOuts)).toMatchObject({ weight: 0, ttl: 3600, server: "ns1.contoso.com" });
  });

  it("give back as inputs what was declared, and nothing that was not", () => {
    const inputs = wantedBag({ adopt: "always", auth: { method: "none" } });
    expect(srvInputsOf(outs(setOf(MINE, OTHER), { adopt: "always", auth: { method: "none" } }))).toEqual(inputs);
    const strict = wantedBag({ onStranger: "fail" });
    expect(srvInputsOf(outs(setOf(MINE), { onStranger: "fail" }))).toEqual(strict);
  });

  it("list ten others at most, and say how many more there are", () => {
    const many = Array.from({ length: 25 }, (_, index) => seen(`0 0 1688 host${10 + index}.contoso.com`));
    const { neighboursSeen, strangers, findings } = srvOutputs(setOf(MINE, ...many), wanted(), SERVER, "claim");
    expect(neighboursSeen).toHaveLength(10);
    expect(neighboursSeen.at(-1)).toBe("and 16 more");
    expect(strangers).toEqual(neighboursSeen);
    expect(findings).toEqual([expect.stringMatching(/^25 SRV records that nobody declared are in the set: 0 0 1688 /)]);
  });

  it.each([
    ["of a zone that ages", true, true, 1],
    ["of a zone that does not age", true, false, 0],
    ["that is static, of a zone that ages", false, true, 0],
  ])("find a dynamic record %s", (_which, dynamic, aging, many) => {
    const set = { records: [{ ...MINE, dynamic }], windows: { aging } };
    const { findings } = srvOutputs(set, wanted(), "DC01", "claim");
    expect(findings).toEqual(
      Array(many).fill(
        expect.stringMatching(/^the record is dynamic in a zone whose records age: Windows may remove it/),
      ),
    );
    expect(changed(set)).toEqual([]);
  });

  it("find a set with more than one TTL", () => {
    const { findings } = srvOutputs(
      setOf(MINE, { ...OTHER, ttl: 60 }),
      wanted({ neighbours: ["kms02.contoso.com"] }),
      SERVER,
      "claim",
    );
    expect(findings).toEqual([expect.stringContaining("different TTLs (60, 3600)")]);
  });
});
