import { describe, expect, it } from "vitest";
import type { WmiRow } from "../../../../provider/machine/protocol";
import { MAK_READS } from "../../../../provider/resources/makActivation/observe";
import { planMak } from "../../../../provider/resources/makActivation/plan";
import { hostProduct, product, typed } from "../shared/fakeMachine";
import { CLIENT, MAK, MOVED, makProduct, observed, PARTIAL, wanted } from "./samples";

const FRESH = { memory: undefined, sameKey: true };
const SPENT = { memory: { partialProductKey: PARTIAL, licensed: true }, sameKey: true };
const plan = (products: WmiRow[], input = wanted(), history: Parameters<typeof planMak>[2] = FRESH) =>
  planMak(observed(...products), input, history);

const ALL = [`/ipk ${MAK}`, "expect Description", "/ato"];

it("installs, looks at the channel, activates", () => {
  const { steps, spending } = plan([CLIENT]);
  expect(typed({ steps })).toEqual(ALL);
  expect(spending).toBe("attempt");
  expect(steps[1]).toMatchObject({ args: { partialProductKey: PARTIAL, test: "match", value: "MAK" } });
  expect(steps.some((step) => step.restart)).toBe(false);
});

it("guards the attempt by the status right before it", () => {
  const { steps } = plan([CLIENT]);
  expect(steps[2]?.when).toEqual({ partialProductKey: PARTIAL, property: "LicenseStatus", test: "ne", value: 1 });
});

it.each<[string, WmiRow[], string[]]>([
  ["no key at all", [], ALL],
  ["a host key", [hostProduct({ PartialProductKey: "AAAAA" })], ALL],
  ["the MAK, not Licensed", [makProduct({ LicenseStatus: 5 })], ["expect Description", "/ato"]],
  ["the MAK, Licensed", [makProduct()], []],
])("on a machine with %s", (_what, products, steps) => {
  expect(typed(plan(products))).toEqual(steps);
});

it("without activation only installs and looks at the channel", () => {
  const none = wanted({ activation: { method: "none" } });
  expect(typed(plan([CLIENT], none))).toEqual([`/ipk ${MAK}`, "expect Description"]);
  expect(typed(plan([makProduct({ LicenseStatus: 2 })], none))).toEqual([]);
});

it("names the product when another one is Windows' first", () => {
  const { steps } = plan([product({ LicenseStatus: 1 }), makProduct({ LicenseStatus: 2 })]);
  expect(steps.at(-1)).toMatchObject({ args: { verb: "/ato", activationId: makProduct()["ID"] } });
});

describe("a MAK that was Licensed under this state", () => {
  it("is put back and not activated again by itself", () => {
    expect(typed(plan([CLIENT], wanted(), SPENT))).toEqual([`/ipk ${MAK}`, "expect Description"]);
    expect(plan([MOVED], wanted(), SPENT)).toMatchObject({ steps: [], spending: "needsReactivate" });
  });

  it("is activated once more for each new value of reactivate", () => {
    const again = wanted({ reactivate: "b" });
    expect(typed(plan([MOVED], again, SPENT))).toEqual(["expect Description", "/ato"]);
    const used = { ...SPENT, memory: { ...SPENT.memory, reactivate: "b" } };
    expect(plan([MOVED], again, used)).toMatchObject({ steps: [], spending: "needsReactivate" });
  });

  it("is another matter for another declared key", () => {
    expect(typed(plan([CLIENT], wanted(), { ...SPENT, sameKey: false }))).toEqual(ALL);
  });
});

it("asks for no column that Windows 7 lacks and needs", () => {
  const [read] = MAK_READS;
  expect(read?.op === "licensing.read" && read.args.product).not.toContain("ProductKeyChannel");
  expect(read?.op === "licensing.read" && read.args.product).toContain("Description");
});
