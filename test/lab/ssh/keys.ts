import { utils } from "ssh2";

export type LabKeyType = "ed25519" | "rsa" | "ecdsa";

export interface LabKey {
  /** OpenSSH private key text. */
  privatePem: string;
  /** "ssh-ed25519 AAAA...", as in authorized_keys and in a connection's `hostKey`. */
  publicLine: string;
}

/** Makes up a key. `passphrase` protects the private half. */
export function newHostKey(type: LabKeyType = "ed25519", passphrase?: string): LabKey {
  const protection = passphrase === undefined ? {} : { passphrase, cipher: "aes256-ctr", rounds: 16 };
  let pair = generate(type, protection);
  // About one ed25519 key in 300 that ssh2 makes up has lost a byte, and nothing can read it.
  while (utils.parseKey(pair.private, passphrase) instanceof Error) pair = generate(type, protection);
  return { privatePem: pair.private, publicLine: pair.public.trim() };
}

function generate(type: LabKeyType, protection: { passphrase: string; cipher: string; rounds: number } | object) {
  switch (type) {
    case "rsa":
      return utils.generateKeyPairSync("rsa", { bits: 2048, ...protection });
    case "ecdsa":
      return utils.generateKeyPairSync("ecdsa", { bits: 256, ...protection });
    default:
      return utils.generateKeyPairSync("ed25519", protection);
  }
}

/** The public line of a private key that has no passphrase. */
export function publicLineOf(privatePem: string): string {
  const parsed = utils.parseKey(privatePem);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) throw new Error(`This is no private key: ${key.message}`);
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}
