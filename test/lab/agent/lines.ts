const NEWLINE = 10;

/** Cuts a byte stream into lines; a line longer than the cap is skipped to its end and reported as null. */
export class LineCutter {
  #parts: Buffer[] = [];
  #length = 0;
  #skipping = false;

  constructor(private readonly maxBytes: number) {}

  push(chunk: Buffer): (string | null)[] {
    const lines: (string | null)[] = [];
    let rest = chunk;
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      this.#take(end < 0 ? rest : rest.subarray(0, end));
      if (end < 0) return lines;
      lines.push(this.#skipping ? null : Buffer.concat(this.#parts).toString("utf8"));
      this.#parts = [];
      this.#length = 0;
      this.#skipping = false;
      rest = rest.subarray(end + 1);
    }
  }

  #take(part: Buffer): void {
    if (this.#skipping) return;
    this.#length += part.length;
    if (this.#length <= this.maxBytes) {
      this.#parts.push(part);
      return;
    }
    this.#skipping = true;
    this.#parts = [];
  }
}

/** JSON in ASCII, so that no code page on the way can change a byte. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
