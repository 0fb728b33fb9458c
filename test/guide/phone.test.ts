import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { type Applied, GuideLab } from "./guideLab";

let at: GuideLab;
beforeEach(async () => {
  at = await GuideLab.start({
    machines: [{ name: "srv01", os: "ws2022", address: "10.0.1.1", internet: false }],
    keys: { mak: { kind: "mak", os: "ws2022", activations: 5 } },
  });
});
afterEach(() => at.end());
const byPhone = (more: Props = {}, before?: Applied) =>
  at.on(makActivationHandler, "srv01", { productKey: at.key("mak"), activation: { method: "phone", ...more } }, before);

describe("使用電話啟用 MAK 用戶端 (Activate a MAK client by phone)", () => {
  it("shows the installation id first (/dti), and activates with the confirmation id that Microsoft gives for it (/atp)", async () => {
    const first = await byPhone();
    expect(String(first.outs["installationId"])).toMatch(/^(\d[\s-]?){63}$/);
    expect(first.outs["licenseStatus"]).not.toBe("Licensed");
    expect(at.lab.ledger()).toEqual([]);
    const second = await byPhone({ confirmationId: at.lab.phone("srv01") }, first);
    expect(second.outs["licenseStatus"]).toBe("Licensed");
    expect(at.lab.ledger()).toMatchObject([{ machine: "srv01", kind: "mak", method: "phone" }]);
    expect(await at.drift(second)).toEqual([]);
  });

  it("refuses a confirmation id of another length, and says what Windows says of one with a wrong digit", async () => {
    const first = await byPhone();
    const right = at.lab.phone("srv01");
    const { failures } = makActivationHandler.check({
      resourceName: "srv01",
      connection: at.connection("srv01"),
      productKey: at.key("mak"),
      activation: { method: "phone", confirmationId: right.slice(1) },
    });
    expect(failures.map(({ property, reason }) => `${property}: ${reason}`).join()).toMatch(
      /confirmationId: .*47 digits/,
    );
    const wrong = `${right.startsWith("1") ? "2" : "1"}${right.slice(1)}`;
    await expect(byPhone({ confirmationId: wrong }, first)).rejects.toThrow("0xC004F04D");
    expect(at.lab.state("srv01").products[0]?.licenseStatusName).not.toBe("Licensed");
  });

  it("does not deposit a confirmation id for an installation id that has changed, and shows the new one", async () => {
    const first = await byPhone();
    const confirmationId = at.lab.phone("srv01");
    await at.type("srv01", "hardware");
    await expect(byPhone({ confirmationId }, first)).rejects.toThrow(/installation id has changed/);
    expect(at.lab.state("srv01").products[0]?.licenseStatusName).not.toBe("Licensed");
  });
});
