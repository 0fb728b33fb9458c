import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { ControlRefused, callControl } from "../control/client";
import { readJson } from "../state/file";

/** The caller's mistake or a situation that he can mend; printed without a stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

const labFile = z.object({
  pid: z.int(),
  control: z.object({ url: z.string(), token: z.string() }),
  clockFactor: z.number(),
  /** Name of the network it plays. */
  network: z.string(),
  /** SHA-256 of the agent text that its machines accept. */
  agentHash: z.string(),
  machines: z.array(
    z.object({
      name: z.string(),
      fqdn: z.string(),
      address: z.string(),
      host: z.string(),
      port: z.int(),
      hostKey: z.string(),
      os: z.string(),
      language: z.string(),
    }),
  ),
  admin: z.object({ user: z.string(), password: z.string() }),
  keys: z.record(z.string(), z.string()),
  /** The network's DNS server; not there when the network has no zones. */
  dns: z
    .object({
      host: z.string(),
      port: z.int(),
      zones: z.array(z.string()),
      tsig: z.object({ keyName: z.string(), algorithm: z.string(), secret: z.string() }),
    })
    .optional(),
});
/** What `lab.json` says about a running lab. */
export type LabFile = z.infer<typeof labFile>;

/** The files of one lab. A relative directory is meant from where npm was called. */
export class LabDirectory {
  readonly path: string;
  readonly stateFile: string;
  readonly labFile: string;
  readonly #lockFile: string;

  constructor(directory: string) {
    this.path = resolve(process.env["INIT_CWD"] ?? process.cwd(), directory);
    this.stateFile = join(this.path, "state.json");
    this.labFile = join(this.path, "lab.json");
    this.#lockFile = join(this.path, "lock");
  }

  /** What is written of the lab that runs here, or ran here last. */
  read(): LabFile | undefined {
    const parsed = labFile.safeParse(readJson(this.labFile));
    return parsed.success ? parsed.data : undefined;
  }

  /** Asks the lab that runs here. */
  async ask(action: string, body: unknown = {}): Promise<unknown> {
    const file = this.read();
    if (!file || !isAlive(file.pid)) throw this.#noLab();
    try {
      return await callControl(file.control, action, body);
    } catch (error) {
      if (error instanceof ControlRefused) throw new CliError(error.message, 2);
      if (isUnreachable(error)) throw this.#noLab();
      throw error;
    }
  }

  async runs(): Promise<boolean> {
    const file = this.read();
    if (!file || !isAlive(file.pid)) return false;
    return callControl(file.control, "ping").then(
      () => true,
      () => false,
    );
  }

  /** One lab a directory. Answers the function that gives it up again. */
  async lock(): Promise<() => void> {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    if (await this.runs())
      throw new CliError(`A lab is running in ${this.path} already (process ${this.read()?.pid}).`);
    for (const last of [false, true]) {
      try {
        const file = openSync(this.#lockFile, "wx", 0o600);
        writeSync(file, String(process.pid));
        closeSync(file);
        return () => rmSync(this.#lockFile, { force: true });
      } catch (error) {
        if (!isCode(error, "EEXIST")) throw error;
        const holder = this.#lockHolder();
        if (last || (holder !== undefined && isAlive(holder))) {
          throw new CliError(
            `${this.#lockFile} is held by process ${holder ?? "(unknown)"}. If that is no lab, delete the file.`,
          );
        }
        rmSync(this.#lockFile, { force: true });
      }
    }
    throw new CliError(`${this.#lockFile} cannot be taken.`);
  }

  #lockHolder(): number | undefined {
    try {
      const pid = Number(readFileSync(this.#lockFile, "utf8"));
      return Number.isInteger(pid) && pid > 0 ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  #noLab(): CliError {
    return new CliError(
      `No lab is running in ${this.path}; start it with: volume-activation-lab serve --state ${this.path}`,
      3,
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** `fetch` hides the socket's error in `cause`. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error;
}
