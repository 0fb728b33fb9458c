import { beforeEach, describe, expect, it, vi } from "vitest";
import { encode } from "../../../provider/adapter/props";
import type { ResolvedConnection } from "../../../provider/machine/connection";
import type { BatchResult } from "../../../provider/machine/protocol";
import type { MachineSession } from "../../../provider/machine/session";
import { ConnectError } from "../../../provider/machine/transport";
import { type ExportedResource, readTopology } from "../../../provider/status";
import { custom as customRule, reads as wallReads, rule as wallRule } from "../resources/firewallRule/samples";
import { clientReads, NOW, WAITING, wantedClient } from "../resources/kmsClientConfig/samples";
import { hostReads, wantedHost } from "../resources/kmsHost/samples";
import { makProduct, reads as makReads, wanted as wantedMak } from "../resources/makActivation/samples";
import { HELLO, hostProduct, product } from "../resources/shared/fakeMachine";

/** Machines by address; a missing one does not answer. */
const network = vi.hoisted(() => ({ machines: new Map<string, unknown>(), closed: 0, passwords: [] as string[] }));

vi.mock("../../../provider/machine/pool", () => ({
  SessionPool: class {
    async use(
      { endpoint }: ResolvedConnection,
      _options: unknown,
      work: (session: MachineSession) => Promise<unknown>,
    ) {
      network.passwords.push(endpoint.password ?? "");
      const machine = network.machines.get(endpoint.host) as { hello: object; reads: BatchResult["reads"] } | undefined;
      if (!machine) throw new ConnectError("connect", `no route (tried ${endpoint.password})`, "check it");
      const call = async () => ({ steps: [], restart: { status: "notNeeded" }, reads: machine.reads });
      return work({
        hello: { ...HELLO, ...machine.hello },
        description: endpoint.host,
        call,
      } as unknown as MachineSession);
    }
    async close() {
      network.closed++;
    }
  },
}));

const resource = (type: string, inputs: object, over: object = {}): ExportedResource => ({
  urn: `urn:pulumi:s::p::${type}::x`,
  type: `pulumi-nodejs:dynamic/activation:${type}`,
  outputs: encode({ ...inputs, ...over }),
});
const connection = (host: string) => ({
  connection: { host, hostKey: "insecure-accept-any", password: "from-the-state" },
});
const machine = {
  id: HELLO.machineId,
  name: "OLDNAME",
  windows: "Windows Server 2019 Standard",
  version: "10.0.17763",
  language: "en-US",
};

beforeEach(() => {
  network.machines.clear();
  network.closed = 0;
  network.passwords = [];
});

describe("the topology", () => {
  it("shows every machine as it is right now", async () => {
    network.machines.set("kms01", {
      hello: {},
      reads: hostReads({ products: [hostProduct({ KeyManagementServiceCurrentCount: 3 })] }),
    });
    network.machines.set("web01", {
      hello: {
        computerName: "WEB01",
        uiLanguage: "en-US",
        osCaption: "Microsoft Windows 11 Pro ",
        osVersion: "10.0.26100",
        productType: 1,
        editionId: "Professional",
      },
      reads: clientReads(WAITING),
    });
    const rows = await readTopology({
      resources: [
        resource("KmsHost", wantedHost(connection("kms01"))),
        resource("KmsClientConfig", wantedClient({ ...connection("web01"), setupKey: "keep" })),
      ],
    });
    expect(rows).toEqual([
      {
        machine: "KMS01",
        windows: "Server 2022 Datacenter (zh-TW)",
        role: "KMS host",
        status: "Licensed",
        count: "3",
        findings: ["count 3: servers and Office are activated from 5 on, client Windows from 25"],
        lookedAt: true,
      },
      {
        machine: "WEB01",
        windows: "Windows 11 Pro",
        role: "KMS client",
        status: "pendingThreshold",
        count: "",
        findings: ["its KMS host answers, and its count is too low yet (0xC004F038); Windows asks again by itself"],
        lookedAt: true,
      },
    ]);
    expect(network.closed).toBe(1);
  });

  it("marks a spare, and a host that has no count yet", async () => {
    network.machines.set("kms02", { hello: {}, reads: hostReads({ products: [product({})], listeners: [] }) });
    const [row] = await readTopology({
      resources: [resource("KmsHost", wantedHost({ ...connection("kms02"), role: "spare" }))],
    });
    expect(row).toMatchObject({ role: "KMS host (spare)", count: "-" });
  });

  it("has a row for a machine that cannot be looked at, which says why and shows no secret", async () => {
    network.machines.set("web01", { hello: {}, reads: clientReads({}) });
    const rows = await readTopology({
      resources: [
        resource("KmsHost", wantedHost(connection("gone")), { machine, licenseStatus: "Licensed", currentCount: 30 }),
        resource("KmsClientConfig", wantedClient(connection("web01"))),
      ],
    });
    expect(rows).toMatchObject([
      {
        machine: "OLDNAME",
        windows: "Server 2019 Standard",
        status: "not looked at",
        count: "",
        findings: [],
        lookedAt: false,
      },
      { machine: "KMS01", lookedAt: true },
    ]);
    expect(rows[0]?.problem).toContain('KmsHost "kms01" on gone:22: connecting failed: no route (tried [secret]).');
    expect(network.closed).toBe(1);
  });

  it("names a machine with a MAK as one", async () => {
    network.machines.set("lap01", { hello: { computerName: "LAP01" }, reads: makReads(makProduct()) });
    const [row] = await readTopology({ resources: [resource("MakActivation", wantedMak(connection("lap01")))] });
    expect(row).toMatchObject({ machine: "LAP01", role: "MAK", status: "Licensed", count: "", lookedAt: true });
  });

  it("has no line for a firewall rule, but says when its machine could not be looked at", async () => {
    network.machines.set("kms01", { hello: {}, reads: wallReads({ rules: [wallRule()] }) });
    const resources = ["kms01", "gone"].map((host) => resource("FirewallRule", customRule(connection(host))));
    const rows = await readTopology({ resources });
    expect(rows).toMatchObject([{ machine: "wall", status: "not looked at", lookedAt: false }]);
  });

  it("leaves out resources of others and those without outputs", async () => {
    const rows = await readTopology({
      resources: [
        { urn: "u", type: "pulumi:pulumi:Stack", outputs: {} },
        { urn: "u", type: "pulumi-nodejs:dynamic/activation:SomethingNewer", outputs: {} },
        { urn: "u", type: "pulumi-nodejs:dynamic/activation:KmsHost" },
      ],
    });
    expect(rows).toEqual([]);
  });

  it("uses the stack's credentials, and the environment's over them", async () => {
    network.machines.set("web01", { hello: { now: NOW }, reads: clientReads({}) });
    const inputs = wantedClient({
      connection: { host: "web01", hostKey: "insecure-accept-any", credentials: "admin" },
    });
    const request = {
      resources: [resource("KmsClientConfig", inputs)],
      credentials: '{"admin":{"password":"of-the-stack"}}',
    };
    await readTopology({ ...request, env: {} });
    await readTopology({ ...request, env: { VOLUME_ACTIVATION_ADMIN_PASSWORD: "of-the-environment" } });
    expect(network.passwords).toEqual(["of-the-stack", "of-the-environment"]);
  });
});
