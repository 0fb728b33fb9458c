import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentProtocol, utils } from "ssh2";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../provider/log/logger";
import { sshTransport } from "../../../provider/machine/ssh";
import { newHostKey } from "../../lab/ssh/keys";
import { cleanups, connection, type Fields, never, open, PASSWORD, refusal, server, userKey } from "./sshServers";

describe("a login", () => {
  it("by password works where the server asks for it by prompts", async () => {
    const { port } = await server({ methods: ["keyboard-interactive"] });
    await open(connection(port, { password: PASSWORD }));
  });

  it("by key works", async () => {
    const { port } = await server();
    await open(connection(port, { privateKey: userKey.privatePem }));
  });

  it.each(["rsa", "ecdsa"] as const)("by a key of type %s works, in OpenSSH's format and as PEM", async (type) => {
    const pair =
      type === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const pkcs8 = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const encrypted = pair.privateKey
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open sesame" })
      .toString();
    const old = pair.privateKey.export({ type: type === "rsa" ? "pkcs1" : "sec1", format: "pem" } as never).toString();
    const parsed = utils.parseKey(old);
    if (parsed instanceof Error) throw parsed;
    const openssh = newHostKey(type);
    const publicKeys = [`${parsed.type} ${parsed.getPublicSSH().toString("base64")}`, openssh.publicLine];
    const { port } = await server({ accounts: () => ({ publicKeys }) });
    for (const privateKey of [openssh.privatePem, pkcs8, old]) await open(connection(port, { privateKey }));
    await open(connection(port, { privateKey: encrypted, privateKeyPassword: "open sesame" }));
    const error = await refusal(open(connection(port, { privateKey: encrypted, privateKeyPassword: "open barley" })));
    expect(error.message).toContain("passphrase does not open");
  });

  it("by a key with a passphrase works, and says when the passphrase is missing or wrong, before dialling", async () => {
    const key = newHostKey("ed25519", "open sesame");
    const { port, dials } = await server({ accounts: () => ({ publicKeys: [key.publicLine] }) });
    const wrong = await refusal(
      open(connection(port, { privateKey: key.privatePem, privateKeyPassword: "open barley" })),
    );
    expect(wrong.kind).toBe("login");
    expect(wrong.message).toContain("the passphrase does not open privateKey");
    expect(wrong.message + wrong.remedy).not.toContain("barley");
    const missing = await refusal(open(connection(port, { privateKey: key.privatePem })));
    expect(missing.message).toContain("none was given");
    expect(dials()).toBe(0);
    await open(connection(port, { privateKey: key.privatePem, privateKeyPassword: "open sesame" }));
  });

  it.each([
    ["no key at all", "hunter2"],
    ["a cut key", userKey.privatePem.slice(0, 120)],
    ["a public key", userKey.publicLine],
    ["broken PKCS#8", "-----BEGIN PRIVATE KEY-----\nAAAAhunter2\n-----END PRIVATE KEY-----"],
  ])("with %s is refused before dialling, without a piece of it in the message", async (_what, privateKey) => {
    const { port, dials } = await server();
    const error = await refusal(open(connection(port, { privateKey })));
    expect(error.kind).toBe("login");
    expect(error.message + error.remedy).not.toMatch(/hunter2|AAAA/);
    expect(dials()).toBe(0);
  });

  it("accepts a key whose line ends were written as \\n", async () => {
    const { port } = await server();
    await open(connection(port, { privateKey: userKey.privatePem.trim().replaceAll("\n", "\\n") }));
  });

  it("tries the key first and then the password", async () => {
    const { port } = await server();
    await open(connection(port, { privateKey: newHostKey().privatePem, password: PASSWORD }));
  });

  it("that is refused says what was tried and what the server accepts, and is not repeated", async () => {
    const { port, dials } = await server({ methods: ["publickey", "password"] });
    const key = newHostKey();
    const to = connection(port, { privateKey: key.privatePem, password: "wrong", dialErrorLimit: 5 });
    const error = await refusal(open(to));
    expect(error.kind).toBe("login");
    expect(error.message).toContain("tried publickey (ssh-ed25519 SHA256:");
    expect(error.message).toContain(", password; the server accepts publickey, password");
    expect(error.message).not.toContain("wrong");
    expect(error.remedy).toContain("administrators_authorized_keys");
    expect(dials()).toBe(1);
  });

  it("does not offer a password to a server that takes keys only", async () => {
    const { port } = await server({ methods: ["publickey"] });
    const error = await refusal(open(connection(port, { password: PASSWORD })));
    expect(error.message).toContain("none of our means could be tried; the server accepts publickey");
  });

  it("needs something to log in with", async () => {
    const { port, dials } = await server();
    expect((await refusal(open(connection(port)))).message).toContain("nothing to log in with");
    expect(dials()).toBe(0);
  });

  it("uses an SSH agent: the declared one, or the environment's when nothing else is given", async () => {
    const parsed = utils.parseKey(userKey.privatePem);
    if (parsed instanceof Error) throw parsed;
    const folder = mkdtempSync(join(tmpdir(), "agent-"));
    const path = join(folder, "socket");
    let signatures = 0;
    const agent = createServer((socket) => {
      const protocol = new AgentProtocol(false);
      protocol.on("identities", (request) => protocol.getIdentitiesReply(request, [parsed]));
      protocol.on("sign", (request, _key, data) => {
        signatures++;
        protocol.signReply(request, parsed.sign(data));
      });
      socket.pipe(protocol).pipe(socket);
    });
    await new Promise<void>((resolve) => agent.listen(path, resolve));
    cleanups.push(() => {
      agent.close();
      rmSync(folder, { recursive: true });
    });
    const { port } = await server();
    const dial = async (fields: Fields) => {
      const channel = await sshTransport(connection(port, fields), silentLogger, { env: { SSH_AUTH_SOCK: path } }).open(
        "c",
        never,
      );
      channel.close();
    };
    await dial({});
    await dial({ agentSocketPath: path });
    expect(signatures).toBe(2);
    await dial({ password: PASSWORD });
    expect(signatures).toBe(2);
    const error = await refusal(open(connection(port, { agentSocketPath: join(folder, "nobody") })));
    expect(error.kind).toBe("login");
    expect(error.message).toContain("the SSH agent:");
  });
});
