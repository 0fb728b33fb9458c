import type { Message } from "./wire/message";

/** A signed request, which can tell whether an answer is the key holder's answer to it. */
export interface SignedRequest {
  bytes: Buffer;
  /**
   * Throws when the answer proves nothing, or is the server's refusal of the signature. An answer without a signature
   * is believed only as a refusal: its rcode is never NOERROR then.
   */
  verify(answer: Message): void;
}

/** Who signs: an HMAC key now; whatever else can make and check MACs fits the same place. */
export interface Signer {
  /** Like 'TSIG key "kms-updater" (hmac-sha256)'; without secrets. */
  readonly description: string;
  sign(message: Buffer): SignedRequest;
}
