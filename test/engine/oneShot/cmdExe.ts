/** What a program does on the machine: writes, and ends with a code. */
export type Program = (args: string[]) => { code?: number; stdout?: string; stderr?: string };

/** The machine as far as a command line reaches: its files and its programs, by the last part of their names. */
export interface CmdWorld {
  exists(path: string): boolean;
  remove(path: string): void;
  programs: { [name: string]: Program };
}

export interface CmdAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Plays cmd.exe for lines without quotes inside: `&`, `&&`, parentheses, `if exist`, `else`, `1>&2`, `%SystemRoot%`, and
 * the commands below. An `if` without parentheses takes all that follows on its line, as the real one does. Written
 * from the documents, not from a run of the real one.
 */
export function cmdExe(commandLine: string, world: CmdWorld): CmdAnswer {
  return new CmdExe(world).run(commandLine);
}

type Node =
  | { kind: "list"; parts: { node: Node; onlyAfterSuccess: boolean }[] }
  | { kind: "if"; exists: string; then: Node; otherwise: Node | undefined }
  | { kind: "command"; words: string[]; toStderr: boolean };

/** `exit` ends cmd.exe at once. */
class Exit extends Error {
  constructor(readonly code: number) {
    super("exit");
  }
}

const NOT_RECOGNIZED = 9009;

class CmdExe {
  private readonly out = { stdout: "", stderr: "" };
  private tokens: string[] = [];

  constructor(private readonly world: CmdWorld) {}

  run(commandLine: string): CmdAnswer {
    let code: number;
    try {
      code = this.start(words(commandLine), commandLine);
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      code = error.code;
    }
    return { code, ...this.out };
  }

  /** `cmd.exe /d /s /c "LINE"`: /s takes the first and the last quote away and nothing else. */
  private start([name = ""]: string[], commandLine: string): number {
    const inner = /^cmd\.exe (?:\/[ds] )*\/c (.*)$/s.exec(commandLine)?.[1];
    if (inner === undefined) throw new Error(`only cmd.exe is played here, not ${name}: ${commandLine}`);
    const line = inner.replace(/^"(.*)"$/s, "$1").replaceAll(/%SystemRoot%/gi, "C:\\Windows");
    if (line.includes('"')) throw new Error(`quotes inside of a line are not played here: ${line}`);
    this.tokens = line.match(/1>&2|&&|&|\(|\)|[^\s&()]+/g) ?? [];
    const tree = this.list();
    if (this.tokens.length > 0) throw new Error(`${this.tokens[0]} was unexpected at this time: ${line}`);
    return this.execute(tree, 0);
  }

  private list(): Node {
    const parts = [{ node: this.command(), onlyAfterSuccess: false }];
    while (this.tokens[0] === "&" || this.tokens[0] === "&&") {
      const onlyAfterSuccess = this.tokens.shift() === "&&";
      parts.push({ node: this.command(), onlyAfterSuccess });
    }
    return { kind: "list", parts };
  }

  private command(): Node {
    if (this.tokens[0] === "(") return this.group();
    if (this.tokens[0]?.toLowerCase() === "if") return this.condition();
    const found: string[] = [];
    let toStderr = false;
    while (this.tokens.length > 0 && !["&", "&&", ")"].includes(this.tokens[0] ?? "")) {
      const token = this.tokens.shift() ?? "";
      if (token === "1>&2") toStderr = true;
      else found.push(token);
    }
    return { kind: "command", words: found, toStderr };
  }

  private group(): Node {
    this.tokens.shift();
    const inside = this.list();
    if (this.tokens.shift() !== ")") throw new Error("a parenthesis is not closed");
    return inside;
  }

  private condition(): Node {
    const [, exist = "", path = ""] = this.tokens.splice(0, 3);
    if (exist.toLowerCase() !== "exist") throw new Error(`if ${exist} is not played here`);
    const grouped = this.tokens[0] === "(";
    const then = grouped ? this.group() : this.list();
    const hasElse = grouped && this.tokens[0]?.toLowerCase() === "else";
    if (hasElse) this.tokens.shift();
    return { kind: "if", exists: path, then, otherwise: hasElse ? this.command() : undefined };
  }

  /** Answers the error level after it. */
  private execute(node: Node, level: number): number {
    switch (node.kind) {
      case "list":
        return node.parts.reduce(
          (last, part) => (part.onlyAfterSuccess && last !== 0 ? last : this.execute(part.node, last)),
          level,
        );
      case "if": {
        const chosen = this.world.exists(node.exists) ? node.then : node.otherwise;
        return chosen ? this.execute(chosen, level) : level;
      }
      default:
        return this.call(node.words, node.toStderr, level);
    }
  }

  private call([name = "", ...args]: string[], toStderr: boolean, level: number): number {
    switch (name.toLowerCase()) {
      case "exit":
        throw new Exit(Number(args[0] ?? level));
      case "echo":
        this.write(toStderr ? "stderr" : "stdout", `${args.join(" ")}\r\n`);
        return level;
      case "del":
        this.world.remove(args.filter((word) => !word.startsWith("/"))[0] ?? "");
        return level;
      case "start":
        if (args[0] !== "/wait") throw new Error("start is played with /wait only");
        return this.call(args.slice(1), toStderr, level);
      default:
        return this.program(name, args);
    }
  }

  private program(path: string, args: string[]): number {
    const program = this.world.programs[(path.split("\\").at(-1) ?? "").toLowerCase()];
    if (!program) {
      this.write("stderr", `'${path}' is not recognized as an internal or external command.\r\n`);
      return NOT_RECOGNIZED;
    }
    const { code = 0, stdout = "", stderr = "" } = program(args);
    this.write("stdout", stdout);
    this.write("stderr", stderr);
    return code;
  }

  private write(stream: "stdout" | "stderr", text: string): void {
    this.out[stream] += text;
  }
}

const words = (line: string): string[] => line.split(" ");
