import { randomBytes, X509Certificate } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { logIn, noKeys } from "../matrix/servers/kerberos";
import { type Folder, inFolder, run } from "../matrix/servers/process";
import { SAMBA_REALM, SAMBA_ZONE, type SambaPrograms, startSambaDomain } from "../matrix/servers/sambaDomain";

/** The ports of LDAP cannot be moved: the domain controller has a loopback address of its own. */
export const ADDRESS = "127.54.0.1";
export const ZONE = SAMBA_ZONE;

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

interface Programs extends SambaPrograms {
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
export function startController(programs: Programs): Promise<Controller> {
  return inFolder("directory-samba", async (folder) => {
    await makeCertificate(folder, programs.openssl);
    const { port, password, krb5Config, tool } = await startSambaDomain(folder, programs, {
      address: ADDRESS,
      interfaces: `${ADDRESS}/8`,
      services: "ldap kdc dns",
      options: [`tls keyfile=${folder.at("dc.key")}`, `tls certfile=${folder.at("dc.pem")}`, "tls cafile="],
      prepare: async (domain) => {
        for (const user of ["kmsa", "kmsb", "weak"]) await domain.tool("user", "create", user, domain.password);
        await domain.tool("group", "add", "KMS Hosts");
        await domain.tool("group", "addmembers", "KMS Hosts", "kmsb");
      },
    });
    return {
      dns: `${ADDRESS}:${port}`,
      ca: readFileSync(folder.at("ca.pem"), "utf8"),
      fingerprint: new X509Certificate(readFileSync(folder.at("dc.pem"))).fingerprint256,
      password,
      env: noKeys(krb5Config),
      ticketOf: (user) => {
        const cache = folder.at(`ticket-${user}-${randomBytes(4).toString("hex")}`);
        logIn(`${user}@${SAMBA_REALM}`, password, cache, krb5Config);
        return `FILE:${cache}`;
      },
      tool,
      sidOf: async (kind, name) => {
        const sid = /^objectSid: (.*)$/m.exec(await tool(kind, "show", name))?.[1];
        if (sid === undefined) throw new Error(`${name} has no SID`);
        return sid;
      },
      stop: () => folder.clear(),
    };
  });
}
