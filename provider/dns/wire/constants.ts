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

/** What a message says with an OPT record's upper bits; in a TSIG record 16 means something else. */
const EXTENDED: ReadonlyMap<number, string> = new Map([
  [16, "BADVERS"],
  [23, "BADCOOKIE"],
]);

/** What stands in a TSIG record's error field. */
const TSIG_ERRORS: ReadonlyMap<number, string> = new Map([
  [16, "BADSIG"],
  [17, "BADKEY"],
  [18, "BADTIME"],
  [19, "BADMODE"],
  [20, "BADNAME"],
  [21, "BADALG"],
  [22, "BADTRUNC"],
]);

/** The mnemonic of an rcode, "RCODE12" where there is none. */
export const rcodeName = (rcode: number): string => RCODES[rcode] ?? EXTENDED.get(rcode) ?? `RCODE${rcode}`;

/** The mnemonic of a TSIG record's error, which may be an rcode too. */
export const tsigErrorName = (error: number): string => TSIG_ERRORS.get(error) ?? rcodeName(error);

/** The rcode of a mnemonic as BIND's programs write it; undefined for one that is not known. */
export function rcodeNumber(mnemonic: string): number | undefined {
  const index = RCODES.indexOf(mnemonic);
  if (index >= 0) return index;
  const reserved = /^RESERVED(\d{1,4})$/.exec(mnemonic)?.[1];
  if (reserved !== undefined) return Number(reserved);
  return [...EXTENDED].find(([, name]) => name === mnemonic)?.[0];
}

/** The longest message that TCP's two length octets can frame. */
export const MOST_MESSAGE = 65_535;
/** Octets of a message's header. */
export const HEADER = 12;
