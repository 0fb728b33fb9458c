import { spawn } from "node:child_process";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { agentCommand, agentText } from "../../../provider/agent/index";
import { type AgentLine, type Op, type Primitives, SENTINEL } from "../../../provider/machine/protocol";
import { Lab, type LabMachine, type NetworkSpec } from "../../lab/index";

export type Answer = Extract<AgentLine, { id: number | null }>;

/** A started agent with its streams, wherever it runs. */
export interface Pipes {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Exit code, once it has ended. */
  exit: Promise<number>;
}

/** Speaks the protocol over the pipes of an agent. */
export class AgentClient {
  readonly exit: Promise<number>;
  #lines: AgentLine[] = [];
  #waiting: ((line: AgentLine | null) => void)[] = [];
  #text = "";
  #ended = false;
  #stderr = "";
  #nextId = 1;

  constructor(private readonly pipes: Pipes) {
    this.exit = pipes.exit;
    pipes.stdout.on("data", (chunk: Buffer) => this.#take(chunk.toString("latin1")));
    const ended = () => {
      this.#ended = true;
      for (const waiting of this.#waiting.splice(0)) waiting(null);
    };
    pipes.stdout.on("end", ended);
    pipes.stdout.on("close", ended);
    pipes.stderr.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString("utf8");
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  send(data: string | Buffer): void {
    this.pipes.stdin.write(data);
  }

  end(): void {
    this.pipes.stdin.end();
  }

  /** The next protocol line; null when there will be none. */
  line(): Promise<AgentLine | null> {
    const line = this.#lines.shift();
    if (line) return Promise.resolve(line);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next line, which must be an answer. */
  async answer(): Promise<Answer> {
    const line = await this.line();
    if (line === null || !("id" in line)) throw new Error(`no answer but ${JSON.stringify(line)}`);
    return line;
  }

  /** Sends one request as it is and returns the answer. */
  async raw(line: string | Buffer): Promise<Answer> {
    this.send(line);
    this.send("\n");
    return this.answer();
  }

  async ask(op: string, args: unknown): Promise<Answer> {
    const id = this.#nextId++;
    const answer = await this.raw(JSON.stringify({ id, op, args }));
    if (answer.id !== id) throw new Error(`answer to ${answer.id} instead of ${id}`);
    return answer;
  }

  /** The result of an operation that must not fail. */
  async call<O extends Op>(op: O, args: Primitives[O]["args"]): Promise<Primitives[O]["result"]> {
    const answer = await this.ask(op, args);
    if (!answer.ok) throw new Error(`${op}: ${answer.error.kind} ${answer.error.code ?? ""} ${answer.error.message}`);
    return answer.result as Primitives[O]["result"];
  }

  #take(text: string): void {
    this.#text += text;
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end < 0) return;
      const line = this.#text.slice(0, end).replace(/\r$/, "");
      this.#text = this.#text.slice(end + 1);
      if (!line.startsWith(SENTINEL)) continue;
      if (!/^[\x20-\x7e]*$/.test(line)) throw new Error("a protocol line is not ASCII");
      const parsed: AgentLine = JSON.parse(line.slice(SENTINEL.length));
      const waiting = this.#waiting.shift();
      if (waiting) waiting(parsed);
      else this.#lines.push(parsed);
    }
  }
}

/** Starts a command line on a machine of the lab. */
export function startOn(machine: LabMachine, commandLine: string): Pipes {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const exit = machine.exec(commandLine, { stdin, stdout, stderr }).then((code) => {
    stdout.end();
    return code;
  });
  return { stdin, stdout, stderr, exit };
}

/** Sends the agent's text and waits until it is ready. */
export async function ready(pipes: Pipes): Promise<AgentClient> {
  const client = new AgentClient(pipes);
  client.send(agentText());
  const line = await client.line();
  if (line === null || !("ready" in line)) throw new Error(`not ready but ${JSON.stringify(line)} ${client.stderr}`);
  return client;
}

export function agentOn(machine: LabMachine): Promise<AgentClient> {
  return ready(startOn(machine, agentCommand(agentText().length)));
}

/** When the labs of tests begin. */
export const START = new Date("2026-01-05T08:00:00Z");

/** A lab whose clock stands still. */
export function testLab(network: Omit<NetworkSpec, "name" | "domain">, stateFile?: string): Promise<Lab> {
  return Lab.start({
    network: { name: "test", domain: "contoso.com", ...network },
    start: START,
    ...(stateFile === undefined ? {} : { stateFile }),
  });
}

/** Starts the real agent with one of Windows' PowerShells. */
export function startReal(executable: string): Pipes {
  const [, ...args] = agentCommand(agentText().length).split(" ");
  const child = spawn(executable, args, { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  const exit = new Promise<number>((resolve) => {
    child.on("close", (code) => resolve(code ?? -1));
  });
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exit };
}
