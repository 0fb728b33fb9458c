import { randomBytes } from "node:crypto";
import { freePort } from "../../bind/named";
import { requirement } from "../../requirement";
import { runNamed } from "./bind";
import { type KerberosServer, krb5Conf, OTHER_ACCOUNT, withTickets } from "./kerberos";
import { inFolder, run } from "./process";
import { zoneText } from "./server";

const ZONE = "gss.test";
const REALM = "MIT.TEST";

/** The programs that a suite about GSS-TSIG needs, and the server that it starts with them. */
export function bindKdcSuite() {
  const programs = {
    nsupdate: requirement("dig and nsupdate", "nsupdate"),
    named: requirement("BIND", "/usr/sbin/named"),
    krb5kdc: requirement("MIT Kerberos", "krb5kdc"),
    kadmin: requirement("MIT Kerberos", "kadmin.local"),
    kdb5: requirement("MIT Kerberos", "kdb5_util"),
    kinit: requirement("MIT Kerberos", "kinit"),
  };
  const { named, krb5kdc, kadmin, kdb5 } = programs;
  return {
    programs,
    available: Object.values(programs).every((program) => program.available),
    start: () => startBindKdc({ named: named.why, krb5kdc: krb5kdc.why, kadmin: kadmin.why, kdb5: kdb5.why }),
  };
}

/** BIND 9 with GSS-TSIG and a KDC of MIT beside it; both need no root. */
export function startBindKdc(programs: {
  named: string;
  krb5kdc: string;
  kadmin: string;
  kdb5: string;
}): Promise<KerberosServer> {
  return inFolder("matrix-gss", async (folder) => {
    const [port, kdcPort] = [await freePort(), await freePort()];
    const password = randomBytes(12).toString("hex");
    const krb5Config = folder.write(
      "krb5.conf",
      `${krb5Conf(
        REALM,
        ZONE,
        kdcPort,
        `database_name = ${folder.at("principal")}
  key_stash_file = ${folder.at("stash")}
  kdc_listen = 127.0.0.1:${kdcPort}
  kdc_tcp_listen = 127.0.0.1:${kdcPort}`,
      )}[logging]\n kdc = STDERR\n`,
    );
    const env = { PATH: process.env["PATH"], KRB5_CONFIG: krb5Config, KRB5_KDC_PROFILE: krb5Config };
    const kadmin = (query: string) => run(programs.kadmin, ["-r", REALM, "-p", "admin/admin", "-q", query], env);
    await run(programs.kdb5, ["create", "-s", "-r", REALM, "-P", randomBytes(12).toString("hex")], env);
    await kadmin(`addprinc -pw ${password} kmsadmin`);
    await kadmin(`addprinc -pw ${password} ${OTHER_ACCOUNT}`);
    await kadmin(`addprinc -randkey DNS/ns.${ZONE}`);
    await kadmin(`ktadd -k ${folder.at("dns.keytab")} DNS/ns.${ZONE}`);
    await kadmin(`ktadd -norandkey -k ${folder.at("kmsadmin.keytab")} kmsadmin`);
    await folder.start(programs.krb5kdc, ["-n", "-r", REALM], (output) => output.includes("commencing operation"), env);
    const named = {
      options: `tkey-gssapi-keytab "${folder.at("dns.keytab")}";`,
      rest: `zone "${ZONE}" { type primary; check-names ignore; file "${folder.write("zone", zoneText(ZONE))}";
  update-policy { grant kmsadmin@${REALM} zonesub ANY; }; };
`,
      env,
    };
    await runNamed(programs.named, folder, port, ZONE, named);
    const keytab = folder.at("kmsadmin.keytab");
    const account = { name: "kmsadmin", password, keytab };
    return withTickets({ column: "BIND+KDC", port, zone: ZONE, realm: REALM, folder, krb5Config, account });
  });
}
