import { randomBytes } from "node:crypto";
import { freePort } from "../../bind/named";
import { krb5Conf, logIn, noKeys } from "./kerberos";
import { Folder, run, serves } from "./process";
import { type MatrixServer, zoneText } from "./server";

const ZONE = "gss.test";
const REALM = "MIT.TEST";

export interface KerberosServer extends MatrixServer {
  realm: string;
  folder: Folder;
  krb5Config: string;
  /** The account that may change the zone: its principal, its password and its keytab. */
  principal: string;
  password: string;
  keytab: string;
  /** A cache with the ticket of an account that is known and may not change it. */
  otherCache: string;
}

/** BIND 9 with GSS-TSIG and a KDC of MIT beside it; both need no root. */
export async function startBindKdc(programs: { named: string; krb5kdc: string; kadmin: string; kdb5: string }) {
  const folder = new Folder("matrix-gss");
  try {
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
    await kadmin(`addprinc -pw ${password} other`);
    await kadmin(`addprinc -randkey DNS/ns.${ZONE}`);
    await kadmin(`ktadd -k ${folder.at("dns.keytab")} DNS/ns.${ZONE}`);
    await kadmin(`ktadd -norandkey -k ${folder.at("kmsadmin.keytab")} kmsadmin`);
    await folder.start(programs.krb5kdc, ["-n", "-r", REALM], (output) => output.includes("commencing operation"), env);
    const config = folder.write(
      "named.conf",
      `options { directory "${folder.path}"; pid-file none; session-keyfile "${folder.at("session.key")}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; notify no; dnssec-validation no;
  tkey-gssapi-keytab "${folder.at("dns.keytab")}"; };
controls { };
zone "${ZONE}" { type primary; check-names ignore; file "${folder.write("zone", zoneText(ZONE))}";
  update-policy { grant kmsadmin@${REALM} zonesub ANY; }; };
`,
    );
    await folder.start(
      folder.copyOf(programs.named, "named"),
      ["-4", "-g", "-n", "1", "-c", config],
      () => serves(port, ZONE),
      env,
    );
    const [cache, otherCache] = [folder.at("ticket"), folder.at("otherTicket")];
    logIn(`kmsadmin@${REALM}`, password, cache, krb5Config);
    logIn(`other@${REALM}`, password, otherCache, krb5Config);
    return {
      column: "BIND+KDC",
      port,
      zone: ZONE,
      auth: { method: "gssTsig", credentialCache: `FILE:${cache}` },
      forbidden: { method: "gssTsig", credentialCache: `FILE:${otherCache}` },
      env: noKeys(krb5Config),
      nsupdate: ["-g"],
      realm: REALM,
      folder,
      krb5Config,
      principal: `kmsadmin@${REALM}`,
      password,
      keytab: folder.at("kmsadmin.keytab"),
      otherCache,
      stop: () => folder.clear(),
    } satisfies KerberosServer;
  } catch (error) {
    await folder.clear();
    throw error;
  }
}
