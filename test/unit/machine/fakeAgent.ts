import { PassThrough, type Readable, type Writable } from "node:stream";
import type { AgentProgram } from "../../../provider/machine/agentSession";
import type { HelloResult, Request } from "../../../provider/machine/protocol";
import type { Channel, Transport } from "../../../provider/machine/transport";

export interface Io {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
}

/** A program text of some size, so that it spans several reads. */
export const testProgram: AgentProgram = {
  text: () => Buffer.from(`# a stand-in for the agent\n${"#".repeat(5000)}\n`),
  command: (length) => `powershell.exe -NonInteractive -EncodedCommand ${length}`,
};

export const HELLO: HelloResult = {
  protocol: 1,
  agentVersion: "test",
  agentLength: testProgram.text().length,
  smbiosUuid: "4C4C4544-0000-1111-2222-333344445555",
  machineGuid: "9a1b2c3d-0000-4444-8888-abcdefabcdef",
  computerName: "KMS01",
  domain: "contoso.com",
  partOfDomain: true,
  primaryDnsSuffix: "contoso.com",
  osVersion: "10.0.20348",
  osCaption: "Microsoft Windows Server 2022 Datacenter",
  productType: 3,
  editionId: "ServerDatacenter",
  uiLanguage: "zh-TW",
  psVersion: "5.1.20348.1",
  languageMode: "FullLanguage",
  is64BitProcess: true,
  is64BitOs: true,
  elevated: true,
  user: "CONTOSO\\admin",
  now: "2026-11-23T10:00:00Z",
};

export interface Behaviour {
  /** Printed before anything else, like a message of the day. */
  before?: string;
  ready?: { protocol: number; agentVersion: string; agentLength: number };
  hello?: Partial<HelloResult>;
  /** Sends each line in pieces of this many bytes. */
  pieces?: number;
  /** Lines to print for a request other than ping and hello; default: one answer with result {}. "die" ends the agent. */
  answer?: (request: Request) => Promise<string[] | "die"> | string[] | "die";
  /** Whether pings are answered; default true. */
  answersPings?: boolean;
  onRequest?: (request: Request) => void;
}

export const line = (value: unknown): string => `@A ${JSON.stringify(value)}\n`;
export const ok = (request: Request, result: unknown = {}): string => line({ id: request.id, ok: true, result });

/** Plays powershell.exe with the agent in it: reads the program, says ready, answers until its input ends. */
export async function runFakeAgent(commandLine: string, io: Io, behaviour: Behaviour = {}): Promise<number> {
  if (behaviour.before) io.stdout.write(behaviour.before);
  let programBytes = Number(commandLine.split(" ").at(-1));
  const length = programBytes;
  const print = async (text: string) => {
    const bytes = Buffer.from(text);
    const size = behaviour.pieces ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) {
      io.stdout.write(bytes.subarray(at, at + size));
      if (behaviour.pieces) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  let rest = "";
  for await (const chunk of io.stdin as AsyncIterable<Buffer>) {
    let bytes = chunk;
    if (programBytes > 0) {
      const taken = Math.min(programBytes, bytes.length);
      programBytes -= taken;
      bytes = bytes.subarray(taken);
      if (programBytes > 0) continue;
      await print(line({ ready: behaviour.ready ?? { protocol: 1, agentVersion: "test", agentLength: length } }));
    }
    rest += bytes.toString("utf8");
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const request = JSON.parse(rest.slice(0, end)) as Request;
      rest = rest.slice(end + 1);
      behaviour.onRequest?.(request);
      if (request.op === "ping") {
        if (behaviour.answersPings !== false) await print(ok(request));
      } else if (request.op === "hello") {
        await print(ok(request, { ...HELLO, agentLength: length, ...behaviour.hello }));
      } else {
        const answer = (await behaviour.answer?.(request)) ?? [ok(request)];
        if (answer === "die") return 1;
        for (const text of answer) await print(text);
      }
    }
  }
  return 0;
}

export interface MemoryMachine extends Transport {
  commands: string[];
  /** Cuts the newest connection. */
  drop(error?: Error): void;
  closed: number;
  heldOpen: boolean[];
}

/** A transport without a network: the command runs in this process. */
export function memoryMachine(
  exec: (commandLine: string, io: Io) => Promise<number>,
  options: { description?: string; open?: (signal: AbortSignal) => Promise<void> } = {},
): MemoryMachine {
  let dropNewest = (_error?: Error): void => {};
  const machine: MemoryMachine = {
    description: options.description ?? "memory admin@kms01:22",
    commands: [],
    closed: 0,
    heldOpen: [],
    drop: (error) => dropNewest(error),
    async open(command, signal): Promise<Channel> {
      await options.open?.(signal);
      machine.commands.push(command);
      const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
      const listeners: ((end: { exitCode?: number; error?: Error }) => void)[] = [];
      let ended: { exitCode?: number; error?: Error } | undefined;
      const end = (how: { exitCode?: number; error?: Error }) => {
        if (ended) return;
        ended = how;
        machine.closed++;
        io.stdin.destroy();
        for (const listener of listeners) listener(how);
      };
      dropNewest = (error) => end(error ? { error } : {});
      io.stdin.on("error", () => {});
      exec(command, io).then(
        (exitCode) => setImmediate(() => end({ exitCode })),
        (error: Error) => end({ error }),
      );
      return {
        write: async (data) => {
          if (ended) throw new Error("the connection is closed");
          io.stdin.write(data);
        },
        onData: (listener) => void io.stdout.on("data", listener),
        onStderr: (listener) => void io.stderr.on("data", listener),
        onClose: (listener) => {
          if (ended) listener(ended);
          else listeners.push(listener);
        },
        close: () => {
          io.stdin.end();
          setImmediate(() => end({}));
        },
        keepAlive: (wanted) => void machine.heldOpen.push(wanted),
      };
    },
  };
  return machine;
}
