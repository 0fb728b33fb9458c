// One KMS host and its clients, all pinned to it. Machines come from the stack's configuration, so the same program
// runs on the lab and on real hosts.
import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, KmsClientConfig, KmsHost } from "pulumi-volume-activation";

interface Machine {
  host: string;
  port?: number;
  hostKey: string;
}

const config = new pulumi.Config();
const machines = config.requireObject<{ [name: string]: Machine }>("machines");
const keys = config.requireSecretObject<{ kms01: string }>("keys");
const { kms01, ...clients } = machines;
if (!kms01) throw new Error('the configuration "machines" has no kms01');

const connect = (machine: Machine): ConnectionArgs => ({ ...machine, credentials: "admin" });

const host = new KmsHost("kms01", {
  connection: connect(kms01),
  productKey: keys.kms01,
  dnsPublishing: false,
});

for (const [name, machine] of Object.entries(clients)) {
  new KmsClientConfig(name, { connection: connect(machine), kmsHost: "kms01.contoso.com" }, { dependsOn: host });
}

export const hostStatus = host.licenseStatus;
export const hostPort = host.listeningPort;
