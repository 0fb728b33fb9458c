import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DnsError } from "../errors";
import { findProgram, programEnvironment, runProgram } from "./program";

/** Where the Kerberos ticket comes from: a keytab, a password, or a cache that somebody else keeps filled. */
export interface TicketSource {
  /** "user@REALM", "user", "host/name@REALM". Needed with a keytab and with a password. */
  principal?: string;
  /** Path of a keytab file. */
  keytab?: string;
  password?: string;
  /** A cache as KRB5CCNAME names it. Default: the process's own. */
  credentialCache?: string;
}

export interface Ticket {
  /** 'Kerberos principal "kmsadmin@CONTOSO.COM"'. */
  description: string;
  /** The environment in which nsupdate finds the ticket. */
  env: NodeJS.ProcessEnv;
  /** Removes what was made for it. */
  release(): void;
}

const INSTALL_KERBEROS =
  "install the Kerberos client programs (Debian, Ubuntu: krb5-user; Red Hat: krb5-workstation) where pulumi runs";

/** A ticket that is there and valid; whatever is missing is said now, before a name server is asked for anything. */
export async function takeTicket(source: TicketSource, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Ticket> {
  return source.keytab === undefined && source.password === undefined
    ? fromCache(source, env, signal)
    : logIn(source, env, signal);
}

async function fromCache(source: TicketSource, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Ticket> {
  const own = programEnvironment(env, source.credentialCache);
  const where = source.credentialCache ?? own["KRB5CCNAME"] ?? "the account's own cache";
  const klist = findProgram("klist", env);
  if (!klist)
    throw new DnsError(
      "equipment",
      "klist is not installed here, so no Kerberos ticket can be looked at",
      INSTALL_KERBEROS,
    );
  const valid = await runProgram(klist, ["-s"], "", own, signal);
  const { code, output } = await runProgram(klist, [], "", own, signal);
  if (valid.code !== 0) {
    throw new DnsError(
      "equipment",
      code === 0 ? `the Kerberos ticket in ${where} is expired` : `there is no valid Kerberos ticket in ${where}`,
      "log in with kinit, give auth.keytab with auth.principal, or correct auth.credentialCache",
    );
  }
  const found = /^Default principal: (\S+)$/m.exec(output)?.[1];
  if (source.principal !== undefined && found !== undefined && !samePrincipal(source.principal, found)) {
    throw new DnsError(
      "equipment",
      `the Kerberos ticket in ${where} is ${found}'s, not ${source.principal}'s`,
      "log in as the declared principal, or correct auth.principal or auth.credentialCache",
    );
  }
  return { description: describe(found ?? source.principal), env: own, release: () => {} };
}

/** Without a realm the name alone counts. */
const samePrincipal = (wanted: string, found: string): boolean =>
  wanted.includes("@") ? wanted === found : wanted === found.replace(/@[^@]*$/, "");

const describe = (principal: string | undefined) => `Kerberos principal "${principal ?? "?"}"`;

/** kinit into a cache of our own, which nobody else can read and which goes with the operation. */
async function logIn(source: TicketSource, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Ticket> {
  const { principal = "", keytab, password = "" } = source;
  const kinit = findProgram("kinit", env);
  if (!kinit)
    throw new DnsError("equipment", "kinit is not installed here, so no Kerberos ticket can be had", INSTALL_KERBEROS);
  if (keytab !== undefined && !isReadable(keytab)) {
    throw new DnsError(
      "equipment",
      `the keytab ${keytab} cannot be read`,
      "correct auth.keytab (a path on the machine where pulumi runs), or let this account read the file",
    );
  }
  // mkdtemp makes the folder with mode 700, and kinit the cache in it with mode 600.
  const folder = mkdtempSync(join(tmpdir(), "activation-ticket-"));
  const release = () => rmSync(folder, { recursive: true, force: true });
  try {
    const own = programEnvironment(env, `FILE:${join(folder, "cache")}`);
    const words = keytab === undefined ? [principal] : ["-k", "-t", keytab, principal];
    const { code, output } = await runProgram(kinit, words, keytab === undefined ? `${password}\n` : "", own, signal);
    if (code !== 0) throw loginFailed(principal, keytab, output);
    return { description: describe(principal), env: own, release };
  } catch (error) {
    release();
    throw error;
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

const LOGIN_ANSWERS: readonly [pattern: RegExp, remedy: string][] = [
  [/not found in Kerberos database/, "correct auth.principal: the KDC does not know it"],
  [
    /[Pp]assword incorrect|Preauthentication failed/,
    "correct the password, or export the keytab anew: its key is not the account's (any more)",
  ],
  [
    /no suitable keys|not found in keytab|Key table entry not found/,
    "export the keytab for this principal: it has no key of its own for it",
  ],
  [
    /Cannot contact any KDC|Cannot find KDC/,
    "check krb5.conf (KRB5_CONFIG), and that the KDC runs and port 88 is open",
  ],
  [/[Cc]lock skew/, "set both clocks by NTP; Kerberos allows 5 minutes"],
  [/expired|revoked|locked/, "look at the account: it or its password is expired, or it is locked"],
];

function loginFailed(principal: string, keytab: string | undefined, output: string): DnsError {
  const lines = output.split("\n");
  // For an expired password kinit asks for a new one, and its last line tells only that it was given none.
  const line =
    lines.find((text) => /^Password expired/.test(text)) ??
    lines.findLast((text) => /^kinit: /.test(text)) ??
    "it gave no reason";
  const how = keytab === undefined ? "its password" : `the keytab ${keytab}`;
  const remedy =
    LOGIN_ANSWERS.find(([pattern]) => pattern.test(line))?.[1] ?? "try the same by hand: kinit says more with -V";
  return new DnsError("kerberos", `${principal} cannot log in with ${how}: ${line.replace(/^kinit: /, "")}`, remedy);
}
