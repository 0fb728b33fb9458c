import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  type CommandConnectionArgs,
  type CommandEndpointArgs,
  type ConnectionArgs,
  commandConnection,
} from "../../../../sdk/index";
import { connectionFields, proxyFields } from "../../../engine/commandPlugin/fields";
import { outputValue } from "../wire";

const LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGbXxEYb2wBKi2zMZXzXzQ4dJ0nC7vVZ1o0JQ0aY9x2S";
const connection: ConnectionArgs = { host: "kms01.contoso.com", hostKey: LINE };

/** Every field of a connection that @pulumi/command has too. */
const full = {
  host: "kms01.contoso.com",
  port: 2222,
  user: "CONTOSO\\admin",
  password: "p1",
  privateKey: "PEM",
  privateKeyPassword: "p2",
  agentSocketPath: "/run/agent",
  hostKey: LINE,
  dialErrorLimit: 7,
  perDialTimeout: 30,
} as const;

describe("the fields of @pulumi/command 1.2.1", () => {
  it("are the fields of our types, with the same types", () => {
    expectTypeOf<keyof CommandConnectionArgs>().toEqualTypeOf<keyof types.input.remote.ConnectionArgs>();
    expectTypeOf<keyof CommandEndpointArgs>().toEqualTypeOf<keyof types.input.remote.ProxyConnectionArgs>();
    expectTypeOf<CommandConnectionArgs>().toExtend<types.input.remote.ConnectionArgs>();
    expectTypeOf<CommandEndpointArgs>().toEqualTypeOf<types.input.remote.ProxyConnectionArgs>();
    expect(proxyFields()).toEqual(Object.keys(full).sort());
  });

  it("are all filled from a connection that says everything, and no other is", () => {
    const result = commandConnection({ ...full, proxy: { ...full, host: "jump" } });
    expect(Object.keys(result).sort()).toEqual(connectionFields());
    expect(Object.keys(result.proxy ?? {}).sort()).toEqual(proxyFields());
    expect(result).toEqual({ ...full, proxy: { ...full, host: "jump" } });
  });
});

describe("commandConnection", () => {
  it("says our defaults where those of the other side differ", () => {
    expect(commandConnection(connection)).toEqual({
      ...connection,
      user: "Administrator",
      dialErrorLimit: 2,
    });
    expect(commandConnection({ ...connection, proxy: { ...connection, host: "jump" } }).proxy).toEqual({
      host: "jump",
      hostKey: LINE,
      user: "Administrator",
      dialErrorLimit: 2,
    });
  });

  it("leaves out what only our provider knows", () => {
    const result = commandConnection({
      ...connection,
      transport: "ssh",
      timeouts: { connect: 5 },
      onUnreachable: "keep",
    });
    expect(Object.keys(result).sort()).toEqual(["dialErrorLimit", "host", "hostKey", "user"]);
  });

  it.each<[string, object, RegExp]>([
    ["knownHosts", { knownHosts: "kms01 ssh-ed25519 AAAA" }, /connection: knownHosts has no counterpart.*hostKey/],
    ["credentials", { credentials: "admin" }, /connection: credentials has no counterpart.*user and password/],
    ["another transport", { transport: "winrm" }, /the transport "winrm" has no counterpart/],
    ["a missing host key", { hostKey: undefined }, /connection\.hostKey: is required/],
    ["any host key", { hostKey: "insecure-accept-any" }, /connection\.hostKey: "insecure-accept-any" is not handed on/],
    ["a jump host without a key", { proxy: { host: "jump" } }, /connection\.proxy\.hostKey: is required/],
  ])("throws for %s", (_, over, message) => {
    expect(() => commandConnection({ ...connection, ...over })).toThrow(message);
  });

  it("keeps Outputs, and the secrecy of each", async () => {
    const result = commandConnection({
      ...connection,
      host: pulumi.output("kms01"),
      password: pulumi.secret("p1"),
      hostKey: pulumi.output(LINE),
      proxy: pulumi.output({ ...connection, host: "jump" }),
    });
    expect(await outputValue(pulumi.output(result.host))).toBe("kms01");
    expect(await outputValue(pulumi.output(result.hostKey))).toBe(LINE);
    expect(await pulumi.isSecret(pulumi.output(result.password))).toBe(true);
    expect(await pulumi.isSecret(pulumi.output(result.host))).toBe(false);
    expect(await outputValue(pulumi.output(result.proxy))).toMatchObject({ host: "jump", user: "Administrator" });
  });

  it("takes a connection that is one Output", async () => {
    const whole = commandConnection(pulumi.output({ ...connection, port: 2222 }));
    expect(await outputValue(pulumi.output(whole))).toMatchObject({ host: "kms01.contoso.com", port: 2222 });
  });
});
