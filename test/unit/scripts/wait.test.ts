import { expect, it } from "vitest";
import type { StatusRow } from "../../../scripts/report/topology.ts";
import { patience, waitForPending } from "../../../scripts/report/wait.ts";

const row = (status: string, count = "1"): StatusRow => ({
  machine: "pc1",
  windows: "Windows 11",
  role: "client",
  status,
  count,
  findings: [],
  lookedAt: true,
});

/** Looks that cost no time, and a clock that only sleeping moves. */
function world(looks: (at: number) => StatusRow) {
  let at = 0;
  const said: string[] = [];
  const clock = {
    now: () => at,
    sleep: async (milliseconds: number) => {
      at += milliseconds;
    },
  };
  const run = () =>
    waitForPending(
      async () => [looks(at)],
      (line) => said.push(line),
      clock,
    );
  return { run, said, elapsed: () => at };
}

it("does not wait, and says nothing, when no client is pending", async () => {
  const { run, said, elapsed } = world(() => row("licensed"));
  await run();
  expect([elapsed(), said]).toEqual([0, []]);
});

it("returns as soon as the last pending client is licensed, having said once for whom it waits", async () => {
  const { run, said, elapsed } = world((at) => row(at < 5000 ? "pendingThreshold" : "licensed"));
  expect((await run())[0]?.status).toBe("licensed");
  expect(elapsed()).toBe(6000);
  expect(said).toEqual(["waiting for clients that ask their KMS host again by themselves: pc1"]);
});

it("gives up when nothing changes any more", async () => {
  const { run, elapsed } = world(() => row("pendingThreshold"));
  expect((await run())[0]?.status).toBe("pendingThreshold");
  expect(elapsed()).toBeLessThan(patience.unchanged + 2 * patience.pause);
});

it("gives up after a minute though the count still grows", async () => {
  const { run, elapsed } = world((at) => row("pendingThreshold", String(at)));
  await run();
  expect(elapsed()).toBe(patience.total);
});
