import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_MAC_KEY } from "../../provider/activation/batchActivation/constants";
import type { Props } from "../../provider/adapter/props";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { confirmed, remaining, StandIn } from "../unit/activation/batchActivation/standIn";
import { type Applied, GuideLab } from "./guideLab";

let at: GuideLab;
let service: StandIn;
beforeEach(async () => {
  at = await GuideLab.start({
    machines: [{ name: "srv01", os: "ws2022", address: "10.0.1.1", internet: false }],
    keys: { mak: { kind: "mak", os: "ws2022", activations: 5 } },
  });
  service = await new StandIn(DEFAULT_MAC_KEY).start();
  service.otherwise = ({ type }) => (type === "1" ? confirmed(at.lab.phone("srv01")) : remaining(42));
});
afterEach(async () => {
  service.stop();
  expect(service.complaints).toEqual([]);
  await at.end();
});
const mak = (props: Props, before?: Applied) =>
  at.on(makActivationHandler, "srv01", { productKey: at.key("mak"), ...props }, before);

describe("使用 VAMT 啟用 MAK 用戶端 (Activate MAK clients with VAMT)", () => {
  it("proxy activation: a machine without the internet is activated by what the program asks Microsoft in its place", async () => {
    const set = await mak({ activation: { method: "proxy", endpoint: service.endpoint } });
    expect(set.outs["licenseStatus"]).toBe("Licensed");
    expect(service.asked).toHaveLength(1);
    expect(service.asked[0]?.productKeyId).toMatch(/^\d{5}-/);
    expect(service.asked[0]?.installationId).toMatch(/^\d{63}$/);
    expect(at.lab.ledger()).toHaveLength(1);
    expect(await at.drift(set)).toEqual([]);
    await mak({ activation: { method: "proxy", endpoint: service.endpoint } }, set);
    expect(service.asked).toHaveLength(1);
  });

  it("shows how many activations are left, a count of the moment, and asks for it only when told to", async () => {
    const silent = await mak({ activation: { method: "none" } });
    expect(service.asked).toEqual([]);
    const set = await mak({ activation: { method: "none", endpoint: service.endpoint }, remainingCount: true }, silent);
    expect(service.asked).toHaveLength(1);
    expect(service.asked[0]?.type).toBe("2");
    expect(set.outs["remainingActivations"]).toBe(42);
    await at.read(set);
    expect(service.asked).toHaveLength(1);
    expect(at.lab.ledger()).toEqual([]);
  });
});
