import { EventEmitter } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { abortAll, guarded } from "../../../provider/adapter/inflight";

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;
type Hook = (cause: unknown) => void;

/** The process-level hook that the guard installs at its first use; called as Node would call it. */
let hooks: Hook[] = [];
const listenersNow = () => EVENTS.flatMap((event) => process.listeners(event as "uncaughtException") as Hook[]);

beforeAll(async () => {
  const before = new Set(listenersNow());
  await guarded(async () => {});
  await guarded(async () => {});
  hooks = listenersNow().filter((listener) => !before.has(listener));
});

afterAll(() => {
  for (const event of EVENTS) for (const hook of hooks) process.removeListener(event, hook);
});

const never = () => new Promise<never>(() => {});

it("installs one hook for each of both events, once", () => {
  expect(hooks).toHaveLength(2);
});

it("hands over what the work returns or throws", async () => {
  await expect(guarded(async () => 7)).resolves.toBe(7);
  await expect(guarded(async () => Promise.reject(new Error("its own")))).rejects.toThrow("its own");
});

it("fails everything under way when an error escapes, so that no request waits for ever", async () => {
  const signals: AbortSignal[] = [];
  const waiting = [1, 2].map(() =>
    guarded(async (signal) => {
      signals.push(signal);
      return never();
    }),
  );
  const outcomes = Promise.allSettled(waiting);
  for (const hook of hooks.slice(0, 1)) hook(new Error("read ECONNRESET"));
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ reason: new Error("an error escaped its operation: read ECONNRESET") });
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

it("catches the error event that nobody listens to", async () => {
  const socket = new EventEmitter();
  const waiting = guarded(never);
  const outcome = expect(waiting).rejects.toThrow("an error escaped its operation: late");
  try {
    socket.emit("error", new Error("late"));
  } catch (error) {
    for (const hook of hooks.slice(0, 1)) hook(error);
  }
  await outcome;
});

it.each([undefined, null, "a text", { some: "thing" }])("makes an Error of an escaped %j", async (cause) => {
  const outcome = expect(guarded(never)).rejects.toThrow(`an error escaped its operation: ${String(cause)}`);
  for (const hook of hooks.slice(0, 1)) hook(cause);
  await outcome;
});

it("leaves alone what has ended before", async () => {
  let signal: AbortSignal | undefined;
  await guarded(async (given) => {
    signal = given;
  });
  for (const hook of hooks) hook(new Error("later"));
  expect(signal?.aborted).toBe(false);
});

it("fails everything under way when the engine is gone", async () => {
  const outcome = expect(guarded(never)).rejects.toThrow("the Pulumi engine has ended");
  abortAll("the Pulumi engine has ended");
  await outcome;
});
