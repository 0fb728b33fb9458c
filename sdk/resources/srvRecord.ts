import * as pulumi from "@pulumi/pulumi";
import { dynamicResource } from "./base";
import { type ConnectionArgs, secretLeaves } from "./connection";

export interface SrvRecordArgs {
  /** DNS zone that the record goes into, like "contoso.com". Another zone replaces: the new record is made first. */
  zone: pulumi.Input<string>;
  /**
   * The record's name, relative to the zone: "_service._tcp" (RFC 2782), with further labels if need be. Another name
   * replaces: the new record is made first.
   * @default "_vlmcs._tcp"
   */
  name?: pulumi.Input<string>;
  /**
   * Full name of the KMS host, no address (RFC 2782). Another target replaces: the new record is made first, so that
   * clients find a host all the time.
   */
  target: pulumi.Input<string>;
  /**
   * TCP port that the KMS host serves, 1..65535. In place.
   * @default 1688
   */
  port?: pulumi.Input<number>;
  /**
   * SRV priority, 0..65535, lower first (RFC 2782). In place.
   * @default 0
   */
  priority?: pulumi.Input<number>;
  /**
   * SRV weight among records of the same priority, 0..65535 (RFC 2782). In place.
   * @default 0
   */
  weight?: pulumi.Input<number>;
  /**
   * Seconds, 0..2147483647. A set of records has one TTL (RFC 2181): when it is given here, most servers make it the whole
   * set's, the neighbours' too. On Windows and Samba it is this record's alone. In place.
   * @default the set's; 3600 if the set is new
   */
  ttl?: pulumi.Input<number>;
  /**
   * The zone's primary name server: "host", "host:port", "address:port" or "[IPv6 address]:port". Port 53 unless given. A
   * list is for several primaries of one zone, as in Active Directory: they are tried in order, the next one only when
   * one cannot be reached. Refused with "windowsDns". In place; nothing is written unless the record is not there.
   * @default the primary that the zone's SOA record names, found by the system's resolver
   */
  server?: pulumi.Input<string | pulumi.Input<string>[]>;
  /**
   * How updates are signed, or on which Windows DNS server they are made. In place; touches nothing.
   * @default unsigned
   */
  auth?: pulumi.Input<SrvAuthArgs>;
  /**
   * What is done at create when the target has a record there already. "identical": a record with the same data (TTL
   * apart) is taken over and told, one with other data is refused. "always": replaced. "never": refused. In place.
   * @default "identical"
   */
  adopt?: pulumi.Input<"identical" | "always" | "never">;
  /**
   * "absent" sees to it that the target has no record under this name. In place.
   * @default "present"
   */
  ensure?: pulumi.Input<"present" | "absent">;
  /**
   * Full names of the targets that are expected in the same set of records, like those of other KMS hosts. All others are
   * strangers. In place; touches nothing.
   * @default []
   */
  neighbours?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * "report": strangers are findings. "fail": they are drift, and `up` fails, the one that creates too, until they are gone
   * or named in `neighbours`. In place.
   * @default "report"
   */
  onStranger?: pulumi.Input<"report" | "fail">;
  /**
   * Other name servers of the zone that must serve the record, or no longer serve it, before `up` goes on: what the
   * KMS guide's wait for replication is. One that does not in time fails the `up`, and the next one waits again. In
   * place.
   * @default []
   */
  waitFor?: pulumi.Input<pulumi.Input<WaitForArgs>[]>;
}

export interface WaitForArgs {
  /** The name server: "host", "host:port", "address:port" or "[IPv6 address]:port". Port 53 unless given. */
  server: pulumi.Input<string>;
  /**
   * Seconds that it is given, 1..86400.
   * @default 60
   */
  timeout?: pulumi.Input<number>;
}

