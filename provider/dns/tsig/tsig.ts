import { timingSafeEqual } from "node:crypto";
import { DnsError, TsigError } from "../errors";
import type { SignedRequest, Signer } from "../signer";
import { RCODE, tsigErrorName } from "../wire/constants";
import type { Message } from "../wire/message";
import { sameName } from "../wire/names";
import { SigningKey, type TsigKey } from "./key";
import { encodeTsig, type TsigRecord, tsigOf } from "./record";

/** Seconds that clocks may be apart (RFC 8945 10 recommends 300). */
const FUDGE = 300;
/** Offset of ARCOUNT in the header. */
const ARCOUNT = 10;
const NOTHING = Buffer.alloc(0);

/** `now`: milliseconds since 1970. */
export function tsigSigner(key: TsigKey, now: () => number = Date.now): Signer {
  const signing = new SigningKey(key);
  return {
    description: `TSIG key "${key.name}" (${key.algorithm})`,
    sign: (message) => signMessage(message, signing, now),
  };
}

function signMessage(message: Buffer, key: SigningKey, now: () => number): SignedRequest {
  const times = { timeSigned: Math.floor(now() / 1000), fudge: FUDGE };
  const mac = key
    .hmac()
    .update(Buffer.concat([message, key.variables({ ...times, error: 0, other: NOTHING })]))
    .digest();
  const record = encodeTsig(key.name, key.wireName, times, mac, message.readUInt16BE(0));
  const bytes = Buffer.concat([message, record]);
  bytes.writeUInt16BE(message.readUInt16BE(ARCOUNT) + 1, ARCOUNT);
  return { bytes, verify: (answer) => verifyAnswer(answer, key, mac, times.timeSigned, Math.floor(now() / 1000)) };
}

/**
 * Judges an answer (RFC 8945 5.3) to a request that had `requestMac` and was signed at `signedAt`. It returns for a
 * proved answer and for an unsigned refusal.
 */
export function verifyAnswer(
  answer: Message,
  key: SigningKey,
  requestMac: Buffer,
  signedAt: number,
  now: number,
): void {
  const record = tsigOf(answer);
  // Some servers send the request back with an rcode and the request's own MAC: that is no signature of theirs.
  const signature = record && record.mac.length > 0 && !equal(record.mac, requestMac) ? record : undefined;
  const refusal = (error: number, serverTime?: number) =>
    new TsigError({ error, keyName: key.name, algorithm: key.algorithm, signedAt, serverTime });

  if (!signature) {
    if (record && record.error !== 0) throw refusal(record.error);
    if (answer.rcode === RCODE.NOERROR) throw unsigned(record !== undefined);
    return;
  }
  if (!sameName(signature.keyName.text, key.name)) throw unverified(`it is signed with another key`);
  if (!sameName(signature.algorithm.text, key.wireName)) {
    throw unverified("it is signed with another algorithm");
  }
  if (!equal(signature.mac, answerMac(answer, signature, key, requestMac))) {
    throw unverified("its signature is not made with this key for this request");
  }
  if (tsigErrorName(signature.error) === "BADTIME") {
    throw refusal(signature.error, signature.other.length === 6 ? signature.other.readUIntBE(0, 6) : undefined);
  }
  if (signature.error !== 0) throw refusal(signature.error);
  if (Math.abs(now - signature.timeSigned) > signature.fudge) throw unverified("it was signed at another time");
}

/** RFC 8945 5.3.1: the request's MAC with its length, the answer as it was before it was signed, the variables. */
function answerMac({ bytes }: Message, signature: TsigRecord, key: SigningKey, requestMac: Buffer): Buffer {
  const before = Buffer.from(bytes.subarray(0, signature.start));
  before.writeUInt16BE(signature.originalId, 0);
  before.writeUInt16BE(bytes.readUInt16BE(ARCOUNT) - 1, ARCOUNT);
  const length = Buffer.of(requestMac.length >> 8, requestMac.length & 0xff);
  return key
    .hmac()
    .update(Buffer.concat([length, requestMac, before, key.variables(signature)]))
    .digest();
}

/** A shorter (truncated) MAC is not equal. */
const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

function unsigned(echoed: boolean): DnsError {
  return new DnsError(
    "unsigned",
    `the answer to a signed update says NOERROR and is not signed${echoed ? " (it carries the request's own signature)" : ""}, so that anybody could have sent it`,
    "check what stands between here and the name server (a proxy, a forwarder), and that the server checks signatures",
  );
}

function unverified(why: string): DnsError {
  return new DnsError(
    "unverified",
    `the answer does not prove that it comes from the server: ${why}`,
    "check what stands between here and the name server, and that both have the same key",
  );
}
