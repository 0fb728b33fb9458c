import { Lab, type MachineSpec, quickstart } from "pulumi-volume-activation-lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anonymous, checkAgent } from "../../../provider/agentCheck/index";
import { silentLogger } from "../../../provider/log/logger";
import { sshTransport } from "../../../provider/machine/ssh";

describe("the read-only check of the agent", () => {
  let lab: Lab;
  beforeAll(async () => {
    const dc01: MachineSpec = { name: "dc01", os: "ws2022", address: "10.0.0.9", domainController: true };
    lab = await Lab.start({ network: { ...quickstart, machines: [...quickstart.machines, dc01] }, ssh: true });
  });
  afterAll(() => lab.stop());

  it("asks everything that only looks, changes nothing, and records no identity", async () => {
    const { host, port, hostKey } = lab.machine("srv06");
    const endpoint = { host, port, hostKey, ...lab.admin };
    const before = JSON.stringify([
      lab.state("srv06").registry,
      lab.state("srv06").products,
      lab.state("srv06").firewall,
    ]);
    const rows = await checkAgent(sshTransport({ endpoint, connectTimeoutMs: 10_000 }, silentLogger, {}));
    expect(rows.map(({ op, outcome }) => [op, outcome])).toEqual(
      [
        "ping",
        "hello",
        "licensing.read",
        "registry.read",
        "net.listeners",
        "net.probe",
        "firewall.read",
        "events.read",
        "dns.read",
        "directory.node",
        "account.sid",
        "batch",
      ].map((op) => [op, op === "dns.read" ? "unproven" : "ok"]),
    );
    expect(
      JSON.stringify([lab.state("srv06").registry, lab.state("srv06").products, lab.state("srv06").firewall]),
    ).toBe(before);
    const { identity } = lab.state("srv06");
    const recorded = JSON.stringify(rows.map(({ answer }) => answer));
    for (const text of [identity.smbiosUuid, identity.machineGuid, identity.clientMachineId, "SRV06", "contoso.com"]) {
      expect(recorded.toLowerCase()).not.toContain(text.toLowerCase());
    }
    expect(recorded).toContain("6.1.7601");
  });

  it("keeps codes and numbers of an event, not its names", () => {
    expect(anonymous({ strings: ["0xC004F038", "5", "kms01.contoso.com:1688"] })).toEqual({
      strings: ["0xC004F038", "5", "(read)"],
    });
  });
});
