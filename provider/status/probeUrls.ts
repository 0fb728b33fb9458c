import { silentLogger } from "../log/logger";
import type { Connection } from "../machine/connection";
import { type CredentialSets, resolveConnection } from "../machine/credentials";
import { SessionPool } from "../machine/pool";
import { AgentFailure, type MachineSession } from "../machine/session";
import { sshTransport } from "../machine/ssh";

/** Whether a machine can open a connection to the host and port of a URL. */
export interface UrlReach {
  url: string;
  host: string;
  port: number;
  reached: boolean;
  /** Why not: what Windows said, and what to look at. */
  why?: string;
}

export interface ProbeOptions {
  env?: NodeJS.ProcessEnv;
  /** The stack configuration's credential sets. */
  credentials?: CredentialSets;
  signal?: AbortSignal;
  /**
   * Milliseconds for each host and port, 1..30000.
   * @default 5000
   */
  timeoutMs?: number;
}

const TIMEOUT_MS = 5000;
/** The connection to one machine, and all of its probes one after the other. */
const OPERATION_MS = 600_000;

/** Codes of Windows Sockets, as HRESULTs. */
const REASONS: { readonly [code: string]: string } = {
  "0x80072AF9": "the name is not known there; look at the machine's DNS servers",
  "0x80072AFA": "the name could not be looked up just now; look at the machine's DNS servers",
  "0x80072AFC": "the name has no IPv4 address",
  "0x8007274C": "no answer in time; a firewall on the way drops it, or only a proxy leads out",
  "0x8007274D": "refused; a firewall on the way answers, or nothing listens there",
  "0x80072751": "there is no way to that network",
  "0x80072743": "there is no network",
  "0x8007271D": "a firewall on the machine forbids it",
};

/**
 * Asks a machine which of these URLs it can reach. It opens a TCP connection to each host and port, straight and without a
 * proxy, and sends nothing: a machine that activates through a proxy server reaches none of them so, and may be well.
 */
export async function probeUrls(
  connection: Connection,
  urls: readonly string[],
  { env = process.env, credentials, signal = new AbortController().signal, timeoutMs }: ProbeOptions = {},
): Promise<UrlReach[]> {
  const pool = new SessionPool({ transport: sshTransport });
  try {
    return await pool.use(
      resolveConnection(connection, env, credentials),
      { signal, log: silentLogger, operationTimeoutMs: (connection.timeouts?.operation ?? OPERATION_MS / 1000) * 1000 },
      (session) => probeFrom(session, urls, timeoutMs),
    );
  } finally {
    await pool.close();
  }
}

/** The same in a turn that is open already. Each host and port is asked once, however many URLs have it. */
export async function probeFrom(
  session: MachineSession,
  urls: readonly string[],
  timeoutMs = TIMEOUT_MS,
): Promise<UrlReach[]> {
  const answers = new Map<string, Pick<UrlReach, "reached" | "why">>();
  const found: UrlReach[] = [];
  for (const url of urls) {
    const { host, port } = endpointOf(url);
    const known = answers.get(`${host}:${port}`) ?? (await probe(session, host, port, timeoutMs));
    answers.set(`${host}:${port}`, known);
    found.push({ url, host, port, ...known });
  }
  return found;
}

async function probe(
  session: MachineSession,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<Pick<UrlReach, "reached" | "why">> {
  try {
    await session.call("net.probe", { host, port, timeoutMs });
    return { reached: true };
  } catch (error) {
    if (!(error instanceof AgentFailure) || error.error.kind !== "hresult") throw error;
    const { code = "" } = error.error;
    return { reached: false, why: `${REASONS[code] ?? "Windows could not connect"} (${code})` };
  }
}

function endpointOf(url: string): { host: string; port: number } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const standard = { "http:": 80, "https:": 443 }[parsed?.protocol ?? ""];
  if (!parsed || standard === undefined) throw new Error(`"${url.slice(0, 200)}" is no http or https URL.`);
  return { host: parsed.hostname, port: parsed.port === "" ? standard : Number(parsed.port) };
}
