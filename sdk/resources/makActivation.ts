import * as pulumi from "@pulumi/pulumi";
import { dynamicResource, type MachineFacts, type MachineOutputs } from "./base";
import { type ConnectionArgs, secretLeaves } from "./connection";

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
   * "none": the key is installed and not activated.
   * @default "online"
   */
  method?: pulumi.Input<"online" | "none">;
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

  constructor(name: string, args: MakActivationArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "MakActivation",
        name,
        { ...args, connection: secretLeaves(args.connection), productKey: pulumi.secret(args.productKey) },
        ["machine", "partialProductKey", "channel", "licenseStatus", "graceMinutes"],
        options,
        ["productKey"],
      ),
    );
  }
}
