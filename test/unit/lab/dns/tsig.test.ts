import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signRequest, TSIG_ALGORITHMS } from "../../../lab/dns/tsig";
import { parseMessage } from "../../../lab/dns/wire/message";
import { Lab } from "../../../lab/index";
import { answerTo, ask, NODE, networkWith, queryMessage, rcodeOf, rr, signed, updateMessage } from "./client";

const HOUR = 3_600_000;
let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start({ network: networkWith(["tsig"]), start: new Date("2031-01-01T00:00:00Z") });
});
afterEach(() => lab.stop());
const add = () => updateMessage([], [rr.add(NODE, "SRV", "0 0 1688 a.contoso.com")]);

describe("a signed request", () => {
  it.each(TSIG_ALGORITHMS)("is taken with %s, and the answer is signed with the same", (algorithm) => {
    const key = lab.dns.newKey("one", algorithm, { md5: true });
    const { answer, tsig } = signed(lab, add(), key);
    expect(rcodeOf(answer)).toBe("NOERROR");
    expect(tsig).toMatchObject({ valid: true, error: 0 });
    expect(ask(lab, NODE, "SRV")).toHaveLength(1);
  });

  it("goes by real time, wherever the lab's clock stands", () => {
    lab.advance(365 * 24 * HOUR);
    expect(rcodeOf(signed(lab, add()).answer)).toBe("NOERROR");
  });

  it("may carry another id than the one it was signed with", () => {
    const { packet } = signRequest(add(), lab.dns.tsig, Math.floor(Date.now() / 1000));
    packet.writeUInt16BE(packet.readUInt16BE(0) ^ 0xffff, 0);
    expect(rcodeOf(answerTo(lab, packet))).toBe("NOERROR");
  });

  it("with a key that is not known, or under another algorithm: BADKEY, not signed", () => {
    for (const key of [
      { ...lab.dns.tsig, keyName: "nobody" },
      { ...lab.dns.tsig, algorithm: "hmac-sha512" as const },
    ]) {
      const { answer, tsig } = signed(lab, add(), key);
      expect(rcodeOf(answer)).toBe("NOTAUTH");
      expect(tsig).toMatchObject({ error: 17, mac: Buffer.alloc(0), valid: false });
    }
    expect(ask(lab, NODE, "SRV")).toEqual([]);
  });

  it("with a wrong secret, or changed on the way: BADSIG, not signed", () => {
    const wrong = { ...lab.dns.tsig, secret: Buffer.alloc(32).toString("base64") };
    expect(signed(lab, add(), wrong).tsig).toMatchObject({ error: 16, mac: Buffer.alloc(0) });
    const { packet } = signRequest(add(), lab.dns.tsig, Math.floor(Date.now() / 1000));
    const at = packet.indexOf("_vlmcs", packet.indexOf("contoso"));
    packet[at + 1] = "w".charCodeAt(0);
    const answer = answerTo(lab, packet);
    expect(rcodeOf(answer)).toBe("NOTAUTH");
    expect(ask(lab, NODE, "SRV")).toEqual([]);
  });

  it("an hour off: BADTIME, signed, with the client's time and the server's", async () => {
    const at = Date.now() - HOUR;
    const { answer, tsig } = signed(lab, add(), lab.dns.tsig, at);
    expect(rcodeOf(answer)).toBe("NOTAUTH");
    expect(tsig).toMatchObject({ valid: true, error: 18, timeSigned: Math.floor(at / 1000) });
    expect(Math.abs((tsig?.other.readUIntBE(0, 6) ?? 0) * 1000 - Date.now())).toBeLessThan(5_000);
    await lab.dns.fault({ clockMinutes: -60 });
    expect(rcodeOf(signed(lab, add(), lab.dns.tsig, at).answer)).toBe("NOERROR");
  });

  it("is a question too, and its answer is signed", () => {
    const { parsed, tsig } = signed(lab, queryMessage("kms01.contoso.com", "A"));
    expect(tsig?.valid).toBe(true);
    expect(parsed.answers).toHaveLength(1);
  });

  it("with a signature that is not the last record, or twice there: FORMERR", () => {
    const { packet } = signRequest(add(), lab.dns.tsig, Math.floor(Date.now() / 1000));
    const record = parseMessage(packet).additionals.at(-1);
    const twice = Buffer.concat([packet, packet.subarray(record?.start)]);
    twice.writeUInt16BE(2, 10);
    expect(rcodeOf(answerTo(lab, twice))).toBe("FORMERR");
  });
});

describe("a key", () => {
  it("has the secret that it is given, or one of its own", () => {
    const secret = Buffer.from("0123456789abcdef").toString("base64");
    expect(lab.dns.newKey("given", "hmac-sha256", { secret }).secret).toBe(secret);
    expect(rcodeOf(signed(lab, add(), { keyName: "given", algorithm: "hmac-sha256", secret }).answer)).toBe("NOERROR");
    expect(lab.dns.newKey("a", "hmac-sha256").secret).not.toBe(lab.dns.newKey("b", "hmac-sha256").secret);
  });

  it("of md5 is made only where it is allowed by name", async () => {
    expect(() => lab.dns.newKey("old", "hmac-md5")).toThrow(/must be allowed/);
    const network = networkWith(["tsig"], { tsig: { algorithm: "hmac-md5" } });
    await expect(Lab.start({ network })).rejects.toThrow(/allowMd5/);
    const allowed = await Lab.start({ network: { ...network, tsig: { algorithm: "hmac-md5", allowMd5: true } } });
    expect(allowed.dns.tsig.algorithm).toBe("hmac-md5");
    await allowed.stop();
  });
});
