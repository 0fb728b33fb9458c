import { delimiter } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newHostKey } from "../lab/ssh/keys";
import { PASSPHRASE } from "../servers/openssh/sshd";
import { requirement } from "../servers/requirement";
import { commandPlugin } from "./commandPlugin/install";
import { ReferenceMachine } from "./oneShot/referenceMachine";
import { Project } from "./project";

const program = requirement("OpenSSH server", "/usr/sbin/sshd");
const plugin = commandPlugin();

const ANSWER_FILE = "C:\\Windows\\System32\\Sysprep\\unattend.xml";
/** Of the right shape; worth nothing. */
const MAK = "BCDFG-HJKMP-QRTVW-XY234-6789B";
const TEXT = `<unattend><ProductKey>${MAK}</ProductKey>\r\n  <!-- 安裝 --></unattend>`;
const GENERALIZE = `sysprep.exe /generalize /oobe /quiet /quit /unattend:${ANSWER_FILE}`;
const SHUT_DOWN = "shutdown.exe /s /t 15";
const REARM = "cscript.exe //nologo //B C:\\Windows\\System32\\slmgr.vbs /rearm";
/** What runs where the connection has changed, since the plugin would run the step itself again otherwise. */
const NOTHING = "cmd.exe /d /c exit 0";

/** `run` of the three steps, and the name of the connection in the configuration. */
const steps = (run: string, connection = "direct") => `
  const connection = config.requireSecretObject("${connection}");
  const file = new activation.AnswerFile("ref", { connection, content: config.requireSecret("answerFile"), run: "${run}" });
  const sysprep = new activation.Sysprep("ref", { connection, answerFile: file.path, run: "${run}" });
  new activation.Rearm("demo", { connection, run: "${run}" }, { dependsOn: sysprep });
  exports.path = file.path;
  exports.wrote = sysprep.stdout;
`;

