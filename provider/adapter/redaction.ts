/** Replaces secrets in text that leaves the process. Longest first, so that a secret inside another one leaves no rest. */
export class Redactor {
  private readonly secrets = new Set<string>();

  add(secrets: Iterable<string>): void {
    for (const secret of secrets) {
      // Shorter texts would blank out ordinary words.
      if (secret.length >= 4) this.secrets.add(secret);
    }
  }

  readonly redact = (text: string): string => {
    let result = text;
    for (const secret of [...this.secrets].sort((a, b) => b.length - a.length)) {
      result = result.replaceAll(secret, "[secret]");
    }
    return result;
  };
}

const SECRET_NAMES = new Set([
  "productKey",
  "password",
  "privateKey",
  "privateKeyPassword",
  "secret",
  "confirmationId",
  "targetPassword",
]);

/** Every text under a name that holds a secret, at any depth. */
export function secretTexts(value: unknown, found: string[] = []): string[] {
  if (Array.isArray(value)) for (const item of value) secretTexts(item, found);
  else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (SECRET_NAMES.has(name) && typeof member === "string") {
        found.push(member);
        // A key block may be quoted without its frame, or line by line.
        if (name === "privateKey") found.push(...member.split(/\r?\n/).filter((line) => line.length > 16));
      } else secretTexts(member, found);
    }
  }
  return found;
}
