import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";

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

/** The provider's environment where there is no TSIG key: the secrets of keys that the server does not have. */
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
