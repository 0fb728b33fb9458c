import * as pulumi from "@pulumi/pulumi";
import { dynamicResource, type MachineFacts, type MachineOutputs } from "./base";
import { type ConnectionArgs, secretLeaves } from "./connection";

/** A network profile of Windows Firewall. */
export type FirewallProfile = "domain" | "private" | "public";

/** The predefined groups that volume activation and its management use. */
export type FirewallGroup = "kms" | "wmi" | "remoteEventLog" | "remoteService" | "winrm";

/** Either `group`, for rules that Windows brings, or `name`, for a rule of your own. */
export interface FirewallRuleArgs {
  /** How to reach the machine. In place. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * Rules that Windows brings, by group: "kms" (TCP 1688 only), "wmi", "remoteEventLog", "remoteService", "winrm", or any
   * neutral id like "@FirewallAPI.dll,-28002" (Grouping; the names that Windows shows are translated). Replaces.
   */
  group?: pulumi.Input<FirewallGroup | string>;
  /** Name of a rule of your own, as the firewall's console shows it. Replaces: the new rule is there before the old one goes. */
  name?: pulumi.Input<string>;
  /**
   * Whether the rule, or every rule of the group, is on. In place.
   * @default true
   */
  enabled?: pulumi.Input<boolean>;
  /**
   * Network profiles: "domain", "private", "public". Of a group, its rules are on in these profiles and in no other;
   * unset, each rule keeps its own. Of a rule of your own, unset means all three. In place.
   */
  profiles?: pulumi.Input<pulumi.Input<FirewallProfile>[]>;
  /**
   * From where connections are admitted: addresses, networks (10.0.0.0/8 or 10.0.0.0/255.0.0.0), ranges (10.0.0.1-10.0.0.9),
   * or a word of Windows Firewall like "LocalSubnet"; "*" is anywhere. Of a group, unset leaves each rule its own (client
   * Windows: the own subnet on private and public networks, anywhere in the domain); of a rule of your own it means "*".
   * In place.
   */
  remoteAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Of a rule of your own: "in" (unset) or "out". In place. */
  direction?: pulumi.Input<"in" | "out">;
  /** Of a rule of your own: "tcp" (unset), "udp", "icmpv4", "icmpv6" or "any". In place. */
  protocol?: pulumi.Input<"tcp" | "udp" | "icmpv4" | "icmpv6" | "any">;
  /**
   * Of a rule of your own: ports on the machine, 1..65535, ranges like "5000-5010", or "RPC", "RPC-EPMap", "IPHTTPS"; unset
   * means any port, and needs `program` or `service`. In place.
   */
  localPorts?: pulumi.Input<pulumi.Input<number | string>[]>;
  /**
   * Of a rule of your own: path of the program on the machine, "any", or "auto" (unset): with `service` "sppsvc" the
   * program that serves KMS on this Windows (sppextcomobj.exe; up to Windows 7 and Server 2008 R2 sppsvc.exe), else any.
   * In place.
   */
  program?: pulumi.Input<string>;
  /** Of a rule of your own: short name of a Windows service, like "sppsvc"; unset means whatever the service. In place. */
  service?: pulumi.Input<string>;
  /** Of a rule of your own: "allow" (unset) or "block". In place. */
  action?: pulumi.Input<"allow" | "block">;
  /**
   * Of a rule of your own, when one of that name is there at create (rules of ours are known by their Grouping
   * "pulumi-volume-activation"): "identical" (unset) takes it over if it is as declared, "always" changes it, "never"
   * refuses. In place.
   */
  adopt?: pulumi.Input<"identical" | "always" | "never">;
}

/** One rule of a predefined group, as it is on the machine. */
export interface FirewallRuleFacts {
  name: string;
  enabled: boolean;
  profiles: FirewallProfile[];
  remoteAddresses: string[];
  localPorts: string;
  program: string;
}

/**
 * A predefined group of Windows Firewall, or a rule of your own, on one machine.
 *
 * Deleting it removes the rule; rules of Windows stay and go back to what they were at the first create, if they still
 * are what this resource made them. A change that would shut out the SSH connection it comes by is refused. What Group
 * Policy decides is said as a finding and is no drift.
 */
export class FirewallRule extends pulumi.CustomResource implements MachineOutputs {
  declare readonly machine: pulumi.Output<MachineFacts>;
  declare readonly findings: pulumi.Output<string[]>;
  declare readonly enabled: pulumi.Output<boolean>;
  declare readonly profiles: pulumi.Output<FirewallProfile[] | undefined>;
  declare readonly remoteAddresses: pulumi.Output<string[] | undefined>;
  /** Ports of a rule of your own, as text. */
  declare readonly localPorts: pulumi.Output<string[] | undefined>;
  /** The group's rules one by one, at most ten. */
  declare readonly rules: pulumi.Output<FirewallRuleFacts[] | undefined>;

  constructor(name: string, args: FirewallRuleArgs, options?: pulumi.CustomResourceOptions) {
    super(
      ...dynamicResource(
        "FirewallRule",
        name,
        { ...args, connection: secretLeaves(args.connection) },
        ["machine", "enabled", "profiles", "remoteAddresses", "localPorts", "rules"],
        options,
      ),
    );
  }
}
