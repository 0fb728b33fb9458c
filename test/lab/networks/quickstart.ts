import type { NetworkSpec } from "./spec";

const KMS_FIREWALL_GROUP = "@FirewallAPI.dll,-28002";

/**
 * One future KMS host and six servers of six Windows Server versions: five servers are what a host needs before it
 * activates any, so one of them may be away and the example still ends well. The host's key is one of Windows Server
 * 2025, which installs on Server 2022 too and covers all six.
 */
export const quickstart: NetworkSpec = {
  name: "quickstart",
  domain: "contoso.com",
  machines: [
    {
      name: "kms01",
      os: "ws2022",
      edition: "ServerDatacenter",
      address: "10.0.0.10",
      initialKey: "gvlk",
      csvlk: "ws2025",
      firewallGroups: [KMS_FIREWALL_GROUP],
    },
    { name: "srv01", os: "ws2012r2", edition: "ServerStandard", address: "10.0.0.21" },
    { name: "srv02", os: "ws2016", edition: "ServerDatacenter", address: "10.0.0.22" },
    { name: "srv03", os: "ws2019", edition: "ServerStandard", address: "10.0.0.23", language: "zh-TW" },
    { name: "srv04", os: "ws2022", edition: "ServerStandard", address: "10.0.0.24", initialKey: "retail" },
    { name: "srv05", os: "ws2025", edition: "ServerDatacenter", address: "10.0.0.25", initialKey: "none" },
    { name: "srv06", os: "ws2008r2", edition: "ServerEnterprise", address: "10.0.0.26" },
  ],
};
