import * as pulumi from "@pulumi/pulumi";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { gvlk, type UnattendArgs, unattendXml, unattendXmlOutput } from "../../../../sdk/index";
import { outputValue } from "../wire";

const MAK = "BCDFG-HJKMP-QRTVW-XY234-6789B";
const GVLK = gvlk("Windows 7 Enterprise");

interface Component {
  name: string;
  processorArchitecture: string;
  [element: string]: unknown;
}

/** What a reader of XML finds: components by pass. */
function read(text: string) {
  expect(XMLValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseTagValue: false,
    isArray: (name) => name === "settings" || name === "component",
  });
  const { unattend } = parser.parse(text) as {
    unattend: { settings: { pass: string; component: Component[] }[]; "cpi:offlineImage"?: { "cpi:source": string } };
  };
  const components = new Map(unattend.settings.map(({ pass, component }) => [pass, component]));
  return {
    passes: [...components.keys()],
    names: (pass: string) => (components.get(pass) ?? []).map(({ name }) => name),
    find: (pass: string, name: string) => components.get(pass)?.find((component) => component.name === name),
    architectures: (pass: string) => (components.get(pass) ?? []).map((component) => component.processorArchitecture),
    offlineImage: unattend["cpi:offlineImage"]?.["cpi:source"],
  };
}

describe("unattendXml", () => {
  it("puts the key to activate with into specialize, and the one that chooses the image into windowsPE", () => {
    const file = read(unattendXml({ productKey: MAK, imageKey: GVLK }));
    expect(file.passes).toEqual(["windowsPE", "specialize"]);
    expect(file.find("specialize", "Microsoft-Windows-Shell-Setup")?.["ProductKey"]).toBe(MAK);
    expect(file.find("windowsPE", "Microsoft-Windows-Setup")?.["UserData"]).toEqual({
      ProductKey: { Key: GVLK, WillShowUI: "OnError" },
      AcceptEula: "true",
    });
  });

  it("leaves the element out where no key is given, since Setup fails on an empty one", () => {
    const text = unattendXml({ skipAutoActivation: true });
    expect(text).not.toContain("ProductKey");
    expect(read(text).names("specialize")).toEqual(["Microsoft-Windows-Security-SPP-UX"]);
  });

  it("writes both values of each switch, and nothing where it is not given", () => {
    const both = (on: boolean) => read(unattendXml({ skipAutoActivation: on, skipRearm: on }));
    const UX = "Microsoft-Windows-Security-SPP-UX";
    expect(both(true).find("specialize", UX)?.["SkipAutoActivation"]).toBe("true");
    expect(both(false).find("specialize", UX)?.["SkipAutoActivation"]).toBe("false");
    expect(both(true).find("generalize", "Microsoft-Windows-Security-SPP")?.["SkipRearm"]).toBe("1");
    expect(both(false).find("generalize", "Microsoft-Windows-Security-SPP")?.["SkipRearm"]).toBe("0");
    expect(unattendXml({})).not.toContain("Skip");
  });

  it.each([
    ["Windows Vista", "Microsoft-Windows-Security-Licensing-SLC"],
    ["Windows Server 2008", "Microsoft-Windows-Security-Licensing-SLC"],
    ["Windows 7", "Microsoft-Windows-Security-SPP"],
    ["windows server 2008 r2", "Microsoft-Windows-Security-SPP"],
    ["Windows Server 2025", "Microsoft-Windows-Security-SPP"],
  ])("names the components of %s", (windows, name) => {
    const file = read(unattendXml({ windows, skipRearm: true, skipAutoActivation: true }));
    expect(file.names("generalize")).toEqual([name]);
    expect(file.names("specialize")).toEqual([`${name}-UX`]);
  });

  it("says every component once for each architecture", () => {
    const file = read(unattendXml({ productKey: MAK, architectures: ["x86", "amd64", "arm64"] }));
    expect(file.architectures("windowsPE")).toEqual(["x86", "amd64", "arm64"]);
    expect(file.architectures("specialize")).toEqual(["x86", "amd64", "arm64"]);
  });

  it.each(["a&b", "x\"y'z", "<settings>", "]]>", "%PATH% & del", "映像.wim#企業版", "[]*", "x".repeat(255)])(
    "carries %j through unharmed",
    (offlineImage) => {
      expect(read(unattendXml({ offlineImage })).offlineImage).toBe(offlineImage);
    },
  );

  it.each(["a\nb", "a\0b", "\u001b[31m", "\ud800", "\uffff"])(
    "refuses %j, which XML or one line cannot hold",
    (text) => {
      expect(() => unattendXml({ offlineImage: text })).toThrow(/unattendXml: offlineImage: .*one line of plain text/);
    },
  );

  it.each<[string, UnattendArgs, RegExp]>([
    ["a key with an em dash", { productKey: "BCDFG\u2014HJKMP-QRTVW-XY234-6789B" }, /productKey: .*em dash/],
    ["markup in the place of a key", { productKey: "</ProductKey>" }, /productKey: /],
    ["an unknown release", { windows: "Windows 95" }, /"Windows 95" is no release that is known/],
    ["Server 2003", { windows: "Windows Server 2003" }, /does not read such answer files/],
    ["no architecture", { architectures: [] }, /architectures: is empty/],
    ["an architecture twice", { architectures: ["x86", "x86"] }, /names one twice/],
    ["a question without its key", { willShowUI: "Never" }, /willShowUI: /],
    ["nothing at all", { acceptEula: false }, /nothing is said/],
  ])("refuses %s", (_, args, message) => {
    expect(() => unattendXml(args)).toThrow(message);
  });

  it("does not repeat a wrong key in its error", () => {
    expect(() => unattendXml({ productKey: `${MAK}X` })).toThrow(/^(?!.*BCDFG)unattendXml: productKey: /);
  });
});

describe("unattendXmlOutput", () => {
  it("is the same text", async () => {
    const args = { productKey: MAK, architectures: ["x86"] as const };
    const output = unattendXmlOutput({ ...args, productKey: pulumi.output(MAK) });
    expect(await outputValue(output)).toBe(unattendXml(args));
  });

  it("is secret when the key is, and when a key that nobody published was given in plain", async () => {
    const secret = (args: Parameters<typeof unattendXmlOutput>[0]) => pulumi.isSecret(unattendXmlOutput(args));
    expect(await secret({ productKey: pulumi.secret(GVLK) })).toBe(true);
    expect(await secret({ productKey: MAK })).toBe(true);
    expect(await secret({ imageKey: pulumi.output(MAK) })).toBe(true);
    expect(await secret({ productKey: GVLK, imageKey: GVLK })).toBe(false);
    expect(await secret({ skipRearm: true })).toBe(false);
  });
});
