import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Sshd, startSshd } from "../../servers/openssh/sshd";
import { cmdExe, type Program } from "./cmdExe";

const SFTP_SERVERS = ["/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server"];
const SYSPREP = "C:\\Windows\\System32\\Sysprep";
const TAG = `${SYSPREP}\\Sysprep_succeeded.tag`;

/**
 * A machine that images are made of: a real sshd on loopback, whose shell plays cmd.exe, and whose sftp begins in a
 * folder that stands for its drives.
 */
export class ReferenceMachine {
  /** Every program that was started, with its words. */
  readonly ran: string[] = [];
  /** Every command line that came by SSH, as it came. */
  readonly lines: string[] = [];
  /** What Sysprep is to do next. */
  sysprep: "succeeds" | "fails" = "succeeds";

  private constructor(
    private readonly folder: string,
    readonly sshd: Sshd,
    private readonly stopListening: () => void,
  ) {}

  static async start(sshdProgram: string): Promise<ReferenceMachine> {
    const folder = mkdtempSync(join(tmpdir(), "reference-machine-"));
    const drives = join(folder, "drives");
    mkdirSync(join(drives, "C:", "Windows", "System32", "Sysprep"), { recursive: true });
    const sftp = SFTP_SERVERS.find((path) => existsSync(path));
    if (!sftp) throw new Error(`no sftp-server is installed beside sshd; looked for ${SFTP_SERVERS.join(", ")}`);
    const socketPath = join(folder, "cmd.socket");
    const shell = join(folder, "shell");
    writeFileSync(shell, shellText({ socketPath, sftp, drives }));
    chmodSync(shell, 0o755);
    const sshd = await startSshd(sshdProgram, [`Subsystem sftp ${sftp}`, `ForceCommand ${shell}`]);
    const sockets = new Set<Socket>();
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      let line = "";
      socket.setEncoding("utf8").on("data", (text: string) => {
        line += text;
      });
      socket.on("end", () => socket.end(JSON.stringify(machine.answer(line))));
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => listener.listen(socketPath, resolve));
    const machine = new ReferenceMachine(folder, sshd, () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
    });
    return machine;
  }

  /** The text of a file, by its path on the machine. */
  file(path: string): string | undefined {
    const at = this.onDisk(path);
    return existsSync(at) ? readFileSync(at, "utf8") : undefined;
  }

  /** Forgets what was run so far. */
  forget(): void {
    this.ran.length = 0;
    this.lines.length = 0;
  }

  async stop(): Promise<void> {
    await this.sshd.stop();
    this.stopListening();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private answer(line: string): { code: number; stdout: string; stderr: string } {
    this.lines.push(line);
    try {
      return cmdExe(line, {
        exists: (path) => existsSync(this.onDisk(path)),
        remove: (path) => rmSync(this.onDisk(path), { force: true }),
        programs: {
          "sysprep.exe": this.program("sysprep.exe", () => {
            if (this.sysprep === "fails") return { code: 0 };
            this.write(TAG, "");
            return { stdout: "sysprep has run\r\n" };
          }),
          "shutdown.exe": this.program("shutdown.exe"),
          "cscript.exe": this.program("cscript.exe"),
        },
      });
    } catch (error) {
      return { code: 255, stdout: "", stderr: error instanceof Error ? error.message : String(error) };
    }
  }

  private program(name: string, effect: Program = () => ({})): Program {
    return (args) => {
      this.ran.push([name, ...args].join(" "));
      return effect(args);
    };
  }

  private write(path: string, text: string): void {
    mkdirSync(dirname(this.onDisk(path)), { recursive: true });
    writeFileSync(this.onDisk(path), text);
  }

  private onDisk(path: string): string {
    return join(this.folder, "drives", ...path.split(/[\\/]/));
  }
}

/** What sshd starts for every session: hands a command line to this process, and sftp to its own program. */
const shellText = ({ socketPath, sftp, drives }: { socketPath: string; sftp: string; drives: string }) =>
  `#!${process.execPath}
const line = process.env.SSH_ORIGINAL_COMMAND ?? "";
if (line === ${JSON.stringify(sftp)}) {
  const child = require("node:child_process").spawn(line, ["-d", ${JSON.stringify(drives)}], { stdio: "inherit" });
  child.on("exit", (code) => process.exit(code ?? 1));
} else {
  const socket = require("node:net").connect({ path: ${JSON.stringify(socketPath)}, allowHalfOpen: true });
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => { answer += text; });
  socket.on("end", () => {
    const { code, stdout, stderr } = JSON.parse(answer);
    process.stderr.write(stderr);
    process.stdout.write(stdout);
    process.exitCode = code;
  });
  socket.on("error", () => process.exit(255));
  socket.end(line);
}
`;
