import { DirectoryError } from "../errors";

/** Numbers that a domain controller puts behind "data" when it refuses a login (Win32, hexadecimal). */
const LOGIN_DATA: { readonly [data: string]: [answered: string, remedy: string] } = {
  "525": ["there is no such account", 'correct the user: like "kmsadmin@contoso.com" or "CONTOSO\\kmsadmin"'],
  "52e": [
    "user or password is wrong",
    'correct the password, and write the user like "kmsadmin@contoso.com" or "CONTOSO\\kmsadmin"',
  ],
  "530": ["the account may not log in at this hour", "correct the account's logon hours"],
  "531": ["the account may not log in from this computer", "correct the account's list of workstations"],
  "532": ["the account's password has expired", "set a new password"],
  "533": ["the account is disabled", "enable it"],
  "568": ["the account is in too many groups", "use an account of its own for this"],
  "701": ["the account has expired", "correct its expiry date"],
  "773": ["the account must change its password first", "set a new password, without that condition"],
  "775": ["the account is locked out", "unlock it, and find out who tried wrong passwords"],
  "80090346": [
    "the domain controller wants channel binding tokens, which a simple bind does not have",
    "use another domain controller, or the agent on one (connection)",
  ],
};

/** Result codes of LDAP (RFC 4511 4.1.9), where more can be said than their name. */
const RESULTS: { readonly [code: number]: [name: string, answered: string, remedy: string] } = {
  1: ["operationsError", "it does not answer this without a login", "give a user and a password"],
  8: [
    "strongerAuthRequired",
    "it takes a password only on a connection that is signed or encrypted",
    "use its port for LDAP over TLS (636)",
  ],
  10: [
    "referral",
    "it does not keep that part of the directory, or keeps it for reading only, and names another server",
    "give a writable domain controller of the domain that the zone (or the account) belongs to",
  ],
  13: ["confidentialityRequired", "it wants an encrypted connection", "use its port for LDAP over TLS (636)"],
  50: [
    "insufficientAccessRights",
    "the account has not the right to do this",
    "use an account that may change the permissions of the record: a member of DnsAdmins or Domain Admins, or one to which they were delegated",
  ],
  51: ["busy", "it is busy", "wait a little and run `pulumi up` again"],
  52: ["unavailable", "it is not available", "look at the domain controller"],
  53: [
    "unwillingToPerform",
    "it is not willing to do this",
    "read-only domain controllers take no changes: give another one",
  ],
};

const codeOf = (error: unknown): number | undefined => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
};

/** No such object: not there, or not to be seen by this account. */
export const isNoSuchObject = (error: unknown): boolean => codeOf(error) === 32;

/** What a domain controller answered to a login. */
export function loginRefused(error: unknown, user: string): DirectoryError {
  if (codeOf(error) !== 49) return ldapError(error);
  const said = error instanceof Error ? error.message : "";
  const data = /\bdata ([0-9a-f]+)\b/i.exec(said)?.[1]?.toLowerCase() ?? "";
  const [answered, remedy] = LOGIN_DATA[data] ?? [
    "it does not take user and password",
    'correct them; write the user like "kmsadmin@contoso.com" or "CONTOSO\\kmsadmin"',
  ];
  const number = data === "" ? "" : `, data ${data}`;
  return new DirectoryError(
    "login",
    `the domain controller refused the login of ${user} (49${number}): ${answered}`,
    remedy,
  );
}

/** What went wrong after the connection stood. */
export function ldapError(error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error;
  const code = codeOf(error);
  const said = oneLine(error instanceof Error ? error.message : String(error));
  if (code !== undefined) {
    const known = RESULTS[code];
    const [name, answered, remedy] = known ?? ["", said, "look into the domain controller's Directory Service log"];
    const kind = code === 50 ? "refused" : "answer";
    return new DirectoryError(
      kind,
      `the domain controller answered LDAP result ${code}${name ? ` (${name})` : ""}: ${answered}`,
      remedy,
    );
  }
  if (/timed out|timeout/i.test(said)) {
    return new DirectoryError(
      "timeout",
      "the domain controller did not answer in time",
      "look at the domain controller's load",
    );
  }
  return new DirectoryError("lost", `the connection ended before the answer (${said})`, "run it again");
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim().slice(0, 200);

const NETWORK: { readonly [code: string]: [answered: string, remedy: string] } = {
  ECONNREFUSED: [
    "nothing listens there (connection refused)",
    "check the address and the port; a domain controller listens on 636 once it has a certificate",
  ],
  ENOTFOUND: ["the name is not known in DNS", 'correct "ldap.server"'],
  EAI_AGAIN: ["the name could not be looked up", "check the name servers of this computer"],
  EHOSTUNREACH: ["there is no way to that address", "check the network and the firewalls on the way"],
  ENETUNREACH: ["there is no way to that address", "check the network and the firewalls on the way"],
  ETIMEDOUT: ["it does not answer", "check that it is on, and that every firewall on the way lets the port through"],
  ECONNRESET: [
    "it closed the connection during the TLS handshake",
    "a domain controller without a certificate does so: give it one (AD CS enrols it by itself), or check the port",
  ],
};

/** Why there is no connection. */
export function noConnection(error: unknown): DirectoryError {
  if (error instanceof DirectoryError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const said = oneLine(error instanceof Error ? error.message : String(error));
  const known = NETWORK[code];
  if (known) return new DirectoryError("unreachable", `it cannot be reached: ${known[0]}`, known[1]);
  if (/^ERR_SSL_|^EPROTO/.test(code)) {
    return new DirectoryError(
      "unreachable",
      `it speaks no TLS that is accepted here (${said})`,
      "check the port (636); TLS 1.2 is the least, which old domain controllers must be told to offer",
    );
  }
  return new DirectoryError("unreachable", `it cannot be reached: ${said}`, "check address, port and network");
}
