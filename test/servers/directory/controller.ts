import { randomBytes, X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { freePort } from "../bind/named";
import { krb5Conf, logIn, noKeys } from "../matrix/servers/kerberos";
import { Folder, run, serves } from "../matrix/servers/process";

/** The ports of LDAP cannot be moved: the domain controller has a loopback address of its own. */
export const ADDRESS = "127.54.0.1";
export const ZONE = "ad.test";
const REALM = "AD.TEST";

/** A domain controller of Samba with DNS and LDAP over TLS, and who is in its domain. */
export interface Controller {
  /** DNS server, with its port. */
  dns: string;
  /** Authority (PEM) of its certificate, which is for {@link ADDRESS}. */
  ca: string;
  /** SHA-256 of its certificate. */
  fingerprint: string;
  password: string;
  env: NodeJS.ProcessEnv;
  /** Credential cache with a ticket of that user. */
  ticketOf(user: string): string;
  /** `samba-tool` on the domain's own database: what an administrator does. */
  tool(...words: string[]): Promise<string>;
  sidOf(kind: "user" | "group", name: string): Promise<string>;
  stop(): Promise<void>;
}

interface Programs {
  samba: string;
  sambaTool: string;
  openssl: string;
}

/** Key and certificate of a domain controller, from an authority that was made for it. */
async function makeCertificate(folder: Folder, openssl: string): Promise<void> {
  const newKey = ["-newkey", "rsa:2048", "-nodes"];
  const at = (name: string) => folder.at(name);
  await run(openssl, [
    ...["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Test Authority"],
    ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
  ]);
  await run(openssl, ["req", ...newKey, "-subj", `/CN=dc1.${ZONE}`, "-keyout", at("dc.key"), "-out", at("dc.csr")]);
  const names = folder.write("names", `subjectAltName=DNS:dc1.${ZONE},IP:${ADDRESS}\n`);
  await run(openssl, [
    ...["x509", "-req", "-in", at("dc.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
    ...["-days", "2", "-extfile", names, "-out", at("dc.pem")],
  ]);
  // Samba takes no key that others may read.
  chmodSync(at("dc.key"), 0o600);
}

/** Needs root: LDAP's ports, and other accounts that it changes to. Users "kmsa", "kmsb", "weak", group "KMS Hosts" (kmsb). */
export async function startController(programs: Programs): Promise<Controller> {
  const folder = new Folder("directory-samba");
  try {
    const [port, kdcPort, kpasswdPort] = [await freePort(), await freePort(), await freePort()];
    const password = `Aa1.${randomBytes(12).toString("hex")}`;
    const option = (text: string) => `--option=${text}`;
    const runFolder = folder.at("run");
    mkdirSync(runFolder);
    await makeCertificate(folder, programs.openssl);
    const tls = [`tls keyfile=${folder.at("dc.key")}`, `tls certfile=${folder.at("dc.pem")}`, "tls cafile="];
    await run(programs.sambaTool, [
      ...["domain", "provision", `--targetdir=${folder.path}`, `--realm=${REALM}`, "--domain=AD", "--host-name=dc1"],
      ...[`--host-ip=${ADDRESS}`, `--adminpass=${password}`, "--server-role=dc", "--dns-backend=SAMBA_INTERNAL"],
      ...[`interfaces=${ADDRESS}/8`, "bind interfaces only=yes", "allow dns updates=secure only"].map(option),
      ...["server services=ldap kdc dns", "vfs objects=", "dns forwarder=", "log file=", ...tls].map(option),
      ...[`dns port=${port}`, `krb5 port=${kdcPort}`, `kpasswd port=${kpasswdPort}`].map(option),
      ...[`pid directory=${runFolder}`, `ncalrpc dir=${runFolder}/ncalrpc`].map(option),
      ...[`winbindd socket directory=${runFolder}/winbindd`, `ntp signd socket directory=${runFolder}/ntp`].map(option),
    ]);
    const conf = folder.at("etc/smb.conf");
    const tool = (...words: string[]) =>
      run(programs.sambaTool, [...words, "-H", folder.at("private/sam.ldb"), "-s", conf]);
    for (const user of ["kmsa", "kmsb", "weak"]) await tool("user", "create", user, password);
    await tool("group", "add", "KMS Hosts");
    await tool("group", "addmembers", "KMS Hosts", "kmsb");
    await folder.start(programs.samba, ["-i", "-M", "single", "--no-process-group", "-s", conf], () =>
      serves(port, ZONE, ADDRESS),
    );
    const krb5Config = folder.write("krb5.conf", krb5Conf(REALM, ZONE, kdcPort).replace("127.0.0.1", ADDRESS));
    const ticketOf = (user: string) => {
      const cache = folder.at(`ticket-${user}-${randomBytes(4).toString("hex")}`);
      logIn(`${user}@${REALM}`, password, cache, krb5Config);
      return `FILE:${cache}`;
    };
    return {
      dns: `${ADDRESS}:${port}`,
      ca: readFileSync(folder.at("ca.pem"), "utf8"),
      fingerprint: new X509Certificate(readFileSync(folder.at("dc.pem"))).fingerprint256,
      password,
      env: noKeys(krb5Config),
      ticketOf,
      tool,
      sidOf: async (kind, name) => {
        const sid = /^objectSid: (.*)$/m.exec(await tool(kind, "show", name))?.[1];
        if (sid === undefined) throw new Error(`${name} has no SID`);
        return sid;
      },
      stop: () => folder.clear(),
    };
  } catch (error) {
    await folder.clear();
    throw error;
  }
}
