import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../../provider/log/logger";
import { sshTransport } from "../../../provider/machine/ssh";
import { connection, never, open, PASSWORD, server, talk, tcpServer } from "./sshServers";

describe("a command over SSH", () => {
  it("gets its input, gives its output, and ends with its exit code when its input is closed", async () => {
    const { port } = await server();
    expect(await talk(await open(connection(port, { password: PASSWORD })), "hello\n")).toEqual({
      output: "ran the command\nhello\n",
      exitCode: 7,
    });
  });

  it("carries more than a window's worth of bytes both ways", async () => {
    const { port } = await server();
    const input = "0123456789abcdef".repeat(400_000);
    const { output } = await talk(await open(connection(port, { password: PASSWORD })), input);
    expect(output.length).toBe("ran the command\n".length + input.length);
  });

  it("tells of a connection that is cut", async () => {
    const { port, dropConnections } = await server();
    const channel = await open(connection(port, { password: PASSWORD }));
    const ended = new Promise<{ error?: Error }>((resolve) => channel.onClose(resolve));
    dropConnections();
    expect((await ended).error).toBeInstanceOf(Error);
    await expect(channel.write(Buffer.from("x"))).rejects.toThrow();
    channel.close();
    channel.close();
  });

  it("notices that the other end is gone without a word, and is not misled by one that is only quiet", async () => {
    const { port } = await server();
    let frozen = false;
    const relay = await tcpServer((near) => {
      const far = connect(port, "127.0.0.1");
      far.on("error", () => {});
      near.on("data", (data) => frozen || far.write(data));
      far.on("data", (data) => frozen || near.write(data));
      near.on("close", () => far.destroy());
    });
    const to = connection(relay, { password: PASSWORD });
    const channel = await sshTransport(to, silentLogger, { keepAliveMs: 10 }).open("c", never);
    let end: { error?: Error } | undefined;
    channel.onClose((how) => {
      end = how;
    });
    await sleep(150);
    expect(end).toBeUndefined();
    frozen = true;
    await vi.waitFor(() => expect(end?.error?.message).toContain("no longer answers"));
    channel.close();
  });

  it("keeps the process from exiting only while it is wanted", async () => {
    const { port } = await server();
    const channel = await open(connection(port, { password: PASSWORD }));
    const holding = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    const before = holding();
    channel.keepAlive?.(false);
    expect(holding()).toBe(before - 1);
    channel.keepAlive?.(true);
    expect(holding()).toBe(before);
  });

  it("is not started when the signal aborts meanwhile", async () => {
    const { port } = await server();
    const abort = new AbortController();
    const opening = open(connection(port, { password: PASSWORD }), silentLogger, abort.signal);
    abort.abort(new Error("cancelled"));
    await expect(opening).rejects.toThrow("cancelled");
  });
});
