import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { freePort } from "../../bind/named";
import { krb5Conf } from "./kerberos";
import { type Folder, run, serves } from "./process";

export const SAMBA_ZONE = "ad.test";
export const SAMBA_REALM = "AD.TEST";

export interface SambaPrograms {
  samba: string;
  sambaTool: string;
}

/** A domain controller of Samba with its own DNS server. */
export interface SambaDomain {
  port: number;
  /** Of the administrator; also of every user that the caller makes with it. */
  password: string;
  krb5Config: string;
  conf: string;
  /** `samba-tool` on the domain's own database: what an administrator does. */
  tool(...words: string[]): Promise<string>;
}

interface Wanted {
  address: string;
  interfaces: string;
  services: string;
  /** Further lines of smb.conf. */
  options?: readonly string[];
  /** Done to the domain before it is up. */
  prepare(domain: SambaDomain): Promise<void>;
}

/** DNS and Kerberos are on ports of their own. Needs root: it changes to other accounts. */
export async function startSambaDomain(folder: Folder, programs: SambaPrograms, wanted: Wanted): Promise<SambaDomain> {
  const { address, interfaces, services, options = [], prepare } = wanted;
  const [port, kdcPort, kpasswdPort] = [await freePort(), await freePort(), await freePort()];
  // Complex enough for the domain's rules.
  const password = `Aa1.${randomBytes(12).toString("hex")}`;
  const option = (text: string) => `--option=${text}`;
  const runFolder = folder.at("run");
  mkdirSync(runFolder);
  await run(programs.sambaTool, [
    ...[
      "domain",
      "provision",
      `--targetdir=${folder.path}`,
      `--realm=${SAMBA_REALM}`,
      "--domain=AD",
      "--host-name=dc1",
    ],
    ...[`--host-ip=${address}`, `--adminpass=${password}`, "--server-role=dc", "--dns-backend=SAMBA_INTERNAL"],
    ...[`interfaces=${interfaces}`, "bind interfaces only=yes", "allow dns updates=secure only"].map(option),
    ...[`server services=${services}`, "vfs objects=", "dns forwarder=", "log file=", ...options].map(option),
    ...[`dns port=${port}`, `krb5 port=${kdcPort}`, `kpasswd port=${kpasswdPort}`].map(option),
    ...[`pid directory=${runFolder}`, `ncalrpc dir=${runFolder}/ncalrpc`].map(option),
    ...[`winbindd socket directory=${runFolder}/winbindd`, `ntp signd socket directory=${runFolder}/ntp`].map(option),
  ]);
  const conf = folder.at("etc/smb.conf");
  const krb5 = krb5Conf(SAMBA_REALM, SAMBA_ZONE, kdcPort).replace("127.0.0.1", address);
  const domain: SambaDomain = {
    port,
    password,
    krb5Config: folder.write("krb5.conf", krb5),
    conf,
    tool: (...words) => run(programs.sambaTool, [...words, "-H", folder.at("private/sam.ldb"), "-s", conf]),
  };
  await prepare(domain);
  await folder.start(programs.samba, ["-i", "-M", "single", "--no-process-group", "-s", conf], () =>
    serves(port, SAMBA_ZONE, address),
  );
  return domain;
}
