import { DnsError, MalformedError } from "../errors";
import { encodeCheckedName } from "./codec";

/** Octets of a name on the wire, its length octets and the root's included (RFC 1035 2.3.4). */
const MOST_NAME = 255;
const MOST_LABEL = 63;

/**
 * A name that can be written as it stands: no escapes, one dot between labels. Everything else is refused, because an
 * encoder that takes it anyway writes another message than was meant.
 */
export function encodeName(name: string): Buffer {
  const plain = name.replace(/\.$/, "");
  const labels = plain === "" ? [] : plain.split(".");
  const sound =
    /^[\x21-\x7e]*$/.test(plain) &&
    !/["\\]/.test(plain) &&
    labels.every((label) => label.length >= 1 && label.length <= MOST_LABEL) &&
    plain.length + 2 <= MOST_NAME;
  if (!sound) {
    throw new DnsError(
      "name",
      `${JSON.stringify(name.slice(0, 80))} cannot be written as a DNS name`,
      "correct the name: labels of 1 to 63 ASCII characters with one dot between them, 253 characters at most",
    );
  }
  return encodeCheckedName(plain);
}

export interface Name {
  /** In presentation form without the final dot; "." is the root. Dots inside labels and odd octets are escaped. */
  text: string;
  /** Uncompressed, in the case that was sent. */
  wire: Buffer;
  /** Where the name ends in the message. */
  end: number;
}

/** A name in a message, compressed or not. Pointers must lead backwards, so that nothing loops. */
export function readName(message: Buffer, at: number): Name {
  const labels: Buffer[] = [];
  let length = 1;
  let end: number | undefined;
  let offset = at;
  let limit = at;
  for (;;) {
    const first = message[offset];
    if (first === undefined) throw new MalformedError("a name runs past the end");
    if (first === 0) break;
    if (first >= 0xc0) {
      const second = message[offset + 1];
      if (second === undefined) throw new MalformedError("a name runs past the end");
      const target = ((first & 0x3f) << 8) | second;
      if (target >= limit) throw new MalformedError("a name points forward");
      end ??= offset + 2;
      offset = target;
      limit = target;
      continue;
    }
    if (first > MOST_LABEL) throw new MalformedError("a label has a reserved type");
    const next = offset + 1 + first;
    if (next > message.length) throw new MalformedError("a name runs past the end");
    length += 1 + first;
    if (length > MOST_NAME) throw new MalformedError("a name is longer than 255 octets");
    labels.push(message.subarray(offset, next));
    offset = next;
  }
  const text = labels.map((label) => presentation(label.subarray(1))).join(".");
  return { text: text || ".", wire: Buffer.concat([...labels, Buffer.of(0)]), end: end ?? offset + 1 };
}

function presentation(label: Buffer): string {
  const plain = label.toString("latin1");
  if (/^[A-Za-z0-9_-]+$/.test(plain)) return plain;
  let text = "";
  for (const octet of label) {
    const character = String.fromCharCode(octet);
    if (octet < 0x21 || octet > 0x7e) text += `\\${String(octet).padStart(3, "0")}`;
    else text += /[.\\"();@$]/.test(character) ? `\\${character}` : character;
  }
  return text;
}

/** Lower case without the final dot: two names are the same if this is (RFC 4343). */
export const normalName = (name: string): string => name.toLowerCase().replace(/(.)\.$/, "$1");

export const sameName = (a: string, b: string): boolean => normalName(a) === normalName(b);

/** Whether `name` is `zone` or lies under it. */
export function isWithin(name: string, zone: string): boolean {
  const [inner, outer] = [normalName(name), normalName(zone)];
  return outer === "." || inner === outer || inner.endsWith(`.${outer}`);
}

/** Canonical form for MACs: lower case. Length octets are below the letters, so the whole can be treated at once. */
export function canonical(wire: Buffer): Buffer {
  const lower = Buffer.from(wire);
  for (let index = 0; index < lower.length; index++) {
    const octet = lower[index] ?? 0;
    if (octet >= 0x41 && octet <= 0x5a) lower[index] = octet + 0x20;
  }
  return lower;
}
