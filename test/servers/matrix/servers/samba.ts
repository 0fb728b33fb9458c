import { type KerberosServer, OTHER_ACCOUNT, withTickets } from "./kerberos";
import { inFolder, run } from "./process";
import { SAMBA_REALM, SAMBA_ZONE, type SambaPrograms, startSambaDomain } from "./sambaDomain";

/** A domain controller of Samba with an account that may change the zone and one that may not. Needs root. */
export function startSamba(programs: SambaPrograms): Promise<KerberosServer> {
  return inFolder("matrix-samba", async (folder) => {
    const keytab = folder.at("admin.keytab");
    const { port, password, krb5Config } = await startSambaDomain(folder, programs, {
      address: "127.0.0.1",
      interfaces: "lo",
      services: "kdc dns",
      prepare: async ({ tool, password: all, conf }) => {
        await tool("user", "create", OTHER_ACCOUNT, all);
        await run(programs.sambaTool, ["domain", "exportkeytab", keytab, "--principal=Administrator", "-s", conf]);
      },
    });
    const account = { name: "Administrator", password, keytab };
    return withTickets({ column: "Samba AD", port, zone: SAMBA_ZONE, realm: SAMBA_REALM, folder, krb5Config, account });
  });
}
