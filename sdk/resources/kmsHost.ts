import * as pulumi from "@pulumi/pulumi";
import { dynamicResource, type MachineFacts, type MachineOutputs } from "./base";
import { type ConnectionArgs, secretConfirmation, secretLeaves } from "./connection";

export interface KmsHostArgs {
  /** How to reach the machine. In place. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * The KMS host key (CSVLK) from your licence portal; kept as a secret, shown by its last five characters only
   * (`slmgr /ipk`). A published client setup key (GVLK) is refused. A change is in place: the new key is installed and,
   * with `activation.method` "online", activated, which takes one of its activations.
   * @default the host key that is there
   */
  productKey?: pulumi.Input<string>;
  /** How the host key is activated. In place. */
  activation?: pulumi.Input<KmsHostActivationArgs>;
  /**
   * Any text, like a date. A host key that was Licensed under this state and is not any more is never activated again
   * by itself; each new value here allows one more attempt, if the key is not Licensed then. In place.
   */
  reactivate?: pulumi.Input<string>;
  /**
   * TCP port that KMS serves, 1..65535 (`slmgr /sprt`, KeyManagementServiceListeningPort). In place; restarts sppsvc.
   * @default 1688
   */
  listeningPort?: pulumi.Input<number>;
  /**
   * Whether the host publishes its own `_vlmcs._tcp` SRV records (`slmgr /sdns`, `/cdns`; DisableDnsPublishing). In
   * place; restarts sppsvc.
   * @default true
   */
  dnsPublishing?: pulumi.Input<boolean>;
  /**
   * DNS domains that it publishes itself into (registry value DnsDomainPublishList). List every wanted domain, its own
   * as well; an empty list removes the value, and Windows publishes into the primary DNS suffix only. The order means
   * nothing. In place; restarts sppsvc.
   * @default []
   */
  publishDomains?: pulumi.Input<pulumi.Input<PublishDomainArgs>[]>;
  /**
   * Whether KMS runs at low process priority (`slmgr /cpri`, `/spri`; EnableKmsLowPriority). In place; restarts sppsvc.
   * @default false
   */
  lowPriority?: pulumi.Input<boolean>;
  /**
   * Minutes between the attempts of a client that is not activated, 15..43200 (`slmgr /sai`, VLActivationInterval);
   * sent to every client. In place; restarts sppsvc.
   * @default 120
   */
  activationInterval?: pulumi.Input<number>;
  /**
   * Minutes between the renewals of an activated client, 15..43200 (`slmgr /sri`, VLRenewalInterval); sent to every
   * client. In place; restarts sppsvc.
   * @default 10080
   */
  renewalInterval?: pulumi.Input<number>;
  /**
   * "primary", or "spare": a host that stands by, whose low count is no finding. In place; touches nothing.
   * @default "primary"
   */
  role?: pulumi.Input<"primary" | "spare">;
  /**
   * Whether an apply that restarts sppsvc waits, for ten seconds at most, for what publishing into each domain came to
   * (events 12294 and 12293). A failure, or no result, is a finding. In place; touches nothing.
   * @default as dnsPublishing
   */
  verifyPublishing?: pulumi.Input<boolean>;
  /**
   * What a delete does: "retain" leaves the machine as it is (and does not connect); "restore" puts settings that still
   * are what this resource set back to what they were at its first create. The key stays either way, unless `uninstallKey` says otherwise. In place.
   * @default "retain"
   */
  onDelete?: pulumi.Input<"retain" | "restore">;
  /**
   * Whether a delete takes the host key out (`slmgr /upk`) and puts the setup key of the edition in, if the declared key
   * still is the one there. Gives no activation back: the next host spends one. Needs `productKey`. In place.
   * @default false
   */
  uninstallKey?: pulumi.Input<boolean>;
}

export interface KmsHostActivationArgs {
  /**
   * "online": at most one attempt for each create or update, only while the key is not Licensed (`slmgr /ato`).
   * "phone": the first `up` installs the key and shows `installationId`; with `confirmationId` the next one activates it
   * (`slmgr /dti`, `/atp`). "none": the key is installed and not activated. With all but "online" settings wait until it is.
   * @default "online" with a productKey, else "none"
   */
  method?: pulumi.Input<"online" | "phone" | "none">;
  /**
   * With "phone": what Microsoft answered to the installation id, 48 digits, spaces and dashes between them allowed; kept
   * as a secret. It is deposited only while the installation id still is the one that was shown. In place.
   */
  confirmationId?: pulumi.Input<string>;
}

