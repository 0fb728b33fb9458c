/** The ways in which one error number is written; a catalogue needs one of them. */

const UNSIGNED_32 = 0x100000000;
const MOST_WIN32 = 0xffff;

/** HRESULT of a Win32 error (HRESULT_FROM_WIN32): facility 7, severity failure. */
export function hresultFromWin32(error: number): number {
  return 0x80070000 + error;
}

/** "0xC004F074", capitals, eight digits. */
export function formatCode(code: number): string {
  return `0x${code.toString(16).toUpperCase().padStart(8, "0")}`;
}

/**
 * An HRESULT as an unsigned number, from "0xC004F074", "C004F074", "-1073418124", 3221549172 or a Win32 error ("5",
 * "0x5", 1722), which becomes the HRESULT that Windows makes of it. Eight digits that begin with 80, like "80070005",
 * are hexadecimal: nobody writes them as decimals. Undefined if the text is no number of 32 bits.
 */
export function normalizeCode(code: string | number): number | undefined {
  const value = typeof code === "number" ? code : parse(code.trim());
  if (value === undefined || !Number.isInteger(value)) return undefined;
  if (value < -(UNSIGNED_32 / 2) || value >= UNSIGNED_32) return undefined;
  const unsigned = value < 0 ? value + UNSIGNED_32 : value;
  return unsigned > 0 && unsigned <= MOST_WIN32 ? hresultFromWin32(unsigned) : unsigned;
}

function parse(text: string): number | undefined {
  const bare = /^(?:0x)?([0-9a-f]{1,8})$/i.exec(text)?.[1];
  const decimal = /^[+-]?\d{1,10}$/.test(text);
  if (bare !== undefined && (!decimal || /^80\d{6}$/.test(text))) return Number.parseInt(bare, 16);
  return decimal ? Number(text) : undefined;
}
