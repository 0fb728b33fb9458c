import * as pulumi from "@pulumi/pulumi";
import { dynamicResource, type MachineFacts, type MachineOutputs } from "./base";
import { type ConnectionArgs, secretLeaves } from "./connection";

/** A property that is left out is not enforced: what the machine has there is neither looked at nor changed. */
export interface ActivationPolicyArgs {
  /** How to reach the machine. In place. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * Whether standard users may install keys and licences, activate online and rearm (UserOperations). This weakens the
   * machine: anybody who logs in can turn a KMS client into a MAK client. In place.
   */
  userOperations?: pulumi.Input<boolean>;
  /**
   * Whether balloons, wizards and task dialogs about activation stay away (Activation\\NotificationDisabled). Windows
   * ignores it once the grace period is over. Microsoft advises against it. In place.
   */
  notificationDisabled?: pulumi.Input<boolean>;
  /**
   * Where "Learn about activation online" leads: http://, https:// or file://, a file on a share (\\\\SERVER\\SHARE\\FILE)
   * or on the machine (C:\\FILE); "" for no link. Microsoft documents two registry values for it, ActivationAlternateURL and
   * Activation\\AlternateURL: both are written and read, and a difference between them is drift. In place.
   */
  alternateUrl?: pulumi.Input<string>;
  /**
   * Whether Windows leaves activating to the administrator (Activation\\Manual). Microsoft's sources disagree on KMS
   * clients, which may go on asking by themselves; it holds for a MAK and for a KMS host. In place.
   */
  manualActivation?: pulumi.Input<boolean>;
  /** Whether `slmgr /rearm` and sysprep /generalize leave the activation timers alone (SkipRearm). In place. */
  skipRearm?: pulumi.Input<boolean>;
  /** Whether a KMS client keeps its licence data from Microsoft's online validation (slui.exe\\NoGenTicket). In place. */
  noGenTicket?: pulumi.Input<boolean>;
  /**
   * Whether local administrator accounts keep their rights when they come over the network
   * (LocalAccountTokenFilterPolicy): slmgr, WMI and VAMT need it on a machine that is in no domain. It lets a stolen local
   * password, which is often the same on many machines, administer each of them from afar. In place.
   */
  localAccountTokenFilterPolicy?: pulumi.Input<boolean>;
  /**
   * DNS domains in which names and KMS hosts are looked for, in this order (SearchList of Tcpip\\Parameters); [] for none.
   * In place.
   */
  dnsSuffixSearchList?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * What a delete does: "retain" (unset) leaves the machine as it is and does not connect; "restore" puts each value back to
   * what it was at first create, or away, where it still is what this resource set. In place.
   */
  onDelete?: pulumi.Input<"retain" | "restore">;
}

/**
 * The switches of volume activation on one machine: Appendix A of the deployment guide, and those that its other sections
 * name. Give each switch of a machine to one ActivationPolicy only. `sppsvc` is restarted once, and only if a value that
 * it reads was changed. What Group Policy says wins; it is said as a finding and is no drift.
 */
export class ActivationPolicy extends pulumi.CustomResource implements MachineOutputs {
  declare readonly machine: pulumi.Output<MachineFacts>;
  declare readonly findings: pulumi.Output<string[]>;
  declare readonly userOperations: pulumi.Output<boolean | undefined>;
  declare readonly notificationDisabled: pulumi.Output<boolean | undefined>;
  declare readonly alternateUrl: pulumi.Output<string | undefined>;
  declare readonly manualActivation: pulumi.Output<boolean | undefined>;
  declare readonly skipRearm: pulumi.Output<boolean | undefined>;
  declare readonly noGenTicket: pulumi.Output<boolean | undefined>;
  declare readonly localAccountTokenFilterPolicy: pulumi.Output<boolean | undefined>;
  declare readonly dnsSuffixSearchList: pulumi.Output<string[] | undefined>;

  constructor(name: string, args: ActivationPolicyArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "ActivationPolicy",
        name,
        { ...args, connection: secretLeaves(args.connection) },
        [
          "machine",
          "userOperations",
          "notificationDisabled",
          "alternateUrl",
          "manualActivation",
          "skipRearm",
          "noGenTicket",
          "localAccountTokenFilterPolicy",
          "dnsSuffixSearchList",
        ],
        options,
      ),
    );
  }
}
