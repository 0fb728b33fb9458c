import { afterEach, describe, expect, it } from "vitest";
import type { EventsReadArgs } from "../../../provider/machine/protocol";
import type { Lab, MachineSpec } from "../../lab/index";
import { testLab } from "../conformance/harness";
import { kmsHost, type, withAgent } from "./helpers";

const TPM_ENUM = { key: "SYSTEM\\CurrentControlSet\\Services\\TPM\\Enum", name: "Count" };
const host = (name: string, last: number, more: Partial<MachineSpec> = {}) =>
  kmsHost(name, last, { os: "ws2025", csvlk: "ws2025", tpm: false, kmsReadinessUpdate: true, ...more });

let lab: Lab;
afterEach(() => lab.stop());
const read = (machine: string, more: Partial<EventsReadArgs> = {}) =>
  withAgent(lab, machine, (agent) =>
    agent.call("events.read", { log: "Key Management Service", ids: [], max: 100, ...more }),
  );
const warnings = async (machine: string) => (await read(machine, { types: ["warning"] })).events;

describe("the update of Server 2025 that tells of a KMS host's hardware", () => {
  it("warns at each start of the service on a host without a TPM", async () => {
    lab = await testLab({ machines: [host("kms1", 1)] });
    expect(await warnings("kms1")).toHaveLength(1);
    await type(lab, "kms1", "restart-service sppsvc");
    expect(await warnings("kms1")).toHaveLength(2);
  });

  it("says nothing on a host with a TPM, without the update, on an older Windows, and where there is no KMS host", async () => {
    const quiet = [
      host("tpm", 1, { tpm: true }),
      host("old", 2, { kmsReadinessUpdate: false }),
      host("ws2022", 3, { os: "ws2022" }),
      host("client", 4, { initialKey: "gvlk" }),
    ];
    lab = await testLab({ machines: quiet });
    for (const { name } of quiet) expect(await warnings(name), name).toEqual([]);
  });

  it("shows in the registry whether the TPM driver has a device", async () => {
    lab = await testLab({ machines: [host("none", 1), host("one", 2, { tpm: true })] });
    const count = (machine: string) =>
      withAgent(lab, machine, async (agent) => (await agent.call("registry.read", { values: [TPM_ENUM] })).values[0]);
    expect(await count("none")).toBeNull();
    expect(await count("one")).toEqual({ kind: "REG_DWORD", data: 1 });
  });
});

describe("a log that is read by type", () => {
  it("gives the entries of that type only, and looks at no more than it was told to", async () => {
    lab = await testLab({ machines: [host("kms1", 1), { name: "c1", os: "ws2022", address: "10.0.1.1" }] });
    await type(lab, "kms1", 'netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28002" new enable=yes');
    await type(lab, "c1", "slmgr /skms kms1.contoso.com");
    await type(lab, "c1", "slmgr /ato");
    const { events } = await read("kms1");
    expect(events.map((one) => one.type)).toEqual(["information", "warning"]);
    expect((await read("kms1", { types: ["information"] })).events.map((one) => one.id)).toEqual([12290]);
    expect((await read("kms1", { types: ["warning"], look: 1 })).events).toEqual([]);
    expect((await read("kms1", { types: ["warning"], look: 2 })).events).toHaveLength(1);
  });
});
