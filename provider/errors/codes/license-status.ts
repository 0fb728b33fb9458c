import { type CodeDescription, describeCode } from "./describe";

export interface LicenseStatus {
  /** SoftwareLicensingProduct.LicenseStatus. */
  value: number;
  name: string;
  meaning: string;
  /** What to do about it; "" when nothing has to be done. */
  remedy: string;
}

export const LICENSE_STATUSES: readonly LicenseStatus[] = [
  {
    value: 0,
    name: "Unlicensed",
    meaning: "The product has no licence: its key was removed or never installed.",
    remedy: "Install a key, then activate.",
  },
  { value: 1, name: "Licensed", meaning: "The product is activated.", remedy: "" },
  {
    value: 2,
    name: "OOBGrace",
    meaning: "Not activated yet; the time that Windows grants after installation is running.",
    remedy: "Activate before it is over.",
  },
  {
    value: 3,
    name: "OOTGrace",
    meaning: "Once activated, but the KMS activation ran out or the hardware changed; a limited time is running.",
    remedy: "Activate again before it is over.",
  },
  {
    value: 4,
    name: "NonGenuineGrace",
    meaning: "Windows was found to be non-genuine; a limited time is running.",
    remedy: "Install a genuine key and activate.",
  },
  {
    value: 5,
    name: "Notification",
    meaning: "Not activated, and the time for it is over: Windows reminds the user until it is activated.",
    remedy: "Activate; LicenseStatusReason says what stands in the way.",
  },
  {
    value: 6,
    name: "ExtendedGrace",
    meaning: "The time of the licence is over, and an extension of it is running.",
    remedy: "Activate before it is over.",
  },
];

const byValue: ReadonlyMap<number, LicenseStatus> = new Map(LICENSE_STATUSES.map((status) => [status.value, status]));

export function licenseStatus(value: number): LicenseStatus {
  return (
    byValue.get(value) ?? {
      value,
      name: `Unknown (${value})`,
      meaning: "A licence status that Microsoft has not published.",
      remedy: "Look at the machine with slmgr /dlv.",
    }
  );
}

/** "Licensed", "OOBGrace" ...; "Unknown (n)" for a number outside 0..6. */
export function licenseStatusName(value: number): string {
  return licenseStatus(value).name;
}

/** LicenseStatusReason in words; 0 is no reason, and undefined. */
export function describeLicenseStatusReason(reason: number): CodeDescription | undefined {
  return reason === 0 ? undefined : describeCode(reason);
}
