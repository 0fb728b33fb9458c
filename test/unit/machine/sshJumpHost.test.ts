import { describe, expect, it } from "vitest";
import type { ResolvedConnection } from "../../../provider/machine/connection";
import { newHostKey } from "../../lab/ssh/keys";
import { closedPort, connection, type Fields, hostKey, open, PASSWORD, refusal, server, talk } from "./sshServers";

describe("a jump host", () => {
  const jumpKey = newHostKey("ecdsa");
  const jumpServer = () => server({ hostKeyPem: jumpKey.privatePem, accounts: () => ({ password: "jump-pw" }) });
  const through = (port: number, fields: Fields = {}): Partial<ResolvedConnection> => ({
    proxy: {
      host: "127.0.0.1",
      port,
      user: "jumper",
      password: "jump-pw",
      hostKey: jumpKey.publicLine,
      dialErrorLimit: 0,
      ...fields,
    },
  });

  it("carries the connection, and both ends are who they were declared to be", async () => {
    const target = await server();
    const jump = await jumpServer();
    const channel = await open(connection(target.port, { password: PASSWORD }, through(jump.port)));
    expect((await talk(channel, "hello\n")).output).toContain("hello");
    expect([target.dials(), jump.dials()]).toEqual([1, 1]);
  });

  it("needs an identity of its own", async () => {
    const target = await server();
    const jump = await jumpServer();
    const error = await refusal(
      open(connection(target.port, { password: PASSWORD }, through(jump.port, { hostKey: "" }))),
    );
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain(`127.0.0.1:${jump.port}`);
    expect(jump.dials()).toBe(0);
  });

  it("that is the wrong one, refuses the login, or is away is named", async () => {
    const target = await server();
    const jump = await jumpServer();
    const wrong = through(jump.port, { hostKey: hostKey.publicLine });
    const key = await refusal(open(connection(target.port, { password: PASSWORD }, wrong)));
    expect([key.kind, key.message.startsWith("jump host jumper@127.0.0.1")]).toEqual(["hostKey", true]);
    const login = await refusal(
      open(connection(target.port, { password: PASSWORD }, through(jump.port, { password: "no" }))),
    );
    expect([login.kind, login.message.startsWith("jump host ")]).toEqual(["login", true]);
    const away = await refusal(open(connection(target.port, { password: PASSWORD }, through(await closedPort()))));
    expect([away.kind, away.message.startsWith("jump host ")]).toEqual(["connect", true]);
    expect(target.dials()).toBe(0);
  });

  it("that cannot reach the machine says so", async () => {
    const jump = await jumpServer();
    const port = await closedPort();
    const error = await refusal(open(connection(port, { password: PASSWORD }, through(jump.port))));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(`jump host jumper@127.0.0.1:${jump.port}: it could not reach 127.0.0.1:${port}`);
  });

  it("does not hide that the machine behind it is another one", async () => {
    const target = await server({ hostKeyPem: newHostKey().privatePem });
    const jump = await jumpServer();
    const error = await refusal(open(connection(target.port, { password: PASSWORD }, through(jump.port))));
    expect(error.kind).toBe("hostKey");
    expect(error.message).toContain(`ssh admin@127.0.0.1:${target.port}`);
  });

  it("that goes away ends the connection through it", async () => {
    const target = await server();
    const jump = await jumpServer();
    const channel = await open(connection(target.port, { password: PASSWORD }, through(jump.port)));
    const ended = new Promise((resolve) => channel.onClose(resolve));
    jump.dropConnections();
    await ended;
  });
});
