import * as pulumi from "@pulumi/pulumi";
import { ActivationPolicy } from "../resources/activationPolicy";
import type { ConnectionArgs } from "../resources/connection";
import { type FirewallGroup, type FirewallProfile, FirewallRule } from "../resources/firewallRule";

export interface RemoteManagementArgs {
  /** How to reach the machine. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * From where the machine is managed: addresses, networks (10.0.0.0/8), ranges, or words like "LocalSubnet". Unset, each
   * rule keeps the scope that Windows gave it: on client Windows the own subnet on private and public networks. Give every
   * subnet of your administrators when they are in several; the machine's own goes in as "LocalSubnet".
   */
  subnets?: pulumi.Input<pulumi.Input<string>[]>;
  /** Network profiles in which the rules are on: "domain", "private", "public". Unset, each rule keeps its own. */
  profiles?: pulumi.Input<pulumi.Input<FirewallProfile>[]>;
  /**
   * Whether the machine is in no domain: local administrators keep their rights over the network then
   * (LocalAccountTokenFilterPolicy = 1). See {@link RemoteManagement} for what that costs.
   * @default false
   */
  workgroup?: boolean;
  /**
   * Whether its event logs may be read from afar (the group of Remote Event Log Management).
   * @default false
   */
  eventLog?: boolean;
  /**
   * Whether its services may be managed from afar, like a restart of sppsvc (the group of Remote Service Management).
   * @default false
   */
  services?: boolean;
}

/**
 * Lets a machine be managed from afar by `slmgr.vbs COMPUTER`, VAMT and WMI: the firewall's WMI group (ASync-In, DCOM-In and
 * WMI-In), on request the groups for event logs and services, and on a workgroup machine the token policy.
 *
 * These resources come by SSH and need none of it. Each rule opens RPC on dynamic ports: prefer `subnets` and `profiles`
 * that name your administrators' networks. `workgroup` has a price: without it a local administrator who comes over the
 * network is a standard user; with it whoever has that password administers the machine from afar, and a local
 * administrator's password that is the same on many machines opens each of them once it is stolen. Give every machine its own.
 *
 * Deleting it puts firewall rules and token policy back to what they were, where they still are as declared.
 */
export class RemoteManagement extends pulumi.ComponentResource {
  /** The rules of Windows Management Instrumentation. */
  readonly wmi: FirewallRule;
  readonly eventLog: FirewallRule | undefined;
  readonly services: FirewallRule | undefined;
  /** Only with `workgroup`. */
  readonly tokenPolicy: ActivationPolicy | undefined;

  constructor(name: string, args: RemoteManagementArgs, options?: pulumi.ComponentResourceOptions) {
    // Without inputs: those of a component are stored as they are, and a connection may hold a password.
    super("volume-activation:index:RemoteManagement", name, {}, options);
    const { connection, subnets, profiles, workgroup, eventLog, services } = args;
    const within = { parent: this };
    const open = (suffix: string, group: FirewallGroup) =>
      new FirewallRule(
        `${name}-${suffix}`,
        {
          connection,
          group,
          ...(subnets === undefined ? {} : { remoteAddresses: subnets }),
          ...(profiles === undefined ? {} : { profiles }),
        },
        within,
      );
    this.wmi = open("wmi", "wmi");
    this.eventLog = eventLog ? open("event-log", "remoteEventLog") : undefined;
    this.services = services ? open("services", "remoteService") : undefined;
    this.tokenPolicy = workgroup
      ? new ActivationPolicy(
          `${name}-token-policy`,
          { connection, localAccountTokenFilterPolicy: true, onDelete: "restore" },
          within,
        )
      : undefined;
    this.registerOutputs({});
  }
}
