import { describe, expect, it } from "vitest";
import {
  type CredentialSets,
  CredentialsError,
  credentialSet,
  parseCredentialSets,
  resolveConnection,
  secretsOf,
  secretsOfConnection,
} from "../../../provider/machine/credentials";

const sets: CredentialSets = { "kms-admins": { user: "from-config", password: "config-pw", privateKey: "config-key" } };

describe("a connection's credentials", () => {
  it("come with defaults when nothing else is said", () => {
    expect(resolveConnection({ host: "kms01" }, {}, undefined)).toEqual({
      endpoint: { host: "kms01", port: 22, user: "Administrator" },
      connectTimeoutMs: 60_000,
    });
  });

  it("come from the environment, then from the stack configuration, field by field", () => {
    const env = { VOLUME_ACTIVATION_KMS_ADMINS_PASSWORD: "env-pw", VOLUME_ACTIVATION_KMS_ADMINS_USER: "" };
    const { endpoint } = resolveConnection({ host: "kms01", credentials: "kms-admins" }, env, sets);
    expect(endpoint).toMatchObject({ user: "from-config", password: "env-pw", privateKey: "config-key" });
  });

  it("may all come from the environment", () => {
    const env = {
      VOLUME_ACTIVATION_LAB_1_USER: "u",
      VOLUME_ACTIVATION_LAB_1_PRIVATE_KEY: "k",
      VOLUME_ACTIVATION_LAB_1_PRIVATE_KEY_PASSWORD: "kp",
    };
    const { endpoint } = resolveConnection({ host: "h", credentials: "lab.1" }, env, undefined);
    expect(endpoint).toMatchObject({ user: "u", privateKey: "k", privateKeyPassword: "kp" });
    expect(endpoint).not.toHaveProperty("password");
  });

  it("are those of the connection itself where it has them", () => {
    const connection = { host: "kms01", user: "inline", password: "inline-pw", credentials: "kms-admins" };
    expect(resolveConnection(connection, {}, sets).endpoint).toMatchObject({
      user: "inline",
      password: "inline-pw",
      privateKey: "config-key",
    });
  });

  it("of a set never go to the jump host, and a DNS secret goes to nobody's login", () => {
    const env = { VOLUME_ACTIVATION_A_TSIG_SECRET: "tsig", VOLUME_ACTIVATION_A_PASSWORD: "pw" };
    const resolved = resolveConnection(
      { host: "kms01", credentials: "a", proxy: { host: "jump", user: "j" } },
      env,
      undefined,
    );
    expect(resolved.proxy).toEqual({ host: "jump", port: 22, user: "j" });
    expect(JSON.stringify(resolved)).not.toContain("tsig");
    expect(credentialSet("a", env, undefined)).toEqual({ tsigSecret: "tsig", password: "pw" });
  });

  it("keep the rest of the connection", () => {
    const resolved = resolveConnection(
      {
        host: "kms01",
        port: 2222,
        hostKey: "k",
        knownHosts: "t",
        perDialTimeout: 3,
        dialErrorLimit: -1,
        timeouts: { connect: 5 },
      },
      {},
      undefined,
    );
    expect(resolved).toEqual({
      endpoint: {
        host: "kms01",
        port: 2222,
        user: "Administrator",
        hostKey: "k",
        perDialTimeout: 3,
        dialErrorLimit: -1,
      },
      knownHosts: "t",
      connectTimeoutMs: 5000,
    });
  });

  it("of an unknown set are an error that says where it looked and what there is, without values", () => {
    const env = {
      VOLUME_ACTIVATION_DMZ_PASSWORD: "hunter2",
      VOLUME_ACTIVATION_DEBUG: "1",
      VOLUME_ACTIVATION_X_PRIVATE_KEY: "k",
    };
    try {
      resolveConnection({ host: "kms01", credentials: "kms-admin" }, env, sets);
      expect.unreachable();
    } catch (error) {
      const { message, remedy } = error as CredentialsError;
      expect(error).toBeInstanceOf(CredentialsError);
      expect(message).toContain("VOLUME_ACTIVATION_KMS_ADMIN_USER");
      expect(message).toContain("volume-activation:credentials");
      expect(message).toContain("in the environment DMZ, X;");
      expect(message).toContain("in the stack configuration kms-admins.");
      expect(message + remedy).not.toMatch(/hunter2|config-pw/);
    }
  });

  it("are not found by names that every object has", () => {
    expect(() => credentialSet("constructor", {}, sets)).toThrow(CredentialsError);
  });
});

describe("the stack configuration's credential sets", () => {
  it("are read", () => {
    expect(parseCredentialSets('{"a":{"user":"u","password":"p","privateKey":null}}')).toEqual({
      a: { user: "u", password: "p" },
    });
    expect(parseCredentialSets(undefined)).toBeUndefined();
    expect(parseCredentialSets("  ")).toBeUndefined();
  });

  it.each([
    ["{secret-text", "is not JSON"],
    ['"secret-text"', "is not an object"],
    ['["secret-text"]', "is not an object"],
    ['{"a":"secret-text"}', 'a set "a" that is not an object'],
    ['{"a":{"passwort":"secret-text"}}', 'an unknown field "passwort" in the set "a"'],
    ['{"a":{"password":["secret-text"]}}', 'a field "password" in the set "a" that is not text'],
  ])("are refused by place and never by value: %s", (text, complaint) => {
    try {
      parseCredentialSets(text);
      expect.unreachable();
    } catch (error) {
      const { message, remedy } = error as CredentialsError;
      expect(message).toContain(complaint);
      expect(message + remedy).not.toContain("secret-text");
    }
  });
});

describe("the texts to be hidden", () => {
  const pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----";

  it("are every secret of a connection, of sets and of the environment, longest first", () => {
    const connection = {
      host: "kms01",
      user: "admin",
      password: "pw-1",
      proxy: { host: "j", privateKey: pem, privateKeyPassword: "pp" },
    };
    const env = { VOLUME_ACTIVATION_A_TSIG_SECRET: "tsig-1", VOLUME_ACTIVATION_A_USER: "somebody", HOME: "/root" };
    const secrets = secretsOf(connection, { a: { user: "x", password: "pw-2" } }, env, undefined);
    expect(secrets).toEqual([pem, "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU", "tsig-1", "pw-1", "pw-2", "pp"]);
  });

  it("of a resolved connection include those of its credential set", () => {
    expect(secretsOfConnection(resolveConnection({ host: "h", credentials: "kms-admins" }, {}, sets))).toEqual([
      "config-key",
      "config-pw",
    ]);
  });
});
