import { checkPort, normalizeAddressRange, quote } from "../../checks/index";
import type { ProfileMask } from "../../machine/protocol";

/** The predefined groups by our names, and Windows' neutral ids for them (the names shown are translated). */
export const GROUP_IDS = {
  kms: "@FirewallAPI.dll,-28002",
  wmi: "@FirewallAPI.dll,-34251",
  remoteEventLog: "@FirewallAPI.dll,-29252",
  remoteService: "@FirewallAPI.dll,-29502",
  winrm: "@FirewallAPI.dll,-30267",
} as const;

/** Any neutral group id: a resource of a DLL. */
const GROUP_ID = /^@[\w.%\\ -]+\.dll,-\d{1,6}$/i;

/** Our own name where there is one; undefined for what is no group. */
export function groupName(text: string): string | undefined {
  const wanted = text.toLowerCase();
  for (const [name, id] of Object.entries(GROUP_IDS)) {
    if (name.toLowerCase() === wanted || id.toLowerCase() === wanted) return name;
  }
  return GROUP_ID.test(text) ? text : undefined;
}

export const groupId = (group: string): string => (GROUP_IDS as { [name: string]: string })[group] ?? group;

export const PROFILES = ["domain", "private", "public"] as const;
export type ProfileName = (typeof PROFILES)[number];
const BITS: { [name in ProfileName]: number } = { domain: 1, private: 2, public: 4 };
export const EVERY_PROFILE = 7;
/** How Windows writes "every profile, also those to come" (NET_FW_PROFILE2_ALL). */
const ALL: ProfileMask = 2_147_483_647;

export const maskOf = (names: readonly ProfileName[]): number => names.reduce((mask, name) => mask | BITS[name], 0);
export const namesOf = (mask: ProfileMask): ProfileName[] => PROFILES.filter((name) => mask & BITS[name]);
/** The bits that have a meaning. */
export const bits = (mask: ProfileMask): number => mask & EVERY_PROFILE;
export const asWindowsWrites = (mask: number): ProfileMask => (bits(mask) === EVERY_PROFILE ? ALL : bits(mask));

export const PROTOCOLS = { tcp: 6, udp: 17, icmpv4: 1, icmpv6: 58, any: 256 } as const;
export type ProtocolName = keyof typeof PROTOCOLS;
export const hasPorts = (protocol: string) => protocol === "tcp" || protocol === "udp";
export const protocolName = (number: number): string =>
  Object.entries(PROTOCOLS).find(([, value]) => value === number)?.[0] ?? String(number);

/** Words that Windows Firewall takes for dynamic ports, in its spelling. */
const PORT_WORDS = ["*", "RPC", "RPC-EPMap", "IPHTTPS"];

/** One entry of a rule's ports in one spelling: "1690", "5000-5010" or a word of Windows Firewall. */
export function portEntry(entry: string | number): { ok: true; port: string } | { ok: false; reason: string } {
  const text = String(entry).trim();
  const word = PORT_WORDS.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (word) return { ok: true, port: word };
  const numbers = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!numbers) {
    return {
      ok: false,
      reason: `${quote(text)} is no port: give 1690, "5000-5010" or one of ${PORT_WORDS.join(", ")}`,
    };
  }
  const first = Number(numbers[1]);
  const last = Number(numbers[2] ?? first);
  const broken = checkPort(first) ?? checkPort(last);
  if (broken) return { ok: false, reason: broken };
  if (first > last) return { ok: false, reason: `${quote(text)} ends before it begins; write the lower port first` };
  return { ok: true, port: first === last ? String(first) : `${first}-${last}` };
}

/** Windows' own text of a list, cut up and in one spelling each; what cannot be read stays as it is. */
export const portsOf = (text: string): string[] =>
  (text === "" ? ["*"] : text.split(",")).map((entry) => {
    const read = portEntry(entry);
    return read.ok ? read.port : entry.trim();
  });

export const addressesOf = (text: string): string[] =>
  (text === "" ? ["*"] : text.split(",")).map((entry) => {
    const read = normalizeAddressRange(entry);
    return read.ok ? read.range : entry.trim();
  });

/** Whether ports written as Windows writes them ("1690", "5000-5010", "*") hold this one. */
export const holdsPort = (entries: readonly string[], port: number): boolean =>
  entries.some((entry) => {
    const [first, last = first] = entry.split("-").map(Number);
    return entry === "*" || (first !== undefined && last !== undefined && port >= first && port <= last);
  });

/** Two lists mean the same: order, case and repetition mean nothing to Windows. */
export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const set = (list: readonly string[]) => [...new Set(list.map((entry) => entry.toLowerCase()))].sort().join(",");
  return set(a) === set(b);
}

/** Paths compare without case; the folder of Windows is the usual one. */
export function sameProgram(a: string, b: string): boolean {
  const plain = (path: string) =>
    (path === "*" ? "" : path).toLowerCase().replace(/^%(systemroot|windir)%/, "c:\\windows");
  return plain(a) === plain(b);
}

/** "" and "*" both mean: whatever the service. */
export const serviceOf = (text: string): string => (text === "*" ? "" : text.toLowerCase());

export const KMS_SERVICE = "sppsvc";

/** The program that listens for KMS clients: sppsvc itself up to Windows 7 and Server 2008 R2, its helper since. */
export function kmsProgram(osVersion: string): string {
  const old = /^6\.[01]\./.test(osVersion);
  return `%SystemRoot%\\system32\\${old ? "sppsvc.exe" : "sppextcomobj.exe"}`;
}
