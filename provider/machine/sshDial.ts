import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Client } from "ssh2";
import type { Logger } from "../log/logger";
import { DeadlineError } from "./deadline";
import { blobType, fingerprint, type HostIdentity, judgeHostKey, offeredAlgorithms } from "./hostkeys";
import { type DialPhase, type DialTarget, dialError, dialTimeout, noKeyOfType, wrongHostKey } from "./sshErrors";
import { LoginAttempt, type LoginPlan } from "./sshLogin";
import type { ConnectError } from "./transport";

/** One machine to dial; everything that can be decided beforehand is decided. */
export interface Hop extends DialTarget {
  identity: HostIdentity;
  login: LoginPlan;
  /** Time for one dial: TCP, SSH handshake and login. 0 = no limit of its own. */
  perDialMs: number;
}

/** A logged-in connection. The caller listens to `client`'s "close"; its "error" has a listener for good. */
export interface Dialled {
  client: Client;
  /** The TCP socket; undefined when the bytes go through another connection. */
  socket: Socket | undefined;
  /** The last error that the connection reported. */
  lastError(): Error | undefined;
}

/**
 * One dial. `through` carries the bytes where there is a jump host; without it a TCP socket is opened.
 * Rejects with a {@link ConnectError}, or with the signal's reason.
 */
export function dialOnce(hop: Hop, through: Duplex | undefined, signal: AbortSignal, log: Logger): Promise<Dialled> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      through?.destroy();
      reject(signal.reason);
      return;
    }
    const client = new Client();
    const login = new LoginAttempt(hop.login);
    let phase: DialPhase = through ? "handshake" : "connecting";
    let settled = false;
    let lastError: Error | undefined;
    let hostKeyError: ConnectError | undefined;

    const socket = through ? undefined : connect({ host: hop.host, port: hop.port, noDelay: true, keepAlive: true });
    const stream: Duplex = through ?? (socket as Socket);

    const settle = (outcome: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      outcome();
    };
    const fail = (error: unknown) =>
      settle(() => {
        client.destroy();
        stream.destroy();
        reject(error);
      });
    const onAbort = () => {
      const { reason } = signal;
      fail(reason instanceof DeadlineError ? dialTimeout(hop, phase, reason.seconds) : reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const timer =
      hop.perDialMs > 0
        ? setTimeout(() => fail(dialTimeout(hop, phase, hop.perDialMs / 1000)), hop.perDialMs)
        : undefined;

    const failed = (error: Error | undefined) => {
      if (hostKeyError) return fail(hostKeyError);
      if (error && /no matching host key format/.test(error.message)) return fail(noKeyOfType(hop, hop.identity));
      fail(dialError(hop, phase, error, login));
    };
    client.on("error", (error: Error & { level?: string }) => {
      // Trouble with one means of login: the next one is tried.
      if (!settled && !login.exhausted && (error.level === "agent" || error.level === "client-authentication")) {
        login.notes.push(error.level === "agent" ? `the SSH agent: ${error.message}` : error.message);
        return;
      }
      lastError = error;
      failed(error);
    });
    client.on("close", () => failed(lastError));
    client.on("handshake", () => {
      phase = "login";
    });
    client.on("ready", () => settle(() => resolve({ client, socket, lastError: () => lastError })));
    client.on("banner", (text) => log.debug(`${hop.where} says: ${text.trim()}`));
    // A password that must be changed is no login; the answer to this request is to end it.
    client.on("change password", () => {
      login.notes.push("the machine wants a new password to be set first");
      login.exhausted = true;
      failed(undefined);
    });

    const hostVerifier = (presented: Buffer): boolean => {
      if (hop.identity.kind === "any") {
        log.warn(
          `${hop.where}: the host key is not checked (insecure-accept-any); the machine presented ` +
            `${fingerprint(presented)}. Whoever answers at this address gets the credentials.`,
        );
      }
      const verdict = judgeHostKey(hop.identity, presented);
      if (verdict === "accepted") return true;
      hostKeyError = wrongHostKey(hop, hop.identity, presented, blobType(presented) ?? "unknown type", verdict);
      return false;
    };

    const start = () => {
      phase = "handshake";
      try {
        client.connect({
          sock: stream,
          username: hop.login.user,
          hostVerifier,
          algorithms: { serverHostKey: offeredAlgorithms(hop.identity) },
          authHandler: (accepted: readonly string[] | null, _partial: boolean, next) => {
            const means = login.next(accepted);
            // The type leaves out the library's word for "no more".
            next(means as Exclude<typeof means, false>);
          },
          // perDialMs says how long; a limit of the library's own would end a dial without our words.
          readyTimeout: 0,
        });
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)));
      }
    };
    if (!socket) {
      start();
      return;
    }
    socket.once("connect", start);
    socket.on("error", (error) => {
      if (phase === "connecting") failed(error);
    });
  });
}