describe.skipIf(!program.available)(`steps that are done once, in the real engine, by ${plugin.what}`, () => {
  let machine: ReferenceMachine;
  let project: Project;
  beforeAll(async () => {
    process.stdout.write(`pulumi-command is ${plugin.what}\n`);
    machine = await ReferenceMachine.start(program.why);
    project = await Project.create({ program: steps("2026-11") });
    project.env.PATH = [plugin.ready(project.folder), project.env.PATH].join(delimiter);
    const { port, user, ed25519, privateKey, protectedKey } = machine.sshd;
    const direct = { host: "127.0.0.1", port, user, privateKey, hostKey: ed25519, perDialTimeout: 30 };
    const hop = { ...direct, privateKey: protectedKey, privateKeyPassword: PASSPHRASE, dialErrorLimit: 1 };
    await project.configure(
      {},
      {
        answerFile: TEXT,
        direct: JSON.stringify(direct),
        throughHop: JSON.stringify({ ...hop, proxy: hop }),
        impostor: JSON.stringify({ ...direct, hostKey: newHostKey().publicLine, dialErrorLimit: 0 }),
      },
    );
  });
  afterAll(async () => {
    await machine?.stop();
    project?.remove();
  });
  beforeEach(() => machine.forget());
  const logins = () => machine.sshd.log().match(/Accepted publickey/g)?.length ?? 0;

  it("preview runs nothing and does not even connect", async () => {
    const ran = await project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(machine.lines).toEqual([]);
    expect(logins()).toBe(0);
  });

  it("up places the answer file, then runs Sysprep with it, shuts down after it, and runs each step once", async () => {
    const ran = await project.plainUp();
    expect(ran.code, ran.output).toBe(0);
    expect(machine.file(ANSWER_FILE)).toBe(TEXT);
    expect(machine.ran).toEqual([GENERALIZE, SHUT_DOWN, REARM]);
    const shown = async (name: string) => (await project.run(["stack", "output", name])).output.trim();
    expect(await shown("path")).toBe(ANSWER_FILE);
    expect(await shown("wrote")).toBe("sysprep has run");
  });

  it("preview again is empty, and up again runs nothing", async () => {
    const preview = await project.preview();
    expect(preview.code, preview.output).toBe(0);
    const ran = await project.plainUp();
    expect(ran.code, ran.output).toBe(0);
    expect(machine.lines).toEqual([]);
  });

  it("another connection, with a jump host and a key under a passphrase, is used and runs no step", async () => {
    const before = logins();
    project.write(steps("2026-11", "throughHop"));
    const ran = await project.plainUp();
    expect(ran.code, ran.output).toBe(0);
    expect(machine.lines).toEqual([NOTHING, NOTHING]);
    expect(machine.ran).toEqual([]);
    // Two logins each: one on the jump host, one through it.
    expect(logins() - before).toBe(4);
    expect((await project.preview()).code).toBe(0);
  });

  it("a new value of run does each step once more, and takes nothing back of what was done", async () => {
    project.write(steps("2026-12", "throughHop"));
    const ran = await project.plainUp();
    expect(ran.code, ran.output).toBe(0);
    expect(machine.ran).toEqual([GENERALIZE, SHUT_DOWN, REARM]);
    expect(machine.lines).toHaveLength(2);
    expect(machine.file(ANSWER_FILE)).toBe(TEXT);
  });

  it("a Sysprep that fails is an error that says where to look; the machine stays on, and the steps after it wait", async () => {
    machine.sysprep = "fails";
    project.write(steps("2027-01", "throughHop"));
    const ran = await project.plainUp();
    expect(ran.code).not.toBe(0);
    expect(ran.output).toContain("Sysprep failed, see C:\\Windows\\System32\\Sysprep\\Panther\\setuperr.log");
    expect(machine.ran).toEqual([GENERALIZE]);
  });

  it("the next up runs it again, and what waited", async () => {
    machine.sysprep = "succeeds";
    const ran = await project.plainUp();
    expect(ran.code, ran.output).toBe(0);
    expect(machine.ran).toEqual([GENERALIZE, SHUT_DOWN, REARM]);
    expect((await project.preview()).code).toBe(0);
  });

  it("nothing is run on a machine that has another host key than the declared one", async () => {
    project.write(steps("2027-02", "impostor"));
    const ran = await project.plainUp();
    expect(ran.code).not.toBe(0);
    expect(ran.output).toMatch(/host/i);
    expect(machine.lines).toEqual([]);
    project.write(steps("2027-01", "throughHop"));
  });

  it("a connection field that the plugin does not know is refused, which is what commandConnection() is for", async () => {
    const command = (connection: string) => `
      ${steps("2027-01", "throughHop")}
      const { remote } = require("@pulumi/command");
      new remote.Command("by-hand", { connection: ${connection}, create: "cmd.exe /d /c echo by hand" });
    `;
    const superset = 'connection.apply((known) => ({ ...known, transport: "ssh", onUnreachable: "keep" }))';
    project.write(command(superset));
    const refused = await project.plainUp();
    expect(refused.code).not.toBe(0);
    for (const field of ["transport", "onUnreachable"]) expect(refused.output).toContain(field);
    expect(machine.lines).toEqual([]);
    project.write(command(`activation.commandConnection(${superset})`));
    const taken = await project.plainUp();
    expect(taken.code, taken.output).toBe(0);
    expect(machine.lines).toEqual(["cmd.exe /d /c echo by hand"]);
  });

  it("keeps key, passphrase and answer file secret in the state, and out of everything that was printed", async () => {
    const { text, resources } = await project.exported();
    expect(resources.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["command:remote:Command", "command:remote:CopyToRemote"]),
    );
    const keyLines = [machine.sshd.privateKey, machine.sshd.protectedKey].map((pem) => pem.split("\n")[2] ?? "");
    for (const secret of [MAK, PASSPHRASE, ...keyLines]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(text).not.toContain(secret);
      expect(project.printed).not.toContain(secret);
    }
  });

  it("delete does nothing on the machine and leaves the file", async () => {
    const ran = await project.destroy();
    expect(ran.code, ran.output).toBe(0);
    expect(machine.lines).toEqual([]);
    expect(machine.file(ANSWER_FILE)).toBe(TEXT);
  });
});
