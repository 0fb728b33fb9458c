import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { mdtRules, unattendXml } from "../../sdk/index";

const MAK = "BCDFG-HJKMP-QRTVW-XY234-6789B";

/** Attributes that every component of the guide's sample has, besides name and architecture. */
const COMMON = {
  "@publicKeyToken": "31bf3856ad364e35",
  "@language": "neutral",
  "@versionScope": "nonSxS",
  "@xmlns:wcm": "http://schemas.microsoft.com/WMIConfig/2002/State",
  "@xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
};

const parse = (text: string): unknown =>
  new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@", parseTagValue: false }).parse(text);

describe("附錄 B：自動安裝檔案範例 (Appendix B: sample answer file)", () => {
  const sample = (architecture: string, last: object) => ({
    "?xml": { "@version": "1.0", "@encoding": "utf-8" },
    unattend: {
      "@xmlns": "urn:schemas-microsoft-com:unattend",
      settings: [
        {
          "@pass": "windowsPE",
          component: {
            "@name": "Microsoft-Windows-Setup",
            "@processorArchitecture": architecture,
            ...COMMON,
            UserData: { AcceptEula: "true" },
          },
        },
        {
          "@pass": "specialize",
          component: {
            "@name": "Microsoft-Windows-Shell-Setup",
            "@processorArchitecture": architecture,
            ...COMMON,
            ProductKey: MAK,
          },
        },
      ],
      ...last,
    },
  });
  const image = { "cpi:offlineImage": { "@cpi:source": "", "@xmlns:cpi": "urn:schemas-microsoft-com:cpi" } };

  it("is the same document, element by element and attribute by attribute, for x86", () => {
    const text = unattendXml({ architectures: ["x86"], windows: "Windows 7", productKey: MAK, offlineImage: "" });
    expect(parse(text)).toEqual(sample("x86", image));
  });

  it("is the same for amd64 and without an image, as it is used today", () => {
    expect(parse(unattendXml({ productKey: MAK }))).toEqual(sample("amd64", {}));
  });
});

describe("在安裝作業系統期間安裝 MAK (Install a MAK during installation)", () => {
  it("puts the MAK into the pass that activates, and never where only the image is chosen", () => {
    const text = unattendXml({ productKey: MAK });
    expect(text.indexOf(MAK)).toBeGreaterThan(text.indexOf('pass="specialize"'));
    expect(text.indexOf(MAK)).toBe(text.lastIndexOf(MAK));
  });
});

describe("整合 MAK 與 Deployment Workbench (MAK with the Deployment Workbench)", () => {
  it("prepares the image for KMS, and gives the MAK in the rules: OverrideProductKey, and no ProductKey", () => {
    const lines = mdtRules({ overrideProductKey: MAK }).split("\r\n");
    expect(lines).toContain(`OverrideProductKey=${MAK}`);
    expect(lines.filter((line) => line.startsWith("ProductKey="))).toEqual([]);
  });

  it("asks for nothing where KMS activates", () => {
    expect(mdtRules({})).not.toMatch(/^(?:Override)?ProductKey=/m);
  });
});
