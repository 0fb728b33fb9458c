import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

/**
 * The base of every resource here: a dynamic resource whose provider text is a constant that points at the installed
 * package. Nothing is serialized, so nothing of the program (secrets included) gets into the text, the text never
 * changes between runs, and state written by an older release is served by the code that is installed now.
 */
export abstract class VolumeActivationResource extends pulumi.CustomResource {
  /** The machine this resource was made on. */
  declare readonly machine: pulumi.Output<MachineFacts>;
  /** What deserves to be known although it is no difference from the declaration; at most ten, full lists are read live. */
  declare readonly findings: pulumi.Output<string[]>;

  protected constructor(
    type: ResourceType,
    name: string,
    inputs: pulumi.Inputs,
    outputs: readonly string[],
    options: pulumi.CustomResourceOptions | undefined,
    secretOutputs: readonly string[] = [],
  ) {
    requireProvider();
    const unset = Object.fromEntries(["machine", "findings", ...outputs].map((output) => [output, undefined]));
    super(
      resourceToken(type),
      name,
      { ...unset, ...inputs, resourceName: name, __provider: providerText(type) },
      pulumi.mergeOptions(options, { additionalSecretOutputs: [...secretOutputs] }),
    );
  }
}

export type ResourceType = "KmsHost" | "KmsClientConfig";

/** Identity of the machine behind a resource. */
export interface MachineFacts {
  /** Hash of SMBIOS UUID and MachineGuid: stays when address or name change. */
  id: string;
  /** Computer name. */
  name: string;
  /** Like "Microsoft Windows Server 2022 Datacenter". */
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
