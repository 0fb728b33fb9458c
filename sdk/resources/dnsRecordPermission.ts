import * as pulumi from "@pulumi/pulumi";
import { dynamicResource } from "./base";
import { type ConnectionArgs, secretLeaves } from "./connection";

/** Give `ldap` or `connection`: by which way the directory is reached. */
export interface DnsRecordPermissionArgs {
  /** By LDAP over TLS, from where pulumi runs to any domain controller of the zone's domain. In place; touches nothing. */
  ldap?: pulumi.Input<LdapArgs>;
  /**
   * Through the agent on a domain controller, or on another Windows machine of the domain: it asks the directory with the
   * login of its own session, which on another machine must be one by password. In place; touches nothing.
   */
  connection?: pulumi.Input<ConnectionArgs>;
  /** DNS zone that is kept in Active Directory, like "contoso.com". Replaces. */
  zone: pulumi.Input<string>;
  /**
   * The records' name, relative to the zone. Replaces.
   * @default "_vlmcs._tcp"
   */
  name?: pulumi.Input<string>;
  /**
   * Who gets the rights, a group as a rule: "CONTOSO\\KMS Hosts", "KMS Hosts", "kms@contoso.com", or a SID. Replaces.
   */
  account: pulumi.Input<string>;
  /**
   * "update": what Windows' dialogs call Read and Write, which is what a KMS host needs to update and remove records of
   * this name. "full": Full control, as Microsoft's guide to several KMS hosts has it. In place.
   * @default "update"
   */
  rights?: pulumi.Input<"update" | "full">;
  /**
   * "restore" takes away the one entry that this resource added, if it still is as it was added; an entry that was there
   * before stays. "retain" does not connect. In place.
   * @default "restore"
   */
  onDelete?: pulumi.Input<"restore" | "retain">;
}

/** A domain controller, and the login there. */
export interface LdapArgs {
  /** The domain controller: "host" or "host:port". Port 636 unless given. */
  server: pulumi.Input<string>;
  /** Account like "kmsadmin@contoso.com" or "CONTOSO\\kmsadmin" that may change the permissions of the zone's records. */
  user?: pulumi.Input<string>;
  /** The account's password; kept as a secret. Prefer `credentials`, which is in no resource's state. */
  password?: pulumi.Input<string>;
  /**
   * Name of a credential set whose user and password are used: environment first (VOLUME_ACTIVATION_<SET>_USER,
   * _PASSWORD), then the stack's secret `volume-activation:credentials`. Fields given here win over it.
   */
  credentials?: pulumi.Input<string>;
  /**
   * By what the domain controller proves who it is; nothing is sent before.
   * @default its certificate must be valid for the server and come from an authority that this computer believes
   */
  tls?: pulumi.Input<LdapTlsArgs>;
}

export interface LdapTlsArgs {
  /**
   * Authorities (PEM text) to believe, in the place of those that this computer believes.
   * @default those of Node.js and of the system
   */
  ca?: pulumi.Input<string>;
  /**
   * SHA-256 fingerprint of the certificate that it must show, 64 hexadecimal digits, with or without colons. Without `ca`
   * the certificate's name and authority do not matter then.
   */
  fingerprint?: pulumi.Input<string>;
}

/**
 * The rights of a group, or of one account, on all records of one name in a DNS zone of Active Directory, so that several
 * KMS hosts can update one set of SRV records. The name must have been written once: let this resource depend on the
 * SrvRecord, or on the KmsHost that publishes itself. Entries of others in the list of rights are never changed.
 */
export class DnsRecordPermission extends pulumi.CustomResource {
  declare readonly zone: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;
  declare readonly account: pulumi.Output<string>;
  /** As declared, or what is there instead: "none", "partial", "update" or "full". */
  declare readonly rights: pulumi.Output<string>;
  /** Distinguished name of the object that holds the records; none where nobody has written the name. */
  declare readonly dn: pulumi.Output<string | undefined>;
  /** Who owns it: whoever wrote the name first. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** The account's SID. */
  declare readonly accountSid: pulumi.Output<string>;
  /** The account as Windows shows it, like "CONTOSO\\KMS Hosts". */
  declare readonly accountName: pulumi.Output<string | undefined>;
  /** The account's entries in the list of rights, in SDDL, at most ten. */
  declare readonly entries: pulumi.Output<string[]>;
  /** The entry that this resource added, in SDDL; none where the rights were there before. */
  declare readonly added: pulumi.Output<string | undefined>;
  /** Who was asked. */
  declare readonly server: pulumi.Output<string>;
  /** What deserves to be known although it is no difference from the declaration. */
  declare readonly findings: pulumi.Output<string[]>;

  constructor(name: string, args: DnsRecordPermissionArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "DnsRecordPermission",
        name,
        {
          ...args,
          ...(args.connection === undefined ? {} : { connection: secretLeaves(args.connection) }),
          ...(args.ldap === undefined ? {} : { ldap: secretPassword(args.ldap) }),
        },
        ["zone", "name", "account", "rights", "dn", "owner", "accountSid", "accountName", "entries", "added", "server"],
        options,
      ),
    );
  }
}

/** Marks the password and nothing else; of an Output as a whole only the Output can be marked. */
function secretPassword(ldap: pulumi.Input<LdapArgs>): pulumi.Input<LdapArgs> {
  const mark = (given: LdapArgs): LdapArgs =>
    given.password === undefined ? given : { ...given, password: pulumi.secret(given.password) };
  if (pulumi.Output.isInstance(ldap) || ldap instanceof Promise) {
    return pulumi
      .output(ldap)
      .apply((given) => pulumi.output(mark(given as LdapArgs)) as unknown as pulumi.Output<LdapArgs>);
  }
  return mark(ldap);
}
