/** Numbers of RFC 1035, 2136, 2782 and 8945 that are used here. */
export const TYPE = { NS: 2, CNAME: 5, SOA: 6, SRV: 33, OPT: 41, TSIG: 250, ANY: 255 } as const;

export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;

export const OPCODE = { QUERY: 0, UPDATE: 5 } as const;

export const RCODE = { NOERROR: 0, NXDOMAIN: 3 } as const;

const RCODES: readonly string[] = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
  "YXDOMAIN",
  "YXRRSET",
  "NXRRSET",
  "NOTAUTH",
  "NOTZONE",
  "DSOTYPENI",
];

/** What stands in a TSIG record's error field, and in the extended rcode. */
const EXTENDED: ReadonlyMap<number, string> = new Map([
  [16, "BADSIG"],
  [17, "BADKEY"],
  [18, "BADTIME"],
  [19, "BADMODE"],
  [20, "BADNAME"],
  [21, "BADALG"],
  [22, "BADTRUNC"],
  [23, "BADCOOKIE"],
]);

/** The mnemonic of an rcode, "RCODE12" where there is none. */
export const rcodeName = (rcode: number): string => RCODES[rcode] ?? EXTENDED.get(rcode) ?? `RCODE${rcode}`;

/** The rcode of a mnemonic, SERVFAIL's for one that is not known. */
export function rcodeNumber(mnemonic: string): number {
  const index = RCODES.indexOf(mnemonic);
  return index < 0 ? RCODES.indexOf("SERVFAIL") : index;
}

/** The longest message that TCP's two length octets can frame. */
export const MOST_MESSAGE = 65_535;
/** Octets of a message's header. */
export const HEADER = 12;
