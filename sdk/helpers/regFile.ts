/** What one value of the registry becomes when the file is imported; "absent" removes it. */
export type RegData =
  | { kind: "REG_SZ"; data: string }
  | { kind: "REG_DWORD"; data: number }
  | { kind: "REG_MULTI_SZ"; data: readonly string[] }
  | "absent";

/** Keys, below HKEY_LOCAL_MACHINE, with their values by name. */
export type RegKeys = { readonly [key: string]: { readonly [name: string]: RegData } };

const HEADING = "Windows Registry Editor Version 5.00";
const HIVE = "HKEY_LOCAL_MACHINE";
/** Columns after which regedit goes on in the next line, with a backslash before the break. */
const WIDTH = 80;

/**
 * The text of a registration file, version 5.00, CRLF line ends. It is ASCII as long as its values are; with others it
 * must be saved as UTF-16LE with a byte order mark.
 */
export function regFile(keys: RegKeys): string {
  const sections = Object.entries(keys).filter(([, values]) => Object.keys(values).length > 0);
  const lines = sections.flatMap(([key, values]) => [
    `[${HIVE}\\${key}]`,
    ...Object.entries(values).map(([name, data]) => valueLine(name, data)),
    "",
  ]);
  return [HEADING, "", ...lines].join("\r\n");
}

function valueLine(name: string, value: RegData): string {
  const begin = `${quoted(name)}=`;
  if (value === "absent") return `${begin}-`;
  switch (value.kind) {
    case "REG_SZ":
      return begin + quoted(value.data);
    case "REG_DWORD":
      return `${begin}dword:${value.data.toString(16).padStart(8, "0")}`;
    case "REG_MULTI_SZ":
      return wrapped(`${begin}hex(7):`, multiString(value.data));
  }
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** Every string with its closing zero, and one zero more after the last. */
const multiString = (strings: readonly string[]) =>
  Buffer.from(`${strings.map((text) => `${text}\0`).join("")}\0`, "utf16le");

function wrapped(begin: string, bytes: Buffer): string {
  const lines: string[] = [];
  let line = begin;
  bytes.forEach((byte, index) => {
    const text = byte.toString(16).padStart(2, "0") + (index < bytes.length - 1 ? "," : "");
    if (line.length + text.length + 1 > WIDTH) {
      lines.push(`${line}\\`);
      line = "  ";
    }
    line += text;
  });
  return [...lines, line].join("\r\n");
}

/** The strings of one REG_MULTI_SZ value in an exported file; `undefined` if it is not there. Key and name in any case. */
export function readMultiString(text: string, keys: readonly string[], name: string): string[] | undefined {
  const wanted = keys.map((key) => `${HIVE}\\${key}`.toLowerCase());
  let inside = false;
  for (const line of unwrapped(text)) {
    const section = /^\[(.*)\]$/.exec(line)?.[1];
    if (section !== undefined) inside = wanted.includes(section.toLowerCase());
    const value = /^"((?:[^"\\]|\\.)*)"=hex\(7\):([0-9a-f,\s]*)$/i.exec(line);
    if (!inside || value?.[1]?.toLowerCase() !== name.toLowerCase()) continue;
    const bytes = (value[2] ?? "").split(",").map((part) => Number.parseInt(part, 16));
    return Buffer.from(bytes.filter((byte) => !Number.isNaN(byte)))
      .toString("utf16le")
      .split("\0")
      .filter((part) => part !== "");
  }
  return undefined;
}

/** Lines without their continuations, surrounding spaces, or the byte order mark. */
const unwrapped = (text: string) =>
  text
    .replace(/^\uFEFF/, "")
    .replace(/\\\r?\n\s*/g, "")
    .split(/\r?\n/)
    .map((line) => line.trim());
