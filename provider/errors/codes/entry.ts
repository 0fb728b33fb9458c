/** What the catalogue holds for one code. Sentences are complete, and name options as slmgr spells them. */
export interface CodeEntry {
  /** Constant in Microsoft's headers, where it is known. */
  name?: string;
  meaning: string;
  remedy: string;
}

export type CodeTable = Readonly<Record<string, CodeEntry>>;
