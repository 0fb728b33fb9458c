import { isUnknown, type Props, pick, sameValue } from "../../adapter/props";
import { daysLeft } from "../shared/licensing";
import type { MachineFacts } from "../shared/onMachine";
import type { Changes } from "../shared/undo";
import { type ClientObservation, clientStatus } from "./observe";
import { hasKey, type Pin, pinSeen, pinWanted, samePin } from "./plan";
import { type ActivationTypeName, KMS_CLIENT_INPUTS, type KmsClientInputs, stored, UNSTORED } from "./schema";
import { settingsSeen } from "./settings";

export interface KmsClientOutputs extends KmsClientInputs {
  /** The setupKey that is wanted, while another key is installed. */
  wantedSetupKey?: string;
  /** What is to be known of the setup key that "auto" chose. */
  setupKeyRemark?: string;
  machine: MachineFacts;
  /** Last five characters of the installed key. */
  partialProductKey: string;
  channel: string;
  /** How it was activated last: "KMS", "AD" (by Active Directory), or "" if not at all. */
  activatedBy: string;
  /** The KMS host that it found by DNS; absent when pinned or never discovered. */
  discoveredHost?: string;
  /** How often slmgr /rearm (or sysprep /generalize) may still reset the timers. */
  rearmsLeft?: number;
  /** Whole days until it must be activated, or activated again; absent when there is no such limit. */
  daysLeft?: number;
  findings: string[];
  changed?: Changes;
  restartOwed?: true;
  lookedAt?: boolean;
}

/** SoftwareLicensingProduct.VLActivationType. */
const BY_ACTIVE_DIRECTORY = 1;

export function clientOutputs(
  seen: ClientObservation,
  wanted: KmsClientInputs,
  { key, remark }: { key: string | undefined; remark?: string },
  machine: MachineFacts,
  changes: Changes,
): KmsClientOutputs {
  const { product, licensing } = seen;
  const { kmsHost: _host, kmsPort: _port, lookupDomain: _domain, licenseStatus: _status, ...rest } = wanted;
  const status = clientStatus(seen);
  const left = daysLeft(product);
  const licensed = product?.licenseStatus === 1;
  const byDirectory = product?.activationType === BY_ACTIVE_DIRECTORY;
  const kept = key === undefined || hasKey(seen, key);
  const wantsPin = pinWanted(wanted);
  const pin = samePin(pinSeen(seen), wantsPin) ? wantsPin : pinSeen(seen);
  return {
    ...rest,
    ...(kept ? { setupKey: wanted.setupKey } : { setupKey: foreignKey(seen), wantedSetupKey: wanted.setupKey }),
    ...(remark === undefined ? {} : { setupKeyRemark: remark }),
    ...pinProperties(pin),
    hostCaching: wanted.hostCaching ?? true,
    activationType: wanted.activationType ?? "all",
    ...settingProperties(seen),
    licenseStatus: status,
    machine,
    partialProductKey: product?.partialProductKey ?? "",
    channel: product?.channel ?? "",
    activatedBy: licensed ? (byDirectory ? "AD" : product?.channel === "Volume:GVLK" ? "KMS" : "") : "",
    ...(pin === null && licensing.discoveredHost !== undefined ? { discoveredHost: licensing.discoveredHost } : {}),
    ...(licensing.rearmsLeft === undefined ? {} : { rearmsLeft: licensing.rearmsLeft }),
    ...(left === undefined ? {} : { daysLeft: left }),
    findings: findings(seen, status, byDirectory && licensed),
    ...(Object.keys(changes).length ? { changed: changes } : {}),
    ...(seen.marker ? { restartOwed: true as const } : {}),
  };
}

const pinProperties = (pin: Pin) => (pin === null ? {} : { kmsHost: pin.host, kmsPort: pin.port });

function settingProperties(seen: ClientObservation): Partial<KmsClientInputs> {
  const { lookupDomain, hostCaching, activationType } = settingsSeen(seen);
  return {
    ...(typeof lookupDomain === "string" ? { lookupDomain } : {}),
    ...(typeof hostCaching === "boolean" ? { hostCaching } : {}),
    ...(typeof activationType === "string" ? { activationType: activationType as ActivationTypeName } : {}),
  };
}

/** What stands in the place of setupKey when another key is installed: enough to see which, never a whole key. */
function foreignKey({ product }: ClientObservation): string {
  return product ? `another key: ...${product.partialProductKey} (${product.channel})` : "no key";
}

function findings(seen: ClientObservation, status: string, byDirectory: boolean): string[] {
  const list: string[] = [];
  if (seen.product?.channel === "Volume:CSVLK") {
    list.push(
      `a KMS HOST key (...${seen.product.partialProductKey}) is installed on this client: it makes an unwanted KMS host and ` +
        "takes one of the key's six hosts",
    );
  }
  if (status === "pendingThreshold") {
    list.push("its KMS host answers, and its count is too low yet (0xC004F038); Windows asks again by itself");
  }
  if (byDirectory) list.push("activated by Active Directory: the KMS settings are set but not in use");
  return list;
}

export function clientInputsOf(outs: Props): Props {
  const inputs = stored(pick(outs, KMS_CLIENT_INPUTS));
  if (outs["activate"] !== true) delete inputs["licenseStatus"];
  // Waiting for the count is no difference from Licensed.
  else if (outs["licenseStatus"] === "pendingThreshold") inputs["licenseStatus"] = "Licensed";
  return inputs;
}

export function diffClient(outs: Props, wanted: Props): string[] {
  const changed: string[] = [];
  if (outs["lookedAt"] === false) changed.push("lookedAt");
  if (outs["restartOwed"] === true) changed.push("restartOwed");
  for (const name of KMS_CLIENT_INPUTS) {
    const now = wanted[name] ?? UNSTORED[name];
    const then = outs[name] ?? UNSTORED[name];
    if (isUnknown(now)) changed.push(name);
    else if (name === "licenseStatus") {
      if (now !== undefined && then !== now && then !== "pendingThreshold") changed.push(name);
    } else if (name === "kmsHost" && typeof now === "string" && typeof then === "string") {
      if (!samePin({ host: now, port: 0 }, { host: then, port: 0 })) changed.push(name);
    } else if (!sameValue(then, now)) changed.push(name);
  }
  return changed;
}
