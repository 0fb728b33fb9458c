import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { follow, type Ran, type Started } from "./following";

const root = resolve(__dirname, "../..");

/** A Pulumi project of its own, in a folder of its own, with the real engine and a file backend. */
export class Project {
  /** Everything that the engine has printed so far, of all runs. */
  printed = "";

  private constructor(
    readonly folder: string,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async create(options: {
    /** CommonJS text; `config` is a pulumi.Config of the project. */
    program: string;
    /** Further environment of every run. */
    env?: NodeJS.ProcessEnv;
  }): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), "volume-activation-engine-"));
    for (const name of ["backend", "home"]) mkdirSync(join(folder, name));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "Pulumi.yaml"), stringify({ name: "engine-test", runtime: "nodejs" }));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "engine-test", main: "index.js" }));
    const project = new Project(folder, {
      ...withoutPulumi(process.env),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(folder, "backend")).href,
      PULUMI_CONFIG_PASSPHRASE: "engine tests only",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      // Packages that are installed and not used must not be asked for in vain, with retries, at every run.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
      NO_COLOR: "1",
      ...options.env,
    });
    project.write(options.program);
    const init = await project.pulumi("stack", "init", "test");
    if (init.code !== 0) throw new Error(init.output);
    return project;
  }

  /** The program's text; what it gets: `pulumi`, `config`, `activation` (the SDK). */
  write(program: string): void {
    const head = [
      'const pulumi = require("@pulumi/pulumi");',
      "const config = new pulumi.Config();",
      'const activation = require("pulumi-volume-activation");',
    ];
    writeFileSync(join(this.folder, "index.js"), `${head.join("\n")}\n${program}\n`);
  }

  async configure(values: { [key: string]: unknown }, secrets: { [key: string]: string } = {}): Promise<void> {
    for (const [key, value] of Object.entries(values)) {
      const ran = await this.run(["config", "set", key], {
        input: typeof value === "string" ? value : JSON.stringify(value),
      });
      if (ran.code !== 0) throw new Error(ran.output);
    }
    for (const [key, value] of Object.entries(secrets)) {
      const ran = await this.run(["config", "set", "--secret", key], { input: value });
      if (ran.code !== 0) throw new Error(ran.output);
    }
  }

  pulumi(...args: string[]): Promise<Ran> {
    return this.run(args);
  }

  up(env?: NodeJS.ProcessEnv): Promise<Ran> {
    return this.run(["up", "--yes", "--skip-preview", "--refresh", "--continue-on-error"], env ? { env } : {});
  }

  /** Plain `up`, which trusts the state. */
  plainUp(): Promise<Ran> {
    return this.run(["up", "--yes", "--skip-preview"]);
  }

  preview(): Promise<Ran> {
    return this.run(["preview", "--expect-no-changes", "--diff"]);
  }

  /** 0 clean, 7 drift. */
  drift(env?: NodeJS.ProcessEnv): Promise<Ran> {
    const words = ["refresh", "--run-program", "--preview-only", "--expect-no-changes", "--diff"];
    return this.run(words, env ? { env } : {});
  }

  destroy(): Promise<Ran> {
    return this.run(["destroy", "--yes", "--skip-preview"]);
  }

  /** The stack as the backend holds it, secrets encrypted. */
  async exported(): Promise<{ text: string; resources: ExportedResource[] }> {
    const { output } = await this.run(["stack", "export"]);
    const state = JSON.parse(output) as { deployment: { resources?: ExportedResource[] } };
    return { text: JSON.stringify(state), resources: state.deployment.resources ?? [] };
  }

  async resource(name: string): Promise<ExportedResource | undefined> {
    return (await this.exported()).resources.find(({ urn }) => urn.endsWith(`::${name}`));
  }

  run(args: string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): Promise<Ran> {
    return this.start(args, options).finished;
  }

  start(args: string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): Started {
    const child = spawn("pulumi", ["--non-interactive", ...args], {
      cwd: this.folder,
      env: { ...this.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(options.input ?? "");
    return follow(child, 50, (text) => {
      this.printed += text;
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ExportedResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: { [name: string]: unknown };
  outputs?: { [name: string]: unknown };
  initErrors?: string[];
}

/** A developer's own Pulumi settings must not reach the tests. */
function withoutPulumi(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^PULUMI_|^VOLUME_ACTIVATION_(?!ENGINE|SKIPS)/.test(name)),
  );
}
