/** Rules for the settings of the BatchActivation web service: what is allowed, or nothing when it holds. */

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

function parsed(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

/** Plain http is for a stand-in on this computer only: the request holds the ids of a product and a machine. */
export function checkEndpoint(value: string): string | undefined {
  const url = parsed(value);
  if (!url) return "must be an address like https://activation.example.com/BatchActivation.asmx";
  if (url.username || url.password) return "must not hold a login";
  if (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname))) return undefined;
  return "must be an https address";
}

export function checkHttpProxy(value: string): string | undefined {
  const url = parsed(value);
  if (url?.protocol !== "http:" || url.pathname !== "/") return "must be an address like http://proxy.contoso.com:8080";
  return url.username || url.password
    ? "must not hold a login: a proxy that asks for one must let the service's address pass without"
    : undefined;
}

export const checkMacKey = (value: string): string | undefined =>
  /^[0-9A-Fa-f]{64}$/.test(value) ? undefined : "must be 64 hexadecimal digits";

export const checkWarnBelow = (value: number): string | undefined =>
  value >= 0 && value <= 1_000_000 ? undefined : "must be 0 to 1000000";
