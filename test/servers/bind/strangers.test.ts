import { describe, expect, it } from "vitest";
import type { Props } from "../../../provider/adapter/props";
import { PartialFailure } from "../../../provider/errors/failure";
import { ZONES } from "./named";
import { program, recordOnBind } from "./record";

describe.skipIf(!program.available)("SrvRecord on a real BIND", () => {
  const at = recordOnBind();
  const { change, context, create, failureOf, read, records, wanted } = at;

  describe("a record that is there already", () => {
    const there = { priority: 0, weight: 0, port: 1688, target: "kms01.contoso.test", ttl: 777 };

    it("is taken over when it is identical, TTL apart, and that is told", async () => {
      await change(ZONES.signed, [there]);
      const { outs } = await create();
      expect(outs).toMatchObject({ ttl: 777, ensure: "present" });
      expect(at.log).toEqual([
        `takes over the record that is there: ${at.name}.contoso.test 777 SRV 0 0 1688 kms01.contoso.test`,
      ]);
    });

    it("is refused with the way out when its data is another, and replaced with adopt: always", async () => {
      await change(ZONES.signed, [{ ...there, weight: 10 }]);
      const failure = await failureOf(create());
      expect(failure).not.toBeInstanceOf(PartialFailure);
      expect(failure.message).toContain('with other data is there already: "0 10 1688 kms01.contoso.test"');
      expect(failure.message).toContain('adopt to "always"');
      expect(await records()).toEqual(["0 10 1688 kms01.contoso.test"]);
      await create({ adopt: "always" });
      expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
    });

    it("is refused with adopt: never", async () => {
      await change(ZONES.signed, [there]);
      const failure = await failureOf(create({ adopt: "never" }));
      expect(failure.message).toContain('adopt is "never"');
    });
  });

  describe("strangers", () => {
    const stranger = { priority: 0, weight: 0, port: 1688, target: "rogue.contoso.test", ttl: 3600 };

    it("are kept and printed as a finding", async () => {
      await change(ZONES.signed, [stranger]);
      const { outs } = await create();
      expect(outs["strangers"]).toEqual(["0 0 1688 rogue.contoso.test"]);
      expect(at.log.at(-1)).toMatch(/^warning: an SRV record that nobody declared is in the set: 0 0 1688 rogue/);
      expect(at.handler.diff(outs, wanted()).changed).toEqual([]);
      expect(await records()).toHaveLength(2);
    });

    it("are drift with onStranger: fail, and up says how they may go", async () => {
      const { id, outs } = await create({ onStranger: "fail" });
      await change(ZONES.signed, [stranger]);
      const drifted = (await read(outs)) as Props;
      const next = wanted({ onStranger: "fail" });
      expect(at.handler.diff(drifted, next).changed).toEqual(["strangers"]);
      const failure = await failureOf(at.handler.update(context("update"), id, drifted, next));
      expect(failure).toBeInstanceOf(PartialFailure);
      expect(failure.message).toContain('"0 0 1688 rogue.contoso.test"');
      expect(await records()).toHaveLength(2);
    });
  });
});
