export { type Address, type AddressRange, formatAddress, normalizeAddressRange, parseAddress } from "./addresses";
export { checkHostKeyLine } from "./hostkey";
export { checkDnsDomain, checkFqdn, checkHostName, normalizeDomain } from "./names";
export {
  checkMinutes,
  checkPort,
  checkSrvPriorityWeight,
  LEAST_INTERVAL_MINUTES,
  MOST_INTERVAL_MINUTES,
} from "./numbers";
export { findOddCharacter, type OddCharacter, quote } from "./pasted";
