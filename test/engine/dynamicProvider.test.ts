import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Props } from "../../provider/adapter/props";
import { errorOf } from "../failures";
import { DYNAMIC_PROVIDER, initFailureOf, ProviderHost } from "./dynamicProvider/host";

const textOf = (name: string) => `exports.handler=()=>require("pulumi-volume-activation/provider").${name}`;
const HOST = textOf("kmsHost");
const CLIENT = textOf("kmsClientConfig");
const misbehaving = (name: string) =>
  `exports.handler=()=>require(${JSON.stringify(join(__dirname, "dynamicProvider/misbehaving.cjs"))}).${name}`;

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const PASSWORD = "correct-horse-battery-staple";
const KEY = "BCDFG-HJKMP-QRTVW-XY234-6789B";
const CREDENTIALS = { "volume-activation:credentials": '{"admin":{"user":"a","password":"from-the-stack"}}' };

let host: ProviderHost;
let closedPort: number;

beforeAll(async () => {
  host = await ProviderHost.start({ config: CREDENTIALS });
  closedPort = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
});
afterAll(() => host?.close());

const connection = (over: Props = {}): Props => ({
  host: "127.0.0.1",
  port: closedPort,
  hostKey: "insecure-accept-any",
  password: PASSWORD,
  dialErrorLimit: 0,
  perDialTimeout: 5,
  ...over,
});
const kmsHost = (over: Props = {}): Props => ({
  __provider: HOST,
  resourceName: "kms01",
  connection: connection(),
  ...over,
});
const kmsClient = (over: Props = {}): Props => ({
  __provider: CLIENT,
  resourceName: "web01",
  connection: connection(),
  ...over,
});

const failure = (work: Promise<unknown>) => errorOf(Error, work) as Promise<ServiceError>;
const everything = () => host.output.join("\n");

describe("the constant provider texts", () => {
  it("load from the program's folder and answer", async () => {
    const checkedHost = await host.check(kmsHost({ productKey: KEY }));
    expect(checkedHost.failures).toEqual([]);
    expect(checkedHost.inputs).toMatchObject({ __provider: HOST, listeningPort: 1688, partialProductKey: "6789B" });
    const checkedClient = await host.check(kmsClient());
    expect(checkedClient.failures).toEqual([]);
    expect(checkedClient.inputs).toMatchObject({ __provider: CLIENT, setupKey: "auto", licenseStatus: "Licensed" });
  });

  it("print nothing but the port when they load", () => {
    expect(host.output[0]).toBe(String(host.port));
    expect(host.output.slice(1).filter((line) => !line.startsWith("["))).toEqual([]);
  });

  it("diff without a machine", async () => {
    const { inputs } = await host.check(kmsHost());
    const outs = { ...inputs, isKmsHost: true };
    expect(await host.diff(outs, inputs)).toEqual({ changes: 1, replaces: [] });
    expect(await host.diff(outs, { ...inputs, listeningPort: 1689 })).toEqual({ changes: 2, replaces: [] });
    expect(await host.diff(outs, { ...inputs, listeningPort: UNKNOWN })).toEqual({ changes: 2, replaces: [] });
  });
});

describe("check", () => {
  it("takes unknowns anywhere and gives them back", async () => {
    const news = kmsHost({
      connection: connection({ host: UNKNOWN, password: UNKNOWN, proxy: { host: UNKNOWN, hostKey: UNKNOWN } }),
      productKey: UNKNOWN,
      activation: { method: UNKNOWN },
      publishDomains: [{ domain: UNKNOWN }],
      listeningPort: UNKNOWN,
    });
    const { inputs, failures } = await host.check(news);
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject(news);
    const client = kmsClient({ connection: UNKNOWN, setupKey: UNKNOWN, kmsHost: UNKNOWN, kmsPort: 1689 });
    expect(await host.check(client)).toMatchObject({ failures: [], inputs: client });
  });

  it("names property and rule, and never carries a secret", async () => {
    const { failures } = await host.check(
      kmsHost({
        productKey: KEY.replace("-", "\u2014"),
        listeningPort: 0,
        connection: connection({ privateKeyPassword: PASSWORD }),
      }),
    );
    expect(failures.length).toBeGreaterThan(0);
    for (const { property, reason } of failures) {
      expect(property).toMatch(/^$|\./);
      expect(reason).toMatch(/^(listeningPort|productKey|connection\.privateKeyPassword): ./);
      expect(reason).not.toContain(PASSWORD);
      expect(reason).not.toMatch(/BCDFG|HJKMP|QRTVW|XY234/);
    }
    const key = await host.check(kmsHost({ productKey: KEY.replace("-", "\u2014") }));
    expect(key.failures).toMatchObject([
      { property: "", reason: expect.stringContaining("productKey: The product key has an em dash") },
    ]);
    expect(everything()).not.toMatch(/BCDFG|correct-horse/);
  });
});

