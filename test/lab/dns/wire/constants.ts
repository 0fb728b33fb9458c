export const OPCODE = { query: 0, update: 5 } as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
} as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

/** Errors that live in the TSIG record (RFC 8945). */
export const TSIG_ERROR = { none: 0, BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;

export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;

const TYPES: Record<string, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
};
const NAMES = new Map(Object.entries(TYPES).map(([name, number]) => [number, name]));

/** "SRV", or "TYPE99" (RFC 3597) for a type that the lab does not know. */
export function typeName(type: number): string {
  return NAMES.get(type) ?? `TYPE${type}`;
}

/** undefined when the text names no type. */
export function typeNumber(name: string): number | undefined {
  const known = TYPES[name.toUpperCase()];
  if (known !== undefined) return known;
  const number = Number(/^TYPE([0-9]{1,5})$/i.exec(name)?.[1] ?? Number.NaN);
  return number >= 0 && number <= 65535 ? number : undefined;
}

/** Types that only a question or a message of its own may carry, never a zone. */
export function isMetaType(type: string): boolean {
  const number = typeNumber(type) ?? 0;
  return number === TYPES["OPT"] || (number >= 128 && number <= 255);
}
