import { describe, expect, it } from "vitest";
import { encodeChange } from "../../../../provider/dns";
import { parseMessage } from "../../../../provider/dns/wire/message";
import { encodeUpdate } from "../../../../provider/dns/wire/update";
import { changeOf, isEmpty, planSrv, planText, type Stance } from "../../../../provider/resources/srvRecord/plan";
import type { SrvRecordInputs } from "../../../../provider/resources/srvRecord/schema";
import type { SeenRecord, SeenSet } from "../../../../provider/resources/srvRecord/turn";
import { seen, setOf, wanted } from "./samples";

const MINE = seen("0 0 1688 kms01.contoso.com");
const OTHER = seen("0 0 1688 kms02.contoso.com");
const NAME = "_vlmcs._tcp.contoso.com.";

function planned(set: SeenSet, inputs: SrvRecordInputs, stance: Stance = "own") {
  const result = planSrv(set, inputs, stance);
  if (!result.ok) throw new Error(`refused: ${result.refusal}`);
  return result.plan;
}
const lines = (set: SeenSet, inputs: SrvRecordInputs, stance?: Stance) =>
  planText(planned(set, inputs, stance), inputs);

describe("a record that is to be there", () => {
  it("is added with an hour's TTL to a set that is new", () => {
    expect(lines(setOf(), wanted(), "create")).toEqual([`update add ${NAME} 3600 SRV 0 0 1688 kms01.contoso.com.`]);
  });

  it("takes the TTL of the set that it joins", () => {
    expect(lines(setOf({ ...OTHER, ttl: 120 }), wanted())).toEqual([
      `update add ${NAME} 120 SRV 0 0 1688 kms01.contoso.com.`,
    ]);
  });

  it("that is right already needs nothing, whatever its TTL", () => {
    expect(isEmpty(planned(setOf({ ...MINE, ttl: 5 }, OTHER), wanted()))).toBe(true);
    expect(isEmpty(planned(setOf(seen("0 0 1688 KMS01.Contoso.COM")), wanted()))).toBe(true);
  });

  it.each([
    ["port", { port: 1689 }, "0 0 1689"],
    ["priority", { priority: 3 }, "3 0 1688"],
    ["weight", { weight: 7 }, "0 7 1688"],
  ])("with another %s is swapped, keeping its TTL", (_what, over, data) => {
    expect(lines(setOf({ ...MINE, ttl: 77 }, OTHER), wanted(over))).toEqual([
      `update delete ${NAME} SRV 0 0 1688 kms01.contoso.com.`,
      `update add ${NAME} 77 SRV ${data} kms01.contoso.com.`,
    ]);
  });

  it("has its TTL changed by deleting and adding", () => {
    const plan = planned(setOf(MINE, OTHER), wanted({ ttl: 60 }));
    expect(planText(plan, wanted())).toEqual([
      `update delete ${NAME} SRV 0 0 1688 kms01.contoso.com.`,
      `update add ${NAME} 60 SRV 0 0 1688 kms01.contoso.com.`,
    ]);
  });

  it("stands once: others for the same target go", () => {
    const twice = setOf(MINE, seen("0 9 1688 kms01.contoso.com"), OTHER);
    expect(lines(twice, wanted())).toEqual([`update delete ${NAME} SRV 0 9 1688 kms01.contoso.com.`]);
  });

  it("cannot stand beside a CNAME", () => {
    expect(planSrv({ records: [], alias: "x.contoso.com" }, wanted(), "own")).toMatchObject({ refusal: "alias" });
  });
});

