import * as pulumi from "@pulumi/pulumi";
import { dynamicResource, type MachineFacts, type MachineOutputs } from "./base";
import { type ConnectionArgs, secretConfirmation, secretLeaves } from "./connection";

export interface MakActivationArgs {
  /** How to reach the machine. In place. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * The multiple activation key (MAK) from your licence portal; kept as a secret, shown by its last five characters only
   * (`slmgr /ipk`). A published client setup key (GVLK) is refused; a key that turns out to be no MAK is taken out again.
   * A change is in place: the new key is installed and activated, which takes one of its activations.
   */
  productKey: pulumi.Input<string>;
  /**
   * How the MAK is activated. In place.
   * @default {"method":"online"}
   */
  activation?: pulumi.Input<MakActivationMethodArgs>;
  /**
   * Whether each create and update asks Microsoft's web service how many activations the MAK has left; a refresh never
   * does. Asking takes none. In place.
   * @default false
   */
  remainingCount?: pulumi.Input<boolean>;
  /**
   * With `remainingCount`: fewer activations left than this are a finding. In place; touches nothing.
   * @default 10
   */
  warnBelow?: pulumi.Input<number>;
  /**
   * Any text, like a date. A MAK that was Licensed under this state and is not any more (another key, other hardware) is
   * never activated again by itself; each new value here allows one more attempt, if it is not Licensed then. In place.
   */
  reactivate?: pulumi.Input<string>;
  /**
   * What a delete does: "retain" (unset) leaves the machine as it is and does not connect; "uninstall" takes the MAK out
   * (`slmgr /upk`); "convertToKms" puts the setup key of its edition in (`slmgr /ipk`), which makes it a KMS client. Both
   * leave a key alone that somebody else put in since, and give no activation back. In place.
   */
  onDelete?: pulumi.Input<"retain" | "uninstall" | "convertToKms">;
}

export interface MakActivationMethodArgs {
  /**
   * "online": at most one attempt for each create or update, only while the key is not Licensed (`slmgr /ato`).
   * "phone": the first `up` installs the key and shows `installationId`; with `confirmationId` the next one activates it
   * (`slmgr /dti`, `/atp`). "proxy": this computer asks Microsoft's BatchActivation web service for the confirmation id,
   * under the same rule as "online". "none": the key is installed and not activated.
   * @default "online"
   */
  method?: pulumi.Input<"online" | "phone" | "proxy" | "none">;
  /**
   * With "phone": what Microsoft answered to the installation id, 48 digits, spaces and dashes between them allowed; kept
   * as a secret. It is deposited only while the installation id still is the one that was shown. In place.
   */
  confirmationId?: pulumi.Input<string>;
  /**
   * Address of the BatchActivation web service, https. In place; touches nothing.
   * @default Microsoft's
   */
  endpoint?: pulumi.Input<string>;
  /** HTTP proxy between Pulumi and the web service, like "http://proxy.contoso.com:8080", without a login. In place. */
  httpProxy?: pulumi.Input<string>;
  /**
   * Key that the web service's requests are signed with, 64 hexadecimal digits. A constant of the protocol, no secret of
   * yours; for the day that Microsoft changes it. In place.
   * @default the published one
   */
  macKey?: pulumi.Input<string>;
}

/** A machine that is activated by a multiple activation key: each activation takes one of the key's balance. */
export class MakActivation extends pulumi.CustomResource implements MachineOutputs {
  declare readonly machine: pulumi.Output<MachineFacts>;
  declare readonly findings: pulumi.Output<string[]>;
  /** Last five characters of the installed key. */
  declare readonly partialProductKey: pulumi.Output<string>;
  /** Channel of the installed key, like "Volume:MAK". */
  declare readonly channel: pulumi.Output<string>;
  /** Licensed, Unlicensed, OOBGrace, OOTGrace, NonGenuineGrace, Notification or ExtendedGrace. */
  declare readonly licenseStatus: pulumi.Output<string>;
  /** Minutes until it must be activated, while there is such a limit (GracePeriodRemaining). */
  declare readonly graceMinutes: pulumi.Output<number | undefined>;

  /** The same in whole days. */
  declare readonly daysLeft: pulumi.Output<number | undefined>;
  /** With activation by phone or proxy, while it is not Licensed: what Microsoft is to be told. */
  declare readonly installationId: pulumi.Output<string | undefined>;
  /** With `remainingCount`: activations that the MAK had left at the last create or update. */
  declare readonly remainingActivations: pulumi.Output<number | undefined>;

  constructor(name: string, args: MakActivationArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "MakActivation",
        name,
        {
          ...args,
          activation: secretConfirmation(args.activation),
          connection: secretLeaves(args.connection),
          productKey: pulumi.secret(args.productKey),
        },
        [
          "machine",
          "partialProductKey",
          "channel",
          "licenseStatus",
          "graceMinutes",
          "daysLeft",
          "installationId",
          "remainingActivations",
        ],
        options,
        ["productKey", "confirmation"],
      ),
    );
  }
}
