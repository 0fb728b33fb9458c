import { createSocket } from "node:dgram";
import { createServer, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DnsNetwork, type DnsNetworkOptions, readSrvSet, tsigSigner } from "../../../provider/dns";
import type { DnsClient } from "../../../provider/dns/client";
import type { Message } from "../../../provider/dns/wire/message";
import { addRecord, type UpdateMessage } from "../../../provider/dns/wire/update";
import { type FakeServer, startFakeServer } from "./fakeServer";
import { FQDN, HEADER_RCODES, KMS01, queryAnswer, srvAnswer, updateAnswer, ZONE } from "./messages";

const forever = new AbortController().signal;
const RCODES = [...HEADER_RCODES, [15, "RCODE15"]] as const;
const UPDATE: UpdateMessage = {
  zone: ZONE,
  prerequisites: [],
  updates: [addRecord(FQDN, 33, 60, Buffer.from([0, 0, 0, 0, 0, 0, 0]))],
};

let server: FakeServer;
let network: DnsNetwork;
beforeEach(async () => {
  server = await startFakeServer(right);
  network = new DnsNetwork();
});
afterEach(async () => {
  network.close();
  await server.stop();
});

const right = (message: Message) =>
  message.opcode === 0 ? queryAnswer({ id: message.id, answers: [srvAnswer(KMS01)] }) : updateAnswer(message.id, 0);

async function client(options?: DnsNetworkOptions, host = "127.0.0.1"): Promise<DnsClient> {
  if (options) network = new DnsNetwork(options);
  return network.client({ host, port: server.port }, forever);
}
const ways = () => server.requests.map(({ via }) => via);

describe("a query", () => {
  it("goes over UDP, with an ID of its own each time", async () => {
    const asker = await client();
    for (let round = 0; round < 8; round++) expect((await asker.query(FQDN, "SRV", forever)).answers).toHaveLength(1);
    expect(new Set(ways())).toEqual(new Set(["udp"]));
    expect(new Set(server.requests.map(({ message }) => message.id)).size).toBeGreaterThan(6);
  });

  it("goes on to TCP when the answer was cut off", async () => {
    server.answer = (message, via) =>
      via === "udp" ? queryAnswer({ id: message.id, truncated: true }).subarray(0, 20) : right(message);
    expect((await (await client()).query(FQDN, "SRV", forever)).answers).toHaveLength(1);
    expect(ways()).toEqual(["udp", "tcp"]);
  });

  it("goes over the connection that carried an update, and over UDP when that one fails", async () => {
    const asker = await client();
    await asker.update(UPDATE, undefined, forever);
    expect((await asker.query(FQDN, "SRV", forever)).answers).toHaveLength(1);
    expect(ways()).toEqual(["tcp", "tcp"]);
    server.answer = (message, via) => (via === "tcp" ? "close" : right(message));
    expect((await asker.query(FQDN, "SRV", forever)).answers).toHaveLength(1);
    expect(ways().at(-1)).toBe("udp");
  });

  it("asks for an alias where the name has no SRV records: some servers do not tell it unasked", async () => {
    const alias = { type: "CNAME" as const, name: FQDN, ttl: 5, data: "other.contoso.com" };
    server.answer = (message) => {
      const isCname = message.questions[0]?.type === 5;
      return queryAnswer({ id: message.id, type: isCname ? "CNAME" : "SRV", answers: isCname ? [alias] : [] });
    };
    const set = await readSrvSet(await client(), FQDN, ZONE, undefined, forever);
    expect(set).toEqual({ records: [], alias: "other.contoso.com" });
  });

  it("passes over datagrams with another ID, another question or no sense", async () => {
    server.answer = (message) => [
      queryAnswer({ id: message.id ^ 1, rcode: 3 }),
      queryAnswer({ id: message.id, name: "other.contoso.com", rcode: 3 }),
      Buffer.concat([right(message), Buffer.of(0)]),
      Buffer.from("?"),
      right(message),
    ];
    const answer = await (await client()).query(FQDN, "SRV", forever);
    expect(answer).toMatchObject({ rcode: 0, answers: [{}] });
    expect(ways()).toEqual(["udp"]);
  });

  it("passes over a datagram from another port than the server's, whatever it says", async () => {
    const forger = createSocket("udp4");
    try {
      server.answer = async (message) => {
        const { fromPort } = server.requests.at(-1) ?? { fromPort: 0 };
        forger.send(queryAnswer({ id: message.id, rcode: 3 }), fromPort, "127.0.0.1");
        await sleep(30);
        return right(message);
      };
      expect(await (await client()).query(FQDN, "SRV", forever)).toMatchObject({ rcode: 0, answers: [{}] });
      expect(ways()).toEqual(["udp"]);
    } finally {
      forger.close();
    }
  });

  it("asks again over UDP, then over TCP, when nothing comes", async () => {
    server.answer = (message, via) => (via === "udp" ? "silence" : right(message));
    await (await client()).query(FQDN, "SRV", forever);
    expect(ways()).toEqual(["udp", "udp", "tcp"]);
  });

  it("fails with the server's name and the time when nothing comes at all", async () => {
    server.answer = () => "silence";
    const failing = (await client({ times: { answerMs: 50 } })).query(FQDN, "SRV", forever);
    await expect(failing).rejects.toMatchObject({
      kind: "timeout",
      message: `the name server 127.0.0.1:${server.port} did not answer over TCP within 0.05 s`,
    });
  });

  it("ends when it is cancelled, and the connection stays of use for others", async () => {
    server.answer = (message, via) => {
      if (via === "udp") return queryAnswer({ id: message.id, truncated: true });
      return message.questions[0]?.name.text === FQDN ? "silence" : queryAnswer({ id: message.id, name: "a.b" });
    };
    const asker = await client();
    const controller = new AbortController();
    const cancelled = asker.query(FQDN, "SRV", controller.signal);
    await expect.poll(ways).toContain("tcp");
    controller.abort(new Error("the engine has ended"));
    await expect(cancelled).rejects.toThrow("the engine has ended");
    await asker.query("a.b", "SRV", forever);
    expect(server.connections).toBe(1);
  });
});

