import type { MachineSpec, NetworkSpec } from "./spec";

const host = (number: number, os: MachineSpec["os"]): MachineSpec => ({
  name: `kms0${number}`,
  os,
  edition: "ServerDatacenter",
  address: `10.0.0.1${number}`,
  csvlk: "ws2022",
});

const client = (number: number, os: MachineSpec["os"]): MachineSpec => ({
  name: `srv0${number}`,
  os,
  edition: "ServerStandard",
  address: `10.0.0.2${number}`,
});

/** A domain whose zone takes secure updates only, with three future KMS hosts, their group, and six servers. */
export const directory: NetworkSpec = {
  name: "directory",
  domain: "contoso.com",
  zones: [{ name: "contoso.com", allowUpdate: ["hosts"], aging: true }],
  machines: [
    { name: "dc01", os: "ws2022", address: "10.0.0.2", domainController: true, dnsServer: true },
    host(1, "ws2022"),
    host(2, "ws2019"),
    host(3, "ws2016"),
    client(1, "ws2008r2"),
    client(2, "ws2012r2"),
    client(3, "ws2016"),
    client(4, "ws2019"),
    client(5, "ws2022"),
    client(6, "ws2022"),
  ],
  groups: [{ name: "KMS Hosts", members: ["kms01", "kms02"] }],
};
