import { requirement } from "../requirement";
import { startBindKdc } from "./servers/bindKdc";
import type { KerberosServer } from "./servers/kerberos";

/** What the suites on GSS-TSIG with a KDC of MIT need. */
export const programs = {
  nsupdate: requirement("dig and nsupdate", "nsupdate"),
  named: requirement("BIND", "/usr/sbin/named"),
  krb5kdc: requirement("MIT Kerberos", "krb5kdc"),
  kadmin: requirement("MIT Kerberos", "kadmin.local"),
  kdb5: requirement("MIT Kerberos", "kdb5_util"),
  kinit: requirement("MIT Kerberos", "kinit"),
};
export const available = Object.values(programs).every((program) => program.available);

export function startRealm(): Promise<KerberosServer> {
  const { named, krb5kdc, kadmin, kdb5 } = programs;
  return startBindKdc({ named: named.why, krb5kdc: krb5kdc.why, kadmin: kadmin.why, kdb5: kdb5.why });
}