describe("a record that is there before we made one", () => {
  const heavier = seen("0 9 1688 kms01.contoso.com");
  const refusal = (set: SeenSet, adopt?: string) => {
    const result = planSrv(set, wanted(adopt ? { adopt } : {}), "create");
    return result.ok ? "none" : result.refusal;
  };

  it("is taken over when it is identical, also when its TTL is changed", () => {
    expect(planned(setOf(MINE), wanted(), "create")).toMatchObject({ takesOver: MINE, deletes: [], add: undefined });
    expect(planned(setOf(MINE), wanted({ ttl: 60 }), "create")).toMatchObject({ takesOver: MINE, add: { ttl: 60 } });
    expect(planned(setOf(MINE), wanted(), "own").takesOver).toBeUndefined();
  });

  it.each([
    ["identical data", setOf(MINE), "none", "none", "exists"],
    ["other data", setOf(heavier), "otherData", "none", "exists"],
    ["the same and other data", setOf(MINE, heavier), "otherData", "none", "exists"],
    ["another target", setOf(OTHER), "none", "none", "none"],
  ])("with %s is met by the rule of adopt", (_what, set, identical, always, never) => {
    expect([refusal(set), refusal(set, "always"), refusal(set, "never")]).toEqual([identical, always, never]);
  });
});

describe("on a Windows DNS server", () => {
  const on = (...records: SeenRecord[]): SeenSet => ({ records, windows: { aging: true } });
  const dynamic: SeenRecord = { ...MINE, dynamic: true };

  it("a dynamic record that is taken over becomes static, with the TTL that it has", () => {
    const plan = planned(on({ ...dynamic, ttl: 77 }, OTHER), wanted(), "create");
    expect(plan).toMatchObject({
      deletes: [{ dynamic: true }],
      add: { weight: 0, ttl: 77 },
      takesOver: { dynamic: true },
    });
  });

  it("our own that became dynamic is left alone, until there is another change", () => {
    expect(isEmpty(planned(on(dynamic), wanted()))).toBe(true);
    expect(planned(on(dynamic), wanted({ weight: 5 }))).toMatchObject({ deletes: [dynamic], add: { weight: 5 } });
  });

  it("a static one that is there already needs nothing", () => {
    expect(isEmpty(planned(on({ ...MINE, dynamic: false }), wanted(), "create"))).toBe(true);
  });
});

describe("a record that is to be gone", () => {
  it("goes whatever its data, and others stay", () => {
    const set = setOf(MINE, seen("1 2 3 KMS01.contoso.com"), OTHER);
    expect(lines(set, wanted({ ensure: "absent", adopt: "never" }), "create")).toEqual([
      `update delete ${NAME} SRV 0 0 1688 kms01.contoso.com.`,
      `update delete ${NAME} SRV 1 2 3 KMS01.contoso.com.`,
    ]);
    expect(isEmpty(planned(setOf(OTHER), wanted({ ensure: "absent" })))).toBe(true);
    expect(isEmpty(planned({ records: [], alias: "x.y" }, wanted({ ensure: "absent" })))).toBe(true);
  });
});

describe("the UPDATE", () => {
  const message = (set: SeenSet, inputs: SrvRecordInputs) =>
    parseMessage(encodeUpdate(1, encodeChange(changeOf(set, planned(set, inputs), inputs))));

  it("is done only if the set is what was read, and repeats what is deleted octet for octet", () => {
    const odd = seen("0 0 1688 KMS01.contoso.com");
    const { answers, authority } = message(setOf(odd, OTHER), wanted({ weight: 5 }));
    expect(answers.map(({ class: klass, rdata }) => [klass, rdata])).toEqual([
      [1, odd.rdata],
      [1, OTHER.rdata],
    ]);
    expect(authority.map(({ class: klass, rdata }) => [klass, rdata])).toEqual([
      [254, odd.rdata],
      [1, seen("0 5 1688 kms01.contoso.com").rdata],
    ]);
  });

  it("of a new set is done only if there still is none", () => {
    const { answers } = message(setOf(), wanted());
    expect(answers).toMatchObject([{ class: 254, type: 33, rdata: Buffer.alloc(0) }]);
  });

  it("never names a neighbour in what it changes", () => {
    const { authority } = message(setOf(MINE, OTHER), wanted({ port: 1700, ttl: 60 }));
    expect(authority.some(({ rdata }) => rdata.equals(OTHER.rdata))).toBe(false);
  });
});
