import { findOddCharacter, quote } from "./pasted";

/** Fields of the key blob after the type name (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4). */
const FIELDS: ReadonlyMap<string, number> = new Map([
  ["ssh-ed25519", 1],
  ["ssh-rsa", 2],
  ["ecdsa-sha2-nistp256", 2],
  ["ecdsa-sha2-nistp384", 2],
  ["ecdsa-sha2-nistp521", 2],
]);
const ALLOWED = [...FIELDS.keys()].join(", ");
const FORM = 'one line like "ssh-ed25519 AAAAC3Nza..." is needed';
const HOW = "`ssh-keyscan HOST` prints it: paste the line without the host name that stands before the key type";

/** The length-prefixed strings (RFC 4251 5) of a key blob; undefined if the lengths do not add up. */
function splitBlob(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset < blob.length) {
    if (offset + 4 > blob.length) return undefined;
    const end = offset + 4 + blob.readUInt32BE(offset);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

function checkBlob(type: string, base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return `The key after ${type} is not base64; ${HOW}.`;
  const fields = splitBlob(Buffer.from(base64, "base64"));
  const inner = fields?.[0]?.toString("latin1");
  if (!fields || inner === undefined || !/^[\x21-\x7e]+$/.test(inner))
    return `The key after ${type} is cut off or damaged; copy the whole line again (${HOW}).`;
  if (inner !== type)
    return `The line says ${type}, but the key in it is ${quote(inner)}; copy type and key from the same line.`;
  if (fields.length !== 1 + (FIELDS.get(type) ?? 0) || fields.some((field) => field.length === 0))
    return `The key after ${type} is cut off or damaged; copy the whole line again (${HOW}).`;
  if (type === "ssh-ed25519" && fields[1]?.length !== 32)
    return "The ssh-ed25519 key is not 32 bytes long; copy the whole line again.";
  if (type.startsWith("ecdsa-") && fields[1]?.toString("latin1") !== type.slice("ecdsa-sha2-".length))
    return `The line says ${type}, but the key in it is of another curve; copy type and key from the same line.`;
  return undefined;
}

/**
 * A declared SSH host key: one authorized_keys line, whose blob's own type equals the type written before it.
 * The word "insecure-accept-any" is not a key; who allows it asks for it first.
 */
export function checkHostKeyLine(text: string): string | undefined {
  const line = text.trim();
  if (line === "") return `The host key is empty; ${FORM}. ${HOW}.`;
  // Not echoed: it may be a private key.
  if (line.includes("-----BEGIN")) return `A PEM block is no host key line; ${FORM}. ${HOW}.`;
  if (/^(SHA256|MD5):/i.test(line)) return `A fingerprint is not enough, the whole public key is needed: ${HOW}.`;
  if (line.startsWith("#")) return `The comment line of ssh-keyscan was pasted; ${FORM}: ${HOW}.`;
  if (/[\r\n]/.test(line)) return `The host key has several lines; ${FORM}, several keys go into knownHosts.`;
  const [type = "", key = ""] = line.split(/[ \t]+/);
  const odd = findOddCharacter(`${type}${key}`);
  if (odd) return `The host key has ${odd.name}: ${odd.remedy}.`;
  if (FIELDS.has(type)) return key ? checkBlob(type, key) : `The key after ${type} is missing; ${FORM}. ${HOW}.`;
  if (
    line
      .split(/[ \t]+/)
      .slice(1)
      .some((word) => FIELDS.has(word))
  )
    return `The host key line has ${quote(type)} before the key type; ${HOW}.`;
  if (type.startsWith("rsa-sha2-"))
    return `${quote(type)} is a signature algorithm; the key's type is written "ssh-rsa".`;
  if (type.startsWith("AAAA") && key === "") return `The key type before the key is missing; ${FORM}. ${HOW}.`;
  return `${quote(type)} is no key type that is accepted here; allowed are ${ALLOWED}.`;
}
