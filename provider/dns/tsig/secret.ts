/** The octets of a secret in base64; undefined when the text is none. The rule is told without the text. */
export function decodeSecret(text: string): Buffer | undefined {
  const plain = text.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return undefined;
  const octets = Buffer.from(plain, "base64");
  const same = octets.toString("base64").replace(/=+$/, "") === plain.replace(/=+$/, "");
  return same && octets.length > 0 ? octets : undefined;
}
