import type { DnsClient } from "../client";
import { type Asked, DnsError, RcodeError } from "../errors";
import type { Sent, SrvChange } from "../srvChange";
import { rcodeNumber } from "../wire/constants";
import { findProgram, type ProgramResult, runProgram } from "./program";
import { nsupdateScript } from "./script";
import type { Ticket } from "./ticket";

/** Seconds that nsupdate waits for each answer. */
const ANSWER_SECONDS = 15;

/** Sends one change with `nsupdate -g` over TCP. Returns unless the server, or nsupdate, says that it was not done. */
export async function nsupdateChange(
  client: DnsClient,
  change: SrvChange,
  ticket: Ticket,
  signal: AbortSignal,
): Promise<Sent> {
  const nsupdate = nsupdateProgram(ticket.env);
  return client.elsewhere(async (address, port) => {
    const script = nsupdateScript(address, port, change);
    const words = ["-g", "-v", "-t", String(ANSWER_SECONDS)];
    const result = await runProgram(nsupdate, words, script, ticket.env, signal);
    return judge(result, { where: client.where, zone: change.zone, signer: ticket.description });
  });
}

/** Where nsupdate is; said before anything is tried when it is nowhere. */
export function nsupdateProgram(env: NodeJS.ProcessEnv): string {
  const found = findProgram("nsupdate", env);
  if (found) return found;
  throw new DnsError(
    "equipment",
    'nsupdate is not installed here, and auth.method "gssTsig" needs it',
    "install it where pulumi runs (Debian, Ubuntu: bind9-dnsutils; Red Hat: bind-utils)",
  );
}

function refused(mnemonic: string, asked: Asked): DnsError {
  const rcode = rcodeNumber(mnemonic);
  if (rcode !== undefined) return new RcodeError(rcode, asked);
  return new DnsError("rcode", `${mnemonic}: the server refused`, "look into the name server's log");
}

interface Told {
  where: string;
  zone: string;
  signer: string;
}

/** What the end of nsupdate means. Its exit code says nothing: it is 2 for what Samba has done. */
export function judge({ code, output }: ProgramResult, { where, zone, signer }: Told): Sent {
  const [, rcode, tsig] = /update failed: ([A-Z0-9]+)(?:\(([A-Z]+)\))?/.exec(output) ?? [];
  if (rcode !== undefined && tsig !== undefined) throw sessionRefused(tsig, signer);
  const asked = { what: "update", zone, signer, gss: true } as const;
  if (rcode !== undefined) throw refused(rcode, asked);
  const tkey = EXCHANGE_FAILED.map((pattern) => pattern.exec(output)?.[1]).find((said) => said !== undefined);
  if (tkey !== undefined) throw exchangeFailed(tkey, signer);
  const noZone = /specified zone '.*' does not exist \((\w+)\)/.exec(output)?.[1];
  if (noZone !== undefined) throw refused("NOTAUTH", asked);
  const query = /[Cc]ommunication with \S+ failed: ([A-Z]{5,})/.exec(output)?.[1];
  if (query !== undefined) throw refused(query, { what: "query", zone, signer });
  if (
    /could not reach any name server|[Cc]ommunication with .* failed: (connection refused|host unreachable|operation canceled)/.test(
      output,
    )
  ) {
    throw new DnsError(
      "unreachable",
      `nsupdate cannot reach the name server ${where}`,
      'check "server", that it runs, and that no firewall is between (DNS uses UDP and TCP)',
    );
  }
  if (/timed out/.test(output)) {
    throw new DnsError(
      "timeout",
      `nsupdate got no answer from ${where} within ${ANSWER_SECONDS} s`,
      "check that the name server runs and that no firewall is between",
    );
  }
  if (/TSIG error with server: tsig verify failure/.test(output)) return { verified: false };
  if (code === 0) return { verified: true };
  const said =
    output
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim()
      .slice(0, 200) ?? "nothing";
  throw new DnsError(
    "tool",
    `nsupdate ended with ${code === null ? "a signal" : `exit code ${code}`} and said: ${said}`,
    "look into the name server's log; try the same by hand with nsupdate -g",
  );
}

const SESSION_ANSWERS: { readonly [mnemonic: string]: [answered: string, remedy: string] } = {
  BADKEY: [
    "the server does not know the security context (any more), or does not accept this principal",
    "run it again; if it stays so, look into the name server's log and at its tkey-gssapi-keytab",
  ],
  BADSIG: ["the server could not verify the signature", "look into the name server's log"],
  BADTIME: ["the clocks differ too much", "set both clocks by NTP; 5 minutes are allowed"],
};

function sessionRefused(tsig: string, signer: string): DnsError {
  const [answered, remedy] = SESSION_ANSWERS[tsig] ?? ["the server does not take the signature", "look into its log"];
  return new DnsError("tsig", `${tsig}: ${answered} (${signer})`, remedy);
}

/** How nsupdate says that it has not got as far as an update. */
const EXCHANGE_FAILED: readonly RegExp[] = [
  /tkey query failed: (.*)/,
  /(response to GSS-TSIG query was unsuccessful.*)/,
  /dns_tkey_gssnegotiate: (.*)/,
];

const EXCHANGE_ANSWERS: readonly [pattern: RegExp, answered: string, remedy: string][] = [
  [
    /Server .*not found in Kerberos database/,
    "the KDC does not know the name server's service",
    "the service is DNS/<host name in the zone's SOA record>: correct that name, or make the service principal",
  ],
  [/expired/i, "the Kerberos ticket is expired", "log in with kinit again, or give auth.keytab with auth.principal"],
  [/[Cc]lock skew/, "the clocks differ too much", "set both clocks by NTP; Kerberos allows 5 minutes"],
  [
    /Cannot (contact any|find) KDC/,
    "no KDC answers",
    "check krb5.conf (KRB5_CONFIG), and that the KDC runs and port 88 is open",
  ],
  [
    /response to GSS-TSIG query was unsuccessful/,
    "the name server does no key exchange",
    'point "server" at the zone\'s primary, and let that do GSS-TSIG for this realm (BIND: tkey-gssapi-keytab)',
  ],
  [
    /TKEY is unacceptable/,
    "the name server does not accept the ticket: its key of the service DNS/<host name> is not the KDC's (any more), or its clock differs by more than 5 minutes",
    "export the name server's keytab anew (BIND: tkey-gssapi-keytab) and restart it, compare the clocks, and look into its log",
  ],
  [
    /No credentials|cannot find mechanisms/,
    "there is no usable Kerberos ticket",
    "log in with kinit, or give auth.keytab with auth.principal",
  ],
];

/** Before anything is signed the two sides agree on a key (TKEY, RFC 3645); nothing was sent to be changed yet. */
function exchangeFailed(said: string, signer: string): DnsError {
  const minor = /Minor = (.*?)\.?$/.exec(said)?.[1];
  const known = EXCHANGE_ANSWERS.find(([pattern]) => pattern.test(said));
  const quoted = (minor ?? said).slice(0, 200);
  return new DnsError(
    "kerberos",
    `the key exchange with the name server (TKEY) failed for ${signer}: ${known ? `${known[1]} (${quoted})` : quoted}`,
    known?.[2] ??
      "check that the server does GSS-TSIG for this realm (BIND: tkey-gssapi-keytab), and look into its log",
  );
}