export interface PublishDomainArgs {
  /** DNS domain, like "contoso.com". */
  domain: pulumi.Input<string>;
  /**
   * SRV priority, 0..65535, lower first. Clients with host caching on use it at their first discovery only.
   * @default 0
   */
  priority?: pulumi.Input<number>;
  /**
   * SRV weight among records of the same priority, 0..65535.
   * @default 0
   */
  weight?: pulumi.Input<number>;
}

/**
 * A KMS host: the host key on a Windows machine, its activation, and the settings of its Key Management Service.
 *
 * Creating it takes over what is there: values that differ are changed and logged, a key that is installed and Licensed
 * is never activated again. Deleting it leaves the machine as it is unless `onDelete` says otherwise.
 */
export class KmsHost extends pulumi.CustomResource implements MachineOutputs {
  declare readonly machine: pulumi.Output<MachineFacts>;
  declare readonly findings: pulumi.Output<string[]>;
  /** TCP port that it is set to serve. */
  declare readonly listeningPort: pulumi.Output<number>;
  declare readonly dnsPublishing: pulumi.Output<boolean>;
  declare readonly publishDomains: pulumi.Output<{ domain: string; priority: number; weight: number }[]>;
  declare readonly activationInterval: pulumi.Output<number>;
  declare readonly renewalInterval: pulumi.Output<number>;
  declare readonly role: pulumi.Output<"primary" | "spare">;
  /** Last five characters of the installed key. */
  declare readonly partialProductKey: pulumi.Output<string>;
  /** Licensed, Unlicensed, OOBGrace, OOTGrace, NonGenuineGrace, Notification or ExtendedGrace. */
  declare readonly licenseStatus: pulumi.Output<string>;
  /** Whether the machine is a KMS host now (IsKeyManagementServiceMachine). */
  declare readonly isKmsHost: pulumi.Output<boolean>;
  /** Clients counted in the last 30 days, at most 50 (KeyManagementServiceCurrentCount). */
  declare readonly currentCount: pulumi.Output<number | undefined>;
  /** Threshold of the host's product (RequiredClientCount). */
  declare readonly requiredCount: pulumi.Output<number | undefined>;
  /** Requests by the state clients were in (KeyManagementServiceTotalRequests ...). */
  declare readonly requests: pulumi.Output<{ [state: string]: number } | undefined>;
  /** Where the machine serves several products, like Windows and Office: name, count, threshold and requests of each. */
  declare readonly servedProducts: pulumi.Output<
    | { name: string; currentCount?: number; requiredCount?: number; requests?: { [state: string]: number } }[]
    | undefined
  >;
  /** Whole days until the host key must be activated, while there is such a limit. */
  declare readonly daysLeft: pulumi.Output<number | undefined>;
  /** What publishing into each domain came to last (events 12294, 12293); at most ten. */
  declare readonly publishing: pulumi.Output<
    { domain: string; ok: boolean; code?: string; time: string }[] | undefined
  >;
  /** Clients that asked last (event 12290), newest first, at most ten: name, minute (UTC), and the code of a refusal. */
  declare readonly recentClients: pulumi.Output<string[] | undefined>;
  /** With activation by phone, while it is not Licensed: what Microsoft is to be told. */
  declare readonly installationId: pulumi.Output<string | undefined>;

  constructor(name: string, args: KmsHostArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "KmsHost",
        name,
        {
          ...args,
          activation: secretConfirmation(args.activation),
          connection: secretLeaves(args.connection),
          productKey: args.productKey === undefined ? undefined : pulumi.secret(args.productKey),
        },
        [
          "machine",
          "listeningPort",
          "dnsPublishing",
          "publishDomains",
          "activationInterval",
          "renewalInterval",
          "role",
          "partialProductKey",
          "licenseStatus",
          "isKmsHost",
          "currentCount",
          "requiredCount",
          "requests",
          "servedProducts",
          "daysLeft",
          "publishing",
          "recentClients",
          "installationId",
        ],
        options,
        ["productKey", "confirmation"],
      ),
    );
  }
}
