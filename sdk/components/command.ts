import type * as pulumi from "@pulumi/pulumi";
import type { CommandConnectionArgs } from "../helpers/commandConnection";

/** The part of @pulumi/command 1.2.1 that is used here. Its own types are not named: the package need not be there. */
export interface RemoteCommands {
  Command: new (
    name: string,
    args: {
      connection: pulumi.Input<CommandConnectionArgs>;
      create: pulumi.Input<string>;
      update: pulumi.Input<string>;
      triggers: pulumi.Input<unknown[]>;
      addPreviousOutputInEnv: boolean;
    },
    options: pulumi.CustomResourceOptions,
  ) => pulumi.CustomResource & { stdout: pulumi.Output<string>; stderr: pulumi.Output<string> };
  CopyToRemote: new (
    name: string,
    args: {
      connection: pulumi.Input<CommandConnectionArgs>;
      source: pulumi.Input<pulumi.asset.Asset>;
      remotePath: pulumi.Input<string>;
      triggers: pulumi.Input<unknown[]>;
    },
    options: pulumi.CustomResourceOptions,
  ) => pulumi.CustomResource;
}

const WAY_OUT = "Install it beside this package: npm install @pulumi/command@^1.2.1";

/** `@pulumi/command`, an optional peer: looked for at the first one-shot step and not before. */
export function remoteCommands(step: string, load: (name: string) => unknown = require): RemoteCommands {
  let found: { remote?: Partial<RemoteCommands> };
  try {
    found = load("@pulumi/command") as typeof found;
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    if (!missing) throw error;
    throw new Error(`${step} runs through the package @pulumi/command, which is not installed. ${WAY_OUT}`);
  }
  const { Command, CopyToRemote } = found.remote ?? {};
  if (Command && CopyToRemote) return { Command, CopyToRemote };
  throw new Error(
    `${step} needs @pulumi/command 1.2.1 or later; the one installed has no remote.CopyToRemote (4.5.0 is an old release ` +
      `under a wrong number). ${WAY_OUT}`,
  );
}
