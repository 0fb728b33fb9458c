import { parseDocument } from "yaml";
import type { LabInfo } from "./info.ts";

const namespace = "volume-activation";

export const secretKeys = {
  credentials: `${namespace}:credentials`,
  kmsHostKey: `${namespace}:kmsHostKey`,
} as const;

/** The machine whose KMS host key the quickstart program installs. */
const keyOwner = "kms01";

/** What the quickstart program reads about its machines: where they are and how to know them again. */
export function machinesConfig(lab: LabInfo): Record<string, { host: string; port: number; hostKey: string }> {
  return Object.fromEntries(lab.machines.map(({ name, host, port, hostKey }) => [name, { host, port, hostKey }]));
}

/** The configuration values that Pulumi must encrypt, by key. */
export function secretConfig(lab: LabInfo): Record<string, string> {
  const key = lab.keys[keyOwner];
  return {
    [secretKeys.credentials]: credentialsJson(lab),
    ...(key === undefined ? {} : { [secretKeys.kmsHostKey]: key }),
  };
}

export function credentialsJson(lab: LabInfo): string {
  return JSON.stringify({ admin: { user: lab.admin.user, password: lab.admin.password } });
}

/** The text of the stack's settings file with the lab's machines in it; everything else in it stays. */
export function stackSettings(existing: string, lab: LabInfo): string {
  const document = parseDocument(existing);
  document.setIn(["config", `${namespace}:machines`], document.createNode(machinesConfig(lab)));
  return document.toString({ lineWidth: 0 });
}
