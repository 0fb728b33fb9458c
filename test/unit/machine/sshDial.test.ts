import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../provider/log/logger";
import { within } from "../../../provider/machine/deadline";
import { sshTransport } from "../../../provider/machine/ssh";
import { dialError } from "../../../provider/machine/sshErrors";
import { LoginAttempt } from "../../../provider/machine/sshLogin";
import { closedPort, connection, never, open, PASSWORD, refusal, tcpServer } from "./sshServers";

describe("a machine that cannot be reached", () => {
  it("because nothing listens there is dialled again up to the limit", async () => {
    const port = await closedPort();
    let dials = 0;
    const to = connection(port, { password: PASSWORD, dialErrorLimit: 2 });
    const transport = sshTransport(to, silentLogger, { retryDelayMs: 1, onDial: () => dials++ });
    const error = await refusal(transport.open("c", never));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(`nothing listens on port ${port} (connection refused)`);
    expect(error.message).toContain("Dialled 3 times");
    expect(dials).toBe(3);
  });

  it("is dialled until the deadline when there is no limit, and the last answer is told", async () => {
    const port = await closedPort();
    const to = connection(port, { password: PASSWORD, dialErrorLimit: -1 });
    const error = await refusal(within([], 100, (signal) => open(to, silentLogger, signal)));
    expect(error.message).toContain("connection refused");
  });

  it.each([
    ["ENOTFOUND", "the name kms01 does not resolve"],
    ["EAI_AGAIN", "no DNS server answered"],
    ["ETIMEDOUT", "no answer came"],
    ["EHOSTUNREACH", "no route"],
    ["ENETUNREACH", "no route"],
    ["ECONNRESET", "the connection was reset"],
    ["ENEWCODE", "no connection (something new)"],
  ])("is explained by the system's code %s", (code, words) => {
    const cause = Object.assign(new Error("something new"), { code });
    const target = { where: "ssh admin@kms01:22", host: "kms01", port: 22 };
    const error = dialError(target, "connecting", cause, new LoginAttempt({ user: "admin" }));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(words);
    expect(error).not.toHaveProperty("code");
  });

  it("because its port accepts and says nothing is given up after the time for one dial", async () => {
    const port = await tcpServer(() => {});
    const error = await refusal(open(connection(port, { password: PASSWORD, perDialTimeout: 0.05 })));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain("said nothing as an SSH server within 0.05 s");
  });

  it("is given up at the deadline when a dial has no limit of its own", async () => {
    const port = await tcpServer(() => {});
    const to = connection(port, { password: PASSWORD, perDialTimeout: 0 });
    const error = await refusal(within([], 50, (signal) => open(to, silentLogger, signal)));
    expect(error.message).toContain("within 0.05 s");
  });

  it("because something else than SSH listens there is told so", async () => {
    const http = await tcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await refusal(open(connection(http, { password: PASSWORD })));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain("no SSH handshake");
    const closes = await tcpServer((socket) => socket.destroy());
    expect((await refusal(open(connection(closes, { password: PASSWORD })))).message).toContain("no SSH handshake");
  });
});
