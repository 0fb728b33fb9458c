import type { RegistryName, RegistryValue } from "../../machine/protocol";
import { SPP_KEY } from "../shared/steps";
import type { PolicyValues } from "./schema";

export type PolicyName = keyof PolicyValues;
/** A registry value as it is read; `null` = it is not there. */
export type Raw = RegistryValue | null;
type Value = NonNullable<PolicyValues[PolicyName]>;

interface Policy {
  name: PolicyName;
  /** Where Windows, or its documentation, keeps it: each place is written and read. */
  at: readonly RegistryName[];
  /** It acts after a restart of sppsvc only. */
  restart: boolean;
  /** Where Group Policy keeps its own word, which wins. */
  policy?: RegistryName;
  /** What it means, or a text that tells what is there in the place of any meaning. */
  read(raw: readonly Raw[]): Value;
  /** What is to stand in each place. */
  raw(value: Value): Raw;
}

const ACTIVATION_KEY = `${SPP_KEY}\\Activation`;
const POLICY_KEY = "SOFTWARE\\Policies\\Microsoft\\Windows NT\\CurrentVersion\\Software Protection Platform";

const odd = (value: RegistryValue) => `${value.kind} ${JSON.stringify(value.data)}`;

function flag(name: PolicyName, at: RegistryName, more: { restart: boolean; policy?: RegistryName }): Policy {
  return {
    name,
    at: [at],
    ...more,
    read: ([raw]) => {
      if (!raw) return false;
      return raw.kind === "REG_DWORD" && (raw.data === 0 || raw.data === 1) ? raw.data === 1 : odd(raw);
    },
    raw: (value) => ({ kind: "REG_DWORD", data: value === true ? 1 : 0 }),
  };
}

/** Microsoft documents two places for one link: the deployment guide the first, its reference of registry values the second. */
const ALTERNATE_URL: readonly RegistryName[] = [
  { key: SPP_KEY, name: "ActivationAlternateURL" },
  { key: ACTIVATION_KEY, name: "AlternateURL" },
];

/** Every switch in one table: where it is, how it is read and written. */
export const POLICIES: readonly Policy[] = [
  flag(
    "userOperations",
    { key: SPP_KEY, name: "UserOperations" },
    { restart: true, policy: { key: POLICY_KEY, name: "UserOperations" } },
  ),
  flag("notificationDisabled", { key: ACTIVATION_KEY, name: "NotificationDisabled" }, { restart: true }),
  {
    name: "alternateUrl",
    at: ALTERNATE_URL,
    restart: true,
    read: (raw) => {
      const [guide = "", reference = ""] = raw.map(urlOf);
      return guide === reference
        ? guide
        : `ActivationAlternateURL ${JSON.stringify(guide)}, Activation\\AlternateURL ${JSON.stringify(reference)}`;
    },
    raw: (value) => (value === "" ? null : { kind: "REG_SZ", data: String(value) }),
  },
  flag("manualActivation", { key: ACTIVATION_KEY, name: "Manual" }, { restart: true }),
  flag("skipRearm", { key: SPP_KEY, name: "SkipRearm" }, { restart: true }),
  flag(
    "noGenTicket",
    { key: "SOFTWARE\\Classes\\AppID\\slui.exe", name: "NoGenTicket" },
    { restart: false, policy: { key: POLICY_KEY, name: "NoGenTicket" } },
  ),
  flag(
    "localAccountTokenFilterPolicy",
    {
      key: "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System",
      name: "LocalAccountTokenFilterPolicy",
    },
    { restart: false },
  ),
  {
    name: "dnsSuffixSearchList",
    at: [{ key: "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters", name: "SearchList" }],
    restart: false,
    policy: { key: "SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient", name: "SearchList" },
    read: ([raw]) => {
      if (!raw) return [];
      if (raw.kind !== "REG_SZ" || typeof raw.data !== "string") return [odd(raw)];
      return raw.data
        .split(/[,\s]+/)
        .map((domain) => domain.toLowerCase().replace(/\.$/, ""))
        .filter((domain) => domain !== "");
    },
    raw: (value) => ({ kind: "REG_SZ", data: [value].flat().join(",") }),
  },
];

const urlOf = (raw: Raw): string => {
  if (!raw) return "";
  return raw.kind === "REG_SZ" && typeof raw.data === "string" ? raw.data : odd(raw);
};

/** Registry path as regedit shows it. */
export const pathOf = ({ key, name }: RegistryName) => `HKLM\\${key}\\${name}`;
