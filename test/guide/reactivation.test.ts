import { afterEach, describe, expect, it } from "vitest";
import { kmsClientConfigHandler } from "../../provider/resources/kmsClientConfig/handler";
import { kmsHostHandler } from "../../provider/resources/kmsHost/handler";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { clients, DAYS, GuideLab, HOST } from "./guideLab";

let at: GuideLab;
afterEach(() => at.end());

async function withHost(): Promise<void> {
  at = await GuideLab.start({
    zones: [{ name: "contoso.com", allowUpdate: ["hosts"] }],
    machines: [{ ...HOST, initialKey: "csvlk", activated: true }, ...clients(6)],
    keys: { mak: { kind: "mak", os: "ws2022", activations: 5 } },
  });
  for (let index = 1; index <= 5; index++) await at.type(`c${index}`, "slmgr /ato");
}
const minutesLeft = (name: string) => at.lab.state(name).products[0]?.graceMinutesRemaining ?? 0;
const status = (name: string) => at.lab.state(name).products[0]?.licenseStatusName;
const DAY_MINUTES = 24 * 60;

describe("重新啟用電腦 (Reactivating computers)", () => {
  it("180 days: an activation is valid that long, and each renewal after 7 days begins them again", async () => {
    await withHost();
    const client = await at.on(kmsClientConfigHandler, "c6");
    expect(minutesLeft("c6")).toBe(180 * DAY_MINUTES);
    at.lab.advance(6 * DAYS);
    expect(minutesLeft("c6")).toBe(174 * DAY_MINUTES);
    at.lab.advance(1 * DAYS);
    expect(minutesLeft("c6")).toBe(180 * DAY_MINUTES);
    at.lab.advance(360 * DAYS);
    expect(status("c6")).toBe("Licensed");
    expect(await at.drift(client)).toEqual([]);
  });

  it("180 days without a host: the client is no longer Licensed, which is drift; when the host is back, up repairs it", async () => {
    await withHost();
    const client = await at.on(kmsClientConfigHandler, "c6");
    await at.lab.fault("kms01", { down: true });
    at.lab.advance(179 * DAYS);
    expect(await at.drift(client)).toEqual([]);
    at.lab.advance(2 * DAYS);
    expect(await at.drift(client)).toEqual(["licenseStatus"]);
    await at.lab.fault("kms01", { down: false });
    for (let index = 1; index <= 5; index++) await at.type(`c${index}`, "slmgr /ato").catch(() => "");
    const repaired = await at.repair(client);
    expect(repaired.outs["licenseStatus"]).toBe("Licensed");
    expect(at.lab.ledger()).toEqual([]);
  });

  it("the renewal interval that the host declares is the one that its clients keep", async () => {
    await withHost();
    const host = await at.on(kmsHostHandler, "kms01", {
      productKey: at.key("kms01"),
      renewalInterval: 2 * DAY_MINUTES,
    });
    await at.on(kmsClientConfigHandler, "c6");
    at.lab.advance(1 * DAYS);
    expect(minutesLeft("c6")).toBe(179 * DAY_MINUTES);
    at.lab.advance(1 * DAYS);
    expect(minutesLeft("c6")).toBe(180 * DAY_MINUTES);
    expect(await at.drift(host)).toEqual([]);
  });

  it("hardware change on a KMS client: it asks its host again, which costs nothing", async () => {
    await withHost();
    const client = await at.on(kmsClientConfigHandler, "c6");
    await at.type("c6", "hardware");
    expect(status("c6")).toBe("OOTGrace");
    expect(await at.drift(client)).toEqual(["licenseStatus"]);
    expect((await at.repair(client)).outs["licenseStatus"]).toBe("Licensed");
    expect(at.lab.ledger()).toEqual([]);
  });

  it("hardware change on a MAK machine: drift that says what happened; repair spends nothing until reactivate says so", async () => {
    await withHost();
    const props = { productKey: at.key("mak") };
    const mak = await at.on(makActivationHandler, "c6", props);
    await at.type("c6", "hardware");
    const seen = await at.read(mak);
    expect(seen.handler.diff(seen.outs, seen.wanted).changed).toEqual(["licenseStatus"]);
    expect(JSON.stringify(seen.outs["findings"])).toContain("hardware changed since its activation (0xC004F00F)");
    await expect(at.repair(mak)).rejects.toThrow(/reactivate/);
    expect(at.lab.ledger()).toHaveLength(1);
    const again = await at.on(makActivationHandler, "c6", { ...props, reactivate: "2026-01-06 new board" }, seen);
    expect(again.outs["licenseStatus"]).toBe("Licensed");
    expect(at.lab.ledger()).toHaveLength(2);
  });

  it("hardware change on a KMS host: drift, a refusal that names reactivate, and one activation per new value", async () => {
    at = await GuideLab.start({ machines: [HOST] });
    const props = { productKey: at.key("kms01") };
    const host = await at.on(kmsHostHandler, "kms01", props);
    await at.type("kms01", "hardware");
    const seen = await at.read(host);
    expect(seen.handler.diff(seen.outs, seen.wanted).changed).toContain("licenseStatus");
    await expect(at.repair(host)).rejects.toThrow(/reactivate/);
    expect(at.lab.ledger()).toHaveLength(1);
    await at.on(kmsHostHandler, "kms01", { ...props, reactivate: "2026-01-06" }, seen);
    expect(at.lab.ledger()).toHaveLength(2);
  });
});