describe("TCP", () => {
  it("is one connection for many requests, answered in any order", async () => {
    server.answer = async (message) => {
      await sleep(Math.random() * 20);
      return updateAnswer(message.id, 0);
    };
    const asker = await client();
    await Promise.all(Array.from({ length: 12 }, () => asker.update(UPDATE, undefined, forever)));
    expect(server.connections).toBe(1);
  });

  it("is two connections at most, and 32 requests under way", async () => {
    let open = 0;
    let most = 0;
    server.answer = async (message) => {
      most = Math.max(most, ++open);
      await sleep(10);
      open--;
      return updateAnswer(message.id, 0);
    };
    const asker = await client();
    await Promise.all(Array.from({ length: 200 }, () => asker.update(UPDATE, undefined, forever)));
    expect(server.connections).toBe(2);
    expect(most).toBeLessThanOrEqual(32);
    expect(most).toBeGreaterThan(16);
  });

  it("carries what is asked in one turn by one write to each connection", async () => {
    const asker = await client();
    await asker.update(UPDATE, undefined, forever);
    const { port } = server;
    const write = vi.spyOn(Socket.prototype, "write");
    try {
      await Promise.all(Array.from({ length: 12 }, () => asker.update(UPDATE, undefined, forever)));
      const ours = write.mock.contexts.filter((socket) => (socket as Socket).remotePort === port);
      expect(ours).toHaveLength(1);
    } finally {
      write.mockRestore();
    }
    expect(server.requests).toHaveLength(13);
  });

  it("asks a query again on a new connection when the server had closed the idle one", async () => {
    let cut = true;
    server.answer = (message, via) =>
      via === "udp" ? queryAnswer({ id: message.id, truncated: true }) : right(message);
    const asker = await client();
    await asker.query(FQDN, "SRV", forever);
    server.answer = (message, via) => {
      if (via === "udp") return queryAnswer({ id: message.id, truncated: true });
      if (!cut) return right(message);
      cut = false;
      return "close";
    };
    await asker.query(FQDN, "SRV", forever);
    expect(server.connections).toBe(2);
  });

  it("sends nothing of a message that is longer than its frame can say, and stays of use", async () => {
    const asker = await client();
    const updates = Array.from({ length: 2000 }, () => UPDATE.updates[0] ?? Buffer.alloc(0));
    const failure = asker.update({ ...UPDATE, updates }, undefined, forever);
    await expect(failure).rejects.toMatchObject({ kind: "tooLong", outcomeUnknown: false });
    await asker.update(UPDATE, undefined, forever);
    expect([server.connections, server.requests.length]).toEqual([1, 1]);
  });

  it("never sends an update twice: one whose answer is lost may have been done", async () => {
    const asker = await client();
    await asker.update(UPDATE, undefined, forever);
    server.answer = () => "close";
    await expect(asker.update(UPDATE, undefined, forever)).rejects.toMatchObject({
      kind: "lost",
      outcomeUnknown: true,
    });
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["is no DNS message", () => Buffer.alloc(5)],
    ["is malformed", (message: Message) => Buffer.concat([updateAnswer(message.id, 0), Buffer.of(1)])],
    ["answers a query", (message: Message) => queryAnswer({ id: message.id })],
  ])("refuses an answer that %s", async (_what, answer) => {
    server.answer = answer;
    const refused = (await client()).update(UPDATE, undefined, forever);
    await expect(refused).rejects.toMatchObject({ kind: "malformed", outcomeUnknown: true });
  });

  it("takes an answer that drips in octet by octet, and drops one that nobody asked for", async () => {
    const dripping = createServer((socket) => {
      socket.setNoDelay(true);
      socket.once("data", async (request: Buffer) => {
        const id = request.readUInt16BE(2);
        for (const one of [updateAnswer(id ^ 5, 5), updateAnswer(id, 0)]) {
          for (const octet of Buffer.concat([Buffer.of(0, one.length), one])) {
            socket.write(Buffer.of(octet));
            await sleep(1);
          }
        }
      });
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => dripping.listen(0, "127.0.0.1", resolve));
    const address = dripping.address();
    const port = address && typeof address === "object" ? address.port : 0;
    try {
      const asker = await network.client({ host: "127.0.0.1", port }, forever);
      await asker.update(UPDATE, undefined, forever);
    } finally {
      network.close();
      dripping.close();
    }
  });
});

describe("a server", () => {
  it("with several addresses is asked at the first one that can be reached", async () => {
    const asker = await client({ resolve: async () => ["127.0.0.2", "127.0.0.1"] }, "ns1.contoso.com");
    await asker.update(UPDATE, undefined, forever);
    expect(asker.where).toBe(`ns1.contoso.com:${server.port}`);
    expect(server.requests).toHaveLength(1);
  });

  it("that is down is told as not reachable, by its name, with what to check", async () => {
    const asker = await client({ resolve: async () => ["127.0.0.2", "127.0.0.3"] }, "ns1.contoso.com");
    await expect(asker.query(FQDN, "SRV", forever)).rejects.toMatchObject({
      kind: "unreachable",
      message: `the name server ns1.contoso.com:${server.port} cannot be reached: nothing listens there (connection refused)`,
      remedy: expect.stringContaining("firewall"),
    });
  });

  it("whose name does not exist is told as such", async () => {
    const resolve = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    };
    await expect(client({ resolve }, "ns9.contoso.com")).rejects.toMatchObject({
      message: expect.stringContaining("cannot be reached: no such host name"),
    });
  });

  it.each(RCODES)("that answers rcode %i is told as %s with cause and remedy", async (rcode, name) => {
    server.answer = (message) => updateAnswer(message.id, rcode);
    const failure = (await client()).update(UPDATE, undefined, forever);
    await expect(failure).rejects.toMatchObject({
      name,
      kind: "rcode",
      message: expect.stringMatching(new RegExp(`^${name}: .{15,}`)),
      remedy: expect.stringMatching(/.{15,}/),
      outcomeUnknown: false,
    });
  });

  it("that says NOERROR to a signed update without a signature is not believed", async () => {
    const signer = tsigSigner({ name: "updater", algorithm: "hmac-sha256", secret: Buffer.from("0123456789") });
    const failure = (await client()).update(UPDATE, signer, forever);
    await expect(failure).rejects.toMatchObject({ kind: "unsigned" });
  });
});

describe("a set's turn", () => {
  it("is one at a time for one name, and does not hold up other names", async () => {
    const order: string[] = [];
    const work = (name: string, milliseconds: number) =>
      network.atSet(name, forever, async () => {
        order.push(`${name} begins`);
        await sleep(milliseconds);
        order.push(`${name} ends`);
      });
    await Promise.all([work("a", 30), work("a", 1), work("b", 1)]);
    expect(order).toEqual(["a begins", "b begins", "b ends", "a ends", "a begins", "a ends"]);
  });

  it("goes on after one that failed", async () => {
    const failing = network.atSet("a", forever, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    await expect(network.atSet("a", forever, async () => 5)).resolves.toBe(5);
  });
});
