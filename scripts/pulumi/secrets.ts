/** In a property's stead this key marks a value of a special kind, and this kind is an encrypted one. */
const mark = { key: "4dabf18193072939515e22adb298388d", secret: "1b47061264138c4ac30d75fd1eb44270" };

type Properties = Record<string, unknown>;

/** The properties of a state without those that are encrypted, at any depth. */
export function withoutSecrets<T extends object>(properties: T): T {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => !isSecret(value))
      .map(([name, value]) => [name, isProperties(value) ? withoutSecrets(value) : value]),
  ) as T;
}

function isSecret(value: unknown): boolean {
  return isProperties(value) && value[mark.key] === mark.secret;
}

function isProperties(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
