import * as pulumi from "@pulumi/pulumi";
import { commandConnection } from "../helpers/commandConnection";
import type { ConnectionArgs } from "../resources/connection";
import { secretLeaves } from "../resources/connection";
import { remoteCommands } from "./command";
import { windowsPath } from "./windowsPath";

/** What every one-shot step takes. */
export interface OneShotArgs {
  /** How to reach the machine; see `commandConnection()` for what cannot be said here. A change is tried and runs nothing. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * Any text, like a date. The step runs once, when it is first created; each new value runs it once more.
   * @default ""
   */
  run?: pulumi.Input<string>;
}

export interface SysprepArgs extends OneShotArgs {
  /**
   * What the machine does next, 15 seconds after Sysprep has succeeded: shut down, to be captured; restart; or stay on.
   * @default "shutdown"
   */
  afterwards?: "shutdown" | "reboot" | "quit";
  /** Path on the machine of the answer file for the next start (`/unattend`), like the `path` of an {@link AnswerFile}. */
  answerFile?: pulumi.Input<string>;
}

export interface RearmArgs extends OneShotArgs {
  /**
   * Whether the machine is restarted 15 seconds later; the timers are reset at its next start only.
   * @default false
   */
  restart?: boolean;
}

export interface AnswerFileArgs extends OneShotArgs {
  /** Text of the file, like that of `unattendXmlOutput()`. Kept as a secret: an answer file may hold a key. */
  content: pulumi.Input<string>;
  /**
   * Where it is put, on a folder that exists.
   * @default "C:\\Windows\\System32\\Sysprep\\unattend.xml"
   */
  path?: pulumi.Input<string>;
}

const TYPE = "volume-activation:index";
/** Time for the SSH connection to end in order before the machine goes down. */
const SECONDS_TO_LEAVE = 15;
const SYSPREP = "%SystemRoot%\\System32\\Sysprep";
const NOTHING = "cmd.exe /d /c exit 0";

/**
 * One command line, run by cmd.exe whatever shell sshd starts. The line holds no quotes, so both cmd.exe and PowerShell
 * hand it on as one word.
 */
const cmd = (line: string) => `cmd.exe /d /s /c "${line}"`;

/**
 * `sysprep /generalize /oobe` on a reference machine, before its image is captured: resets the activation timers and the
 * machine's own ids. It takes one of the few rearms of the image unless the answer file says SkipRearm. The step judges
 * by the tag that Sysprep leaves when it has succeeded. Deleting the resource does nothing on the machine.
 *
 * Not yet run on Windows.
 */
export class Sysprep extends pulumi.ComponentResource {
  /** What the command wrote; nothing once the connection has changed since. */
  readonly stdout: pulumi.Output<string>;

  constructor(name: string, args: SysprepArgs, options?: pulumi.ComponentResourceOptions) {
    super(`${TYPE}:Sysprep`, name, {}, options);
    const answerFile =
      args.answerFile === undefined
        ? pulumi.output("")
        : pulumi.output(args.answerFile).apply((path) => ` /unattend:${windowsPath("Sysprep", "answerFile", path)}`);
    const line = answerFile.apply((unattend) => sysprepLine(unattend, args.afterwards ?? "shutdown"));
    this.stdout = runOnce(this, "Sysprep", name, args, line);
    this.registerOutputs({ stdout: this.stdout });
  }
}

function sysprepLine(unattend: string, afterwards: "shutdown" | "reboot" | "quit"): string {
  const tag = `${SYSPREP}\\Sysprep_succeeded.tag`;
  const next = { shutdown: shutdown("/s"), reboot: shutdown("/r"), quit: "exit 0" }[afterwards];
  return cmd(
    `(if exist ${tag} del /f /q ${tag}) & start /wait ${SYSPREP}\\sysprep.exe /generalize /oobe /quiet /quit${unattend} & ` +
      `if exist ${tag} (${next}) else (echo Sysprep failed, see ${SYSPREP}\\Panther\\setuperr.log 1>&2 & exit 1)`,
  );
}

/**
 * `slmgr /rearm`: resets the activation timers of a machine and nothing else, for a demonstration or a course. Windows 7
 * and Server 2008 R2 allow it three times. Run by the script host without window and messages
 * (`cscript //nologo //B`). Deleting the resource does nothing on the machine.
 *
 * Not yet run on Windows.
 */
export class Rearm extends pulumi.ComponentResource {
  /** What the command wrote; nothing once the connection has changed since. */
  readonly stdout: pulumi.Output<string>;

  constructor(name: string, args: RearmArgs, options?: pulumi.ComponentResourceOptions) {
    super(`${TYPE}:Rearm`, name, {}, options);
    const rearm = "cscript.exe //nologo //B %SystemRoot%\\System32\\slmgr.vbs /rearm";
    const line = cmd(args.restart === true ? `${rearm} && ${shutdown("/r")}` : rearm);
    this.stdout = runOnce(this, "Rearm", name, args, line);
    this.registerOutputs({ stdout: this.stdout });
  }
}

/**
 * Puts an answer file on a machine, where Sysprep or Setup reads it. The key in it is in plain text there until Setup has
 * blanked its own copy: the file itself stays. Deleting the resource leaves it too.
 */
export class AnswerFile extends pulumi.ComponentResource {
  /** Path on the machine, with backslashes; known once the file is there. */
  readonly path: pulumi.Output<string>;

  constructor(name: string, args: AnswerFileArgs, options?: pulumi.ComponentResourceOptions) {
    super(`${TYPE}:AnswerFile`, name, {}, options);
    const { CopyToRemote } = remoteCommands("AnswerFile");
    const wanted = pulumi
      .output(args.path ?? "C:\\Windows\\System32\\Sysprep\\unattend.xml")
      .apply((path) => windowsPath("AnswerFile", "path", path));
    const file = new CopyToRemote(
      name,
      {
        connection: commandConnection(secretLeaves(args.connection)),
        source: pulumi.secret(args.content).apply((text) => new pulumi.asset.StringAsset(text)),
        // sftp knows forward slashes only.
        remotePath: wanted.apply((path) => path.replaceAll("\\", "/")),
        triggers: [args.run ?? ""],
      },
      { parent: this },
    );
    this.path = pulumi.all([wanted, file.urn]).apply(([path]) => path);
    this.registerOutputs({ path: this.path });
  }
}

/**
 * @pulumi/command runs `create` again at every changed input, a new password among them, if there is no `update`: with
 * one that does nothing the step runs when it is told to and only then, since it asks for a replacement by itself when
 * a trigger changes.
 */
function runOnce(
  parent: pulumi.ComponentResource,
  step: string,
  name: string,
  args: OneShotArgs,
  line: pulumi.Input<string>,
): pulumi.Output<string> {
  const { Command } = remoteCommands(step);
  const command = new Command(
    name,
    {
      connection: commandConnection(secretLeaves(args.connection)),
      create: line,
      update: NOTHING,
      triggers: [args.run ?? ""],
      addPreviousOutputInEnv: false,
    },
    { parent },
  );
  return command.stdout;
}

const shutdown = (how: "/s" | "/r") => `shutdown.exe ${how} /t ${SECONDS_TO_LEAVE}`;
