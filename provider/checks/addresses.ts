import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { findOddCharacter, quote } from "./pasted";

export interface Address {
  family: 4 | 6;
  /** The address as a number of 32 or 128 bits. */
  value: bigint;
}

export const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** A plain IPv4 or IPv6 address without brackets, zone index or prefix; undefined if the text is none. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text))
    return { family: 4, value: text.split(".").reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n) };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [, dotted] = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  const tail = dotted ? parseAddress(dotted)?.value : undefined;
  const hex =
    tail === undefined || !dotted
      ? text
      : text.replace(dotted, `${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`);
  const [head = "", rest] = hex.split("::");
  const left = head ? head.split(":") : [];
  const right = rest ? rest.split(":") : [];
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return { family: 6, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}

/** The usual spelling (RFC 5952 for IPv6), so that two spellings of one address compare equal as text. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString()).join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(16 * (7 - at))) & 0xffffn).toString(16));
  return new SocketAddress({ family: "ipv6", address: groups.join(":") }).address;
}

/** Words that Windows Firewall takes in place of addresses (INetFwRule RemoteAddresses), in its spelling. */
const KEYWORDS = ["*", "LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway"] as const;
const keywordOf = (text: string): string | undefined =>
  KEYWORDS.find((keyword) => keyword.toLowerCase() === text.toLowerCase()) ??
  (text.toLowerCase() === "any" ? "*" : undefined);

export type AddressRange = { ok: true; range: string } | { ok: false; reason: string };
const refuse = (reason: string): AddressRange => ({ ok: false, reason });

/** Prefix length of "24" or "255.255.255.0"; a mask with a hole has none. */
function prefixOf(text: string, family: 4 | 6): number | undefined {
  const bits = bitsOf(family);
  if (/^\d{1,3}$/.test(text)) return Number(text) <= bits ? Number(text) : undefined;
  const mask = parseAddress(text);
  if (!mask || mask.family !== family) return undefined;
  const digits = mask.value.toString(2).padStart(bits, "0");
  return /^1*0*$/.test(digits) ? digits.replace(/0/g, "").length : undefined;
}

/** The block from `first` to `last` as "network/prefix" when it is one, a single address alone, else "first-last". */
function formatBlock(family: 4 | 6, first: bigint, last: bigint): string {
  const size = last - first + 1n;
  if (size === 1n) return formatAddress({ family, value: first });
  const hostBits = size.toString(2).length - 1;
  if (size === 1n << BigInt(hostBits) && first % size === 0n)
    return `${formatAddress({ family, value: first })}/${bitsOf(family) - hostBits}`;
  return `${formatAddress({ family, value: first })}-${formatAddress({ family, value: last })}`;
}

/**
 * One entry of a firewall rule's addresses in one spelling: CIDR, address with mask, single address, "first-last", or a
 * keyword of Windows Firewall. Host bits are cleared, and a range that is exactly a network is written as the network,
 * because Windows gives back other spellings than it was given.
 */
export function normalizeAddressRange(text: string): AddressRange {
  const entry = text.trim();
  if (entry === "") return refuse("The address is empty.");
  const odd = findOddCharacter(entry);
  if (odd) return refuse(`${quote(entry)} has ${odd.name} at character ${odd.position}: ${odd.remedy}.`);
  const keyword = keywordOf(entry);
  if (keyword) return { ok: true, range: keyword };
  if (entry.includes(",")) return refuse(`${quote(entry)} has a comma; give each address as its own entry.`);
  if (entry.includes("%")) return refuse(`${quote(entry)} has a zone index after "%"; give the address without it.`);

  const [start = "", end, more] = entry.split("-");
  if (end !== undefined) {
    const first = parseAddress(start);
    const last = parseAddress(end);
    if (more !== undefined || !first || !last || first.family !== last.family)
      return refuse(`${quote(entry)} is no range; two addresses of one family are allowed, like "10.0.0.1-10.0.0.9".`);
    if (first.value > last.value)
      return refuse(`${quote(entry)} ends before it begins; write the lower address first.`);
    return { ok: true, range: formatBlock(first.family, first.value, last.value) };
  }

  const [base = "", suffix, third] = entry.split("/");
  const address = parseAddress(base);
  if (!address || third !== undefined)
    return refuse(
      `${quote(entry)} is no address, network, range or keyword; allowed are "10.0.0.1", "10.0.0.0/24", "10.0.0.0/255.255.255.0", "10.0.0.1-10.0.0.9", IPv6 likewise, and ${KEYWORDS.join(", ")}.`,
    );
  const bits = bitsOf(address.family);
  const prefix = suffix === undefined ? bits : prefixOf(suffix, address.family);
  if (prefix === undefined)
    return refuse(
      `${quote(entry)} has no usable prefix; after "/" a length from 0 to ${bits}${address.family === 4 ? " or a mask of ones followed by zeros like 255.255.255.0" : ""} is allowed.`,
    );
  const size = 1n << BigInt(bits - prefix);
  const first = address.value - (address.value % size);
  return { ok: true, range: formatBlock(address.family, first, first + size - 1n) };
}
