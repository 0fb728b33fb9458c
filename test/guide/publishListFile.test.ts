import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kmsHostHandler } from "../../provider/resources/kmsHost/handler";
import { publishListReg, readPublishListReg } from "../../sdk/index";
import { GuideLab, HOST } from "./guideLab";

describe("發佈到多個 DNS 網域 (Publish to several DNS domains): export and import", () => {
  const LIST = [
    { domain: "contoso.com", priority: 0, weight: 0 },
    { domain: "fabrikam.com", priority: 10, weight: 5 },
  ];
  let at: GuideLab;
  beforeAll(async () => {
    at = await GuideLab.start({ machines: [HOST] });
    await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), publishDomains: LIST });
  });
  afterAll(() => at.end());

  it("the file for other hosts holds, byte for byte, the value that a host of this program has", async () => {
    const value = await at.value("kms01", "DnsDomainPublishList");
    const bytes = Buffer.from(`${(value as string[]).map((line) => `${line}\0`).join("")}\0`, "utf16le");
    const inFile = /hex\(7\):([0-9a-f,]*)/.exec(publishListReg(LIST).replace(/\\\r\n\s*/g, ""))?.[1];
    expect(inFile).toBe([...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(","));
  });

  it("a list that was exported elsewhere is taken over, and a host that has it is not touched", async () => {
    const publishDomains = readPublishListReg(publishListReg(LIST));
    at.commands();
    await at.on(kmsHostHandler, "kms01", { productKey: at.key("kms01"), publishDomains });
    expect(at.commands()).toEqual([]);
  });

  it("the Vista place of the value (…\\CurrentVersion\\SL) is written for Vista and Server 2008 hosts only", () => {
    expect(publishListReg([{ domain: "contoso.com" }], { service: "SL" })).toMatch(/CurrentVersion\\SL\]/);
    expect(publishListReg(LIST)).not.toMatch(/CurrentVersion\\SL\]/);
  });
});
