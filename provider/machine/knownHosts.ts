import { createHmac } from "node:crypto";
import { type HostKey, readHostKey } from "./hostkeys";

export interface KnownHostsEntries {
  keys: HostKey[];
  /** Keys of matching @revoked lines. */
  revoked: HostKey[];
  /** How many @cert-authority lines match. */
  authorities: number;
  /** Numbers (from 1) of matching or malformed lines whose key could not be read. */
  unreadableLines: number[];
}

/** All that an OpenSSH known_hosts text says about `name` ("host" or "[host]:port", lower case). */
export function entriesFor(text: string, name: string): KnownHostsEntries {
  const found: KnownHostsEntries = { keys: [], revoked: [], authorities: 0, unreadableLines: [] };
  text.split(/\r?\n/).forEach((line, index) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) return;
    const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
    const [patterns, type, base64] = words;
    if (patterns === undefined || type === undefined || base64 === undefined) {
      found.unreadableLines.push(index + 1);
      return;
    }
    if (!matchesHosts(patterns, name)) return;
    if (marker === "@cert-authority") {
      found.authorities++;
      return;
    }
    const key = readHostKey(type, base64);
    if (!key || (marker !== undefined && marker !== "@revoked")) {
      found.unreadableLines.push(index + 1);
      return;
    }
    (marker === "@revoked" ? found.revoked : found.keys).push(key);
  });
  return found;
}

/** The first field of a known_hosts line: one hashed name, or patterns with `*`, `?` and `!`. */
function matchesHosts(field: string, name: string): boolean {
  if (field.startsWith("|")) return matchesHashed(field, name);
  let matched = false;
  for (const pattern of field.toLowerCase().split(",")) {
    const negated = pattern.startsWith("!");
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** "|1|salt|hash": HMAC-SHA1 of the name with the salt as key. */
function matchesHashed(field: string, name: string): boolean {
  const [empty, version, salt, hash] = field.split("|");
  if (empty !== "" || version !== "1" || !salt || !hash) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`).test(name);
}
