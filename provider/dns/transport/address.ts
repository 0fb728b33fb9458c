import { isIP, isIPv6 } from "node:net";
import { checkHostName, checkPort, quote } from "../../checks/index";

export interface ServerAddress {
  /** Host name or IP address, without brackets. */
  host: string;
  port: number;
}

export const DNS_PORT = 53;

export type ServerText = { ok: true; server: ServerAddress } | { ok: false; reason: string };

/** "host", "host:port", "1.2.3.4:port", "2001:db8::1", "[2001:db8::1]:port". */
export function parseServer(text: string, defaultPort = DNS_PORT): ServerText {
  const given = isIPv6(text) ? { host: text, port: undefined } : split(text);
  const broken = checkHostName(given.host) ?? (given.port === undefined ? undefined : checkPort(Number(given.port)));
  if (broken) return { ok: false, reason: broken };
  const host = given.host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (/^[0.:]+$/.test(host) && isIP(host)) return { ok: false, reason: `${quote(host)} is no address of a server.` };
  return { ok: true, server: { host, port: given.port === undefined ? defaultPort : Number(given.port) } };
}

function split(text: string): { host: string; port: string | undefined } {
  const [, host, port] = /^(\[[^\]]*\]|[^:]*):(\d{1,6})$/.exec(text) ?? [];
  return host === undefined ? { host: text, port: undefined } : { host, port };
}

/** "ns1.contoso.com:53", "[2001:db8::1]:53". */
export const serverText = ({ host, port }: ServerAddress): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
