import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { AnswerFile, type ConnectionArgs, gvlk, Rearm, Sysprep, unattendXml } from "../../sdk/index";
import { recordRegistrations, stopRecording } from "../unit/sdk/wire";

const connection: ConnectionArgs = { host: "ref01", hostKey: "ssh-ed25519 AAAA" };

afterEach(stopRecording);

/** The command line that a step asks @pulumi/command to run. */
async function commandOf(make: () => void): Promise<string> {
  const registrations = recordRegistrations({ stdout: "" });
  make();
  await pulumi.runtime.disconnect();
  return String(registrations.find(({ type }) => type === "command:remote:Command")?.inputs["create"]);
}

describe("部署 KMS 用戶端 (Deploy KMS clients)", () => {
  it("Sysprep: runs with /generalize before the image is captured, and then shuts the machine down", async () => {
    const line = await commandOf(() => new Sysprep("ref", { connection }));
    expect(line).toContain("sysprep.exe /generalize /oobe ");
    expect(line.indexOf("shutdown.exe /s")).toBeGreaterThan(line.indexOf("/generalize"));
  });

  it("Sysprep: tells of the failure that is left when no rearm remains, instead of capturing such an image", async () => {
    const line = await commandOf(() => new Sysprep("ref", { connection }));
    expect(line).toMatch(/if exist \S+Sysprep_succeeded\.tag \(shutdown.*\) else \(echo Sysprep failed.* exit 1\)"$/);
  });

  it("Sysprep: keeps the setup key that is installed, and takes no rearm where the answer file says so", async () => {
    const content = unattendXml({ windows: "Windows 7", skipRearm: true });
    expect(content).not.toContain(gvlk("Windows 7 Enterprise"));
    expect(content).toContain("<SkipRearm>1</SkipRearm>");
    const line = await commandOf(() => {
      const answer = new AnswerFile("answer", { connection, content });
      new Sysprep("ref", { connection, answerFile: answer.path });
    });
    expect(line).toContain("/unattend:C:\\Windows\\System32\\Sysprep\\unattend.xml");
  });

  it("Slmgr.vbs: /rearm resets the timers of a demonstration machine and does nothing else", async () => {
    const line = await commandOf(() => new Rearm("demo", { connection }));
    expect(line).toBe('cmd.exe /d /s /c "cscript.exe //nologo //B %SystemRoot%\\System32\\slmgr.vbs /rearm"');
  });
});
