import { pathToFileURL } from "node:url";
import { type Engine, pathFor } from "../engine/engine.ts";
import type { Home } from "./home.ts";

/** The stack that `npm run up` makes on the simulated machines. */
export const labStack = "lab";

export interface Choice {
  /** Undefined: the one that Pulumi has selected. */
  stack: string | undefined;
  /** Whether a backend that the user chose by PULUMI_BACKEND_URL is used instead of ours. */
  userBackend: boolean;
  terminal: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the engine: ours for the lab, the user's wishes respected where the stack is the user's. */
export function pulumiEnvironment(user: Environment, engine: Engine, home: Home, choice: Choice): NodeJS.ProcessEnv {
  return {
    ...user,
    PATH: pathFor(engine, user.PATH),
    PULUMI_SKIP_UPDATE_CHECK: "1",
    // Where the engine could not be downloaded its plugins cannot either: asking for them only takes time at every run.
    ...(engine.origin === "built" ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
    ...(choice.terminal ? {} : { NO_COLOR: "1" }),
    ...(choice.userBackend && user.PULUMI_BACKEND_URL ? {} : ownBackend(user, home, choice.stack)),
  };
}

function ownBackend(user: Environment, home: Home, stack: string | undefined): NodeJS.ProcessEnv {
  const userPassphrase = Boolean(user.PULUMI_CONFIG_PASSPHRASE ?? user.PULUMI_CONFIG_PASSPHRASE_FILE);
  const respected = userPassphrase && stack !== undefined && stack !== labStack;
  return {
    PULUMI_HOME: home.home,
    PULUMI_BACKEND_URL: pathToFileURL(home.backend).href,
    // One file a resource and step otherwise: the history of the stack is kept anyway.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    ...(respected ? {} : { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: home.passphrase }),
  };
}

/** The stack that Pulumi's own arguments name: `--stack NAME`, `--stack=NAME`, `-s NAME`. */
export function stackOf(args: readonly string[]): string | undefined {
  for (const [index, word] of args.entries()) {
    if (word === "--") return undefined;
    if (word === "--stack" || word === "-s") return args[index + 1];
    if (word.startsWith("--stack=")) return word.slice("--stack=".length);
  }
  return undefined;
}
