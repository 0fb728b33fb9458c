import { connect, createServer, type Server } from "node:net";
import { describe, expect, it } from "vitest";
import { DnsNetwork } from "../../../provider/dns";
import { makeSrvRecordHandler } from "../../../provider/resources/srvRecord/handler";
import { freePort, ZONES } from "./named";
import { NEIGHBOUR, program, recordOnBind } from "./record";

describe.skipIf(!program.available)("SrvRecord on a real BIND", () => {
  const at = recordOnBind();
  const { change, create, failureOf, read, records, tsig } = at;

  it("updates an open zone without a signature, and signs with the algorithms that are named", async () => {
    await create({ zone: ZONES.open, auth: { method: "none" } });
    expect(await records(ZONES.open)).toEqual(["0 0 1688 kms01.contoso.test"]);
    await create({ auth: tsig({ keyName: "updater512", algorithm: "hmac-sha512" }), target: "a.contoso.test" });
    await create({ auth: tsig({ keyName: "updatermd5", algorithm: "hmac-md5" }), target: "b.contoso.test" });
    expect(await records()).toHaveLength(2);
  });

  it("signs its queries where the server answers to key holders only", async () => {
    const { outs } = await create({ zone: ZONES.fixed });
    expect(await read(outs)).toEqual(outs);
    const failure = await failureOf(read({ ...outs, auth: { method: "none" } }));
    expect(failure.message).toContain("REFUSED: the server does not answer queries");
  });

  it("works over TCP alone, where UDP does not come through", async () => {
    const tcp = await forwarder(at.named.port);
    try {
      const { outs } = await create({ server: `127.0.0.1:${tcp.port}` });
      expect(outs["ensure"]).toBe("present");
    } finally {
      at.network.close();
      await tcp.stop();
    }
  });

  it("reads a set that does not fit into a datagram, and swaps one record of it", async () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ ...NEIGHBOUR, target: `kms${100 + index}.contoso.test` }));
    await change(ZONES.signed, many);
    const { outs } = await create();
    expect(outs["neighboursSeen"]).toHaveLength(10);
    expect(JSON.stringify(outs["findings"])).toContain("60 SRV records that nobody declared");
    expect(await records()).toHaveLength(61);
  });

  it("changes one set from many resources at once, over two connections, and loses nothing", async () => {
    const targets = Array.from({ length: 40 }, (_, index) => `kms${index}.contoso.test`);
    await Promise.all(targets.map((target) => create({ target })));
    expect(await records()).toHaveLength(40);
    expect(at.network.tcp("127.0.0.1", at.named.port, "").dials).toBeLessThanOrEqual(2);
  });

  it("meets another process at the same set: what it read is checked by the server, and read again", async () => {
    const others = Array.from({ length: 6 }, () => makeSrvRecordHandler(new DnsNetwork()));
    const done = await Promise.all(others.map((other, index) => create({ target: `kms${index}.contoso.test` }, other)));
    expect(done.map(({ outs }) => outs["ensure"])).toEqual(Array(6).fill("present"));
    expect(await records()).toHaveLength(6);
  });
});

/** Passes TCP on, so that behind its port there is no UDP. */
async function forwarder(to: number): Promise<{ port: number; stop(): Promise<void> }> {
  const server: Server = createServer((socket) => {
    const onward = connect({ host: "127.0.0.1", port: to });
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on("error", () => onward.destroy());
    socket.on("close", () => onward.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { port, stop: () => new Promise((resolve) => void server.close(() => resolve())) };
}
