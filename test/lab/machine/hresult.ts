/** An HRESULT as Windows answers it, unsigned. */
export const HR = {
  ok: 0,
  accessDenied: 0x80070005,
  invalidParameter: 0x80070057,
  fileNotFound: 0x80070002,
  rpcUnavailable: 0x800706ba,
  directoryDown: 0x8007203a,
  noneMapped: 0x80070534,
  serviceNotActive: 0x80070426,
  zoneDoesNotExist: 0x80072581,
  recordDoesNotExist: 0x800725e5,
  aliasCollision: 0x800725ed,
  recordAlreadyExists: 0x800725ef,
  dnsNameDoesNotExist: 0x8007232b,
  dnsServerFailure: 0x8007232a,
  noDnsRecords: 0x8007251d,
  noPrimarySuffix: 0x8007007b,
  noDnsServers: 0x8007267c,
  internetTimeout: 0x80072ee2,
  connectTimeout: 0x8007274c,
  connectRefused: 0x8007274d,
  elevationRequired: 0xc004f025,
  invalidKey: 0xc004f050,
  otherEdition: 0xc004f069,
  keyNotInstalled: 0xc004f014,
  graceExpired: 0xc004f009,
  hardwareChanged: 0xc004f00f,
  confirmationIdFormat: 0xc004f02c,
  checkDigits: 0xc004f04d,
  noOemMarker: 0xc004f035,
  notEnoughCount: 0xc004f038,
  hostNotActivated: 0xc004f041,
  hostKeyMismatch: 0xc004f042,
  notBound: 0xc004f056,
  clockSkew: 0xc004f06c,
  noHostAnswered: 0xc004f074,
  keyBlocked: 0xc004c003,
  keyInvalidAtMicrosoft: 0xc004c001,
  hostKeyOverLimit: 0xc004c008,
  makOverLimit: 0xc004c020,
  rearmsExhausted: 0xc004d307,
  inOobGrace: 0x4004f00c,
  licensed: 0x4004f040,
} as const;

/** "0xC004F050". */
export function hex(code: number): string {
  return `0x${(code >>> 0).toString(16).toUpperCase().padStart(8, "0")}`;
}

/** Windows refused; `code` says why. */
export class WindowsError extends Error {
  override readonly name = "WindowsError";
  constructor(readonly code: number) {
    super(hex(code));
  }
}

/** The licensing classes of this Windows have no such method. */
export class NotSupportedError extends Error {
  override readonly name = "NotSupportedError";
}

/** No product matches. */
export class NoProductError extends Error {
  override readonly name = "NoProductError";
}
