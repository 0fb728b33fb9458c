import { createHmac } from "node:crypto";
import * as dnsPacket from "dns-packet";
import { encodeTsig } from "../../../provider/dns/tsig/record";
import type { SrvData } from "../../../provider/dns/wire/srv";

export const ZONE = "contoso.com";
export const FQDN = "_vlmcs._tcp.contoso.com";
export const KMS01: SrvData & { ttl: number } = {
  priority: 0,
  weight: 0,
  port: 1688,
  target: "kms01.contoso.com",
  ttl: 3600,
};
export const KMS02 = { ...KMS01, weight: 5, target: "kms02.contoso.com" };

const AUTHORITATIVE = 0x0400;

export interface Answer {
  /** What was asked for; default "SRV". */
  type?: "SRV" | "CNAME";
  id?: number;
  name?: string;
  rcode?: number;
  authoritative?: boolean;
  truncated?: boolean;
  answers?: dnsPacket.Answer[];
  authorities?: dnsPacket.Answer[];
}

export const srvAnswer = (record: SrvData & { ttl: number }, name = FQDN): dnsPacket.Answer => {
  const { ttl, ...data } = record;
  return { type: "SRV", name, ttl, data };
};

export const soa = (name: string): dnsPacket.Answer => ({
  type: "SOA",
  name,
  ttl: 60,
  data: { mname: `ns.${name}`, rname: `host.${name}`, serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 },
});

/** An answer to a query for SRV records, made by another implementation than the one under test. */
export function queryAnswer(given: Answer = {}): Buffer {
  const { id = 7, name = FQDN, rcode = 0, authoritative = true, truncated = false } = given;
  return dnsPacket.encode({
    type: "response",
    id,
    flags: (authoritative ? AUTHORITATIVE : 0) | (truncated ? 0x0200 : 0) | rcode,
    questions: [{ type: given.type ?? "SRV", name, class: "IN" }],
    answers: given.answers ?? [],
    authorities: given.authorities ?? [],
  });
}

/** A server's bare answer to an UPDATE. */
export function updateAnswer(id: number, rcode: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8000 | (5 << 11) | rcode, 2);
  return header;
}

/** Signs as a server does (RFC 8945 5.3): written out by hand, apart from the code under test. */
export function signAnswer(
  answer: Buffer,
  requestMac: Buffer,
  how: {
    keyName?: string;
    secret: Buffer;
    time: number;
    error?: number;
    other?: Buffer;
    cut?: number;
    algorithm?: string;
  },
): Buffer {
  const { keyName = "updater", secret, time, error = 0, other = Buffer.alloc(0), algorithm = "hmac-sha256" } = how;
  const name = (text: string) =>
    Buffer.concat([
      ...text.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
      Buffer.of(0),
    ]);
  const number = (value: number, octets: number) => {
    const buffer = Buffer.alloc(octets);
    buffer.writeUIntBE(value, 0, octets);
    return buffer;
  };
  const times = [number(time, 6), number(300, 2)];
  const mac = createHmac("sha256", secret)
    .update(Buffer.concat([number(requestMac.length, 2), requestMac, answer]))
    .update(Buffer.concat([name(keyName), number(255, 2), number(0, 4), name(algorithm), ...times]))
    .update(Buffer.concat([number(error, 2), number(other.length, 2), other]))
    .digest();
  const rdata = Buffer.concat([
    name(algorithm),
    ...times,
    number(how.cut ?? mac.length, 2),
    mac.subarray(0, how.cut ?? mac.length),
    answer.subarray(0, 2),
    number(error, 2),
    number(other.length, 2),
    other,
  ]);
  const record = Buffer.concat([
    name(keyName),
    number(250, 2),
    number(255, 2),
    number(0, 4),
    number(rdata.length, 2),
    rdata,
  ]);
  return withRecord(answer, record);
}

/** With one more record in the additional section. */
export function withRecord(message: Buffer, record: Buffer): Buffer {
  const bytes = Buffer.concat([message, record]);
  bytes.writeUInt16BE(bytes.readUInt16BE(10) + 1, 10);
  return bytes;
}

/** A TSIG record without a MAC, as servers send it with BADKEY and BADSIG. */
export const errorTsig = (error: number): Buffer => {
  const record = encodeTsig("updater", "hmac-sha256", { timeSigned: 0, fudge: 300 }, Buffer.alloc(0), 7);
  record.writeUInt16BE(error, record.length - 4);
  return record;
};

/** Refusals by their numbers in a header (RFC 1035 4.1.1, RFC 2136 2.2). */
export const HEADER_RCODES = [
  [1, "FORMERR"],
  [2, "SERVFAIL"],
  [3, "NXDOMAIN"],
  [4, "NOTIMP"],
  [5, "REFUSED"],
  [6, "YXDOMAIN"],
  [7, "YXRRSET"],
  [8, "NXRRSET"],
  [9, "NOTAUTH"],
  [10, "NOTZONE"],
] as const;
