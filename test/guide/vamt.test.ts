import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { type Applied, GuideLab } from "./guideLab";

const RESPONSE = "http://www.microsoft.com/DRM/SL/BatchActivationResponse/1.0";
const escaped = (xml: string) => xml.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const envelope = (inner: string) =>
  '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>' +
  '<BatchActivateResponse xmlns="http://www.microsoft.com/BatchActivationService"><BatchActivateResult>' +
  `<ResponseXml>${escaped(inner)}</ResponseXml></BatchActivateResult></BatchActivateResponse></soap:Body></soap:Envelope>`;

let at: GuideLab;
let service: Server;
let endpoint: string;
/** What the service was asked, in its own words. */
let asked: string[];
beforeEach(async () => {
  at = await GuideLab.start({
    machines: [{ name: "srv01", os: "ws2022", address: "10.0.1.1", internet: false }],
    keys: { mak: { kind: "mak", os: "ws2022", activations: 5 } },
  });
  asked = [];
  service = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const [, inner = ""] = /<RequestXml>([^<]+)</.exec(body) ?? [];
      const text = Buffer.from(inner, "base64").toString("utf16le");
      asked.push(text);
      const answer = text.includes("<RequestType>1<")
        ? `<ResponseType>1</ResponseType><Responses><Response><CID>${at.lab.phone("srv01")}</CID></Response></Responses>`
        : "<ResponseType>2</ResponseType><Responses><Response><ActivationRemaining>42</ActivationRemaining></Response></Responses>";
      response.end(envelope(`<ActivationResponse xmlns="${RESPONSE}">${answer}</ActivationResponse>`));
    });
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(service.address() as AddressInfo).port}/BatchActivation.asmx`;
});
afterEach(async () => {
  await at.end();
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});
const mak = (props: Props, before?: Applied) =>
  at.on(makActivationHandler, "srv01", { productKey: at.key("mak"), ...props }, before);

describe("使用 VAMT 啟用 MAK 用戶端 (Activate MAK clients with VAMT)", () => {
  it("proxy activation: a machine without the internet is activated by what the program asks Microsoft in its place", async () => {
    const set = await mak({ activation: { method: "proxy", endpoint } });
    expect(set.outs["licenseStatus"]).toBe("Licensed");
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/<PID>\d{5}-.+<\/PID><IID>\d{63}<\/IID>/);
    expect(at.lab.ledger()).toHaveLength(1);
    expect(await at.drift(set)).toEqual([]);
    await mak({ activation: { method: "proxy", endpoint } }, set);
    expect(asked).toHaveLength(1);
  });

  it("shows how many activations are left, a count of the moment, and asks for it only when told to", async () => {
    const silent = await mak({ activation: { method: "none" } });
    expect(asked).toEqual([]);
    const set = await mak({ activation: { method: "none", endpoint }, remainingCount: true }, silent);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain("<RequestType>2<");
    expect(set.outs["remainingActivations"]).toBe(42);
    await at.read(set);
    expect(asked).toHaveLength(1);
    expect(at.lab.ledger()).toEqual([]);
  });
});
