import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ResourceHandler } from "../../provider/adapter/handler";
import type { Props } from "../../provider/adapter/props";
import { kmsHostHandler } from "../../provider/resources/kmsHost/handler";
import { makActivationHandler } from "../../provider/resources/makActivation/handler";
import { type Applied, DAYS, GuideLab, HOST } from "./guideLab";

/** Both kinds of keys whose activations are counted: six hosts, ten times each, of a CSVLK; the balance of a MAK. */
let at: GuideLab;
beforeEach(async () => {
  at = await GuideLab.start({
    machines: [HOST, { name: "srv01", os: "ws2022", address: "10.0.1.1" }],
    keys: { srv01: { kind: "mak", os: "ws2022", activations: 5 } },
  });
});
afterEach(() => at.end());

const KINDS: { title: string; handler: ResourceHandler; machine: string; onDelete: Props[]; drifts: string[] }[] = [
  {
    title: "a KMS host key (CSVLK)",
    handler: kmsHostHandler,
    machine: "kms01",
    onDelete: [{ onDelete: "retain" }, { onDelete: "restore" }, { uninstallKey: true }],
    drifts: ["slmgr /sprt 1700", "slmgr /cdns", "slmgr /cpri", "slmgr /sai 30", "net stop sppsvc"],
  },
  {
    title: "a multiple activation key (MAK)",
    handler: makActivationHandler,
    machine: "srv01",
    onDelete: [{ onDelete: "retain" }, { onDelete: "uninstall" }, { onDelete: "convertToKms" }],
    drifts: ["net stop sppsvc", "slmgr /skms other.contoso.com", "slmgr /cpky"],
  },
];

describe.each(KINDS)("the balance of $title", ({ handler, machine, onDelete, drifts }) => {
  const apply = (props: Props = {}, before?: Applied) =>
    at.on(handler, machine, { productKey: at.key(machine), ...props }, before);
  const spent = () => at.lab.ledger().length;
  const balances = () => JSON.stringify(at.lab.balances());

  it("is spent once by the first create", async () => {
    await apply();
    expect(spent()).toBe(1);
  });

  it("is untouched by looking, by drift of every kind, and by its repair", async () => {
    let applied = await apply();
    const before = balances();
    for (const words of drifts) {
      await at.type(machine, words);
      applied = await at.repair(applied);
      expect(balances(), words).toBe(before);
      expect(await at.drift(applied), words).toEqual([]);
    }
    at.lab.advance(400 * DAYS);
    await at.repair(applied);
    expect(balances()).toBe(before);
  });

  it("is untouched by updates of every property that is no key", async () => {
    const applied = await apply();
    const before = balances();
    for (const props of onDelete) await apply(props, applied);
    await apply({ activation: { method: "none" } }, applied);
    await apply({}, applied);
    expect(balances()).toBe(before);
  });

  it.each(onDelete)("is untouched by a delete with %j", async (props) => {
    const applied = await apply(props);
    const before = balances();
    await at.remove(applied);
    expect(balances()).toBe(before);
  });

  it("is untouched by a replacement in either order, and by a create that finds the key Licensed", async () => {
    const first = await apply();
    const before = balances();
    const second = await apply();
    await at.remove(first);
    expect(balances()).toBe(before);
    await at.remove(second);
    await apply();
    expect(balances()).toBe(before);
  });

  it("is untouched by drift and repair of a key that is lost: the resource says what would spend", async () => {
    const applied = await apply();
    const before = balances();
    await at.type(machine, "hardware");
    await expect(at.repair(applied)).rejects.toThrow(/reactivate/);
    await expect(at.repair(applied)).rejects.toThrow(/reactivate/);
    expect(balances()).toBe(before);
  });

  it("is spent once more, not twice, by one new value of reactivate", async () => {
    const applied = await apply();
    await at.type(machine, "hardware");
    const seen = await at.read(applied);
    const again = await apply({ reactivate: "once" }, seen);
    expect(spent()).toBe(2);
    await at.type(machine, "hardware");
    await expect(at.repair(again)).rejects.toThrow(/reactivate/);
    expect(spent()).toBe(2);
  });
});
