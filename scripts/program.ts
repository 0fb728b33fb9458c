import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import { UserError } from "./command.ts";

export interface Finished {
  /** 128 + the signal's number for a program that a signal ended, as shells count. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface CaptureOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to the program's standard input, which is empty otherwise. */
  input?: string;
  /** Milliseconds until the program and what it started are ended. */
  limit?: number;
}

export class TimeLimitError extends Error {
  override name = "TimeLimitError";
}

/** Runs a program to its end and returns what it wrote. Never fails because of an exit code. */
export function capture(program: string, args: readonly string[], options: CaptureOptions = {}): Promise<Finished> {
  const limited = options.limit !== undefined;
  // In a group of its own, so that a time limit reaches what the program started as well.
  const group = limited && process.platform !== "win32";
  const child = start(program, args, {
    ...(options.cwd ? { cwd: options.cwd } : {}),
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
    detached: group,
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A program that ends without reading its input is judged by its exit code.
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    const timer = limited
      ? setTimeout(() => {
          endTree(child, group);
          reject(new TimeLimitError(`${program} ${args.join(" ")}: no end after ${(options.limit ?? 0) / 1000} s`));
        }, options.limit)
      : undefined;
    const release = group ? onExit(() => endTree(child, group)) : () => {};
    child.on("error", (error) => {
      clearTimeout(timer);
      release();
      reject(notStarted(program, error));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      release();
      resolve({ code: exitCode(code, signal), stdout, stderr });
    });
  });
}

/** Runs a program on this terminal and returns its exit code. */
export function runHere(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return finished(program, start(program, args, { stdio: "inherit", ...options }));
}

/**
 * Waits for a program on this terminal. A signal that asks this process to end is passed on; Ctrl-C on a terminal has
 * reached the program already. `heard` is told of every signal and says as what it is passed on.
 */
export function finished(
  program: string,
  child: ChildProcess,
  heard: (signal: NodeJS.Signals) => NodeJS.Signals = (signal) => signal,
): Promise<number> {
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const handler = () => {
      const name = heard(signal);
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(name);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return new Promise<number>((resolve, reject) => {
    child.on("error", (error) => reject(notStarted(program, error)));
    child.on("exit", (code, signal) => resolve(exitCode(code, signal)));
  }).finally(() => {
    for (const remove of handlers) remove();
  });
}

/** Starts a program; a Windows command script needs the shell. */
export function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const script = process.platform === "win32" && (/\.(cmd|bat)$/i.test(program) || /^(npx|npm)$/.test(program));
  return spawn(program, [...args], { windowsHide: true, ...options, ...(script ? { shell: true } : {}) });
}

function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return signal ? 128 + constants.signals[signal] : (code ?? 1);
}

function endTree(child: ChildProcess, group: boolean): void {
  if (child.pid === undefined) return;
  try {
    process.kill(group ? -child.pid : child.pid, "SIGKILL");
  } catch {
    // It has ended in the meantime.
  }
}

/** A program in a group of its own gets no Ctrl-C: it is ended together with this process. */
function onExit(end: () => void): () => void {
  const stop = (signal: NodeJS.Signals) => {
    end();
    process.exit(128 + constants.signals[signal]);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

function notStarted(program: string, error: Error): UserError {
  return new UserError(`${program} could not be started: ${error.message}`);
}