export interface SrvAuthArgs {
  /**
   * "tsig": signed by a shared key (RFC 8945). "gssTsig": signed with a Kerberos ticket (RFC 3645), as Active Directory
   * wants it; needs nsupdate where pulumi runs. "windowsDns": no DNS UPDATE, but the Windows DNS server's own
   * administration, over `connection`; writes static records, which scavenging never removes. "none": unsigned, for servers
   * that go by the address.
   */
  method: pulumi.Input<"none" | "tsig" | "gssTsig" | "windowsDns">;
  /** The TSIG key's name, as the server's key statement has it. */
  keyName?: pulumi.Input<string>;
  /**
   * The key's algorithm; "hmac-md5" is broken as a hash and used only when it is named.
   * @default "hmac-sha256"
   */
  algorithm?: pulumi.Input<"hmac-sha256" | "hmac-sha512" | "hmac-sha384" | "hmac-sha224" | "hmac-sha1" | "hmac-md5">;
  /** The key's secret in base64; kept as a secret. Prefer `credentials`, which is in no resource's state. */
  secret?: pulumi.Input<string>;
  /**
   * Name of a credential set whose tsigSecret is used (with "gssTsig": whose user and password): environment first
   * (VOLUME_ACTIVATION_<SET>_TSIG_SECRET, _USER, _PASSWORD), then the stack's secret `volume-activation:credentials`.
   */
  credentials?: pulumi.Input<string>;
  /** Kerberos principal like "kmsadmin@CONTOSO.COM". With `keytab` it is needed; with a cache, the ticket must be its. */
  principal?: pulumi.Input<string>;
  /** Path of a keytab, where pulumi runs: the ticket is got with it, in a cache that is removed afterwards. */
  keytab?: pulumi.Input<string>;
  /**
   * Kerberos credential cache that holds the ticket, like "FILE:/run/kms/ticket".
   * @default the process's own (KRB5CCNAME)
   */
  credentialCache?: pulumi.Input<string>;
  /**
   * With "windowsDns", and needed there: how to reach a Windows DNS server that holds the zone, from Server 2008 R2 on; in
   * Active Directory any domain controller with DNS. The account must administer DNS (DnsAdmins, or an administrator of the
   * domain) and the machine. Its secrets are kept as secrets. A change is in place and touches nothing.
   */
  connection?: pulumi.Input<ConnectionArgs>;
}

/**
 * One SRV record, by which KMS clients find a KMS host, kept by DNS UPDATE (RFC 2136) on the zone's primary name server, or
 * by the administration of a Windows DNS server. Only this one record is owned: other records of the same name keep their
 * data, and at most their TTL follows this one's.
 */
export class SrvRecord extends pulumi.CustomResource {
  declare readonly zone: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;
  declare readonly target: pulumi.Output<string>;
  /** The record's whole name, like "_vlmcs._tcp.contoso.com". */
  declare readonly fqdn: pulumi.Output<string>;
  declare readonly port: pulumi.Output<number>;
  declare readonly priority: pulumi.Output<number>;
  declare readonly weight: pulumi.Output<number>;
  /** Seconds, as the server has it; none where the record is absent. */
  declare readonly ttl: pulumi.Output<number | undefined>;
  declare readonly ensure: pulumi.Output<"present" | "absent">;
  /** The name server that was asked, with its port; with "windowsDns" the machine's name. */
  declare readonly server: pulumi.Output<string>;
  /** The other records of the set, at most ten, like "0 0 1688 kms02.contoso.com". */
  declare readonly neighboursSeen: pulumi.Output<string[]>;
  /** Those of them that `neighbours` does not name. */
  declare readonly strangers: pulumi.Output<string[]>;
  /** Servers of `waitFor` that did not serve it in time, and still do not: the next `up` waits for them again. */
  declare readonly waitOwed: pulumi.Output<string[] | undefined>;
  /** What deserves to be known although it is no difference from the declaration. */
  declare readonly findings: pulumi.Output<string[]>;

  constructor(name: string, args: SrvRecordArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "SrvRecord",
        name,
        { ...args, auth: secretAuth(args.auth) },
        [
          "zone",
          "name",
          "target",
          "fqdn",
          "port",
          "priority",
          "weight",
          "ttl",
          "ensure",
          "server",
          "neighboursSeen",
          "strangers",
          "waitOwed",
        ],
        options,
      ),
    );
  }
}

/** Marks the secrets and nothing else; of an Output as a whole only the Output can be marked. */
function secretAuth(auth: pulumi.Input<SrvAuthArgs> | undefined): pulumi.Input<SrvAuthArgs> | undefined {
  if (auth === undefined) return undefined;
  const mark = (given: SrvAuthArgs): SrvAuthArgs => ({
    ...given,
    ...(given.secret === undefined ? {} : { secret: pulumi.secret(given.secret) }),
    ...(given.connection === undefined ? {} : { connection: secretLeaves(given.connection) }),
  });
  if (pulumi.Output.isInstance(auth) || auth instanceof Promise) {
    return pulumi
      .output(auth)
      .apply((given) => pulumi.output(mark(given as SrvAuthArgs)) as unknown as pulumi.Output<SrvAuthArgs>);
  }
  return mark(auth);
}
