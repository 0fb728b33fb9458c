import { promises as dns } from "node:dns";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signRequest } from "../../../lab/dns/tsig";
import { parseMessage } from "../../../lab/dns/wire/message";
import { Lab } from "../../../lab/index";
import { ask, NODE, networkWith, queryMessage, rcodeOf, rr, serial, updateMessage } from "./client";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start({ network: networkWith(["tsig"]), dns: true });
});
afterEach(() => lab.stop());

/** Always the same numbers, so that a failure comes again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("packets that nobody should send", () => {
  it("never bring the server to an error of its own, and change nothing", () => {
    const pick = numbers(2136);
    const record = rr.add(NODE, "SRV", "0 0 1688 a.contoso.com");
    const request = updateMessage([rr.free(NODE)], [record, rr.deleteOne(NODE, "SRV", "0 0 1 b.contoso.com")]);
    const seeds = [
      queryMessage("kms01.contoso.com", "A"),
      queryMessage("contoso.com", "ANY", [Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0])]),
      request,
      signRequest(request, { ...lab.dns.tsig, secret: "AAAA" }, Math.floor(Date.now() / 1000)).packet,
    ];
    const before = lab.dns.records();
    const seen = new Set<string>();
    for (let round = 0; round < 20_000; round++) {
      const packet = Buffer.from(seeds[round % seeds.length] ?? []);
      for (let change = 0; change <= pick(4); change++) packet[pick(packet.length)] = pick(256);
      const cut = pick(5) === 0 ? packet.subarray(0, pick(packet.length + 1)) : packet;
      const answer = lab.dns.answer(cut, pick(2) === 0 ? "udp" : "tcp");
      if (answer) {
        expect(answer.subarray(0, 2)).toEqual(cut.subarray(0, 2));
        seen.add(rcodeOf(answer));
      }
    }
    expect(seen).not.toContain("SERVFAIL");
    expect(seen.size).toBeGreaterThan(4);
    expect(lab.dns.records()).toEqual(before);
  });

  it("are harmless with a right signature too: the zone stays one", () => {
    const pick = numbers(8945);
    const seen = new Set<string>();
    for (let round = 0; round < 5_000; round++) {
      const node = `n${pick(9)}.contoso.com`;
      const packet = updateMessage(
        [rr.free("never.contoso.com")],
        [rr.add(node, "SRV", "0 0 1688 a.contoso.com"), rr.deleteName(node), rr.add("contoso.com", "NS", node)],
      );
      // The header and the zone section stay, so that the rest is really looked at.
      for (let change = 0; change <= pick(3); change++) packet[30 + pick(packet.length - 30)] = pick(256);
      const { packet: whole } = signRequest(packet, lab.dns.tsig, Math.floor(Date.now() / 1000));
      const answer = lab.dns.answer(whole);
      if (answer) seen.add(rcodeOf(answer));
    }
    expect(seen).not.toContain("SERVFAIL");
    expect([...seen]).toEqual(expect.arrayContaining(["NOERROR", "FORMERR", "NOTZONE"]));
    expect(ask(lab, "contoso.com", "SOA")).toHaveLength(1);
    expect(lab.dns.records().every(({ name }) => name.toLowerCase().endsWith("contoso.com"))).toBe(true);
  });

  it("of an EDNS version that is to come are answered with BADVERS", () => {
    const opt = (version: number) => Buffer.from([0, 0, 41, 4, 208, 0, version, 0, 0, 0, 0]);
    const rcode = (version: number) => {
      const answer = lab.dns.answer(queryMessage("contoso.com", "SOA", [opt(version)])) ?? Buffer.alloc(12);
      const { answers, additionals } = parseMessage(answer);
      const upper = additionals.find(({ type }) => type === "OPT")?.ttl ?? 0;
      return { rcode: ((upper >>> 24) << 4) | (answer.readUInt16BE(2) & 15), answers: answers.length };
    };
    expect(rcode(0)).toEqual({ rcode: 0, answers: 1 });
    expect(rcode(1)).toEqual({ rcode: 16, answers: 0 });
  });

  it("get no answer when they are answers themselves, or have no header", () => {
    const answer = lab.dns.answer(queryMessage("contoso.com", "SOA"));
    expect(lab.dns.answer(answer ?? Buffer.alloc(0))).toBeNull();
    expect(lab.dns.answer(Buffer.alloc(11))).toBeNull();
  });

  it("over TCP, in pieces and with a wrong length, leave the server as it was", async () => {
    const { host, port } = lab.dns.address;
    const question = queryMessage("kms01.contoso.com", "A");
    const frame = Buffer.concat([Buffer.from([0, question.length]), question]);
    const got = await new Promise<number>((resolve, reject) => {
      let bytes = 0;
      const socket = connect(port, host, () => {
        for (const byte of Buffer.concat([frame, frame])) socket.write(Buffer.from([byte]));
        socket.write(Buffer.from([0xff, 0xff, 1, 2, 3]));
        socket.end();
      });
      socket.on("data", (chunk) => {
        bytes += chunk.length;
      });
      socket.on("close", () => resolve(bytes));
      socket.on("error", reject);
    });
    expect(got).toBe(2 * (2 + (lab.dns.answer(question)?.length ?? 0)));
    expect(serial(lab)).toBe(1);
  });
});

describe("a resolver that is not the lab's own", () => {
  it("finds SRV, A and SOA records, and the errors that there are", async () => {
    lab.dns.change([`add ${NODE} SRV 10 5 1689 KMS02.contoso.com`]);
    const resolver = new dns.Resolver({ timeout: 2_000, tries: 1 });
    const { host, port } = lab.dns.address;
    resolver.setServers([`${host}:${port}`]);
    const [found, ...others] = await resolver.resolveSrv(NODE);
    expect(found).toMatchObject({ priority: 10, weight: 5, port: 1689, name: "KMS02.contoso.com" });
    expect(others).toEqual([]);
    expect(await resolver.resolve4("kms01.contoso.com")).toEqual(["10.0.0.10"]);
    expect(await resolver.resolveSoa("contoso.com")).toMatchObject({ nsname: "ns1.contoso.com", serial: 2 });
    await expect(resolver.resolveSrv("nobody.contoso.com")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolveSrv("kms01.contoso.com")).rejects.toMatchObject({ code: "ENODATA" });
    await lab.dns.fault({ latencyMs: 150 });
    const asked = performance.now();
    await resolver.resolve4("kms01.contoso.com");
    expect(performance.now() - asked).toBeGreaterThan(140);
    await lab.dns.fault({ latencyMs: 0, refuse: true });
    await expect(resolver.resolve4("kms01.contoso.com")).rejects.toMatchObject({ code: "EREFUSED" });
    expect(ask(lab, NODE, "SRV")).toEqual([]);
  });

  it("finds the server over IPv6 too, where the system has it", async () => {
    const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
    const resolver = new dns.Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([`[::1]:${lab.dns.address.port}`]);
    const found = await resolver.resolve4("kms01.contoso.com").catch((error: NodeJS.ErrnoException) => error.code);
    expect(found).toEqual(hasIpv6 ? ["10.0.0.10"] : "ECONNREFUSED");
  });

  it("finds the server on the same port after it was down", async () => {
    const { port } = lab.dns.address;
    await lab.dns.fault({ down: true });
    await expect(
      new Promise((resolve, reject) => connect(port, "127.0.0.1", () => resolve(1)).on("error", reject)),
    ).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await lab.dns.fault({ down: false });
    expect(lab.dns.address.port).toBe(port);
    const resolver = new dns.Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${port}`]);
    expect(await resolver.resolve4("kms01.contoso.com")).toEqual(["10.0.0.10"]);
  });
});
