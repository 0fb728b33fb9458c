import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ExportedResource } from "../../provider/dist/status/index.js";
import { UserError } from "../command.ts";
import { credentialsJson, credentialsKey, secretConfig, stackSettings } from "../lab/config.ts";
import type { LabInfo } from "../lab/info.ts";
import { projectDirectory } from "../paths.ts";
import { labStack } from "./environment.ts";
import type { Pulumi } from "./run.ts";
import { withoutSecrets } from "./secrets.ts";

/** Creates the stack if it is not there. The lab's is selected where none is; others leave the selection alone. */
export async function ensureStack(pulumi: Pulumi, stack: string): Promise<void> {
  const stacks = await listStacks(pulumi);
  if (!stacks.some(named(stack))) {
    const words = ["stack", "init", "--stack", stack, ...(stack === labStack ? [] : ["--no-select"])];
    await expectOk(pulumi, words, `The stack "${stack}" was not created`);
  } else if (stack === labStack && !stacks.some(({ current }) => current)) {
    await expectOk(pulumi, ["stack", "select", "--stack", stack], `The stack "${stack}" was not selected`);
  }
}

interface ListedStack {
  name: string;
  current: boolean;
}

async function listStacks(pulumi: Pulumi): Promise<ListedStack[]> {
  return JSON.parse(await expectOk(pulumi, ["stack", "ls", "--json"], "The stacks cannot be listed")) as ListedStack[];
}

const named =
  (stack: string) =>
  ({ name }: ListedStack): boolean =>
    name === stack || name.endsWith(`/${stack}`);

export async function hasResources(pulumi: Pulumi, stack: string): Promise<boolean> {
  const exists = (await listStacks(pulumi)).some(named(stack));
  return exists && (await exportedResources(pulumi, stack)).length > 0;
}

/** Writes where the lab's machines are into the lab stack's settings, and its secrets where they are others. */
export async function configureLabStack(pulumi: Pulumi, lab: LabInfo): Promise<void> {
  const file = join(projectDirectory, `Pulumi.${labStack}.yaml`);
  const existing = existsSync(file) ? readFileSync(file, "utf8") : "";
  const settings = stackSettings(existing, project(), lab);
  if (settings !== existing) writeFileSync(file, settings);
  const set = await config(pulumi, labStack);
  for (const [key, value] of Object.entries(secretConfig(project(), lab))) {
    if (set[key] === value) continue;
    const words = ["config", "set", "--secret", key, "--stack", labStack];
    await expectOk(pulumi, words, `The secret ${key} was not set`, value);
  }
}

/** The project's name: the namespace of its own configuration. */
function project(): string {
  const { name } = parse(readFileSync(join(projectDirectory, "Pulumi.yaml"), "utf8")) as { name: string };
  return name;
}

/** The credential sets of a stack, as JSON text; undefined when its configuration has none. */
export async function stackCredentials(pulumi: Pulumi, stack: string, lab?: LabInfo): Promise<string | undefined> {
  return lab ? credentialsJson(lab) : (await config(pulumi, stack))[credentialsKey];
}

/** What the stack's state says, without the values that are encrypted there. */
export async function exportedResources(pulumi: Pulumi, stack: string): Promise<ExportedResource[]> {
  const answer = await expectOk(pulumi, ["stack", "export", "--stack", stack], "The stack cannot be read");
  const state = JSON.parse(answer) as { deployment?: { resources?: Partial<ExportedResource>[] } };
  return (state.deployment?.resources ?? []).map(({ urn = "", type = "", outputs = {} }) => ({
    urn,
    type,
    outputs: withoutSecrets(outputs),
  }));
}

async function config(pulumi: Pulumi, stack: string): Promise<Record<string, string | undefined>> {
  const words = ["config", "--show-secrets", "--json", "--stack", stack];
  const answer = await expectOk(pulumi, words, `The configuration of the stack "${stack}" cannot be read`);
  const values = JSON.parse(answer) as Record<string, { value?: string }>;
  return Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value]));
}

async function expectOk(pulumi: Pulumi, words: readonly string[], failure: string, input?: string): Promise<string> {
  const done = await pulumi.ask(words, input === undefined ? {} : { input });
  if (done.code === 0) return done.stdout;
  throw new UserError(`${failure}. "pulumi ${words.join(" ")}" answered:\n${(done.stderr || done.stdout).trim()}`);
}
