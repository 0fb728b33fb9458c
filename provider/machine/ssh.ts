import type { Duplex } from "node:stream";
import type { Logger } from "../log/logger";
import type { ResolvedConnection } from "./connection";
import { DeadlineError } from "./deadline";
import { hostIdentity } from "./hostkeys";
import { openCommand } from "./sshChannel";
import { type Dialled, dialOnce, type Hop } from "./sshDial";
import { loginPlan } from "./sshLogin";
import { type Channel, ConnectError, type Transport } from "./transport";

const DEFAULT_DIAL_ERROR_LIMIT = 2;
const DEFAULT_PER_DIAL_SECONDS = 15;

export interface SshOptions {
  /** Environment in which SSH_AUTH_SOCK is looked up; default the process's own. */
  env?: NodeJS.ProcessEnv;
  /** Told before every dial, also of a jump host and of a repetition. */
  onDial?: () => void;
  /** Wait before the first repetition, doubled each time up to 15 s; default 1000. */
  retryDelayMs?: number;
  /** How often the connection is checked for life; default 15 000. Three checks without an answer end it. */
  keepAliveMs?: number;
}

/** Reaches a machine's SSH server, directly or through one jump host. Nothing is dialled before `open`. */
export function sshTransport(connection: ResolvedConnection, log: Logger, options: SshOptions = {}): Transport {
  const { endpoint, proxy } = connection;
  const description = `ssh ${endpoint.user}@${endpoint.host}:${endpoint.port}${proxy ? ` through ${proxy.host}:${proxy.port}` : ""}`;
  return {
    description,
    async open(command, signal) {
      // Both hops are made ready before the first byte is sent: what is missing for the second is said at once.
      const target = hopOf(
        endpoint,
        connection.knownHosts,
        `ssh ${endpoint.user}@${endpoint.host}:${endpoint.port}`,
        options,
      );
      const jump =
        proxy && hopOf(proxy, connection.knownHosts, `jump host ${proxy.user}@${proxy.host}:${proxy.port}`, options);
      if (!jump) {
        const dialled = await dialAgain(endpoint.dialErrorLimit, target, signal, log, options, () =>
          dialOnce(target, undefined, signal, log),
        );
        return startOn([dialled], target, command, signal, options);
      }
      const first = await dialAgain(proxy.dialErrorLimit, jump, signal, log, options, () =>
        dialOnce(jump, undefined, signal, log),
      );
      try {
        const second = await dialAgain(endpoint.dialErrorLimit, target, signal, log, options, async () =>
          dialOnce(target, await tunnel(first, jump, target, signal), signal, log),
        );
        return await startOn([second, first], target, command, signal, options);
      } catch (error) {
        first.client.destroy();
        throw error;
      }
    },
  };
}

async function startOn(
  chain: [Dialled, ...Dialled[]],
  hop: Hop,
  command: string,
  signal: AbortSignal,
  options: SshOptions,
): Promise<Channel> {
  try {
    return await openCommand(chain, hop.where, command, signal, options.keepAliveMs);
  } catch (error) {
    for (const dialled of chain) dialled.client.destroy();
    throw error;
  }
}

function hopOf(
  endpoint: ResolvedConnection["endpoint"],
  knownHosts: string | undefined,
  where: string,
  options: SshOptions,
): Hop {
  return {
    where,
    host: endpoint.host,
    port: endpoint.port,
    identity: hostIdentity(endpoint, endpoint.port, knownHosts),
    login: loginPlan(endpoint, where, (options.env ?? process.env).SSH_AUTH_SOCK),
    perDialMs: (endpoint.perDialTimeout ?? DEFAULT_PER_DIAL_SECONDS) * 1000,
  };
}

/**
 * Dials, and dials again after "nobody answered". A wrong host key and a refused login are not tried again: the answer
 * would be the same, and repeated logins lock accounts.
 */
async function dialAgain(
  errorLimit: number | undefined,
  hop: Hop,
  signal: AbortSignal,
  log: Logger,
  options: SshOptions,
  dial: () => Promise<Dialled>,
): Promise<Dialled> {
  const limit = errorLimit ?? DEFAULT_DIAL_ERROR_LIMIT;
  for (let errors = 0; ; ) {
    options.onDial?.();
    try {
      return await dial();
    } catch (error) {
      if (signal.aborted || !(error instanceof ConnectError) || error.kind !== "connect") throw error;
      errors++;
      if (limit >= 0 && errors > limit) {
        if (errors === 1) throw error;
        throw new ConnectError(error.kind, `${error.message} Dialled ${errors} times.`, error.remedy);
      }
      log.debug(`${hop.where}: dial ${errors} failed: ${error.message}`);
      await pause(Math.min((options.retryDelayMs ?? 1000) * 2 ** (errors - 1), 15_000), signal, error);
    }
  }
}

/** Waits; when the signal aborts meanwhile, the last dial's error says more than "aborted" if time ran out. */
function pause(ms: number, signal: AbortSignal, last: ConnectError): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason instanceof DeadlineError ? last : signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** A TCP connection from the jump host to the target, as a stream. */
function tunnel(first: Dialled, jump: Hop, target: Hop, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const unreachable = (what: string) =>
      reject(
        new ConnectError(
          "connect",
          `${jump.where}: it could not reach ${target.host}:${target.port}: ${what}.`,
          `Check that the jump host resolves and reaches ${target.host}:${target.port}, and that its SSH server permits ` +
            "forwarding (AllowTcpForwarding).",
        ),
      );
    signal.addEventListener("abort", onAbort, { once: true });
    const done = () => signal.removeEventListener("abort", onAbort);
    try {
      first.client.forwardOut("127.0.0.1", 0, target.host, target.port, (error, channel) => {
        done();
        if (error) return unreachable(error.message.replace(/^\(SSH\) /, ""));
        channel.on("error", () => {
          // The SSH client above it reports the end of its stream; this listener only keeps the event from being fatal.
        });
        if (signal.aborted) channel.destroy();
        resolve(channel);
      });
    } catch {
      done();
      unreachable("the connection to the jump host is gone");
    }
  });
}
