import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { adapt, onUnreachable } from "../../../provider/adapter/adapt";
import type { ResourceHandler } from "../../../provider/adapter/handler";
import { OperationFailure, PartialFailure } from "../../../provider/errors/failure";
import { errorOf } from "../../failures";

const TEXT = 'exports.handler=()=>require("x").y';
const PASSWORD = "correct-horse-battery";
const NEWS = { __provider: TEXT, resourceName: "kms01", connection: { host: "kms01", password: PASSWORD } };

let log: MockInstance;
beforeEach(() => {
  log = vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  log.mockRestore();
  vi.unstubAllEnvs();
});
const logged = () => log.mock.calls.map(([line]) => String(line));

const handlerOf = (handler: Partial<ResourceHandler>): ResourceHandler => ({
  type: "Thing",
  inputsOf: (outs) => ({ input: outs["input"] ?? null }),
  check: (input) => ({ inputs: input, failures: [] }),
  diff: () => ({ changed: [] }),
  create: async () => ({ id: "thing-1", outs: {} }),
  read: async () => ({ outs: {} }),
  update: async () => ({ outs: {} }),
  delete: async () => {},
  ...handler,
});
const provider = (handler: Partial<ResourceHandler> = {}) => adapt(handlerOf(handler));

const throwing = (thrown: unknown) => async (): Promise<never> => {
  throw thrown;
};
const failureOf = (work: Promise<unknown>) => errorOf(Error, work) as Promise<Error & Record<string, unknown>>;
type Calls = Record<"create" | "read" | "update" | "delete" | "check" | "diff", () => Promise<unknown>>;
const callsOf = (dynamic: ReturnType<typeof adapt>): Calls => ({
  create: () => dynamic.create(NEWS),
  read: () => dynamic.read("thing-1", NEWS),
  update: () => dynamic.update("thing-1", NEWS, NEWS),
  delete: () => dynamic.delete("thing-1", NEWS),
  check: () => dynamic.check({}, NEWS),
  diff: () => dynamic.diff("thing-1", NEWS, NEWS),
});
/** A handler every method of which throws the same. */
const brokenBy = (thrown: unknown) => {
  const sync = () => {
    throw thrown;
  };
  const late = throwing(thrown);
  return provider({ check: sync, diff: sync, create: late, read: late, update: late, delete: late });
};

describe("what a handler gets", () => {
  it("never has the provider text in it", async () => {
    const seen: unknown[] = [];
    const dynamic = provider({
      check: (input) => {
        seen.push(input);
        return { inputs: input, failures: [] };
      },
      diff: (...bags) => {
        seen.push(...bags);
        return { changed: [] };
      },
      create: async (_context, bag) => {
        seen.push(bag);
        return { id: "1", outs: {} };
      },
      read: async (_context, _id, bag) => {
        seen.push(bag);
        return { outs: {} };
      },
      update: async (_context, _id, ...bags) => {
        seen.push(...bags);
        return { outs: {} };
      },
      delete: async (_context, _id, bag) => {
        seen.push(bag);
      },
    });
    for (const call of Object.values(callsOf(dynamic))) await call();
    expect(seen).toHaveLength(8);
    for (const bag of seen) expect(bag).toEqual({ resourceName: "kms01", connection: NEWS.connection });
  });

  it("names the operation and logs under type and name, secrets hidden", async () => {
    await provider({
      create: async (context) => {
        context.log.info(`${context.operation} with ${PASSWORD}`);
        context.hide(["found-later"]);
        context.log.warn("found-later\nsecond line");
        return { id: "1", outs: {} };
      },
    }).create(NEWS);
    expect(logged()).toEqual(["[Thing kms01] create with [secret]", "[Thing kms01] warning: [secret] | second line"]);
  });
});

