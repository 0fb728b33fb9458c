// Several KMS hosts in a domain whose DNS takes secure updates only. The first host that publishes itself owns the name
// of the records; the group of the hosts is given rights on it, so that the second host can publish itself too. The
// third does not: its record is kept on the DNS server.
import * as pulumi from "@pulumi/pulumi";
import {
  type ConnectionArgs,
  DnsRecordPermission,
  FirewallRule,
  KmsClientConfig,
  KmsHost,
  SrvRecord,
} from "pulumi-volume-activation";

interface Machine {
  host: string;
  port?: number;
  hostKey: string;
}

const config = new pulumi.Config();
const machines = config.requireObject<{ [name: string]: Machine }>("machines");
const keys = config.requireSecretObject<{ kms01: string; kms02: string; kms03: string }>("keys");
const { dc01: _dc01, kms01: _kms01, kms02: _kms02, kms03: _kms03, ...clients } = machines;

function connect(name: string): ConnectionArgs {
  const machine = machines[name];
  if (!machine) throw new Error(`the configuration "machines" has no ${name}`);
  return { ...machine, credentials: "admin" };
}

for (const name of ["kms01", "kms02", "kms03"]) {
  new FirewallRule(name, { connection: connect(name), group: "kms", profiles: ["domain"] });
}

const kms01 = new KmsHost("kms01", { connection: connect("kms01"), productKey: keys.kms01 });
const permission = new DnsRecordPermission(
  "kms-hosts",
  { connection: connect("dc01"), zone: "contoso.com", account: "CONTOSO\\KMS Hosts" },
  { dependsOn: kms01 },
);
const kms02 = new KmsHost(
  "kms02",
  {
    connection: connect("kms02"),
    productKey: keys.kms02,
    publishDomains: [{ domain: "contoso.com", priority: 10 }],
    role: "spare",
  },
  { dependsOn: permission },
);
const kms03 = new KmsHost("kms03", {
  connection: connect("kms03"),
  productKey: keys.kms03,
  dnsPublishing: false,
  role: "spare",
});
const record = new SrvRecord(
  "kms03",
  {
    zone: "contoso.com",
    target: "kms03.contoso.com",
    port: kms03.listeningPort,
    priority: 20,
    auth: { method: "windowsDns", connection: connect("dc01") },
    neighbours: ["kms01.contoso.com", "kms02.contoso.com"],
  },
  { dependsOn: kms02 },
);

for (const name of Object.keys(clients)) {
  new KmsClientConfig(name, { connection: connect(name) }, { dependsOn: record });
}

export const rights = permission.rights;
export const records = pulumi
  .all([record.neighboursSeen, record.fqdn])
  .apply(([others, fqdn]) => `${fqdn}: ${[...others, "20 0 1688 kms03.contoso.com"].join("; ")}`);
