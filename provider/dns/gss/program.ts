import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where programs of the system lie that some accounts do not have on their PATH. */
const SYSTEM_FOLDERS = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin"];
/** Characters of output that are kept; more would say nothing new. */
const MOST_OUTPUT = 16_384;

export function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface ProgramResult {
  /** Null when it was ended from outside. */
  code: number | null;
  /** What it wrote, both streams in one. */
  output: string;
}

/** Runs a program to its end. What it is to know goes to its standard input: the command line is everybody's to read. */
export function runProgram(
  path: string,
  words: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(path, words, { env, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer) => {
      if (output.length < MOST_OUTPUT) output += chunk.toString("utf8");
    };
    const onAbort = () => void child.kill("SIGKILL");
    signal.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    // A program that ends before it has read everything says why in its output.
    child.stdin.on("error", () => {});
    child.once("error", (error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    });
    child.once("close", (code) => {
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) reject(signal.reason);
      else resolve({ code, output });
    });
    child.stdin.end(input);
  });
}

/** What of our environment Kerberos and nsupdate may need, in the language whose texts are known. */
export function programEnvironment(env: NodeJS.ProcessEnv, cache: string | undefined): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "KRB5_CONFIG", "KRB5CCNAME", "KRB5_TRACE", "SystemRoot"];
  const own: NodeJS.ProcessEnv = { LC_ALL: "C" };
  for (const name of kept) if (env[name] !== undefined) own[name] = env[name];
  if (cache !== undefined) own["KRB5CCNAME"] = cache;
  return own;
}
