/**
 * PowerShell writes its error stream as CLIXML when its command line was encoded: a "#< CLIXML" line, then one or more
 * `<Objs>` documents. Returns the readable text: the error and warning strings of such documents, and plain text as it is.
 */
export function readableStderr(text: string): string {
  if (!/<Objs[\s>]/.test(text)) return text.replace(/#< CLIXML\r?\n?/g, "").trim();
  const plain = text
    .replace(/#< CLIXML\r?\n?/g, "")
    .replace(/<Objs[\s>][\s\S]*?(?:<\/Objs>|$)/g, "")
    .trim();
  const strings: string[] = [];
  for (const match of text.matchAll(/<S S="(?:Error|Warning)">([\s\S]*?)<\/S>/g)) strings.push(decode(match[1] ?? ""));
  return [plain, strings.join("").trim()].filter((part) => part !== "").join("\n");
}

/** `_xHHHH_` is a UTF-16 unit, besides the five entities of XML. */
function decode(text: string): string {
  return text
    .replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, "&");
}
