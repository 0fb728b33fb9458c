import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { gvlk, mdtRules, mdtRulesOutput } from "../../../../sdk/index";
import { outputValue } from "../wire";

const MAK = "BCDFG-HJKMP-QRTVW-XY234-6789B";

it("writes one section with CRLF line ends", () => {
  expect(mdtRules({ overrideProductKey: MAK })).toBe(
    `[Default]\r\nSkipProductKey=YES\r\nOverrideProductKey=${MAK}\r\n`,
  );
  expect(mdtRules({ productKey: MAK, section: "Laptops", skipProductKey: false })).toBe(
    `[Laptops]\r\nSkipProductKey=NO\r\nProductKey=${MAK}\r\n`,
  );
});

it("writes no key where none is given", () => {
  expect(mdtRules({})).toBe("[Default]\r\nSkipProductKey=YES\r\n");
});

it("refuses both keys together, without repeating them", () => {
  expect(() => mdtRules({ productKey: MAK, overrideProductKey: MAK })).toThrow(
    /^(?!.*BCDFG).*cannot stand together with productKey/,
  );
});

it.each(["x]\r\n[Default", "a\nProductKey=1", "", " Laptops", "a=b", "[x", "a;b"])(
  "refuses the section %j",
  (section) => {
    expect(() => mdtRules({ section })).toThrow(/mdtRules: section: /);
  },
);

it("takes a MAC address as a section, as the toolkit does", () => {
  expect(mdtRules({ section: "00:15:5D:01:02:03" })).toContain("[00:15:5D:01:02:03]\r\n");
});

it("is secret as an Output when its key is", async () => {
  const output = mdtRulesOutput({ overrideProductKey: pulumi.output(MAK) });
  expect(await outputValue(output)).toBe(mdtRules({ overrideProductKey: MAK }));
  expect(await pulumi.isSecret(output)).toBe(true);
  expect(await pulumi.isSecret(mdtRulesOutput({ productKey: gvlk("Windows 7 Professional") }))).toBe(false);
});
