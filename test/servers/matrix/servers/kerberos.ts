import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Folder } from "./process";
import type { Column, MatrixServer } from "./server";

/** krb5.conf of a realm with one KDC on loopback, so that no resolver is asked for anything. */
export const krb5Conf = (realm: string, zone: string, kdcPort: number, more = "") => `[libdefaults]
 default_realm = ${realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
[realms]
 ${realm} = {
  kdc = 127.0.0.1:${kdcPort}
  ${more}
 }
[domain_realm]
 .${zone} = ${realm}
`;

/** The provider's environment where there is no TSIG key: the secret of a key that the server does not have. */
export const noKeys = (krb5Config: string): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  KRB5_CONFIG: krb5Config,
  VOLUME_ACTIVATION_DNS_TSIG_SECRET: randomBytes(32).toString("base64"),
});

/** A ticket in a cache, got with a password on standard input. */
export function logIn(principal: string, password: string, cache: string, krb5Config: string): void {
  execFileSync("kinit", [principal], {
    input: `${password}\n`,
    env: { PATH: process.env["PATH"], KRB5_CONFIG: krb5Config, KRB5CCNAME: `FILE:${cache}` },
    stdio: ["pipe", "ignore", "pipe"],
  });
}

/** A name server that takes Kerberos tickets. */
export interface KerberosServer extends MatrixServer {
  realm: string;
  folder: Folder;
  krb5Config: string;
  /** The account that may change the zone: its principal, its password and its keytab. */
  principal: string;
  password: string;
  keytab: string;
  /** A cache with the ticket of OTHER_ACCOUNT. */
  otherCache: string;
}

/** An account of each realm that is known, has the same password as the other, and may not change the zone. */
export const OTHER_ACCOUNT = "other";

/** A server that runs, with the tickets of its two accounts. */
export function withTickets(started: {
  column: Column;
  port: number;
  zone: string;
  realm: string;
  folder: Folder;
  krb5Config: string;
  account: { name: string; password: string; keytab: string };
}): KerberosServer {
  const { folder, realm, krb5Config, account, column, port, zone } = started;
  const principal = `${account.name}@${realm}`;
  const [cache, otherCache] = [folder.at("ticket"), folder.at("otherTicket")];
  logIn(principal, account.password, cache, krb5Config);
  logIn(`${OTHER_ACCOUNT}@${realm}`, account.password, otherCache, krb5Config);
  return {
    column,
    port,
    zone,
    realm,
    folder,
    krb5Config,
    principal,
    password: account.password,
    keytab: account.keytab,
    otherCache,
    auth: { method: "gssTsig", credentialCache: `FILE:${cache}` },
    forbidden: { method: "gssTsig", credentialCache: `FILE:${otherCache}` },
    env: noKeys(krb5Config),
    nsupdate: ["-g"],
    stop: () => folder.clear(),
  };
}
