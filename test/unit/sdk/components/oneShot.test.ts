import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { remoteCommands } from "../../../../sdk/components/command";
import { windowsPath } from "../../../../sdk/components/windowsPath";
import { AnswerFile, type ConnectionArgs, Rearm, Sysprep, unattendXmlOutput } from "../../../../sdk/index";
import { outputValue, recordRegistrations, secret, stopRecording } from "../wire";

const connection: ConnectionArgs = { host: "ref01", hostKey: "ssh-ed25519 AAAA", password: "p1" };
const MAK = "BCDFG-HJKMP-QRTVW-XY234-6789B";

afterEach(stopRecording);

/** What the engine gets for the command or file below one step. */
async function below(make: () => pulumi.Output<string>, type: string) {
  const registrations = recordRegistrations({ stdout: "" });
  await outputValue(make());
  await pulumi.runtime.disconnect();
  const found = registrations.filter((registration) => registration.type === type);
  const [only, more] = found;
  if (!only || more) throw new Error(`${found.length} registrations of ${type}`);
  return only;
}
const command = (make: () => pulumi.Output<string>) => below(make, "command:remote:Command");
const file = (make: () => pulumi.Output<string>) => below(make, "command:remote:CopyToRemote");

/** What cmd.exe is given: what stands between the outer quotes. */
function line(create: unknown): string {
  const inside = /^cmd\.exe \/d \/s \/c "([^"]*)"$/.exec(String(create))?.[1];
  if (inside === undefined) throw new Error(`no line for cmd.exe: ${String(create)}`);
  return inside;
}

describe("Sysprep", () => {
  it("generalizes quietly, judges by the tag, and shuts down after the connection has ended", async () => {
    const { inputs } = await command(() => new Sysprep("ref", { connection }).stdout);
    const text = line(inputs["create"]);
    expect(text).toMatch(
      /start \/wait %SystemRoot%\\System32\\Sysprep\\sysprep\.exe \/generalize \/oobe \/quiet \/quit &/,
    );
    expect(text).toMatch(
      /^\(if exist (\S+) del \/f \/q \1\) & .* & if exist \1 \(shutdown\.exe \/s \/t 15\) else \(.*exit 1\)$/,
    );
  });

  it("restarts or stays on where that is asked", async () => {
    const create = async (afterwards: "reboot" | "quit") =>
      line((await command(() => new Sysprep("ref", { connection, afterwards }).stdout)).inputs["create"]);
    expect(await create("reboot")).toContain("(shutdown.exe /r /t 15)");
    expect(await create("quit")).not.toContain("shutdown");
  });

  it("names the answer file that was placed", async () => {
    const { inputs } = await command(() => {
      const answer = new AnswerFile("answer", { connection, content: "<unattend/>" });
      return new Sysprep("ref", { connection, answerFile: answer.path }).stdout;
    });
    expect(line(inputs["create"])).toContain(" /quit /unattend:C:\\Windows\\System32\\Sysprep\\unattend.xml & ");
  });

  it("runs once: a changed input runs nothing, a new value of run runs it again", async () => {
    const { inputs, replaceOnChanges } = await command(
      () => new Sysprep("ref", { connection, run: "2026-11-23" }).stdout,
    );
    expect(replaceOnChanges).toEqual(["triggers[*]"]);
    expect(inputs).toMatchObject({
      update: "cmd.exe /d /c exit 0",
      triggers: ["2026-11-23"],
      addPreviousOutputInEnv: false,
    });
    expect(inputs).not.toHaveProperty("delete");
  });

  it("hands on the connection, which is a secret as a whole there", async () => {
    const { inputs } = await command(() => new Sysprep("ref", { connection }).stdout);
    expect(inputs["connection"]).toEqual(
      secret({
        host: "ref01",
        hostKey: "ssh-ed25519 AAAA",
        password: "p1",
        user: "Administrator",
        dialErrorLimit: 2,
        perDialTimeout: 15,
        port: 22,
      }),
    );
  });
});

describe("Rearm", () => {
  it("runs slmgr /rearm by cscript without window, and restarts only when told to", async () => {
    const create = async (args: object) =>
      line((await command(() => new Rearm("demo", { connection, ...args }).stdout)).inputs["create"]);
    const rearm = "cscript.exe //nologo //B %SystemRoot%\\System32\\slmgr.vbs /rearm";
    expect(await create({})).toBe(rearm);
    expect(await create({ restart: true })).toBe(`${rearm} && shutdown.exe /r /t 15`);
  });
});

describe("AnswerFile", () => {
  it("copies the text as a secret, to a path that sftp understands", async () => {
    const content = unattendXmlOutput({ productKey: pulumi.secret(MAK) });
    const { inputs } = await file(() => new AnswerFile("answer", { connection, content, path: "D:/x\\a.xml" }).path);
    expect(inputs["remotePath"]).toBe("D:/x/a.xml");
    expect(Object.keys(inputs["source"] as object)).toEqual(["secret"]);
    expect(JSON.stringify(inputs["source"])).toContain(MAK);
  });

  it("keeps a text that was given in plain secret as well", async () => {
    const { inputs } = await file(() => new AnswerFile("answer", { connection, content: "<unattend/>" }).path);
    expect(Object.keys(inputs["source"] as object)).toEqual(["secret"]);
  });

  it("gives its path with backslashes", async () => {
    recordRegistrations();
    const answer = new AnswerFile("answer", { connection, content: "<unattend/>", path: "C:/a/b.xml" });
    expect(await outputValue(answer.path)).toBe("C:\\a\\b.xml");
    await pulumi.runtime.disconnect();
  });
});

describe("windowsPath", () => {
  it.each([
    "C:\\a b\\x.xml",
    'C:\\a"b.xml',
    "C:\\%PATH%\\x",
    "C:\\a&calc.exe",
    "C:\\a^b",
    "C:\\a\nb",
    "C:\\..\\x",
    "C:\\a.\\x",
    "\\\\server\\share\\x",
    "x.xml",
    "C:x",
    "C:",
    "C:\\$(calc)",
    "C:\\`x",
    "C:\\安裝.xml",
    "C:\\/quiet",
    `C:\\${"x".repeat(260)}`,
  ])("refuses %j", (path) => {
    expect(() => windowsPath("Sysprep", "answerFile", path)).toThrow(/^Sysprep: answerFile: must be a path on a drive/);
  });

  it("takes slashes of both kinds", () => {
    expect(windowsPath("Sysprep", "answerFile", "c:/Windows\\Panther/un-attend_1.xml")).toBe(
      "c:\\Windows\\Panther\\un-attend_1.xml",
    );
  });
});

describe("without @pulumi/command", () => {
  it("says what to install", () => {
    const missing = () => {
      throw Object.assign(new Error("Cannot find module '@pulumi/command'"), { code: "MODULE_NOT_FOUND" });
    };
    expect(() => remoteCommands("Sysprep", missing)).toThrow(
      "Sysprep runs through the package @pulumi/command, which is not installed. Install it beside this package: npm install @pulumi/command@^1.2.1",
    );
  });

  it("says that 4.5.0 is an old release", () => {
    expect(() => remoteCommands("AnswerFile", () => ({ remote: { Command: class {} } }))).toThrow(/4\.5\.0 is an old/);
  });

  it("passes any other trouble on", () => {
    const broken = () => {
      throw new SyntaxError("unexpected token");
    };
    expect(() => remoteCommands("Rearm", broken)).toThrow(SyntaxError);
  });
});
