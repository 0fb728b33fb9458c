import { describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../../provider/log/logger";
import { fingerprint } from "../../../provider/machine/hostkeys";
import { newHostKey } from "../../lab/ssh/keys";
import { connection, hostKey, open, PASSWORD, refusal, server } from "./sshServers";

describe("the machine's identity", () => {
  it.each(["ed25519", "ecdsa", "rsa"] as const)("is proved by a declared %s key", async (type) => {
    const key = newHostKey(type);
    const { port } = await server({ hostKeyPem: key.privatePem });
    await open(connection(port, { password: PASSWORD, hostKey: key.publicLine }));
  });

  it("that is another one is refused before any credential is sent, with both fingerprints", async () => {
    const attempts: string[] = [];
    const { port } = await server({ accounts: (user) => void attempts.push(user) as undefined });
    const other = newHostKey("ed25519");
    const error = await refusal(open(connection(port, { password: PASSWORD, hostKey: other.publicLine })));
    const shown = (line: string) => fingerprint(Buffer.from(line.split(" ")[1] ?? "", "base64"));
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain(`expected the host key ${shown(other.publicLine)}`);
    expect(error.message).toContain(`it presented ${shown(hostKey.publicLine)}`);
    expect(error.message).toContain("no credential was sent");
    expect(attempts).toEqual([]);
  });

  it("is refused when the server has no key of the declared type", async () => {
    const { port } = await server();
    const error = await refusal(open(connection(port, { password: PASSWORD, hostKey: newHostKey("rsa").publicLine })));
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain("no key of this type");
  });

  it("is looked up in knownHosts, by port", async () => {
    const { port } = await server();
    const fields = { password: PASSWORD, hostKey: "" };
    await open(connection(port, fields, { knownHosts: `[127.0.0.1]:${port} ${hostKey.publicLine}` }));
    const revoked = `[127.0.0.1]:${port} ${hostKey.publicLine}\n@revoked * ${hostKey.publicLine}`;
    const error = await refusal(open(connection(port, fields, { knownHosts: revoked })));
    expect(error.message).toContain("@revoked");
  });

  it("must be declared: without it nobody is dialled", async () => {
    const { port, dials } = await server();
    expect((await refusal(open(connection(port, { password: PASSWORD, hostKey: "" })))).kind).toBe("hostKey");
    expect(dials()).toBe(0);
  });

  it("is not checked when that was asked for, and every dial warns", async () => {
    const { port } = await server();
    const warn = vi.fn();
    const to = connection(port, { password: PASSWORD, hostKey: "insecure-accept-any" });
    await open(to, { ...silentLogger, warn });
    await open(to, { ...silentLogger, warn });
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls[0]?.[0]).toContain("not checked");
  });
});
