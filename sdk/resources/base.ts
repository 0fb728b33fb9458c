import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

/** Outputs of every resource that is about a machine. */
export interface MachineOutputs {
  /** The machine this resource was made on. */
  readonly machine: pulumi.Output<MachineFacts>;
  /** What deserves to be known although it is no difference from the declaration; at most ten, full lists are read live. */
  readonly findings: pulumi.Output<string[]>;
}

/**
 * The arguments of `CustomResource`'s constructor for one of our dynamic resources. Its provider text is a constant that
 * points at the installed package: nothing is serialized, so nothing of the program (secrets included) gets into the
 * text, the text never changes between runs, and state written by an older release is served by the code that is
 * installed now. A function, not a base class: the engine finds the user's line a fixed number of constructors down.
 */
export function dynamicResource(
  type: ResourceType,
  name: string,
  inputs: pulumi.Inputs,
  outputs: readonly string[],
  options: pulumi.CustomResourceOptions | undefined,
  secretOutputs: readonly string[] = [],
): [token: string, name: string, inputs: pulumi.Inputs, options: pulumi.CustomResourceOptions] {
  requireProvider();
  const unset = Object.fromEntries(["findings", ...outputs].map((output) => [output, undefined]));
  return [
    resourceToken(type),
    name,
    { ...unset, ...inputs, resourceName: name, __provider: providerText(type) },
    pulumi.mergeOptions(options, { additionalSecretOutputs: [...secretOutputs] }),
  ];
}

export type ResourceType =
  | "KmsHost"
  | "KmsClientConfig"
  | "FirewallRule"
  | "MakActivation"
  | "ActivationPolicy"
  | "SrvRecord"
  | "DnsRecordPermission";

/** Identity of the machine behind a resource. */
export interface MachineFacts {
  /** Hash of SMBIOS UUID and MachineGuid: stays when address or name change. */
  id: string;
  /** Computer name. */
  name: string;
  /** Like "Windows Server 2022 Datacenter". */
  windows: string;
  /** Like "10.0.20348". */
  version: string;
  /** Display language, like "zh-TW". */
  language: string;
}

/** Part of every URN: frozen. */
export const resourceToken = (type: ResourceType) => `pulumi-nodejs:dynamic/activation:${type}`;

/** Stored with every resource: frozen. */
export function providerText(type: ResourceType): string {
  const name = `${type[0]?.toLowerCase()}${type.slice(1)}`;
  return `exports.handler=()=>require("pulumi-volume-activation/provider").${name}`;
}

let found = false;

/** The provider process resolves the package from the program's folder; fail here, with a way out, if it could not. */
function requireProvider(): void {
  if (found) return;
  try {
    createRequire(`${process.cwd()}/`).resolve("pulumi-volume-activation/provider");
    found = true;
  } catch {
    throw new Error(
      `the package pulumi-volume-activation cannot be resolved from ${process.cwd()}. Install it as a direct dependency of ` +
        "the Pulumi program itself (npm install pulumi-volume-activation): the engine starts the provider in that folder.",
    );
  }
}
