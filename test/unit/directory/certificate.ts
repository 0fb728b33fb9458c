import { generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";

/** One element of DER (X.690). */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128 ? Buffer.from([body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const hex = (text: string) => Buffer.from(text, "hex");
const ECDSA_SHA256 = sequence(der(0x06, hex("2a8648ce3d040302")));
const COMMON_NAME = der(0x06, hex("550403"));
const SUBJECT_ALT_NAME = der(0x06, hex("551d11"));
const utcTime = (date: Date) =>
  der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`, "latin1"));
const DAY = 24 * 60 * 60_000;

export interface TestCertificate {
  cert: string;
  key: string;
  fingerprint: string;
}

/** A certificate that is signed by itself, for tests that speak TLS on loopback. */
export function testCertificate(options: { address?: string; days?: number } = {}): TestCertificate {
  const { address = "127.0.0.1", days = 1 } = options;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from("dc01.contoso.com")))));
  const ip = Buffer.from(address.split(".").map(Number));
  const names = der(0x04, sequence(der(0x87, ip)));
  const [from, to] = [new Date(Date.now() - 2 * DAY), new Date(Date.now() + days * DAY)];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    name,
    sequence(utcTime(from), utcTime(to)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, names))),
  );
  const signature = sign("sha256", body, privateKey);
  const bytes = sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const certificate = new X509Certificate(bytes);
  return {
    cert: certificate.toString(),
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    fingerprint: certificate.fingerprint256,
  };
}
