import { createHash, timingSafeEqual } from "node:crypto";
import type { Endpoint } from "./connection";
import { entriesFor } from "./knownHosts";
import { ConnectError } from "./transport";

/** A public key as it stands in authorized_keys and known_hosts. */
export interface HostKey {
  /** Key type, like "ssh-ed25519"; the first string inside the blob. */
  type: string;
  blob: Buffer;
}

/** What was declared about the machine's identity. */
export type HostIdentity =
  | {
      kind: "keys";
      /** Where the keys were declared, for messages: "hostKey" or "knownHosts". */
      source: "hostKey" | "knownHosts";
      keys: HostKey[];
      /** Keys marked @revoked for this host: refused even if they stand among `keys`. */
      revoked: HostKey[];
    }
  | { kind: "any" };

/** The value of `hostKey` that switches the check off. */
export const ACCEPT_ANY = "insecure-accept-any";

export type ServerHostKeyAlgorithm =
  | "ssh-ed25519"
  | "ecdsa-sha2-nistp256"
  | "ecdsa-sha2-nistp384"
  | "ecdsa-sha2-nistp521"
  | "rsa-sha2-512"
  | "rsa-sha2-256";

/** Signature algorithms by key type. SHA-1 signatures ("ssh-rsa" as an algorithm) are left out on purpose. */
const ALGORITHMS: { readonly [keyType: string]: readonly ServerHostKeyAlgorithm[] } = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/** The fingerprint that `ssh-keygen -lf` prints, like "SHA256:4ZpG...". */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The key's type as its blob says it; undefined if this is no SSH public key. */
export function blobType(blob: Buffer): string | undefined {
  if (blob.length < 8) return undefined;
  const length = blob.readUInt32BE(0);
  if (length < 4 || length > 64 || blob.length <= 4 + length) return undefined;
  return blob.toString("latin1", 4, 4 + length);
}

/** Reads `type` and base64 text as a key; undefined unless both say the same type. */
export function readHostKey(type: string, base64: string): HostKey | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const blob = Buffer.from(base64, "base64");
  return blobType(blob) === type ? { type, blob } : undefined;
}

/** Reads one authorized_keys line; options or a host name before the key and a comment after it are passed over. */
export function parseHostKeyLine(line: string): HostKey | undefined {
  const words = line.trim().split(/\s+/);
  for (let i = 0; i + 1 < words.length; i++) {
    const key = readHostKey(words[i] ?? "", words[i + 1] ?? "");
    if (key) return key;
  }
  return undefined;
}

/** The name under which known_hosts keeps a machine: bare for port 22, else "[host]:port". */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/**
 * What was declared about this endpoint's identity. Throws a {@link ConnectError} of kind `hostKey` when nothing usable
 * was declared, so that nobody is dialled whom we could not recognise.
 */
export function hostIdentity(endpoint: Endpoint, port: number, knownHosts: string | undefined): HostIdentity {
  const refuse = (what: string, remedy: string) =>
    new ConnectError("hostKey", `${endpoint.host}:${port}: ${what} Nothing was sent.`, remedy);
  const howToLearn =
    `Read the machine's key at the machine itself (its ssh_host_*_key.pub file), or with ` +
    `"ssh-keyscan -p ${port} ${endpoint.host}" over a path that you trust, and declare it as hostKey or in knownHosts.`;

  const declared = endpoint.hostKey?.trim();
  if (declared === ACCEPT_ANY) return { kind: "any" };
  if (declared) {
    const key = parseHostKeyLine(declared);
    if (!key) {
      throw refuse(
        "hostKey is not an SSH public key.",
        `Write it as one authorized_keys line, like "ssh-ed25519 AAAA...". ${howToLearn}`,
      );
    }
    if (!ALGORITHMS[key.type]) {
      throw refuse(
        `hostKey is of type ${key.type}, which is not supported.`,
        `Declare the machine's key of one of these types: ${Object.keys(ALGORITHMS).join(", ")}.`,
      );
    }
    return { kind: "keys", source: "hostKey", keys: [key], revoked: [] };
  }

  if (knownHosts === undefined) {
    throw refuse("neither hostKey nor knownHosts says which key this machine has.", howToLearn);
  }
  const name = knownHostsName(endpoint.host, port);
  const found = entriesFor(knownHosts, name);
  const usable = found.keys.filter((key) => ALGORITHMS[key.type]);
  if (usable.length === 0) {
    if (found.authorities > 0) {
      throw refuse(
        `knownHosts has only @cert-authority lines for ${name}, and host certificates are not supported.`,
        howToLearn,
      );
    }
    if (found.keys.length > 0) {
      throw refuse(
        `knownHosts has only keys of unsupported types for ${name} (${found.keys.map((key) => key.type).join(", ")}).`,
        howToLearn,
      );
    }
    if (found.revoked.length > 0) {
      throw refuse(`knownHosts has only @revoked keys for ${name}.`, howToLearn);
    }
    const unreadable = found.unreadableLines.length
      ? ` Lines that could not be read: ${found.unreadableLines.slice(0, 5).join(", ")}.`
      : "";
    throw refuse(`knownHosts has no line for ${name}.${unreadable}`, howToLearn);
  }
  return { kind: "keys", source: "knownHosts", keys: usable, revoked: found.revoked };
}

/**
 * Host key algorithms to offer: only those of the declared types. A machine has several host keys and presents one of
 * the algorithm agreed on, so offering others could bring up a right key that nobody declared.
 */
export function offeredAlgorithms(identity: HostIdentity): ServerHostKeyAlgorithm[] {
  const all = Object.keys(ALGORITHMS);
  const types = identity.kind === "any" ? all : all.filter((type) => identity.keys.some((key) => key.type === type));
  return types.flatMap((type) => [...(ALGORITHMS[type] ?? [])]);
}

/** `unknown`: not among the declared keys. */
export type HostKeyVerdict = "accepted" | "unknown" | "revoked";

export function judgeHostKey(identity: HostIdentity, presented: Buffer): HostKeyVerdict {
  if (identity.kind === "any") return "accepted";
  const isPresented = (key: HostKey) => key.blob.length === presented.length && timingSafeEqual(key.blob, presented);
  if (identity.revoked.some(isPresented)) return "revoked";
  return identity.keys.some(isPresented) ? "accepted" : "unknown";
}

/** "SHA256:... (ssh-ed25519)" for messages. */
export function describeKey(key: HostKey): string {
  return `${fingerprint(key.blob)} (${key.type})`;
}