describe("a machine that does not answer", () => {
  it("fails a create in the house form: no record, no stack, no secret", async () => {
    const { inputs } = await host.check(kmsHost({ productKey: KEY }));
    const error = await failure(host.create(inputs));
    expect(error.code).toBe(status.UNKNOWN);
    expect(error.details).toMatch(
      /^KmsHost "kms01" on 127\.0\.0\.1:\d+: connecting failed: .+ Nothing was changed, and what state it is in is not known\. Next: .+\.$/,
    );
    expect(initFailureOf(error)).toBeUndefined();
    expect(error.details).not.toMatch(/\n|node_modules|\.js:|unexpected error/);
    expect(`${error.details}${everything()}`).not.toContain(PASSWORD);
    expect(`${error.details}${everything()}`).not.toContain(KEY);
  });

  it("fails an update and a restoring delete alike", async () => {
    const { inputs } = await host.check(kmsClient({ onDelete: "restore" }));
    for (const work of [host.update({ ...inputs }, inputs), host.delete(inputs)]) {
      const error = await failure(work);
      expect(error.code).toBe(status.UNKNOWN);
      expect(error.details).toContain('KmsClientConfig "web01" on 127.0.0.1:');
    }
  });

  it("fails a refresh by default", async () => {
    const { inputs } = await host.check(kmsHost());
    const error = await failure(host.read("kms-host-1", inputs));
    expect(error.code).toBe(status.UNKNOWN);
    expect(error.details).toContain("connecting failed");
    expect(everything()).not.toMatch(/\n\s+at |adapt\.js/);
  });

  it("keeps what the state says where the connection asks for it", async () => {
    const { inputs } = await host.check(
      kmsHost({ productKey: KEY, connection: connection({ onUnreachable: "keep" }) }),
    );
    const outs = { ...inputs, isKmsHost: true, findings: [] };
    const read = await host.read("kms-host-1", outs);
    expect(read.id).toBe("kms-host-1");
    expect(read.properties).toEqual({ ...outs, lookedAt: false, stateVersion: 1 });
    expect(read.inputs).toEqual(inputs);
    expect(await host.diff(read.properties, read.inputs)).toMatchObject({ changes: 2 });
    expect(everything()).toContain("[KmsHost kms01] warning: not looked at; what the state says of it is kept. ");
  });

  it("keeps or fails as the environment says, over the connection", async () => {
    const { inputs } = await host.check(kmsHost());
    const started = await Promise.all(
      ["keep", "fail"].map((word) => ProviderHost.start({ env: { VOLUME_ACTIVATION_ON_UNREACHABLE: word } })),
    );
    const [keeping, failing] = started;
    try {
      expect((await keeping?.read("kms-host-1", inputs))?.properties).toMatchObject({ lookedAt: false });
      const kept = { ...inputs, connection: connection({ onUnreachable: "keep" }) };
      expect((await failure(failing?.read("kms-host-1", kept) ?? Promise.resolve())).details).toContain(
        "connecting failed",
      );
    } finally {
      for (const each of started) each.close();
    }
  });

  it("is not connected to by a delete that retains", async () => {
    const { inputs } = await host.check(kmsHost());
    await host.delete(inputs);
    await host.delete({ ...inputs, onDelete: "retain" });
  });
});

describe("configuration", () => {
  it("is there for both of two first requests that come at once", async () => {
    const fresh = await ProviderHost.start({ config: CREDENTIALS });
    try {
      const texts = [misbehaving("configuredFirst"), misbehaving("configuredFirst"), misbehaving("configuredSecond")];
      const created = await Promise.all(texts.map((__provider) => fresh.create({ __provider, resourceName: "m" })));
      expect(created.map(({ properties }) => properties["sets"])).toEqual([["admin"], ["admin"], ["admin"]]);
    } finally {
      fresh.close();
    }
  });

  it("that is wrong fails the operation by its name, without its text", async () => {
    const fresh = await ProviderHost.start({ config: { "volume-activation:credentials": "{secret-stuff" } });
    try {
      const error = await failure(fresh.create(kmsHost()));
      expect(error.details).toContain("The stack configuration volume-activation:credentials is not JSON");
      expect(`${error.details}${fresh.output.join("\n")}`).not.toContain("secret-stuff");
    } finally {
      fresh.close();
    }
  });
});

