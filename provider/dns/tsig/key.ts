import { createHmac, createSecretKey, type Hmac, type KeyObject } from "node:crypto";
import { CLASS } from "../wire/constants";
import { canonical, encodeName } from "../wire/names";
import { ALGORITHMS, type TsigAlgorithm } from "./algorithms";
import type { TsigRecord } from "./record";

export interface TsigKey {
  name: string;
  algorithm: TsigAlgorithm;
  secret: Buffer;
}

/** Octets of the TSIG variables after the algorithm's name, without other data. */
const TAIL = 12;

/** A key, with what all its signatures have in common made once. */
export class SigningKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** As the wire calls the algorithm. */
  readonly wireName: string;
  private readonly digest: string;
  private readonly secret: KeyObject;
  /** The TSIG variables up to the times: names in lower case, class ANY, TTL 0. */
  private readonly head: Buffer;

  constructor({ name, algorithm, secret }: TsigKey) {
    this.name = name;
    this.algorithm = algorithm;
    ({ digest: this.digest, wireName: this.wireName } = ALGORITHMS[algorithm]);
    // Made once: that is more work than a MAC.
    this.secret = createSecretKey(secret);
    this.head = Buffer.concat([
      canonical(encodeName(name)),
      Buffer.of(0, CLASS.ANY, 0, 0, 0, 0),
      canonical(encodeName(this.wireName)),
    ]);
  }

  hmac(): Hmac {
    return createHmac(this.digest, this.secret);
  }

  /** The TSIG variables of RFC 8945 4.3.3. */
  variables({ timeSigned, fudge, error, other }: Pick<TsigRecord, "timeSigned" | "fudge" | "error" | "other">): Buffer {
    const tail = Buffer.alloc(TAIL);
    tail.writeUIntBE(timeSigned, 0, 6);
    tail.writeUInt16BE(fudge, 6);
    tail.writeUInt16BE(error, 8);
    tail.writeUInt16BE(other.length, 10);
    return Buffer.concat([this.head, tail, other]);
  }
}
