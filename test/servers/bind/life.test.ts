import { describe, expect, it } from "vitest";
import { encode, type Props } from "../../../provider/adapter/props";
import { ZONES } from "./named";
import { NEIGHBOUR, program, recordOnBind } from "./record";

describe.skipIf(!program.available)("SrvRecord on a real BIND", () => {
  const at = recordOnBind();
  const { change, context, create, read, records, server, wanted } = at;

  describe("a record's life", () => {
    it("is created, read, changed in place, and deleted, without touching its neighbour", async () => {
      await change(ZONES.signed, [NEIGHBOUR]);
      const { id, outs } = await create({ neighbours: ["kms02.contoso.test"] });
      expect(id).toBe(`${at.name}.${ZONES.signed}/kms01.contoso.test`);
      expect(outs).toMatchObject({
        fqdn: `${at.name}.${ZONES.signed}`,
        port: 1688,
        ttl: 600,
        ensure: "present",
        server: server(),
        neighboursSeen: ["5 6 1688 KMS02.contoso.test"],
        strangers: [],
        findings: [],
      });
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test", "5 6 1688 KMS02.contoso.test"]);
      expect(await read(outs)).toEqual(outs);

      const next = wanted({ neighbours: ["kms02.contoso.test"], port: 1700, weight: 9 });
      expect(at.handler.diff(outs, next)).toMatchObject({ changed: ["port", "weight"], replaces: [] });
      const updated = encode((await at.handler.update(context("update"), id, outs, next)).outs);
      expect(updated).toMatchObject({ port: 1700, weight: 9, ttl: 600 });
      expect(await records()).toEqual(["0 9 1700 kms01.contoso.test", "5 6 1688 KMS02.contoso.test"]);
      expect(at.handler.diff(updated, next).changed).toEqual([]);

      await at.handler.delete(context("delete"), id, updated);
      expect(await records()).toEqual(["5 6 1688 KMS02.contoso.test"]);
      expect(await read(updated)).toBe("absent");
      await at.handler.delete(context("delete"), id, updated);
    });

    it("is written as an administrator would type it, and not again when it is right", async () => {
      const { id, outs } = await create();
      expect(at.log).toEqual([`update add ${at.name}.contoso.test. 3600 SRV 0 0 1688 kms01.contoso.test.`]);
      at.log = [];
      await at.handler.update(context("update"), id, outs, wanted());
      expect(at.log).toEqual([]);
    });

    it("gives the whole set the declared TTL, and sees when it is changed", async () => {
      await change(ZONES.signed, [NEIGHBOUR]);
      const { id, outs } = await create({ ttl: 120, neighbours: [NEIGHBOUR.target] });
      expect(outs["ttl"]).toBe(120);
      expect(at.log.at(-1)).toBe("this server keeps one TTL for a set: 5 6 1688 KMS02.contoso.test has 120 s now too");
      await change(ZONES.signed, [{ ...NEIGHBOUR, ttl: 900 }]);
      const drifted = await read(outs);
      expect(drifted).toMatchObject({ ttl: 900 });
      const next = wanted({ ttl: 120, neighbours: [NEIGHBOUR.target] });
      expect(at.handler.diff(drifted as Props, next).changed).toEqual(["ttl"]);
      const { outs: repaired } = await at.handler.update(context("update"), id, drifted as Props, next);
      expect(repaired).toMatchObject({ ttl: 120, findings: [] });
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test", "5 6 1688 KMS02.contoso.test"]);
    });

    it("shows a re-weighted record as drift, and repairs it, also when it is written in other letters", async () => {
      const { id, outs } = await create();
      const { priority, weight, port } = { priority: 0, weight: 0, port: 1688 };
      await change(
        ZONES.signed,
        [{ priority, weight: 50, port, target: "KMS01.Contoso.Test", ttl: 3600 }],
        [{ priority, weight, port, target: "kms01.contoso.test" }],
      );
      const drifted = (await read(outs)) as Props;
      expect(at.handler.diff(drifted, wanted()).changed).toEqual(["weight"]);
      expect(at.handler.inputsOf(drifted)).toMatchObject({ weight: 50 });
      await at.handler.update(context("update"), id, drifted, wanted());
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
    });

    it("keeps one record when somebody added a second one for the same target", async () => {
      const { id, outs } = await create();
      await change(ZONES.signed, [{ priority: 0, weight: 0, port: 1689, target: "kms01.contoso.test", ttl: 3600 }]);
      const drifted = (await read(outs)) as Props;
      expect(at.handler.diff(drifted, wanted()).changed).toEqual(["port"]);
      await at.handler.update(context("update"), id, drifted, wanted());
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
    });

    it("is removed by ensure: absent, which a later addition drifts from", async () => {
      await create();
      const { id, outs } = await create({ ensure: "absent" });
      expect(outs["ensure"]).toBe("absent");
      expect(await records()).toEqual([]);
      expect(await read(outs)).toEqual(outs);
      await change(ZONES.signed, [{ priority: 0, weight: 0, port: 1688, target: "kms01.contoso.test", ttl: 60 }]);
      const drifted = (await read(outs)) as Props;
      const next = wanted({ ensure: "absent" });
      expect(at.handler.diff(drifted, next).changed).toEqual(["ensure"]);
      await at.handler.update(context("update"), id, drifted, next);
      expect(await records()).toEqual([]);
    });

    it("moves to another target by making the new record before the old one goes", async () => {
      const { id, outs } = await create();
      const next = wanted({ target: "kms03.contoso.test" });
      expect(at.handler.diff(outs, next)).toEqual({
        changed: ["target"],
        replaces: ["target"],
        deleteBeforeReplace: false,
      });
      await at.handler.create(context("create"), next);
      expect(await records()).toHaveLength(2);
      await at.handler.delete(context("delete"), id, outs);
      expect(await records()).toEqual(["0 0 1688 kms03.contoso.test"]);
    });

    it("stays when the same record was declared anew before the old declaration is deleted", async () => {
      const first = await create();
      const second = await create();
      await at.handler.delete(context("delete"), first.id, first.outs);
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
      await at.handler.delete(context("delete"), second.id, second.outs);
      expect(await records()).toEqual([]);
    });
  });
});