describe("a handler that misbehaves", () => {
  it.each([
    ["throwsUndefined", "undefined"],
    ["throwsNull", "null"],
    ["throwsText", "a text"],
    ["throwsStatus", "exit code twelve"],
  ])("(%s) is answered by an error in every request, never by silence", async (name, text) => {
    const props: Props = { __provider: misbehaving(name), resourceName: "m" };
    const errors = await Promise.all(
      [
        host.check(props),
        host.diff(props, props),
        host.create(props),
        host.read("m", props),
        host.update(props, props),
        host.delete(props),
      ].map(failure),
    );
    for (const error of errors) {
      expect(error.code).toBe(status.UNKNOWN);
      expect(error.details).toContain(`Misbehaving "m": an unexpected error: ${text}. `);
    }
  });

  it("has its undefined outputs dropped, and what cannot be stored refused", async () => {
    const { properties } = await host.create({ __provider: misbehaving("answersUndefined"), resourceName: "m" });
    expect(properties).toMatchObject({ here: 1, list: [null], stateVersion: 1 });
    expect(properties).not.toHaveProperty("gone");
    const error = await failure(host.create({ __provider: misbehaving("answersBigInt"), resourceName: "m" }));
    expect(error.details).toContain("outputs.big is a bigint, which cannot be stored");
  });

  it("is answered although its error escaped every promise", async () => {
    const fresh = await ProviderHost.start();
    const props: Props = { __provider: misbehaving("losesError"), resourceName: "m" };
    try {
      expect((await failure(fresh.create(props))).details).toContain("an error escaped its operation: read ECONNRESET");
      expect((await failure(fresh.read("m", props))).details).toContain(
        "an error escaped its operation: nobody waited",
      );
    } finally {
      fresh.close();
    }
  });

  it("is recorded with what it did when it stops halfway, provider text among it", async () => {
    const __provider = misbehaving("stopsHalfway");
    const error = await failure(host.create({ __provider, resourceName: "m" }));
    expect(initFailureOf(error)).toEqual({
      id: "m-3",
      reasons: ["it stopped halfway"],
      properties: { done: 1, stateVersion: 1, __provider },
    });
  });
});

describe("the engine's end", () => {
  const folders: string[] = [];
  const hosts: ProviderHost[] = [];
  afterEach(() => {
    for (const each of hosts.splice(0)) each.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const fakeEngine = join(__dirname, "dynamicProvider/fakeEngine.cjs");
  async function underEngine(command: string[]): Promise<ProviderHost> {
    const started = await ProviderHost.start({
      command: [process.execPath, fakeEngine],
      env: { FAKE_ENGINE_STARTS: JSON.stringify(command) },
    });
    hosts.push(started);
    // The watch begins with the first request that loads a provider text.
    await started.check(kmsHost());
    return started;
  }
  const answers = async (each: ProviderHost) =>
    !("code" in (await each.check(kmsHost()).catch((error: ServiceError) => error)));

  it("ends the provider within ten seconds when the engine was killed", async () => {
    const provider = await underEngine([process.execPath, DYNAMIC_PROVIDER, "127.0.0.1:1"]);
    expect(await answers(provider)).toBe(true);
    provider.process.kill("SIGKILL");
    await vi.waitFor(async () => expect(await answers(provider)).toBe(false), { timeout: 10_000, interval: 200 });
  });

  it.skipIf(process.platform === "win32")(
    "ends it behind the official launcher as well, which outlives the engine",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "launcher-"));
      folders.push(folder);
      const launcher = join(folder, "pulumi-resource-pulumi-nodejs");
      writeFileSync(launcher, `#!/bin/sh\n"${process.execPath}" "${DYNAMIC_PROVIDER}" "$@"\n`);
      chmodSync(launcher, 0o755);
      const provider = await underEngine([launcher, "127.0.0.1:1"]);
      provider.process.kill("SIGKILL");
      await vi.waitFor(async () => expect(await answers(provider)).toBe(false), { timeout: 10_000, interval: 200 });
    },
  );
});