describe("what is stored", () => {
  it("carries its version and no undefined", async () => {
    const outs = { a: undefined, b: { c: undefined, d: 1 } };
    const dynamic = provider({
      create: async () => ({ id: "thing-1", outs }),
      read: async () => ({ outs: { ...outs, input: 5 } }),
      update: async () => ({ outs }),
    });
    const stored = { b: { d: 1 }, stateVersion: 1 };
    expect(await dynamic.create(NEWS)).toStrictEqual({ id: "thing-1", outs: stored });
    expect(await dynamic.update("thing-1", NEWS, NEWS)).toStrictEqual({ outs: stored });
    expect(await dynamic.read("thing-1", NEWS)).toStrictEqual({
      id: "thing-1",
      props: { ...stored, input: 5 },
      inputs: { input: 5 },
    });
  });

  it("is nothing for a thing that is absent", async () => {
    expect(await provider({ read: async () => "absent" }).read("thing-1", NEWS)).toStrictEqual({});
  });

  it("comes back from check without undefined", async () => {
    const inputs = { a: undefined, b: 1 } as never;
    expect(await provider({ check: () => ({ inputs, failures: [] }) }).check({}, NEWS)).toStrictEqual({
      inputs: { b: 1 },
      failures: [],
    });
  });
});

describe("diff", () => {
  it("says whether anything changed, and never a replacement by itself", async () => {
    expect(await provider({ diff: () => ({ changed: [] }) }).diff("1", NEWS, NEWS)).toStrictEqual({ changes: false });
    expect(await provider({ diff: () => ({ changed: ["port"] }) }).diff("1", NEWS, NEWS)).toStrictEqual({
      changes: true,
    });
  });

  it("deletes before it replaces unless the handler says otherwise", async () => {
    const replaces = ["zone"];
    const by = (deleteBeforeReplace?: boolean) =>
      provider({
        diff: () => ({
          changed: replaces,
          replaces,
          ...(deleteBeforeReplace === undefined ? {} : { deleteBeforeReplace }),
        }),
      }).diff("1", NEWS, NEWS);
    expect(await by()).toStrictEqual({ changes: true, replaces, deleteBeforeReplace: true });
    expect(await by(false)).toStrictEqual({ changes: true, replaces, deleteBeforeReplace: false });
  });
});

describe("errors", () => {
  it.each([
    ["an Error with a numeric code", Object.assign(new Error("exit code"), { code: 5 }), "exit code"],
    ["a text", "just text", "just text"],
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["an object that is no Error", { message: "odd" }, "[object Object]"],
    ["an Error of several lines", new Error("one\n   two\nthree"), "one | two | three"],
  ])("make %s presentable in every method", async (_name, thrown, text) => {
    for (const [method, call] of Object.entries(callsOf(brokenBy(thrown)))) {
      const error = await failureOf(call());
      expect(error, method).toBeInstanceOf(OperationFailure);
      expect(error.message, method).toContain(`Thing "kms01": an unexpected error: ${text}. `);
      expect(error.message, method).toContain("the next `pulumi up --refresh` looks again");
      expect(error, method).not.toHaveProperty("code");
      expect(error, method).not.toHaveProperty("id");
      expect(`${error}: ${error.stack}`, method).not.toMatch(/\n|\bat .*:\d+|unexpected/);
    }
  });

  it("keep their own words where they are written for the user, on one line and without secrets", async () => {
    const own = new OperationFailure(`logging in with ${PASSWORD} failed (the machine says:\r\n  no).`);
    for (const [method, call] of Object.entries(callsOf(brokenBy(own)))) {
      const { message } = await failureOf(call());
      expect(message, method).toBe("logging in with [secret] failed (the machine says: | no).");
    }
  });

  it("hide old secrets as well as new ones", async () => {
    const olds = { ...NEWS, connection: { password: "old-password" } };
    const failing = provider({ update: throwing(new Error(`old-password, ${PASSWORD}`)) });
    expect((await failureOf(failing.update("1", olds, NEWS))).message).toContain("[secret], [secret]");
  });

  it("hide the secrets of credential sets in the environment", async () => {
    vi.stubEnv("VOLUME_ACTIVATION_ADMIN_PASSWORD", "from-the-environment");
    const failing = provider({ create: throwing(new Error("tried from-the-environment")) });
    expect((await failureOf(failing.create(NEWS))).message).toContain("tried [secret]");
  });

  it("hide secrets in the reasons of check", async () => {
    const failures = [{ property: "", reason: `host: ${PASSWORD} is no name` }];
    const { failures: shown } = await provider({ check: (inputs) => ({ inputs, failures }) }).check({}, NEWS);
    expect(shown).toEqual([{ property: "", reason: "host: [secret] is no name" }]);
  });
});

