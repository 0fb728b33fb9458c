import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encode } from "../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../provider/errors/failure";
import { errorOf } from "../../failures";
import { freePort } from "../bind/named";
import { requirement } from "../requirement";
import { type BindServer, startBind, startSecondary } from "./servers/bind";
import type { Folder } from "./servers/process";
import { Stand } from "./stand";

const named = requirement("BIND", "/usr/sbin/named");
const tools = [requirement("dig and nsupdate", "dig"), requirement("dig and nsupdate", "nsupdate")];

describe.skipIf(!named.available || !tools.every((tool) => tool.available))("several name servers of a zone", () => {
  let primary: BindServer;
  let notified: { port: number; folder: Folder };
  let deaf: { port: number; folder: Folder };
  let stand: Stand;
  let count = 0;

  beforeAll(async () => {
    const [one, two] = [await freePort(), await freePort()];
    primary = await startBind(named.why, [one]);
    notified = { port: one, folder: await startSecondary(named.why, primary, one) };
    deaf = { port: two, folder: await startSecondary(named.why, primary, two) };
  });
  afterAll(async () => {
    for (const one of [notified?.folder, deaf?.folder]) await one?.clear();
    await primary?.stop();
  });
  beforeEach(() => {
    stand = new Stand(primary, `_vlmcs._tcp.copy${++count}`);
  });
  afterEach(() => stand.close());

  const at = (port: number) => `127.0.0.1:${port}`;
  const partial = (work: Promise<unknown>) => errorOf(PartialFailure, work);

  describe("waitFor", () => {
    it("goes on when the secondary serves the record, the change of it, and its removal", async () => {
      const waitFor = [{ server: at(notified.port) }];
      const served = () => new Stand({ ...primary, port: notified.port }, stand.name).dig();
      const { outs } = await stand.create({ waitFor });
      expect(served()).toEqual(["3600 0 0 1688 kms01"]);
      const changed = await stand.update(outs, { waitFor, weight: 7 });
      expect(served()).toEqual(["3600 0 7 1688 kms01"]);
      expect(changed).not.toHaveProperty("waitOwed");
      await stand.update(changed, { waitFor, ensure: "absent" });
      expect(served()).toEqual([]);
    });

    it("fails in time with what the secondary serves, records what was done, and waits again on the next up", async () => {
      const waitFor = [{ server: at(notified.port) }, { server: at(deaf.port), timeout: 1 }];
      const begun = Date.now();
      const failure = await partial(stand.create({ waitFor }));
      expect(Date.now() - begun).toBeLessThan(4000);
      expect(failure.message).toContain(`${at(deaf.port)} does not within 1 s (it has no such record)`);
      expect(failure.message).not.toContain(at(notified.port));
      expect(failure.message).toContain("The record itself is as declared on the primary. Next: check zone transfer");
      const outs = encode(failure.outs);
      expect(outs).toMatchObject({ ensure: "present", waitOwed: [at(deaf.port)] });
      expect(stand.handler.diff(outs, stand.wanted({ waitFor })).changed).toEqual(["waitOwed"]);
      expect(await stand.read(outs)).toMatchObject({ waitOwed: [at(deaf.port)] });
      expect(stand.dig()).toEqual(["3600 0 0 1688 kms01"]);
    });

    it("owes nothing any more once a look finds the record there", async () => {
      const waitFor = [{ server: at(notified.port) }];
      const { outs } = await stand.create({ waitFor });
      const seen = await stand.read({ ...outs, waitOwed: [at(notified.port)] });
      expect(seen).toEqual(outs);
    });

    it("says how it goes on while it lasts", async () => {
      await partial(stand.create({ waitFor: [{ server: at(deaf.port), timeout: 7 }] }));
      expect(stand.log.filter((line) => line.startsWith("waiting for"))).toEqual([
        expect.stringMatching(`^waiting for ${at(deaf.port)} to serve it, [56] of 7 s: it has no such record$`),
      ]);
    });

    it("tells a secondary that is down", async () => {
      const down = at(await freePort());
      const failure = await partial(stand.create({ waitFor: [{ server: down, timeout: 1 }] }));
      expect(failure.message).toContain(`${down} does not within 1 s (the name server ${down} cannot be reached`);
    });
  });

  describe("a list of servers", () => {
    it("is gone through in order when one cannot be reached", async () => {
      const down = at(await freePort());
      const { outs } = await stand.create({ server: [down, at(primary.port)] });
      expect(outs["server"]).toBe(at(primary.port));
      const next = stand.wanted({ server: [down, at(primary.port)] });
      expect(stand.handler.diff(outs, next).changed).toEqual([]);
      expect(await stand.read(outs)).toEqual(outs);
    });

    it("ends at the first that answers, even if it refuses", async () => {
      const unsigned = stand.create({ server: [at(primary.port), at(notified.port)], auth: { method: "none" } });
      const error = await unsigned.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(OperationFailure);
      expect((error as Error).message).toContain(`on ${at(primary.port)} (zone`);
      expect((error as Error).message).toContain("REFUSED");
    });

    it("of which none can be reached is said with each one's reason", async () => {
      const down = [at(await freePort()), at(await freePort())];
      const error = await stand.create({ server: down }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ couldNotLook: true });
      const { message } = error as Error;
      expect(message).toContain("none of the 2 servers can be reached");
      for (const one of down) expect(message).toContain(`${one} cannot be reached: nothing listens there`);
    });
  });

  it("is reached over IPv6", async () => {
    const { outs } = await stand.create({ server: `[::1]:${primary.port}` });
    expect(outs["server"]).toBe(`[::1]:${primary.port}`);
    expect(stand.dig()).toEqual(["3600 0 0 1688 kms01"]);
  });
});
