import { createPrivateKey } from "node:crypto";
import { type ParsedKey, utils } from "ssh2";

/** Why a private key cannot be used; holds nothing of the key or its passphrase. */
export interface KeyProblem {
  problem: string;
  remedy: string;
}

/**
 * Reads a private key: OpenSSH's own format, PEM (PKCS#1, SEC 1, PKCS#8 with RSA or EC keys) or PuTTY's.
 * A text whose line ends were written as `\n` (as environment variables often have it) is accepted.
 */
export function readPrivateKey(text: string, passphrase: string | undefined): ParsedKey | KeyProblem {
  const pem = (text.includes("\n") ? text : text.replace(/\\r?\\n|\\n/g, "\n")).replace(/\r\n/g, "\n").trim();
  const isPkcs8 = /-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/.test(pem);
  const encrypted = isPkcs8 ? pem.includes("BEGIN ENCRYPTED") : undefined;
  if (isPkcs8) return fromPkcs8(pem, passphrase, encrypted === true);

  const parsed = utils.parseKey(pem, passphrase);
  // OpenSSH's format could hold several keys; the library then answers an array.
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) return problemOf(key.message, passphrase);
  if (!isParsedKey(key)) return UNREADABLE;
  if (!key.isPrivateKey()) {
    return { problem: "privateKey is a public key", remedy: "Give the private half (the file without .pub)." };
  }
  return key;
}

const UNREADABLE: KeyProblem = {
  problem: "privateKey could not be read as a private key",
  remedy:
    'Give the file\'s whole text, from "-----BEGIN" to "-----END ...-----" with its line ends. ' +
    '"ssh-keygen -y -f FILE" tells whether OpenSSH itself can read it.',
};

/** The library's messages are matched and not passed on, so that nothing of the input can come along. */
function problemOf(message: string, passphrase: string | undefined): KeyProblem {
  if (/no passphrase given/i.test(message)) {
    return {
      problem: "privateKey is protected by a passphrase, and none was given",
      remedy: "Set privateKeyPassword.",
    };
  }
  if (passphrase !== undefined && /passphrase|integrity check|bad decrypt|decrypt/i.test(message)) {
    return {
      problem: "the passphrase does not open privateKey",
      remedy: 'Correct privateKeyPassword; "ssh-keygen -y -f FILE" asks for it and tells whether it is right.',
    };
  }
  return UNREADABLE;
}

/** The SSH library does not read PKCS#8; the runtime does, and can write what the library reads. */
function fromPkcs8(pem: string, passphrase: string | undefined, encrypted: boolean): ParsedKey | KeyProblem {
  if (encrypted && passphrase === undefined) return problemOf("no passphrase given", passphrase);
  try {
    const key = createPrivateKey({
      key: pem,
      format: "pem",
      ...(encrypted && passphrase !== undefined ? { passphrase } : {}),
    });
    if (key.asymmetricKeyType === "rsa")
      return readPrivateKey(key.export({ type: "pkcs1", format: "pem" }).toString(), undefined);
    if (key.asymmetricKeyType === "ec")
      return readPrivateKey(key.export({ type: "sec1", format: "pem" }).toString(), undefined);
    return {
      problem: `privateKey is a PKCS#8 file with a key of type ${key.asymmetricKeyType}, which can be read only in OpenSSH's own format`,
      remedy: 'Convert it in place: "ssh-keygen -p -f FILE".',
    };
  } catch {
    return encrypted ? problemOf("bad decrypt", passphrase) : UNREADABLE;
  }
}

export function isKeyProblem(value: ParsedKey | KeyProblem): value is KeyProblem {
  return "problem" in value;
}

function isParsedKey(value: unknown): value is ParsedKey {
  return typeof value === "object" && value !== null && "getPublicSSH" in value && "isPrivateKey" in value;
}
