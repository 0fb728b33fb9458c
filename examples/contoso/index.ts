import { FirewallRule, KmsClientConfig, KmsHost, MakActivation, SrvRecord } from "pulumi-volume-activation";
import { clients, connect, dnsServer, keys, pinned, zones } from "./inventory";

const kms02 = new KmsHost("kms02", {
  connection: connect("kms02"),
  productKey: keys.kms02,
  listeningPort: 1689,
  dnsPublishing: false, // its records are declared below
});
const kms02Rule = new FirewallRule("kms02-1689", {
  connection: connect("kms02"),
  name: "Key Management Service on TCP 1689",
  service: "sppsvc",
  localPorts: [1689],
  profiles: ["domain"],
});

const kms01 = new KmsHost("kms01", {
  connection: connect("kms01"),
  productKey: keys.kms01,
  role: "spare",
  publishDomains: zones.map((domain) => ({ domain, priority: 10 })),
});
const kms01Rule = new FirewallRule("kms01-kms", { connection: connect("kms01"), group: "kms", profiles: ["domain"] });

const records = zones.map(
  (zone) =>
    new SrvRecord(
      `kms02.${zone}`,
      { zone, target: "kms02.contoso.com", port: kms02.listeningPort, ...dnsServer, neighbours: ["kms01.contoso.com"] },
      { dependsOn: kms02Rule },
    ),
);

for (const name of clients) {
  const host = pinned[name];
  const pin = host === undefined ? {} : { kmsHost: host, kmsPort: kms02.listeningPort };
  new KmsClientConfig(name, { connection: connect(name), ...pin }, { dependsOn: [...records, kms01, kms01Rule] });
}

new MakActivation("mak01", { connection: connect("mak01"), productKey: keys.mak01 });

export const hosts = { kms02: kms02.licenseStatus, kms01: kms01.licenseStatus };
