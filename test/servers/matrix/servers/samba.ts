import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { freePort } from "../../bind/named";
import { type KerberosServer, krb5Conf, OTHER_ACCOUNT, withTickets } from "./kerberos";
import { inFolder, run, serves } from "./process";

const ZONE = "ad.test";
const REALM = "AD.TEST";

/** A domain controller of Samba with its own DNS server, on ports of its own. Needs root: it changes to other accounts. */
export function startSamba(programs: { samba: string; sambaTool: string }): Promise<KerberosServer> {
  return inFolder("matrix-samba", async (folder) => {
    const [port, kdcPort, kpasswdPort] = [await freePort(), await freePort(), await freePort()];
    // Complex enough for the domain's rules.
    const password = `Aa1.${randomBytes(12).toString("hex")}`;
    const option = (text: string) => `--option=${text}`;
    const run_ = folder.at("run");
    mkdirSync(run_);
    await run(programs.sambaTool, [
      ...["domain", "provision", `--targetdir=${folder.path}`, `--realm=${REALM}`, "--domain=AD", "--host-name=dc1"],
      ...["--host-ip=127.0.0.1", `--adminpass=${password}`, "--server-role=dc", "--dns-backend=SAMBA_INTERNAL"],
      ...["interfaces=lo", "bind interfaces only=yes", "allow dns updates=secure only", "vfs objects="].map(option),
      ...["server services=kdc dns", "dns forwarder=", "log file="].map(option),
      ...[`dns port=${port}`, `krb5 port=${kdcPort}`, `kpasswd port=${kpasswdPort}`].map(option),
      ...[`pid directory=${run_}`, `ncalrpc dir=${run_}/ncalrpc`].map(option),
      ...[`winbindd socket directory=${run_}/winbindd`, `ntp signd socket directory=${run_}/ntp`].map(option),
    ]);
    const krb5Config = folder.write("krb5.conf", krb5Conf(REALM, ZONE, kdcPort));
    const conf = folder.at("etc/smb.conf");
    const database = ["-H", folder.at("private/sam.ldb"), "-s", conf];
    await run(programs.sambaTool, ["user", "create", OTHER_ACCOUNT, password, ...database]);
    const keytab = folder.at("admin.keytab");
    await run(programs.sambaTool, ["domain", "exportkeytab", keytab, "--principal=Administrator", "-s", conf]);
    await folder.start(programs.samba, ["-i", "-M", "single", "--no-process-group", "-s", conf], () =>
      serves(port, ZONE),
    );
    const account = { name: "Administrator", password, keytab };
    return withTickets({ column: "Samba AD", port, zone: ZONE, realm: REALM, folder, krb5Config, account });
  });
}
