import { describe, expect, it } from "vitest";
import { GVLK_DATE, GVLKS } from "../../../../provider/keys/index";
import { gvlk, parseProductKey, setupKeyDate, setupKeys } from "../../../../sdk/index";

describe("gvlk", () => {
  it("finds the key of a product by the name in Microsoft's table, whatever its case and spaces", () => {
    expect(gvlk("Windows Server 2022 Standard")).toBe("VDYBN-27WPP-V4HQT-9VMD4-VMK7H");
    expect(gvlk("  windows server 2022   STANDARD ")).toBe("VDYBN-27WPP-V4HQT-9VMD4-VMK7H");
    expect(gvlk("Office LTSC Standard 2024")).toMatch(/^(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}$/);
  });

  it("takes either name of a row that stands for two releases", () => {
    expect(gvlk("Windows 10 Pro")).toBe(gvlk("Windows 11 Pro"));
  });

  it("serves Vista and Server 2008, which the resources refuse", () => {
    expect(gvlk("Windows Vista Business")).toBe("YFKBB-PQJJV-G996G-VWGXY-2V3X8");
    expect(gvlk({ editionId: "ServerStandard", osVersion: "6.0.6002", productType: 3 })).toBe(
      gvlk("Windows Server 2008 Standard"),
    );
  });

  it("tells releases of one edition id apart by their build", () => {
    const ltsc = (osVersion: string) => gvlk({ editionId: "EnterpriseS", osVersion, productType: 1 });
    expect(ltsc("10.0.19044")).toBe("M7XTQ-FN8P6-TTKYV-9D4CC-J462D");
    expect(ltsc("10.0.14393")).toBe(gvlk("Windows 10 Enterprise LTSB 2016"));
    expect(ltsc("10.0.14393")).not.toBe(ltsc("10.0.19044"));
  });

  it("finds every product of the table by its own name", () => {
    for (const { product, key } of setupKeys()) expect(gvlk(product), product).toBe(key);
  });

  it("names what comes near when the edition is missing", () => {
    expect(() => gvlk("Windows Server 2022")).toThrow(/Names that come near: Windows Server 2022 Standard; /);
    expect(() => gvlk("")).toThrow(/"" is no product of the table of \d{4}-\d\d-\d\d/);
  });

  it("says of Server 2003 that it never was a KMS client", () => {
    expect(() => gvlk("Windows Server 2003 R2 Standard")).toThrow(/is no KMS client and has no setup key/);
  });

  it("gives the reason where Microsoft publishes no key", () => {
    expect(() => gvlk({ editionId: "Ultimate", osVersion: "6.1.7601", productType: 1 })).toThrow(
      /volume activation does not cover/,
    );
  });
});

it("gives the table with its date", () => {
  expect(setupKeys()).toHaveLength(GVLKS.length);
  expect(setupKeyDate()).toBe(GVLK_DATE);
});

it("reads a pasted key, and names the place of an em dash without the key", () => {
  expect(parseProductKey(" w269n-wfgwx-yvc9b-4j6c9-t83gx ")).toEqual({
    ok: true,
    key: "W269N-WFGWX-YVC9B-4J6C9-T83GX",
    partial: "T83GX",
  });
  const pasted = parseProductKey("BCDFG\u2014HJKMP-QRTVW-XY234-6789B");
  expect(pasted).toMatchObject({ ok: false, reason: expect.stringContaining("em dash (U+2014) at character 6") });
  expect(JSON.stringify(pasted)).not.toContain("BCDFG");
});
