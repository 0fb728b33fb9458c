import { describe, expect, it } from "vitest";
import { Turns } from "../../../provider/machine/turns";

describe("turns", () => {
  it("go to those who wait in the order of their coming", async () => {
    const turns = new Turns();
    const order: number[] = [];
    const first = await turns.take();
    const others = [1, 2, 3, 4].map(async (number) => {
      const done = await turns.take();
      order.push(number);
      await new Promise((resolve) => setImmediate(resolve));
      done();
    });
    expect(turns.waiting).toBe(4);
    first();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3, 4]);
    expect(turns.inUse).toBe(0);
  });

  it("are never held by more than the limit", async () => {
    const turns = new Turns(3);
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const done = await turns.take();
        most = Math.max(most, turns.inUse);
        await new Promise((resolve) => setImmediate(resolve));
        done();
      }),
    );
    expect(most).toBe(3);
  });

  it("are not given to somebody who gave up waiting", async () => {
    const turns = new Turns();
    const done = await turns.take();
    const abort = new AbortController();
    const waiting = turns.take(abort.signal);
    const next = turns.take();
    abort.abort(new Error("gave up"));
    await expect(waiting).rejects.toThrow("gave up");
    expect(turns.waiting).toBe(1);
    done();
    (await next)();
    expect(turns.inUse).toBe(0);
  });

  it("refuse somebody who had given up before", async () => {
    await expect(new Turns().take(AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  });

  it("are let go only once, however often that is said", async () => {
    const turns = new Turns(2);
    const done = await turns.take();
    await turns.take();
    done();
    done();
    expect(turns.inUse).toBe(1);
  });

  it("need a limit that makes sense", () => {
    expect(() => new Turns(0)).toThrow(RangeError);
    expect(() => new Turns(1.5)).toThrow(RangeError);
  });
});
