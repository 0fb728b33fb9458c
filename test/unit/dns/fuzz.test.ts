import { expect, it } from "vitest";
import { DnsError } from "../../../provider/dns/errors";
import { srvSetOf } from "../../../provider/dns/srvSet";
import { tsigSigner } from "../../../provider/dns/tsig/tsig";
import { parseMessage } from "../../../provider/dns/wire/message";
import { canonical } from "../../../provider/dns/wire/names";
import { encodeUpdate } from "../../../provider/dns/wire/update";
import {
  errorTsig,
  FQDN,
  KMS01,
  KMS02,
  queryAnswer,
  signAnswer,
  soa,
  srvAnswer,
  updateAnswer,
  withRecord,
  ZONE,
} from "./messages";
import { mutated, randoms } from "./mutations";

const ROUNDS = 50_000;
const secret = Buffer.from("0123456789abcdef0123456789abcdef");
const NOW = 1_795_000_000;

it("mutated answers give data or an error of ours, never another error, and never a believed change", () => {
  const request = tsigSigner({ name: "updater", algorithm: "hmac-sha256", secret }, () => NOW * 1000).sign(
    encodeUpdate(7, { zone: ZONE, prerequisites: [], updates: [] }),
  );
  const requestMac = request.bytes.subarray(-38, -6);
  const success = signAnswer(updateAnswer(7, 0), requestMac, { secret, time: NOW });
  expect(() => request.verify(parseMessage(success))).not.toThrow();

  const seeds = [
    queryAnswer({ answers: [srvAnswer(KMS01), srvAnswer(KMS02)] }),
    queryAnswer({ answers: [{ type: "CNAME", name: FQDN, ttl: 5, data: "other.contoso.com" }] }),
    queryAnswer({ rcode: 3, authorities: [soa(ZONE)] }),
    queryAnswer({ authoritative: false, authorities: [{ type: "NS", name: "_tcp.contoso.com", data: "ns.x" }] }),
    success,
    withRecord(updateAnswer(7, 9), errorTsig(17)),
  ];
  const random = randoms(20_261_123);
  const outcomes = { data: 0, refused: 0, believed: 0 };
  const attempt = (work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof DnsError)) throw error;
      expect(error.remedy).not.toBe("");
      return false;
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    const seed = seeds[round % seeds.length] ?? success;
    const bytes = mutated(seed, random);
    if (attempt(() => void srvSetOf(parseMessage(bytes), FQDN, ZONE))) outcomes.data++;
    else outcomes.refused++;
    const verified = attempt(() => {
      const message = parseMessage(bytes);
      request.verify(message);
      if (message.rcode !== 0) throw new DnsError("rcode", "refused", "none");
    });
    if (verified && !sameMeaning(bytes, success)) outcomes.believed++;
  }
  expect(outcomes.believed).toBe(0);
  expect(outcomes.data).toBeGreaterThan(1000);
  expect(outcomes.refused).toBeGreaterThan(1000);
});

/** Equal but for the ID (the original one is in the signature) and the letters of the key's and the algorithm's names. */
function sameMeaning(a: Buffer, b: Buffer): boolean {
  const normal = (bytes: Buffer) => [
    bytes.subarray(2, 12),
    canonical(bytes.subarray(12, 21)),
    bytes.subarray(21, 31),
    canonical(bytes.subarray(31, 44)),
    bytes.subarray(44),
  ];
  return Buffer.concat(normal(a)).equals(Buffer.concat(normal(b)));
}
