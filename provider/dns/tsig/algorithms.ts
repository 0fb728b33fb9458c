/** MAC algorithms of RFC 8945 section 6, by their names in key statements. */
export const TSIG_ALGORITHMS = [
  "hmac-sha256",
  "hmac-sha512",
  "hmac-sha384",
  "hmac-sha224",
  "hmac-sha1",
  "hmac-md5",
] as const;
export type TsigAlgorithm = (typeof TSIG_ALGORITHMS)[number];

interface Algorithm {
  /** As node:crypto calls the digest. */
  digest: string;
  /** As the wire calls it. */
  wireName: string;
  /** Octets of a whole MAC. */
  macLength: number;
}

/** MD5 is broken as a hash and kept for servers that know nothing else: it is used only when it is named. */
export const ALGORITHMS: { readonly [name in TsigAlgorithm]: Algorithm } = {
  "hmac-sha256": { digest: "sha256", wireName: "hmac-sha256", macLength: 32 },
  "hmac-sha512": { digest: "sha512", wireName: "hmac-sha512", macLength: 64 },
  "hmac-sha384": { digest: "sha384", wireName: "hmac-sha384", macLength: 48 },
  "hmac-sha224": { digest: "sha224", wireName: "hmac-sha224", macLength: 28 },
  "hmac-sha1": { digest: "sha1", wireName: "hmac-sha1", macLength: 20 },
  "hmac-md5": { digest: "md5", wireName: "hmac-md5.sig-alg.reg.int", macLength: 16 },
};
