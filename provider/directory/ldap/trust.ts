import { connect, getCACertificates, type PeerCertificate, rootCertificates, type TLSSocket } from "node:tls";
import { DirectoryError } from "../errors";
import { noConnection } from "./errors";

/** By what the domain controller proves who it is. */
export interface Trust {
  /** PEM text of the authorities to believe, in the place of those of the system. */
  ca?: string;
  /** SHA-256 of the very certificate that it shows, in hexadecimal without colons, lower case. */
  fingerprint?: string;
}

export interface LdapAddress {
  host: string;
  port: number;
}

/** Milliseconds for connecting and the TLS handshake. */
const CONNECT_MS = 15_000;

const normal = (fingerprint: string) => fingerprint.replaceAll(":", "").toLowerCase();

/** Authorities of Node.js and, where this Node.js can read them, of the system: domains have their own, as a rule. */
function systemAuthorities(): string[] {
  if (typeof getCACertificates !== "function") return [...rootCertificates];
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}

/**
 * A TLS connection to a server that has proved who it is; nothing was sent on it yet. The handshake itself lets every
 * certificate pass, so that one that is refused can be named; the verdict is here, before the socket is handed out.
 */
export async function connectTrusted(
  { host, port }: LdapAddress,
  trust: Trust,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = connect({
    host,
    port,
    ca: trust.ca ?? systemAuthorities(),
    rejectUnauthorized: false,
  });
  const timer = setTimeout(() => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })), CONNECT_MS);
  const onAbort = () => socket.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    });
    const refusal = refusalOf(socket, trust);
    if (refusal) throw refusal;
    socket.removeAllListeners("error").removeAllListeners("close");
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    signal.throwIfAborted();
    throw noConnection(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function refusalOf(socket: TLSSocket, { ca, fingerprint }: Trust): DirectoryError | undefined {
  const shown = socket.getPeerCertificate();
  const seen = shown.fingerprint256 ?? "";
  if (fingerprint !== undefined && normal(seen) !== normal(fingerprint)) {
    return new DirectoryError(
      "certificate",
      `the domain controller shows another certificate than the one that is pinned: ${describe(shown)}`,
      "find out why it changed (a renewed certificate has another fingerprint); then correct ldap.tls.fingerprint, or give ldap.tls.ca, which outlives renewals",
    );
  }
  const reason = socket.authorized ? undefined : String(socket.authorizationError);
  if (reason === undefined || (fingerprint !== undefined && ca === undefined)) return undefined;
  return new DirectoryError(
    "certificate",
    `the domain controller does not prove who it is: ${CERTIFICATE[reason] ?? reason}; it shows ${describe(shown)}`,
    reason === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? 'give "ldap.server" by a name that is in the certificate, or pin it by ldap.tls.fingerprint'
      : "give the domain's authority in ldap.tls.ca (PEM), or compare that fingerprint on the domain controller itself and pin it by ldap.tls.fingerprint",
  );
}

const CERTIFICATE: { readonly [code: string]: string } = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself, and nobody vouches for it here",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not believed here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not believed here",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an authority that is not believed here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not believed here",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; are the clocks right?",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

function describe({ subject, subjectaltname, fingerprint256 }: PeerCertificate): string {
  const names = [subject?.CN, subjectaltname].flat().filter((name) => name !== undefined && name !== "");
  return `the certificate of ${names.join(", ") || "no name"} with the SHA-256 fingerprint ${fingerprint256 ?? "?"}`;
}
