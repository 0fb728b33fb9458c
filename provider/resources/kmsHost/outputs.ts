import type { Confirmation } from "../../activation/confirmation";
import type { Props } from "../../adapter/props";
import { isUnknown, pick, sameValue } from "../../adapter/props";
import { licenseStatusName } from "../../errors/codes/index";
import { type Counter, daysLeft, type Product } from "../shared/licensing";
import type { MachineFacts } from "../shared/onMachine";
import { type Activation, wantsLicensed } from "../shared/phone";
import type { ActivationMemory } from "../shared/spending";
import type { Changes } from "../shared/undo";
import { clientText, lastPublication, type PublishResult } from "./events";
import { hostFindings } from "./findings";
import { type HostObservation, samePublishList } from "./observe";
import { hostProduct, servedProducts, servesOtherPort } from "./plan";
import { KMS_HOST_INPUTS, type KmsHostInputs, type PublishDomain } from "./schema";
import { SETTINGS, type SettingName, settingsSeen } from "./settings";

/** What is stored: the inputs with what was seen in the place of what was wanted, and what else was seen. */
export interface KmsHostOutputs extends KmsHostInputs {
  machine: MachineFacts;
  isKmsHost: boolean;
  /** Current count and threshold of the host's product; absent while it serves nobody. */
  currentCount?: number;
  requiredCount?: number;
  /** Requests since the host key was installed, by the state that clients were in. */
  requests?: Partial<Record<Counter, number>>;
  /** Where the machine serves more than one product, like Windows and Office: each of them; capped at ten. */
  servedProducts?: ServedProduct[];
  /** Whole days until the host key must be activated; absent when there is no such limit. */
  daysLeft?: number;
  /** The last publication, by domain; capped at ten, like the lists below. */
  publishing?: PublishResult[];
  /** Like "srv01.contoso.com 2026-11-23T10:00Z", and the code where it was refused. */
  recentClients?: string[];
  /** By phone, while it is not Licensed: what Microsoft is told. */
  installationId?: string;
  /** Secret. */
  confirmation?: Confirmation;
  findings: string[];
  restartOwed?: true;
  lastActivation?: ActivationMemory;
  /** What this resource changed, for onDelete "restore". */
  changed?: Changes;
  /** False after a refresh that could not look and was told to keep what it had. */
  lookedAt?: boolean;
}

/** One of several products that a machine is the KMS host of. */
export interface ServedProduct {
  /** As Windows calls it. */
  name: string;
  currentCount?: number;
  requiredCount?: number;
  requests?: Partial<Record<Counter, number>>;
}

export const MOST_FINDINGS = 10;
const MOST_LISTED = 10;

/** What an operation adds to what it saw. */
export interface HostHistory {
  memory: ActivationMemory | undefined;
  changes: Changes;
  restarted: boolean;
  confirmation?: Confirmation | undefined;
  /** Domains whose publishing was waited for in vain. */
  unpublished?: string[];
  /** Domains that other hosts of its domain publish into and this one does not. */
  lacking?: { domain: string; hosts: string[] }[];
}

export function hostOutputs(
  seen: HostObservation,
  wanted: KmsHostInputs,
  machine: MachineFacts,
  history: HostHistory,
): KmsHostOutputs {
  const product = hostProduct(seen, wanted.partialProductKey) ?? seen.licensing.windows;
  const served = servedProducts(seen);
  const [host] = served;
  const publishing = seen.licensing.dnsPublishing ? lastPublication(seen.events.publishing) : [];
  const left = daysLeft(product);
  const installationId =
    wanted.activation.method === "phone" && product?.licenseStatus !== 1
      ? seen.offline.get(wanted.partialProductKey ?? "")?.installationId
      : undefined;
  // Right after a restart KMS may still be opening its port; that is a finding then, not a debt.
  const restartOwed = seen.marker || (!history.restarted && servesOtherPort(seen));
  return {
    ...wanted,
    ...(settingsSeen(seen) as Pick<KmsHostInputs, SettingName>),
    publishDomains: samePublishList(seen.publishDomains, wanted.publishDomains)
      ? wanted.publishDomains
      : seen.publishDomains,
    partialProductKey: product?.partialProductKey ?? "",
    licenseStatus: licenseStatusName(product?.licenseStatus ?? 0),
    machine,
    isKmsHost: seen.licensing.isKmsHost,
    ...(host ? countsOf(host) : {}),
    ...(served.length > 1
      ? { servedProducts: served.slice(0, MOST_LISTED).map((each) => ({ name: each.name, ...countsOf(each) })) }
      : {}),
    ...(left === undefined ? {} : { daysLeft: left }),
    ...(publishing.length ? { publishing: publishing.slice(0, MOST_LISTED) } : {}),
    ...(seen.events.clients.length ? { recentClients: seen.events.clients.slice(0, MOST_LISTED).map(clientText) } : {}),
    ...(installationId === undefined ? {} : { installationId }),
    ...(history.confirmation ? { confirmation: history.confirmation } : {}),
    findings: hostFindings(seen, wanted, history).slice(0, MOST_FINDINGS),
    ...(restartOwed ? { restartOwed: true as const } : {}),
    ...(history.memory ? { lastActivation: history.memory } : {}),
    ...(Object.keys(history.changes).length ? { changed: history.changes } : {}),
  };
}

/** Counters at zero are left out: the state is small. */
function countsOf({ currentCount, requiredCount, counters }: Product): Omit<ServedProduct, "name"> {
  const requests = Object.entries(counters).filter(([, count]) => count > 0);
  return {
    ...(currentCount === undefined ? {} : { currentCount }),
    ...(requiredCount === undefined ? {} : { requiredCount }),
    ...(requests.length ? { requests: Object.fromEntries(requests) } : {}),
  };
}

/** The inputs that these outputs stand for; companions only where the program's own inputs have them. */
export function hostInputsOf(outs: Props): Props {
  const inputs = pick(outs, KMS_HOST_INPUTS);
  if (outs["productKey"] === undefined) delete inputs["partialProductKey"];
  if (!wantsLicensed(outs["activation"] as unknown as Partial<Activation> | undefined)) delete inputs["licenseStatus"];
  return inputs;
}

/** Properties that differ between what was last seen (with what was then wanted) and what is wanted now. */
export function diffHost(outs: Props, wanted: Props): string[] {
  const changed: string[] = [];
  if (outs["lookedAt"] === false) changed.push("lookedAt");
  if (outs["restartOwed"] === true) changed.push("restartOwed");
  const settings = new Set<string>(SETTINGS.map(({ name }) => name));
  for (const name of KMS_HOST_INPUTS) {
    const now = wanted[name];
    const then = outs[name];
    if (isUnknown(now)) changed.push(name);
    else if ((name === "partialProductKey" || name === "licenseStatus") && now === undefined) continue;
    // Settings of a machine that is no host yet wait until it is one.
    else if (settings.has(name) && outs["isKmsHost"] === false) continue;
    else if (name === "publishDomains" && Array.isArray(now) && Array.isArray(then)) {
      if (!samePublishList(then as unknown as PublishDomain[], now as unknown as PublishDomain[])) changed.push(name);
    } else if (!sameValue(then, now)) changed.push(name);
  }
  return changed;
}
