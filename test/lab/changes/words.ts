/** The lab does not understand these words; nothing was changed. */
export class ChangeRefused extends Error {
  override readonly name = "ChangeRefused";
}

/** What the command would have printed (English), and its exit code. */
export interface ChangeResult {
  output: string;
  exitCode: number;
}

/** One string is cut into words as a Windows shell would; words that come apart are taken as they are. */
export function splitWords(words: string[]): string[] {
  const [only] = words;
  if (words.length !== 1 || only === undefined) return words;
  return [...only.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ""));
}
