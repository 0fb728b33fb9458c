import { describe, expect, it } from "vitest";
import type { Props } from "../../../provider/adapter/props";
import { DnsNetwork } from "../../../provider/dns";
import { makeSrvRecordHandler } from "../../../provider/resources/srvRecord/handler";
import { freePort, ZONES } from "./named";
import { program, recordOnBind } from "./record";

const HOUR = 3_600_000;

describe.skipIf(!program.available)("SrvRecord on a real BIND", () => {
  const at = recordOnBind();
  const { create, failureOf, read, records, tsig } = at;

  describe("trouble", () => {
    it("of a CNAME beside it: said before anything is sent", async () => {
      at.name = "_vlmcs._tcp.alias";
      const failure = await failureOf(create());
      expect(failure.message).toContain(`is an alias (CNAME) for _vlmcs._tcp.other.${ZONES.signed}`);
    });

    it.each([
      ["an unknown key", { keyName: "nobody" }, 'BADKEY: the server does not know the TSIG key "nobody"'],
      ["another algorithm", { algorithm: "hmac-sha1" }, "BADKEY"],
      ["a wrong secret", { credentials: null, secret: "d3Jvbmc=" }, "BADSIG"],
    ])("of %s", async (_what, over, text) => {
      const auth = Object.fromEntries(Object.entries(tsig(over as Props)).filter(([, value]) => value !== null));
      const failure = await failureOf(create({ auth: auth as Props }));
      expect(failure.message).toContain(text);
      expect(failure.message).toContain("Nothing was changed.");
      expect(failure.couldNotLook).toBe(false);
      expect(await records()).toEqual([]);
    });

    it("of clocks apart: both times are told", async () => {
      const slow = makeSrvRecordHandler(new DnsNetwork({ now: () => Date.now() - HOUR }));
      const failure = await failureOf(create({}, slow));
      expect(failure.message).toMatch(
        /BADTIME: the clocks differ too much: here it is (\S+Z), at the server (\S+Z): (1 h|59 min 59 s|1 h 1 s) apart/,
      );
    });

    it("of a key that may not change the zone, and of none at all: REFUSED", async () => {
      const reader = { method: "tsig", keyName: "reader", secret: at.named.readerSecret };
      expect((await failureOf(create({ auth: reader }))).message).toContain('signed by TSIG key "reader"');
      const failure = await failureOf(create({ auth: { method: "none" } }));
      expect(failure.message).toContain("REFUSED: the server does not allow this update, which was unsigned");
      expect(failure.message).toContain("(zone contoso.test)");
    });

    it("of a zone that this server does not have, one that is not loaded, and one that is delegated", async () => {
      const foreign = await failureOf(create({ zone: "fabrikam.test" }));
      expect(foreign.message).toContain("REFUSED: the server does not answer queries about fabrikam.test");
      expect(foreign.couldNotLook).toBe(true);
      const broken = await failureOf(create({ zone: ZONES.broken }));
      expect(broken.message).toContain("SERVFAIL");
      at.name = "_vlmcs._tcp.child";
      const child = await failureOf(create());
      expect(child.message).toContain("lies in child.contoso.test, which contoso.test delegates");
    });

    it("of a zone above or below the right one: the right one is named", async () => {
      const failure = await failureOf(create({ zone: `sub.${ZONES.signed}` }));
      expect(failure.message).toContain(`lies in the zone ${ZONES.signed} on this server, not in sub.${ZONES.signed}`);
    });

    it("of a server that is down: a read fails instead of taking the record for gone", async () => {
      const { outs } = await create();
      const down = `127.0.0.1:${await freePort()}`;
      const declared = { ...(outs["declared"] as Props), server: down };
      const failure = await failureOf(read({ ...outs, declared }));
      expect(failure.couldNotLook).toBe(true);
      expect(failure.message).toContain(`the name server ${down} cannot be reached: nothing listens there`);
      expect((await failureOf(create({ server: down }))).message).toContain("connection refused");
    });
  });
});
