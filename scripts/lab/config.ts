import { parseDocument } from "yaml";
import type { LabInfo } from "./info.ts";

/** The credential sets, for every project: machines are logged in to as "admin", DNS updates signed by "dns". */
export const credentialsKey = "volume-activation:credentials";

/** What a program reads about its machines: where they are and how to know them again. */
export function machinesConfig(lab: LabInfo): Record<string, { host: string; port: number; hostKey: string }> {
  return Object.fromEntries(lab.machines.map(({ name, host, port, hostKey }) => [name, { host, port, hostKey }]));
}

/** The name server that takes updates, and the key that signs them; its secret is in the credential set "dns". */
export function dnsConfig(lab: LabInfo): { server: string; keyName: string; algorithm: string } | undefined {
  if (!lab.dns) return undefined;
  const { host, port, tsig } = lab.dns;
  return { server: `${host}:${port}`, keyName: tsig.keyName, algorithm: tsig.algorithm };
}

/** The configuration values that Pulumi must encrypt, by key: `project` is the namespace of a program's own ones. */
export function secretConfig(project: string, lab: LabInfo): Record<string, string> {
  // The keys that a program installs go by their machine's name; others are what machines came with.
  const machines = new Set(lab.machines.map(({ name }) => name));
  const keys = Object.fromEntries(Object.entries(lab.keys).filter(([name]) => machines.has(name)));
  return { [credentialsKey]: credentialsJson(lab), [`${project}:keys`]: JSON.stringify(keys) };
}

export function credentialsJson(lab: LabInfo): string {
  const { user, password } = lab.admin;
  return JSON.stringify({
    admin: { user, password },
    ...(lab.dns ? { dns: { tsigSecret: lab.dns.tsig.secret } } : {}),
  });
}

/** The text of the stack's settings file with the lab's machines in it; everything else in it stays. */
export function stackSettings(existing: string, project: string, lab: LabInfo): string {
  const document = parseDocument(existing);
  document.setIn(["config", `${project}:machines`], document.createNode(machinesConfig(lab)));
  const dns = dnsConfig(lab);
  if (dns) document.setIn(["config", `${project}:dns`], document.createNode(dns));
  return document.toString({ lineWidth: 0 });
}
