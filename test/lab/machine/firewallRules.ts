import type { FirewallRuleState } from "pulumi-volume-activation-provider/machine/protocol";
import type { OsKind } from "./os";

export const ALL_PROFILES = 2147483647;
export const PROFILE = { domain: 1, private: 2, public: 4 } as const;

export const GROUPS = {
  kms: "@FirewallAPI.dll,-28002",
  wmi: "@FirewallAPI.dll,-34251",
  remoteService: "@FirewallAPI.dll,-29502",
  remoteEventLog: "@FirewallAPI.dll,-29252",
  winrm: "@FirewallAPI.dll,-30267",
} as const;

interface Template {
  group: string;
  name: string;
  /** Display name on a Taiwanese Windows, where the lab has one. */
  taiwan?: string;
  direction?: "in" | "out";
  localPorts: string;
  program: string;
  service: string;
}

const SVCHOST = "%SystemRoot%\\system32\\svchost.exe";
const SERVICES = "%SystemRoot%\\system32\\services.exe";

function templates(os: OsKind): Template[] {
  return [
    {
      group: GROUPS.kms,
      name: "Key Management Service (TCP-In)",
      taiwan: "金鑰管理服務 (TCP-In)",
      localPorts: "1688",
      program: os.kmsProgram,
      service: "sppsvc",
    },
    {
      group: GROUPS.wmi,
      name: "Windows Management Instrumentation (DCOM-In)",
      localPorts: "135",
      program: SVCHOST,
      service: "rpcss",
    },
    {
      group: GROUPS.wmi,
      name: "Windows Management Instrumentation (WMI-In)",
      localPorts: "*",
      program: SVCHOST,
      service: "winmgmt",
    },
    {
      group: GROUPS.wmi,
      name: "Windows Management Instrumentation (ASync-In)",
      localPorts: "*",
      program: "%systemroot%\\system32\\wbem\\unsecapp.exe",
      service: "",
    },
    {
      group: GROUPS.wmi,
      name: "Windows Management Instrumentation (WMI-Out)",
      direction: "out",
      localPorts: "*",
      program: SVCHOST,
      service: "winmgmt",
    },
    {
      group: GROUPS.remoteService,
      name: "Remote Service Management (RPC)",
      localPorts: "RPC",
      program: SERVICES,
      service: "*",
    },
    {
      group: GROUPS.remoteService,
      name: "Remote Service Management (NP-In)",
      localPorts: "445",
      program: "System",
      service: "*",
    },
    {
      group: GROUPS.remoteService,
      name: "Remote Service Management (RPC-EPMAP)",
      localPorts: "RPC-EPMap",
      program: SVCHOST,
      service: "RPCSS",
    },
    {
      group: GROUPS.remoteEventLog,
      name: "Remote Event Log Management (RPC)",
      localPorts: "RPC",
      program: SVCHOST,
      service: "Eventlog",
    },
    {
      group: GROUPS.remoteEventLog,
      name: "Remote Event Log Management (NP-In)",
      localPorts: "445",
      program: "System",
      service: "*",
    },
    {
      group: GROUPS.winrm,
      name: "Windows Remote Management (HTTP-In)",
      localPorts: "5985",
      program: "System",
      service: "*",
    },
  ];
}

/** What installing the OpenSSH server brings: the way by which the lab's machines are reached. */
export const SSH_RULE: FirewallRuleState = {
  name: "OpenSSH SSH Server (sshd)",
  grouping: "OpenSSH Server",
  description: "",
  direction: "in",
  action: "allow",
  enabled: true,
  profiles: ALL_PROFILES,
  protocol: 6,
  localPorts: "22",
  remoteAddresses: "*",
  program: "%SystemRoot%\\system32\\OpenSSH\\sshd.exe",
  service: "",
};

/**
 * The predefined rules, all off. Client Windows has each one twice: for private and public networks from the own
 * subnet only, for the domain from anywhere. A server has one rule for all profiles.
 */
export function predefinedRules(os: OsKind, language: string): FirewallRuleState[] {
  return templates(os).flatMap((template) => {
    const rule: FirewallRuleState = {
      name: language === "zh-TW" && template.taiwan !== undefined ? template.taiwan : template.name,
      grouping: template.group,
      description: "",
      direction: template.direction ?? "in",
      action: "allow",
      enabled: false,
      profiles: ALL_PROFILES,
      protocol: 6,
      localPorts: template.localPorts,
      remoteAddresses: "*",
      program: template.program,
      service: template.service,
    };
    if (os.server) return [rule];
    return [
      { ...rule, profiles: PROFILE.private | PROFILE.public, remoteAddresses: "LocalSubnet" },
      { ...rule, profiles: PROFILE.domain },
    ];
  });
}
