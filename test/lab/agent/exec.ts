import type { Readable, Writable } from "node:stream";
import { AGENT_VERSION, agentText, parseAgentCommand } from "pulumi-volume-activation-provider/agent/index";
import {
  AGENT_IDLE_SECONDS,
  type AgentError,
  type AgentLine,
  MAX_REQUEST_BYTES,
  PROTOCOL_VERSION,
  SENTINEL,
} from "pulumi-volume-activation-provider/machine/protocol";
import { AgentDied, AgentHung } from "../machine/faults";
import type { Machine } from "../machine/machine";
import { unknownCommand } from "../machine/messages";
import { checkArgs, isOp } from "./arguments";
import { runBatch } from "./batch";
import { strike, toAgentError } from "./failure";
import { asciiJson, LineCutter } from "./lines";
import { runOp } from "./ops";

export interface ExecIo {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Cuts the whole connection to the machine; without it only standard output is cut. */
  drop?: () => void;
}

const EXIT = { ok: 0, refused: 1, died: 255, languageMode: 71, noAgent: 72 } as const;
/** Deepest nesting of a request that the agent reads. */
const MAX_DEPTH = 16;

/**
 * A command line on a simulated machine. It knows one command: the agent's PowerShell, with exactly the shipped agent
 * on standard input. Anything else is answered as Windows answers a command that it does not have.
 */
export async function execOnMachine(machine: Machine, commandLine: string, io: ExecIo): Promise<number> {
  const command = parseAgentCommand(commandLine);
  if (!command || machine.faults.noPowerShell) {
    if (!command) machine.note("A command line was refused: it is not the agent's.");
    io.stderr.write(unknownCommand(commandLine.trim().split(/\s+/)[0] ?? "", machine.language));
    return EXIT.refused;
  }
  machine.state.counters.powershellStarts += 1;
  const send = (line: AgentLine) => io.stdout.write(`${SENTINEL}${asciiJson(line)}\n`);
  if (machine.faults.constrainedLanguage) {
    send({ fatal: "languagemode", mode: "ConstrainedLanguage" });
    return EXIT.languageMode;
  }
  const input = new Input(io.stdin);
  const shipped = agentText();
  if (command.agentLength > MAX_REQUEST_BYTES) return refuseAgent(machine, io);
  const text = await input.bytes(command.agentLength);
  if (!text) return EXIT.noAgent;
  if (!text.equals(shipped)) return refuseAgent(machine, io);
  send({ ready: { protocol: PROTOCOL_VERSION, agentVersion: AGENT_VERSION, agentLength: text.length } });
  machine.openAgents += 1;
  return serve(machine, input, send, io, text.length).finally(() => {
    machine.openAgents -= 1;
  });
}

function refuseAgent(machine: Machine, io: ExecIo): number {
  machine.note("Text on standard input was refused: it is not byte for byte the agent of this version.");
  io.stderr.write("The script cannot run.\r\n");
  return EXIT.refused;
}

async function serve(
  machine: Machine,
  input: Input,
  send: (line: AgentLine) => void,
  io: ExecIo,
  agentLength: number,
): Promise<number> {
  const cutter = new LineCutter(MAX_REQUEST_BYTES);
  for (;;) {
    const chunk = await input.next(AGENT_IDLE_SECONDS * 1000);
    if (chunk === "end") return EXIT.ok;
    if (chunk === "idle") {
      send({ fatal: "idle" });
      return EXIT.ok;
    }
    for (const line of cutter.push(chunk)) {
      try {
        await answer(machine, line, send, agentLength);
      } catch (error) {
        if (error instanceof AgentHung) return input.ended().then(() => EXIT.died);
        if (!(error instanceof AgentDied)) throw error;
        machine.note(error.message);
        if (error.connectionLost) (io.drop ?? (() => io.stdout.destroy()))();
        return EXIT.died;
      }
    }
  }
}

async function answer(
  machine: Machine,
  line: string | null,
  send: (line: AgentLine) => void,
  agentLength: number,
): Promise<void> {
  const refused = (id: number | null, message: string) => {
    const error: AgentError = { kind: "refused", message };
    send({ id, ok: false, error });
  };
  if (line === null) return refused(null, `the request is longer than ${MAX_REQUEST_BYTES} bytes`);
  const request = parse(line);
  if (!request) return refused(null, "the request is not a JSON object of whole numbers, texts, lists and objects");
  const { id, op, args } = request;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0)
    return refused(null, "argument 'id' must be a whole number");
  if (!isOp(op)) return refused(id, `the agent has no operation '${String(op)}'`);
  machine.state.counters.requests += 1;
  if (machine.faults.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, machine.faults.latencyMs));
  machine.world.catchUp();
  try {
    if (op === "batch") strike(machine, op);
    const result =
      op === "batch" ? await runBatch(machine, checkArgs("batch", args)) : runOp(machine, op, args, agentLength);
    send({ id, ok: true, result });
  } catch (error) {
    send({ id, ok: false, error: toAgentError(error, machine.language) });
  }
}

function parse(line: string): { id?: unknown; op?: unknown; args?: unknown } | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) && readable(value, 0) ? value : null;
  } catch {
    return null;
  }
}

/** The agent's own reader takes whole numbers only and 16 levels. */
function readable(value: unknown, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((inner) => readable(inner, depth + 1));
}

/** Standard input, read piece by piece. */
class Input {
  readonly #chunks: Buffer[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stdin: Readable) {
    stdin.on("data", (chunk: Buffer | string) => {
      this.#chunks.push(Buffer.from(chunk));
      this.#wake?.();
    });
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    stdin.on("end", end);
    stdin.on("close", end);
    stdin.on("error", end);
  }

  /** Exactly so many bytes, or null when the stream ends before. */
  async bytes(count: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      const chunk = await this.next(AGENT_IDLE_SECONDS * 1000);
      if (typeof chunk === "string") return null;
      parts.push(chunk.subarray(0, missing));
      if (chunk.length > missing) this.#chunks.unshift(chunk.subarray(missing));
      missing -= Math.min(missing, chunk.length);
    }
    return Buffer.concat(parts);
  }

  /** When the other side has gone; what it still sends is thrown away. */
  async ended(): Promise<void> {
    while ((await this.next(AGENT_IDLE_SECONDS * 1000)) !== "end");
  }

  async next(idleMs: number): Promise<Buffer | "end" | "idle"> {
    const deadline = Date.now() + idleMs;
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) return chunk;
      if (this.#ended) return "end";
      const left = deadline - Date.now();
      if (left <= 0) return "idle";
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
  }
}
