export { findSetupKey, GVLK_DATE, GVLKS, type GvlkEntry, isPublishedSetupKey } from "./gvlk";
export {
  csvlkHostableOn,
  HOST_KEYS,
  HOST_UPDATES,
  type HostKeyKind,
  type HostUpdate,
  hostUpdatesOf,
  KEY_GROUPS,
  type KeyGroup,
  OFFICE_HOST_KEYS,
  type OfficeHostKey,
} from "./host-keys";
export { KEY_ALPHABET, maskKey, normalizeProductKey, type ParsedProductKey, parseProductKey } from "./product-key";
export { type SetupKeyChoice, type SetupKeyQuery, setupKeyFor } from "./setup-key";
export {
  buildOf,
  WINDOWS_RELEASES,
  type WindowsIdentity,
  type WindowsRelease,
  windowsRelease,
} from "./windows-releases";
