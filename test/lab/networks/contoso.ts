import type { MachineSpec, NetworkSpec, ZoneSpec } from "./spec";

const CORP = "corp.contoso.com";

/** Each domain's DNS takes signed updates; of its machines, kms01 may write beside what others put at `_vlmcs._tcp`. */
function zone(name: string): ZoneSpec {
  return { name, allowUpdate: ["tsig", "hosts"], grants: { "_vlmcs._tcp": ["kms01"] } };
}

/** Two KMS hosts: the new one, whose key covers every machine here, and the one that it takes over from. */
const hosts: MachineSpec[] = [
  {
    name: "kms02",
    os: "ws2022",
    edition: "ServerDatacenter",
    address: "10.0.0.12",
    csvlk: "ws2025",
    updates: ["KB5034765"],
  },
  {
    name: "kms01",
    os: "ws2008r2",
    edition: "ServerEnterprise",
    language: "zh-TW",
    address: "10.0.0.11",
    csvlk: "ws2008r2-c",
  },
];

const workstations: MachineSpec[] = [
  { name: "pc01", os: "win7", edition: "Professional", address: "10.0.1.1" },
  { name: "pc02", os: "win7", edition: "Enterprise", language: "zh-TW", address: "10.0.1.2" },
  { name: "pc03", os: "win7", edition: "Professional", initialKey: "retail", address: "10.0.1.3" },
  { name: "pc04", os: "win8.1", edition: "Professional", address: "10.0.1.4" },
  { name: "pc05", os: "win8.1", edition: "Enterprise", address: "10.0.1.5", domain: CORP },
  { name: "pc06", os: "win10", edition: "Professional", address: "10.0.1.6" },
  { name: "pc07", os: "win10", edition: "Enterprise", address: "10.0.1.7" },
  { name: "pc08", os: "win10", edition: "Professional", initialKey: "mak", activated: true, address: "10.0.1.8" },
  { name: "pc09", os: "win10", edition: "Enterprise", language: "zh-TW", address: "10.0.1.9", domain: CORP },
  { name: "pc10", os: "win10", edition: "Enterprise", address: "10.0.1.10", domain: CORP },
  { name: "pc11", os: "win11", edition: "Professional", address: "10.0.1.11" },
  { name: "pc12", os: "win11", edition: "Enterprise", address: "10.0.1.12" },
  { name: "pc13", os: "win11", edition: "Professional", initialKey: "retail", activated: true, address: "10.0.1.13" },
  { name: "pc14", os: "win11", edition: "Enterprise", address: "10.0.1.14", domain: CORP },
  { name: "pc15", os: "win11", edition: "Professional", address: "10.0.1.15", domain: CORP },
];

const servers: MachineSpec[] = [
  { name: "srv01", os: "ws2008r2", edition: "ServerStandard", address: "10.0.2.1" },
  { name: "srv02", os: "ws2008r2", edition: "ServerDatacenter", address: "10.0.2.2" },
  { name: "srv03", os: "ws2012", edition: "ServerStandard", address: "10.0.2.3" },
  { name: "srv04", os: "ws2012r2", edition: "ServerStandard", address: "10.0.2.4" },
  { name: "srv05", os: "ws2012r2", edition: "ServerDatacenter", address: "10.0.2.5", domain: CORP },
  { name: "srv06", os: "ws2016", edition: "ServerDatacenter", address: "10.0.2.6" },
  { name: "srv07", os: "ws2016", edition: "ServerStandard", initialKey: "mak", activated: true, address: "10.0.2.7" },
  { name: "srv08", os: "ws2019", edition: "ServerStandard", language: "zh-TW", address: "10.0.2.8" },
  { name: "srv09", os: "ws2019", edition: "ServerDatacenter", address: "10.0.2.9", domain: CORP },
  { name: "srv10", os: "ws2022", edition: "ServerStandard", initialKey: "none", address: "10.0.2.10" },
  { name: "srv11", os: "ws2022", edition: "ServerDatacenter", address: "10.0.2.11", domain: CORP },
  { name: "srv12", os: "ws2025", edition: "ServerStandard", address: "10.0.2.12" },
];

/**
 * contoso.com and corp.contoso.com: two KMS hosts, 27 machines for KMS clients (two more than client Windows needs), and
 * a server for a multiple activation key. Nothing is configured: firewalls as Windows ships them, no SRV record.
 */
export const contoso: NetworkSpec = {
  name: "contoso",
  domain: "contoso.com",
  zones: [zone("contoso.com"), zone(CORP)],
  keys: { mak01: { kind: "mak", os: "ws2019", activations: 10 } },
  machines: [
    ...hosts,
    ...workstations,
    ...servers,
    { name: "mak01", os: "ws2019", edition: "ServerStandard", address: "10.0.0.20", initialKey: "none" },
  ],
};