describe("a failure after the first write", () => {
  const partial = new PartialFailure(`stopped at ${PASSWORD}`, "thing-7", { a: undefined, b: { c: 1, d: undefined } });
  const recorded = {
    id: "thing-7",
    message: "stopped at [secret]",
    reasons: ["stopped at [secret]"],
    // Without its provider text the resource could never be read or deleted again.
    properties: { b: { c: 1 }, stateVersion: 1, __provider: TEXT },
  };

  it("records what was done, why it stopped, and the provider text", async () => {
    const error = await failureOf(provider({ create: throwing(partial) }).create(NEWS));
    expect({ ...error, message: error.message }).toMatchObject(recorded);
    expect(error["properties"]).toStrictEqual(recorded.properties);
    expect(error).not.toHaveProperty("outs");
  });

  it("takes the provider text of the new inputs in an update", async () => {
    const error = await failureOf(
      provider({ update: throwing(partial) }).update("thing-7", { ...NEWS, __provider: "old text" }, NEWS),
    );
    expect(error["properties"]).toStrictEqual(recorded.properties);
  });
});

describe("a machine that cannot be looked at", () => {
  const unreachable = new OperationFailure(`no route, ${PASSWORD}`, true);
  const old = (onUnreachable?: "keep" | "fail") => ({
    ...NEWS,
    stateVersion: 1,
    input: 5,
    connection: { ...NEWS.connection, ...(onUnreachable ? { onUnreachable } : {}) },
  });
  const read = (onUnreachable?: "keep" | "fail", thrown: unknown = unreachable) =>
    provider({ read: throwing(thrown) }).read("thing-1", old(onUnreachable));

  it("fails a refresh by default", async () => {
    await expect(read()).rejects.toThrow("no route, [secret]");
    await expect(read("fail")).rejects.toThrow("no route, [secret]");
  });

  it("keeps what the state says, marked, where the connection asks for it", async () => {
    const { __provider, ...kept } = old("keep");
    expect(await read("keep")).toStrictEqual({
      id: "thing-1",
      props: { ...kept, lookedAt: false },
      inputs: { input: 5 },
    });
    expect(logged()).toEqual([
      "[Thing kms01] warning: not looked at; what the state says of it is kept. no route, [secret]",
    ]);
  });

  it("follows the environment over the connection", async () => {
    vi.stubEnv("VOLUME_ACTIVATION_ON_UNREACHABLE", "keep");
    expect(await read("fail")).toHaveProperty("props.lookedAt", false);
    vi.stubEnv("VOLUME_ACTIVATION_ON_UNREACHABLE", "fail");
    await expect(read("keep")).rejects.toThrow("no route");
    vi.stubEnv("VOLUME_ACTIVATION_ON_UNREACHABLE", "perhaps");
    await expect(read()).rejects.toThrow("no route");
  });

  it("is told from a failure of the look itself, which is never kept", async () => {
    await expect(read("keep", new OperationFailure("refused"))).rejects.toThrow("refused");
    await expect(read("keep", new Error("a bug"))).rejects.toThrow("a bug");
  });

  it("fails create, update and delete whatever was asked for", async () => {
    vi.stubEnv("VOLUME_ACTIVATION_ON_UNREACHABLE", "keep");
    const dynamic = brokenBy(unreachable);
    await expect(dynamic.create(NEWS)).rejects.toThrow("no route");
    await expect(dynamic.update("1", NEWS, NEWS)).rejects.toThrow("no route");
    await expect(dynamic.delete("1", NEWS)).rejects.toThrow("no route");
  });

  it("reads the connection's word tolerantly", () => {
    expect(onUnreachable({}, {})).toBe("fail");
    expect(onUnreachable({ connection: "secret" }, {})).toBe("fail");
    expect(onUnreachable({ connection: { onUnreachable: "keep" } }, {})).toBe("keep");
    expect(onUnreachable({ auth: { connection: { onUnreachable: "keep" } } }, {})).toBe("keep");
    expect(onUnreachable({ auth: { method: "tsig" } }, {})).toBe("fail");
  });
});

