import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { checkActivationPolicy } from "../../../../provider/resources/activationPolicy/schema";
import { checkFirewallRule } from "../../../../provider/resources/firewallRule/schema";
import { type ConnectionArgs, RemoteManagement, type RemoteManagementArgs } from "../../../../sdk/index";
import { recordRegistrations, secret, stopRecording } from "../wire";

const connection: ConnectionArgs = { host: "web01", hostKey: "insecure-accept-any" };
const FIREWALL = "pulumi-nodejs:dynamic/activation:FirewallRule";
const POLICY = "pulumi-nodejs:dynamic/activation:ActivationPolicy";

afterEach(stopRecording);

/** What the engine gets for one component and what it is made of: without the parts that every resource has. */
async function registered(args: Omit<RemoteManagementArgs, "connection">, reached = connection) {
  const registrations = recordRegistrations();
  new RemoteManagement("web01", { connection: reached, ...args });
  await pulumi.runtime.disconnect();
  return registrations.map(({ type, name, inputs }) => {
    const { __provider: _, resourceName: __, ...given } = inputs;
    return { type, name, inputs: given };
  });
}

describe("RemoteManagement", () => {
  it("is a component without inputs of its own, so that no password of a connection is stored with it", async () => {
    const [component, ...parts] = await registered({ workgroup: true }, { ...connection, password: "p1" });
    expect(component).toEqual({ type: "volume-activation:index:RemoteManagement", name: "web01", inputs: {} });
    expect(parts).toHaveLength(2);
    for (const { inputs } of parts) expect(inputs["connection"]).toEqual({ ...connection, password: secret("p1") });
  });

  it("opens the group of WMI as Windows has it where no subnets are declared", async () => {
    const [, ...parts] = await registered({});
    expect(parts).toEqual([{ type: FIREWALL, name: "web01-wmi", inputs: { connection, group: "wmi" } }]);
  });

  it("admits the declared subnets in the declared profiles, for each group that is asked for", async () => {
    const subnets = ["10.0.0.0/8", "LocalSubnet"];
    const [, ...parts] = await registered({ subnets, profiles: ["domain"], eventLog: true, services: true });
    const scope = { connection, remoteAddresses: subnets, profiles: ["domain"] };
    expect(parts).toEqual([
      { type: FIREWALL, name: "web01-wmi", inputs: { ...scope, group: "wmi" } },
      { type: FIREWALL, name: "web01-event-log", inputs: { ...scope, group: "remoteEventLog" } },
      { type: FIREWALL, name: "web01-services", inputs: { ...scope, group: "remoteService" } },
    ]);
  });

  it("loosens the token policy of a workgroup machine only, and takes it back on delete", async () => {
    const [, , policy, more] = await registered({ workgroup: true });
    expect(policy).toEqual({
      type: POLICY,
      name: "web01-token-policy",
      inputs: { connection, localAccountTokenFilterPolicy: true, onDelete: "restore" },
    });
    expect(more).toBeUndefined();
    expect((await registered({ workgroup: false })).map(({ type }) => type)).not.toContain(POLICY);
  });

  it("gives the provider nothing that it refuses", async () => {
    const whole = { subnets: ["10.0.0.0/255.0.0.0"], workgroup: true, eventLog: true, services: true };
    for (const { type, inputs } of await registered(whole)) {
      if (!type.includes("dynamic")) continue;
      const check = type === POLICY ? checkActivationPolicy : checkFirewallRule;
      expect(check(JSON.parse(JSON.stringify(inputs))).failures).toEqual([]);
    }
  });

  it("has its parts as properties, and undefined for those that were not asked for", async () => {
    recordRegistrations();
    const { wmi, eventLog, services, tokenPolicy } = new RemoteManagement("web01", { connection, services: true });
    await pulumi.runtime.disconnect();
    expect([wmi, services].map((part) => part !== undefined)).toEqual([true, true]);
    expect([eventLog, tokenPolicy]).toEqual([undefined, undefined]);
  });
});
