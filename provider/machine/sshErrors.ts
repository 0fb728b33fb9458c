import { describeKey, fingerprint, type HostIdentity, type HostKeyVerdict } from "./hostkeys";
import type { LoginAttempt } from "./sshLogin";
import { ConnectError } from "./transport";

/** How far a dial came. */
export type DialPhase = "connecting" | "handshake" | "login";

interface Reason {
  what: string;
  remedy: string;
}

const reachable = (port: number) =>
  `Check that the machine is on, that its SSH server runs (Windows: Get-Service sshd), and that every firewall on the ` +
  `way lets TCP port ${port} through (Windows' rule OpenSSH-Server-In-TCP is off on public networks).`;

/** Codes of the operating system and the resolver, in words. */
function socketReason(code: string | undefined, host: string, port: number): Reason | undefined {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_NODATA":
      return {
        what: `the name ${host} does not resolve to an address`,
        remedy: "Check the spelling of host and the DNS server that this computer uses, or give the IP address.",
      };
    case "EAI_AGAIN":
      return {
        what: `the name ${host} could not be resolved, no DNS server answered`,
        remedy: "Check this computer's network and DNS server, or give the IP address.",
      };
    case "ECONNREFUSED":
      return { what: `nothing listens on port ${port} (connection refused)`, remedy: reachable(port) };
    case "ETIMEDOUT":
      return { what: "no answer came (connection timed out)", remedy: reachable(port) };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EHOSTDOWN":
      return {
        what: "there is no route to it (unreachable)",
        remedy: "Check host, this computer's network or VPN, or reach it through a jump host (proxy).",
      };
    case "ECONNRESET":
    case "EPIPE":
      return {
        what: "the connection was reset",
        remedy: `${reachable(port)} An SSH server that is at its limit of logins (MaxStartups) does this too.`,
      };
    case "EACCES":
    case "EPERM":
      return { what: "this computer does not permit the connection", remedy: "Check the local firewall." };
    default:
      return undefined;
  }
}

/** Where a dial goes, for messages. */
export interface DialTarget {
  /** "ssh admin@kms01:22", with "jump host " in front where it is one. */
  where: string;
  host: string;
  port: number;
}

const codeOf = (error: Error): string | undefined => {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? code : undefined;
};

/** The error of a dial that ended in `phase`, when the host key was in order or was not looked at yet. */
export function dialError(
  target: DialTarget,
  phase: DialPhase,
  error: Error | undefined,
  login: LoginAttempt,
): ConnectError {
  const { where, host, port } = target;
  const known = error && socketReason(codeOf(error), host, port);
  if (phase === "connecting") {
    const reason = known ?? { what: `no connection (${error?.message ?? "closed"})`, remedy: reachable(port) };
    return new ConnectError("connect", `${where}: ${reason.what}.`, reason.remedy);
  }
  if (phase === "handshake") {
    const said = known?.what ?? error?.message ?? "it closed the connection";
    return new ConnectError(
      "connect",
      `${where}: the port is open, but no SSH handshake came about: ${lowerFirst(said)}.`,
      `Check that an SSH server listens on port ${port} and not something else, and that it is not at its limit of ` +
        "logins (MaxStartups).",
    );
  }
  const said = error && !login.exhausted ? ` The server ended it: ${error.message}.` : "";
  return new ConnectError(
    "login",
    `${where}: the machine refused the login: ${login.describe()}.${said}`,
    LOGIN_REMEDY,
  );
}

const LOGIN_REMEDY =
  "Check user (a domain account is DOMAIN\\user or user@domain), the key and the password. On Windows the keys of " +
  "administrators stand in %ProgramData%\\ssh\\administrators_authorized_keys, readable by Administrators and SYSTEM " +
  "only; the machine's log is Applications and Services Logs > OpenSSH > Operational.";

/** The time of one dial ran out. */
export function dialTimeout(target: DialTarget, phase: DialPhase, seconds: number): ConnectError {
  const { where, port } = target;
  if (phase === "connecting") {
    return new ConnectError("connect", `${where}: no answer within ${seconds} s.`, reachable(port));
  }
  const what =
    phase === "handshake" ? "it accepted the connection but said nothing as an SSH server" : "the login came to no end";
  return new ConnectError(
    "connect",
    `${where}: ${what} within ${seconds} s.`,
    `Check what listens on port ${port} and how busy the machine is; a slow one needs a longer perDialTimeout or timeouts.connect.`,
  );
}

/** Somebody answered with a key that was not declared. */
export function wrongHostKey(
  target: DialTarget,
  identity: HostIdentity,
  presented: Buffer,
  type: string,
  verdict: HostKeyVerdict,
) {
  const shown = `${fingerprint(presented)} (${type})`;
  if (verdict === "revoked") {
    return new ConnectError(
      "hostKey",
      `${target.where}: the machine presented the host key ${shown}, which knownHosts marks as @revoked. ` +
        "The connection was ended before the login; no credential was sent.",
      "Give the machine a new host key and declare that; a revoked key is never accepted.",
    );
  }
  const expected = identity.kind === "keys" ? identity.keys.map(describeKey).join(" or ") : "any";
  const source = identity.kind === "keys" ? identity.source : "hostKey";
  return new ConnectError(
    "hostKey",
    `${target.where}: the machine that answered is not the declared one: expected the host key ${expected}, ` +
      `it presented ${shown}. The connection was ended before the login; no credential was sent.`,
    `If the machine was installed anew, read its new key at the machine itself and declare it in ${source}. Otherwise find ` +
      "out who answers at this address.",
  );
}

/** The server has no key of a declared type. */
export function noKeyOfType(target: DialTarget, identity: HostIdentity): ConnectError {
  const expected = identity.kind === "keys" ? identity.keys.map(describeKey).join(" or ") : "any";
  const source = identity.kind === "keys" ? identity.source : "hostKey";
  return new ConnectError(
    "hostKey",
    `${target.where}: the machine that answered is not the declared one: expected the host key ${expected}, and it has ` +
      "no key of this type at all. The connection was ended before the login; no credential was sent.",
    `See which keys it has with "ssh-keyscan -p ${target.port} ${target.host}", make sure at the machine itself that ` +
      `they are its own, and declare one in ${source}.`,
  );
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