describe("a delete after a rename or a replacement by force", () => {
  /** A thing of one id; each delete that reaches the handler is kept, with which of two parts it found to be another's. */
  const thing = (things: ResourceHandler["things"]) => {
    const deleted: [id: string, parts: boolean[]][] = [];
    const dynamic = provider({
      ...(things ? { things } : {}),
      delete: async ({ isAnothers }, id) => {
        deleted.push([id, ["a", "b"].map((part) => isAnothers?.(part) === true)]);
      },
    });
    return { dynamic, deleted };
  };

  it("leaves alone what a declaration that was made since stands for", async () => {
    const { dynamic, deleted } = thing((id) => [id]);
    const old = await dynamic.create(NEWS);
    const now = await dynamic.create({ ...NEWS, resourceName: "other" });
    await dynamic.delete("thing-1", old.outs);
    expect(deleted).toEqual([]);
    await dynamic.delete("thing-1", now.outs);
    expect(deleted).toHaveLength(1);
  });

  it("does so in a later run too, in which the other declaration is only found to stand", async () => {
    const first = thing((id) => [id]);
    const old = await first.dynamic.create(NEWS);
    const now = await first.dynamic.create({ ...NEWS, resourceName: "other" });
    const { dynamic, deleted } = thing((id) => [id]);
    await dynamic.diff("thing-1", now.outs, NEWS);
    await dynamic.delete("thing-1", old.outs);
    expect(deleted).toEqual([]);
  });

  it("goes through where nobody else stands for it, and where the handler names no things", async () => {
    const { dynamic, deleted } = thing((id) => [id]);
    const { outs } = await dynamic.create(NEWS);
    await dynamic.diff("thing-1", outs, NEWS);
    await dynamic.delete("thing-1", outs);
    expect(deleted).toHaveLength(1);
    const plain = thing(undefined);
    const old = await plain.dynamic.create(NEWS);
    await plain.dynamic.create(NEWS);
    await plain.dynamic.delete("thing-1", old.outs);
    expect(plain.deleted).toHaveLength(1);
    expect(old.outs).not.toHaveProperty("claim");
  });

  it("goes by what stands after two declarations have swapped what they stand for", async () => {
    const deleted: string[] = [];
    const dynamic = provider({
      things: (id) => [id],
      diff: (outs, wanted) => ({ changed: [], replaces: outs["input"] === wanted["input"] ? [] : ["input"] }),
      create: async (_context, bag) => ({ id: String(bag["input"]), outs: { input: bag["input"] } }),
      delete: async (_context, id) => {
        deleted.push(id);
      },
    });
    const [a, b] = [
      { ...NEWS, input: "a" },
      { ...NEWS, input: "b" },
    ];
    const [first, second] = [await dynamic.create(a), await dynamic.create(b)];
    await dynamic.diff("a", first.outs, b);
    await dynamic.create(b);
    await dynamic.diff("b", second.outs, a);
    await dynamic.create(a);
    await dynamic.delete("a", first.outs);
    await dynamic.delete("b", second.outs);
    expect(deleted).toEqual([]);
  });

  it("tells the handler which of several things are another's", async () => {
    const { dynamic, deleted } = thing((_id, outs) => (outs["only"] ? ["b"] : ["a", "b"]));
    const { outs } = await dynamic.create(NEWS);
    await dynamic.diff("thing-1", { ...outs, claim: "another" }, { ...NEWS, only: true });
    await dynamic.delete("thing-1", outs);
    expect(deleted).toEqual([["thing-1", [false, true]]]);
  });

  it("knows the declaration again after a read, an update, and a create that was recorded in part", async () => {
    const { dynamic } = thing((id) => [id]);
    const { outs } = await dynamic.create(NEWS);
    const read = await dynamic.read("thing-1", outs);
    const updated = await dynamic.update("thing-1", outs, NEWS);
    expect([read.props?.["claim"], updated.outs["claim"]]).toEqual([outs["claim"], outs["claim"]]);
    const part = adapt({
      ...handlerOf({ things: (id) => [id] }),
      create: throwing(new PartialFailure("half", "thing-1", {})),
    });
    const error = await failureOf(part.create(NEWS));
    expect(error["properties"]).toHaveProperty("claim");
  });
});
