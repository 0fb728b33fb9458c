import { isIPv4, isIPv6 } from "node:net";
import { DnsFormatError, nameKey, readName, tidyName, writeName } from "./names";

/**
 * Record data in the text of a zone file, the form in which the lab keeps it: names whole and without the dot at the
 * end, types that the lab does not know as `\# LENGTH HEX` (RFC 3597).
 */
interface Codec {
  read(packet: Buffer, start: number, end: number): string;
  write(text: string): Buffer;
}

function bad(what: string): never {
  throw new DnsFormatError(`The record data is wrong: ${what}.`);
}

function exactly(next: number, end: number): void {
  if (next !== end) bad("its length is not that of its content");
}

function whole(text: string | undefined, most: number): number {
  const number = Number(text);
  if (text === undefined || !/^[0-9]{1,10}$/.test(text) || number > most) bad(`"${text ?? ""}" is not 0 to ${most}`);
  return number;
}

const singleName: Codec = {
  read: (packet, start, end) => {
    const { name, next } = readName(packet, start);
    exactly(next, end);
    return name;
  },
  write: writeName,
};

/** `count` numbers of `bytes` octets each, then a name. */
function numbersAndName(count: number): Codec {
  return {
    read: (packet, start, end) => {
      const nameAt = start + 2 * count;
      if (nameAt >= end) bad("it is too short");
      const numbers = Array.from({ length: count }, (_, index) => packet.readUInt16BE(start + 2 * index));
      return [...numbers, singleName.read(packet, nameAt, end)].join(" ");
    },
    write: (text) => {
      const words = text.split(/\s+/);
      if (words.length !== count + 1) bad(`"${text}" has not ${count} numbers and a name`);
      const numbers = Buffer.alloc(2 * count);
      for (let index = 0; index < count; index++) numbers.writeUInt16BE(whole(words[index], 65535), 2 * index);
      return Buffer.concat([numbers, writeName(words[count] ?? "")]);
    },
  };
}

const SOA_NUMBERS = 5;
const soa: Codec = {
  read: (packet, start, end) => {
    const primary = readName(packet, start);
    const mailbox = readName(packet, primary.next);
    exactly(mailbox.next + 4 * SOA_NUMBERS, end);
    const numbers = Array.from({ length: SOA_NUMBERS }, (_, index) => packet.readUInt32BE(mailbox.next + 4 * index));
    return [primary.name, mailbox.name, ...numbers].join(" ");
  },
  write: (text) => {
    const [primary = "", mailbox = "", ...words] = text.split(/\s+/);
    if (words.length !== SOA_NUMBERS) bad(`"${text}" is no SOA`);
    const numbers = Buffer.alloc(4 * SOA_NUMBERS);
    words.forEach((word, index) => {
      numbers.writeUInt32BE(whole(word, 4294967295), 4 * index);
    });
    return Buffer.concat([writeName(primary), writeName(mailbox), numbers]);
  },
};

const address4: Codec = {
  read: (packet, start, end) => {
    exactly(start + 4, end);
    return packet.subarray(start, end).join(".");
  },
  write: (text) => (isIPv4(text) ? Buffer.from(text.split(".").map(Number)) : bad(`"${text}" is no IPv4 address`)),
};

const address6: Codec = {
  read: (packet, start, end) => {
    exactly(start + 16, end);
    const groups = Array.from({ length: 8 }, (_, index) => packet.readUInt16BE(start + 2 * index).toString(16));
    return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
  },
  write: (text) => {
    if (!isIPv6(text) || text.includes("%")) bad(`"${text}" is no IPv6 address`);
    const [head = "", tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
    const groups = (part: string) => (part === "" ? [] : part.split(":"));
    const last = groups(tail ?? "");
    const first = groups(head);
    const all = [...first, ...Array<string>(8 - first.length - last.length).fill("0"), ...last];
    return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
  },
};

const generic: Codec = {
  read: (packet, start, end) => `\\# ${end - start} ${packet.toString("hex", start, end)}`.trim(),
  write: (text) => {
    const [, length, hex = ""] = /^\\# ([0-9]{1,5}) ?((?:[0-9a-f]{2})*)$/i.exec(text) ?? [];
    const data = Buffer.from(hex, "hex");
    return length !== undefined && data.length === Number(length) ? data : bad(`"${text}" is not \\# LENGTH HEX`);
  },
};

const CODECS: Record<string, Codec> = {
  A: address4,
  AAAA: address6,
  NS: singleName,
  CNAME: singleName,
  PTR: singleName,
  MX: numbersAndName(1),
  SRV: numbersAndName(3),
  SOA: soa,
};

/** Text of the RDATA at `start` of a message. Throws {@link DnsFormatError}. */
export function readRdata(type: string, packet: Buffer, start: number, length: number): string {
  return (CODECS[type] ?? generic).read(packet, start, start + length);
}

/** Uncompressed. Throws {@link DnsFormatError}. */
export function writeRdata(type: string, text: string): Buffer {
  return (CODECS[type] ?? generic).write(text);
}

/** Checked, and spelled as the lab keeps it. */
export function tidyRdata(type: string, text: string): string {
  const data = writeRdata(type, text);
  return readRdata(type, data, 0, data.length);
}

/** Same for data that DNS takes for the same: names and addresses are compared without case. */
export function rdataKey(type: string, text: string): string {
  return CODECS[type] ? nameKey(text) : text;
}

export interface SrvData {
  priority: number;
  weight: number;
  port: number;
  target: string;
}

export function parseSrv(text: string): SrvData {
  const [priority, weight, port, target = "."] = tidyRdata("SRV", text).split(" ");
  return { priority: Number(priority), weight: Number(weight), port: Number(port), target };
}

export function formatSrv({ priority, weight, port, target }: SrvData): string {
  return `${priority} ${weight} ${port} ${tidyName(target)}`;
}
