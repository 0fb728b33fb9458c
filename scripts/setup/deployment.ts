import { UserError } from "../command.ts";
import type { LabInfo } from "../lab/info.ts";
import { ensureLab } from "../lab/lab.ts";
import { labStack } from "../pulumi/environment.ts";
import { Pulumi } from "../pulumi/run.ts";
import { configureLabStack, ensureStack, hasResources } from "../pulumi/stack.ts";
import { build } from "./build.ts";

/** A stack with all that is needed to work on it. */
export interface Deployment {
  pulumi: Pulumi;
  stack: string;
  /** Undefined for a stack on the user's own machines. */
  lab: LabInfo | undefined;
  /** The user's further arguments, for Pulumi. */
  args: string[];
}

/** Takes `--stack NAME` (default: lab) out of a command's arguments. */
export function chosenStack(args: readonly string[]): { stack: string; rest: string[] } {
  const rest: string[] = [];
  let stack = labStack;
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    const [option, value = args[index + 1]] = word.split(/=(.*)/s, 2);
    if (option !== "--stack" && option !== "-s") {
      rest.push(word);
      continue;
    }
    if (!value || value.startsWith("-")) throw new UserError(`${option} wants the name of a stack: ${option} NAME.`);
    stack = value;
    if (!word.includes("=")) index++;
  }
  return { stack, rest };
}

/** Everything up to the point where Pulumi can run: packages, engine, the lab and its settings, the stack. */
export async function prepare(args: readonly string[], opened?: Pulumi): Promise<Deployment> {
  const { stack, rest } = chosenStack(args);
  await build();
  const pulumi = opened ?? (await openFor(stack));
  const lab = stack === labStack ? await ensureLab() : undefined;
  await ensureStack(pulumi, stack);
  if (lab) await configureLabStack(pulumi, lab);
  return { pulumi, stack, lab, args: rest };
}

/** As `prepare`, for commands that want something to be deployed; undefined, and nothing started, when nothing is. */
export async function prepareExisting(args: readonly string[]): Promise<Deployment | undefined> {
  const { stack } = chosenStack(args);
  const pulumi = await openFor(stack);
  return (await hasResources(pulumi, stack)) ? prepare(args, pulumi) : undefined;
}

/** The lab's stack is kept in our own backend; a stack of the user's where PULUMI_BACKEND_URL says. */
const openFor = (stack: string): Promise<Pulumi> => Pulumi.open({ userBackend: stack !== labStack });
