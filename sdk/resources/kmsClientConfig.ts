import * as pulumi from "@pulumi/pulumi";
import { dynamicResource, type MachineFacts, type MachineOutputs } from "./base";
import { type ConnectionArgs, secretLeaves } from "./connection";

export interface KmsClientConfigArgs {
  /** How to reach the machine. In place. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * "auto": the published client setup key (GVLK) of the machine's edition and build; "keep": the key that is there; or
   * a setup key of the published table or of `extraSetupKeys` (`slmgr /ipk`). Any other key is refused, so that no host
   * key or MAK ever reaches a client. In place; the key of before is replaced.
   * @default "auto"
   */
  setupKey?: pulumi.Input<string>;
  /** Setup keys that are newer than the table of this release. In place; touches nothing by itself. */
  extraSetupKeys?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * A fixed KMS host: FQDN, NetBIOS name, IPv4 or IPv6 address (`slmgr /skms`, KeyManagementServiceName). Unset, the
   * machine discovers its host by SRV records, and a host fixed on it is drift (`slmgr /ckms`). In place.
   * @default discovery
   */
  kmsHost?: pulumi.Input<string>;
  /**
   * TCP port of `kmsHost`, 1..65535 (KeyManagementServicePort). In place.
   * @default 1688
   */
  kmsPort?: pulumi.Input<number>;
  /**
   * The DNS domain in which the machine looks for SRV records, in the place of its own (`slmgr /skms-domain`,
   * KeyManagementServiceLookupDomain). Unset, one that is set is drift (`slmgr /ckms-domain`). Has no effect beside
   * `kmsHost`, and is refused there. From Windows 8 and Server 2012 on; refused on Windows 7, where it is never looked at
   * while it is unset. In place.
   * @default the machine's own domains
   */
  lookupDomain?: pulumi.Input<string>;
  /**
   * Whether the machine keeps the KMS host that answered, and asks DNS again only when that one stops (`slmgr /skhc`,
   * KeyManagementServiceHostCaching); false asks DNS every time (`slmgr /ckhc`), so that priority and weight of SRV
   * records count at every request. In place.
   * @default true
   */
  hostCaching?: pulumi.Input<boolean>;
  /**
   * By what Windows may be activated: "all", "ad" (Active Directory only), "kms" (KMS only) or "token" (tokens only; needs
   * `activate: false`, since a token is used on the machine itself) (`slmgr /act-type`, VLActivationTypeEnabled). From
   * Windows 8 and Server 2012 on; on Windows 7 any other than "all" is refused. In place.
   * @default "all"
   */
  activationType?: pulumi.Input<"all" | "ad" | "kms" | "token">;
  /**
   * Whether the machine is to be activated (`slmgr /ato`); asking a KMS host costs nothing. A host whose count is too
   * low yet (0xC004F038) is the status "pendingThreshold", no failure: Windows asks again by itself. In place.
   * @default true
   */
  activate?: pulumi.Input<boolean>;
  /**
   * What a delete does: "retain" leaves the machine as it is (and does not connect); "restore" puts KMS host, lookup
   * domain, host caching and activation type back to what they were at first create, where they still are what this
   * resource set. The key stays either way. In place.
   * @default "retain"
   */
  onDelete?: pulumi.Input<"retain" | "restore">;
}

/** A KMS client: its setup key, where it finds its KMS host, and its activation. */
export class KmsClientConfig extends pulumi.CustomResource implements MachineOutputs {
  declare readonly machine: pulumi.Output<MachineFacts>;
  declare readonly findings: pulumi.Output<string[]>;
  declare readonly setupKey: pulumi.Output<string>;
  declare readonly kmsHost: pulumi.Output<string | undefined>;
  declare readonly kmsPort: pulumi.Output<number | undefined>;
  /** The domain that `slmgr /skms-domain` named, if any. */
  declare readonly lookupDomain: pulumi.Output<string | undefined>;
  declare readonly hostCaching: pulumi.Output<boolean>;
  declare readonly activationType: pulumi.Output<string>;
  /** Licensed, pendingThreshold, Unlicensed, OOBGrace, OOTGrace, NonGenuineGrace, Notification or ExtendedGrace. */
  declare readonly licenseStatus: pulumi.Output<string>;
  /** Last five characters of the installed key. */
  declare readonly partialProductKey: pulumi.Output<string>;
  /** Channel of the installed key, like "Volume:GVLK". */
  declare readonly channel: pulumi.Output<string>;
  /** "KMS", "AD" (Active Directory-based activation), or "" while it is not activated. */
  declare readonly activatedBy: pulumi.Output<string>;
  /** The KMS host that it found by DNS, if it did. */
  declare readonly discoveredHost: pulumi.Output<string | undefined>;
  /** How often `slmgr /rearm` or sysprep /generalize may still reset its timers. */
  declare readonly rearmsLeft: pulumi.Output<number | undefined>;
  /** Whole days until it must be activated, or activated again (180 after each renewal). */
  declare readonly daysLeft: pulumi.Output<number | undefined>;
  /** What is to be known of the setup key that "auto" chose, where there is something. */
  declare readonly setupKeyRemark: pulumi.Output<string | undefined>;

  constructor(name: string, args: KmsClientConfigArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "KmsClientConfig",
        name,
        { ...args, connection: secretLeaves(args.connection) },
        [
          "machine",
          "setupKey",
          "kmsHost",
          "kmsPort",
          "lookupDomain",
          "hostCaching",
          "activationType",
          "licenseStatus",
          "partialProductKey",
          "channel",
          "activatedBy",
          "discoveredHost",
          "rearmsLeft",
          "daysLeft",
          "setupKeyRemark",
        ],
        options,
      ),
    );
  }
}
