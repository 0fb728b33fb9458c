import { Client } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { agentCommand, agentText } from "../../../provider/agent/index";
import { callControl } from "../../lab/control/client";
import { Lab, type LabMachine, quickstart } from "../../lab/index";
import { KMS_GROUP, statusOf, type } from "./helpers";

let lab: Lab;
afterEach(() => lab.stop());

/** Logs in and runs the agent until its first line, or until the connection ends. */
function firstLine(machine: LabMachine, password: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on("error", reject);
    client.on("close", () => resolve(""));
    client.on("ready", () => {
      client.exec(agentCommand(agentText().length), (error, channel) => {
        if (error) return reject(error);
        channel.once("data", (chunk: Buffer) => {
          resolve(chunk.toString());
          client.end();
        });
        channel.write(agentText());
      });
    });
    client.connect({ host: machine.host, port: machine.port, username: lab.admin.user, password });
  });
}

describe("machines on the network", () => {
  it("are reached by SSH with the lab's account, each with its own port and host key, and count their dials", async () => {
    lab = await Lab.start({ network: quickstart, ssh: true });
    expect(new Set(lab.machines.map((machine) => machine.port)).size).toBe(7);
    expect(new Set(lab.machines.map((machine) => machine.hostKey)).size).toBe(7);
    expect(await firstLine(lab.machine("srv03"), lab.admin.password)).toMatch(/^@A \{"ready":/);
    expect(lab.state("srv03").counters).toMatchObject({ dials: 1, powershellStarts: 1 });
    await expect(firstLine(lab.machine("srv03"), "wrong")).rejects.toThrow(/authentication/);
  });

  it("refuse connections while they are off, and have the same port after that", async () => {
    lab = await Lab.start({ network: quickstart, ssh: true });
    const { port } = lab.machine("srv01");
    await type(lab, "srv01", "shutdown");
    await expect(firstLine(lab.machine("srv01"), lab.admin.password)).rejects.toThrow(/ECONNREFUSED/);
    await type(lab, "srv01", "start");
    expect(lab.machine("srv01").port).toBe(port);
    expect(await firstLine(lab.machine("srv01"), lab.admin.password)).toMatch(/ready/);
  });

  it("lose the connection when a fault drops it", async () => {
    lab = await Lab.start({ network: quickstart, ssh: true });
    await lab.fault("srv01", { dropOn: "ping" });
    const machine = lab.machine("srv01");
    const ended = new Promise<void>((resolve, reject) => {
      const client = new Client();
      client.on("error", reject);
      client.on("close", () => resolve());
      client.on("ready", () =>
        client.exec(agentCommand(agentText().length), (error, channel) => {
          if (error) return reject(error);
          channel.write(Buffer.concat([agentText(), Buffer.from('{"id":1,"op":"ping","args":{}}\n')]));
        }),
      );
      client.connect({
        host: machine.host,
        port: machine.port,
        username: lab.admin.user,
        password: lab.admin.password,
      });
    });
    await ended;
  });
});

describe("the quickstart network", () => {
  it("activates all six servers with the host key of kms01, after some have waited for the others", async () => {
    lab = await Lab.start({ network: quickstart });
    await type(lab, "kms01", `slmgr /ipk ${lab.keys["kms01"]}`);
    expect((await type(lab, "kms01", "slmgr /ato")).exitCode).toBe(0);
    await type(lab, "kms01", "restart-service sppsvc");
    expect(lab.state("kms01").firewall.enabledRules.map((rule) => rule.grouping)).toEqual([
      "OpenSSH Server",
      KMS_GROUP,
    ]);
    await type(lab, "srv04", "slmgr /ipk VDYBN-27WPP-V4HQT-9VMD4-VMK7H");
    await type(lab, "srv05", "slmgr /ipk D764K-2NDRG-47T6Q-P8T8W-YP6DF");
    const servers = ["srv01", "srv02", "srv03", "srv04", "srv05", "srv06"];
    for (const name of servers) {
      await type(lab, name, "slmgr /skms kms01.contoso.com");
      await type(lab, name, "slmgr /ato");
    }
    expect(servers.map((name) => statusOf(lab, name)).filter((status) => status === "Licensed")).toHaveLength(2);
    lab.advance(3 * 3_600_000);
    expect(servers.map((name) => statusOf(lab, name))).toEqual(Array(6).fill("Licensed"));
    expect(lab.ledger()).toHaveLength(1);
  });
});

describe("the control", () => {
  it("takes actions from who knows the token, and from nobody else", async () => {
    lab = await Lab.start({ network: quickstart, control: true });
    const control = lab.control;
    if (!control) throw new Error("no control");
    expect(control.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await expect(callControl({ ...control, token: "wrong" }, "ping")).rejects.toThrow(/token/);
    expect(await callControl(control, "ping")).toMatchObject({ network: "quickstart" });
    await callControl(control, "change", { machine: "srv01", words: ["slmgr", "/skms", "kms01:1700"] });
    expect(await callControl(control, "state", { machine: "srv01" })).toMatchObject({
      kmsClient: { target: "kms01:1700" },
    });
    await callControl(control, "fault", { machine: "srv01", faults: { latencyMs: 5 } });
    expect(lab.state("srv01").faults.latencyMs).toBe(5);
    expect(await callControl(control, "ledger")).toMatchObject({ entries: [] });
    await callControl(control, "reset");
    expect(lab.state("srv01").kmsClient.target).toBeNull();
  });

  it("refuses what it does not understand, with a sentence", async () => {
    lab = await Lab.start({ network: quickstart, control: true });
    const control = lab.control;
    if (!control) throw new Error("no control");
    await expect(callControl(control, "format")).rejects.toThrow(/no action "format"/);
    await expect(callControl(control, "state", { machine: "srv99" })).rejects.toThrow(/No machine/);
    await expect(callControl(control, "state", {})).rejects.toThrow(/machine/);
    await expect(callControl(control, "fault", { machine: "srv01", faults: { dropOn: "format" } })).rejects.toThrow(
      /no operation/,
    );
    await expect(callControl(control, "fault", { machine: "srv01", faults: { fire: true } })).rejects.toThrow(/fire/);
    await expect(callControl(control, "change", { machine: "srv01", words: ["format"] })).rejects.toThrow(
      /not understood/,
    );
    const response = await fetch(`${control.url}/state`, {
      method: "POST",
      headers: { authorization: `Bearer ${control.token}` },
      body: "{",
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
  });
});
