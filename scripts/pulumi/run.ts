import { randomUUID } from "node:crypto";
import type { Engine } from "../engine/engine.ts";
import { findEngine } from "../engine/find.ts";
import { projectDirectory } from "../paths.ts";
import { startTime } from "../processes.ts";
import { capture, type Finished, finished, start } from "../program.ts";
import { pulumiEnvironment, stackOf } from "./environment.ts";
import { type Home, openHome } from "./home.ts";
import { clearLeftovers, endRun, forget, type Run, record, runVariable } from "./leftovers.ts";

export interface RunOptions {
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
  input?: string;
}

/** Pulumi on this checkout's project: the root one, unless another example is chosen. */
export class Pulumi {
  readonly engine: Engine;
  readonly home: Home;
  /** Whether someone asked this command to end while Pulumi ran on the terminal. */
  interrupted = false;
  readonly #userBackend: boolean;

  private constructor(engine: Engine, home: Home, userBackend: boolean) {
    this.engine = engine;
    this.home = home;
    this.#userBackend = userBackend;
  }

  /** Finds the engine and puts away what killed runs left. */
  static async open(options: { userBackend?: boolean } = {}): Promise<Pulumi> {
    const home = openHome();
    await clearLeftovers(home);
    return new Pulumi(await findEngine(), home, options.userBackend ?? false);
  }

  /** Runs on this terminal and returns the exit code. */
  async show(args: readonly string[], options: RunOptions = {}): Promise<number> {
    const id = randomUUID();
    const env = { ...this.environment(args), ...options.env, [runVariable]: id };
    const child = start(this.engine.pulumi, args, { cwd: projectDirectory, env, stdio: "inherit" });
    const run: Run = { id, engine: child.pid ?? 0, runner: process.pid, runnerStart: startTime(process.pid) };
    if (child.pid !== undefined) record(this.home, run);
    try {
      const code = await finished("pulumi", child, () => {
        this.interrupted = true;
        // Pulumi cancels in order on SIGINT: it lets running operations end and writes down what they did.
        return "SIGINT";
      });
      // A killed engine takes nothing with it. A provider that it had not asked anything yet does not watch it either.
      if (child.signalCode) await endRun(run);
      return code;
    } finally {
      forget(this.home, run);
    }
  }

  /** Runs unseen, for short questions. */
  ask(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const env = { ...this.environment(args), NO_COLOR: "1", ...options.env };
    return capture(this.engine.pulumi, [...args, "--non-interactive"], {
      cwd: projectDirectory,
      env,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  }

  private environment(args: readonly string[]): NodeJS.ProcessEnv {
    return pulumiEnvironment(process.env, this.engine, this.home, {
      stack: stackOf(args),
      userBackend: this.#userBackend,
      terminal: process.stdout.isTTY === true,
    });
  }
}
