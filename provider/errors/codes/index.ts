export { type CodeDescription, describeCode, KNOWN_CODES } from "./describe";
export type { CodeEntry } from "./entry";
export {
  describeLicenseStatusReason,
  LICENSE_STATUSES,
  type LicenseStatus,
  licenseStatus,
  licenseStatusName,
} from "./license-status";
export { formatCode, hresultFromWin32, normalizeCode } from "./normalize";
