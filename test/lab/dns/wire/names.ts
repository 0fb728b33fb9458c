/** A name or message that no DNS software may send. */
export class DnsFormatError extends Error {
  override readonly name = "DnsFormatError";
}

const MAX_LABEL_BYTES = 63;
/** Length octets and the root's zero included. */
const MAX_NAME_BYTES = 255;
const POINTER = 0xc0;

/**
 * Names are kept in the text form of RFC 1035 5.1 without the dot at the end, as first spelled; "." is the root. A dot
 * or backslash inside a label is `\.` and `\\`, any other byte that is no visible ASCII `\DDD`.
 */
export function readName(packet: Buffer, start: number): { name: string; next: number } {
  const labels: string[] = [];
  let offset = start;
  let next: number | undefined;
  let bytes = 1;
  // Every pointer must lead further back than the one before: no loop is possible.
  let limit = start;
  for (;;) {
    const length = byteAt(packet, offset);
    if (length === 0) break;
    if ((length & POINTER) === POINTER) {
      const target = ((length & ~POINTER) << 8) | byteAt(packet, offset + 1);
      if (target >= limit) throw new DnsFormatError("A compression pointer does not lead back.");
      next ??= offset + 2;
      limit = target;
      offset = target;
      continue;
    }
    if (length > MAX_LABEL_BYTES) throw new DnsFormatError("A label has an unknown type.");
    bytes += length + 1;
    if (bytes > MAX_NAME_BYTES) throw new DnsFormatError("A name is longer than 255 bytes.");
    byteAt(packet, offset + length);
    labels.push(escapeLabel(packet.subarray(offset + 1, offset + 1 + length)));
    offset += length + 1;
  }
  return { name: labels.length === 0 ? "." : labels.join("."), next: next ?? offset + 1 };
}

function byteAt(packet: Buffer, offset: number): number {
  const byte = packet[offset];
  if (byte === undefined) throw new DnsFormatError("The message ends inside a name.");
  return byte;
}

function escapeLabel(label: Buffer): string {
  let text = "";
  for (const byte of label) {
    const character = String.fromCharCode(byte);
    if (character === "." || character === "\\") text += `\\${character}`;
    else text += byte > 0x20 && byte < 0x7f ? character : `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}

/** Labels as bytes; throws {@link DnsFormatError} for an empty or too long label, a bad escape, a too long name. */
export function labelsOf(name: string): Buffer[] {
  const text = name === "." ? "" : name.replace(/(?<!\\)\.$/, "");
  if (text === "") {
    if (name === ".") return [];
    throw new DnsFormatError("A name is empty.");
  }
  const labels: Buffer[] = [];
  let current: number[] = [];
  const close = () => {
    if (current.length === 0) throw new DnsFormatError(`"${name}" has an empty label.`);
    if (current.length > MAX_LABEL_BYTES) throw new DnsFormatError(`"${name}" has a label of more than 63 bytes.`);
    labels.push(Buffer.from(current));
    current = [];
  };
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === ".") close();
    else if (character === "\\") {
      const decimal = /^[0-9]{3}/.exec(text.slice(index + 1))?.[0];
      const byte = decimal === undefined ? text.charCodeAt(index + 1) : Number(decimal);
      if (!(byte <= 255)) throw new DnsFormatError(`"${name}" has a bad escape.`);
      current.push(byte);
      index += decimal === undefined ? 1 : 3;
    } else {
      if (character.charCodeAt(0) > 0x7f) throw new DnsFormatError(`"${name}" is not ASCII.`);
      current.push(character.charCodeAt(0));
    }
  }
  close();
  if (labels.reduce((sum, label) => sum + label.length + 1, 1) > MAX_NAME_BYTES) {
    throw new DnsFormatError(`"${name}" is longer than 255 bytes.`);
  }
  return labels;
}

/** Uncompressed. */
export function writeName(name: string): Buffer {
  const parts = labelsOf(name).flatMap((label) => [Buffer.from([label.length]), label]);
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** Checked, and spelled as this lab spells names. */
export function tidyName(name: string): string {
  return readName(writeName(name), 0).name;
}

/** Same for names that DNS takes for the same. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

export function sameName(one: string, other: string): boolean {
  return nameKey(one) === nameKey(other);
}

/** How many labels `name` has below `zone`; null when it is not in the zone, 0 for the zone's own name. */
export function depthBelow(name: string, zone: string): number | null {
  const key = (label: Buffer) => label.toString("latin1").toLowerCase();
  const inner = labelsOf(name).map(key);
  const outer = labelsOf(zone).map(key);
  const depth = inner.length - outer.length;
  if (depth < 0) return null;
  return outer.every((label, index) => label === inner[depth + index]) ? depth : null;
}

export function isWithin(name: string, zone: string): boolean {
  return depthBelow(name, zone) !== null;
}
