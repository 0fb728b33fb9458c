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
import { mutated, randoms, reshaped } from "./mutations";

const secret = Buffer.from("0123456789abcdef0123456789abcdef");
const NOW = 1_795_000_000;
const RESHAPED_ONCE_IN = 5;

export interface Outcomes {
  data: number;
  refused: number;
  /** Mutated answers that were taken for the server's word. */
  believed: number;
}

/**
 * Gives mutated answers to everything that reads them. Throws what is no error of ours; the sequence is the same in each
 * run, and a longer one begins like a shorter one.
 */
export function fuzzAnswers(rounds: number): Outcomes {
  const request = tsigSigner({ name: "updater", algorithm: "hmac-sha256", secret }, () => NOW * 1000).sign(
    encodeUpdate(7, { zone: ZONE, prerequisites: [], updates: [] }),
  );
  const requestMac = request.bytes.subarray(-38, -6);
  const success = signAnswer(updateAnswer(7, 0), requestMac, { secret, time: NOW });
  request.verify(parseMessage(success));

  const seeds = [
    queryAnswer({ answers: [srvAnswer(KMS01), srvAnswer(KMS02)] }),
    queryAnswer({ answers: [{ type: "CNAME", name: FQDN, ttl: 5, data: "other.contoso.com" }] }),
    queryAnswer({ rcode: 3, authorities: [soa(ZONE)] }),
    queryAnswer({ authoritative: false, authorities: [{ type: "NS", name: "_tcp.contoso.com", data: "ns.x" }] }),
    success,
    withRecord(updateAnswer(7, 9), errorTsig(17)),
  ];
  const random = randoms(20_261_123);
  const outcomes: Outcomes = { data: 0, refused: 0, believed: 0 };
  const attempt = (work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof DnsError)) throw error;
      if (error.remedy === "") throw new Error(`no remedy: ${error.message}`);
      return false;
    }
  };
  for (let round = 0; round < rounds; round++) {
    const seed = seeds[round % seeds.length] ?? success;
    const bytes = random(RESHAPED_ONCE_IN) === 0 ? reshaped(seed, random) : mutated(seed, random);
    if (attempt(() => void srvSetOf(parseMessage(bytes), FQDN, ZONE))) outcomes.data++;
    else outcomes.refused++;
    const verified = attempt(() => {
      const message = parseMessage(bytes);
      request.verify(message);
      if (message.rcode !== 0) throw new DnsError("rcode", "refused", "none");
    });
    if (verified && !sameMeaning(bytes, success)) outcomes.believed++;
  }
  return outcomes;
}

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
