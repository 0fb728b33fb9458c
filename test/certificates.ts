import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certification authority of a test's own, and one server's certificate for 127.0.0.1 from it. All PEM. */
export interface OwnAuthority {
  authority: string;
  certificate: string;
  key: string;
}

export function ownAuthority(): OwnAuthority {
  const issuer = { name: "authority of this test", ...generateKeyPairSync("ec", { namedCurve: "P-256" }) };
  const server = { name: "127.0.0.1", ...generateKeyPairSync("ec", { namedCurve: "P-256" }) };
  return {
    authority: certificate(issuer, issuer, [extension(OID.basicConstraints, sequence(TRUE))]),
    certificate: certificate(server, issuer, [extension(OID.subjectAltName, sequence(der(0x87, LOOPBACK)))]),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

interface Subject {
  name: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const OID = {
  ecdsaWithSha256: "06082a8648ce3d040302",
  commonName: "0603550403",
  basicConstraints: "0603551d13",
  subjectAltName: "0603551d11",
} as const;
const LOOPBACK = Buffer.from([127, 0, 0, 1]);
const TRUE = Buffer.from("0101ff", "hex");
const DAY_MS = 24 * 60 * 60 * 1000;

/** X.509 v3 as far as a TLS client looks at it (RFC 5280, section 4.1). */
function certificate(subject: Subject, issuer: Subject, extensions: Buffer[]): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const begin = new Date(Date.now() - DAY_MS);
  const end = new Date(Date.now() + DAY_MS);
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer),
    sequence(utcTime(begin), utcTime(end)),
    nameOf(subject),
    subject.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", signed, issuer.privateKey)]);
  const text = sequence(signed, algorithm, der(0x03, signature)).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

/** Tag, length, value. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([Buffer.from([tag, 0x82]), length, value]);
}
const sequence = (...content: Buffer[]) => der(0x30, ...content);
const oid = (hex: string) => Buffer.from(hex, "hex");
const nameOf = ({ name }: Subject) =>
  sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(name, "utf8")))));
const extension = (id: string, value: Buffer) => sequence(oid(id), der(0x04, value));
const utcTime = (time: Date) => der(0x17, Buffer.from(`${time.toISOString().replace(/\D/g, "").slice(2, 14)}Z`));
