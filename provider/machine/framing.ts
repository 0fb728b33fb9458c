import { SENTINEL } from "./protocol";

/** A longer line is a broken peer: it is thrown away, whatever it would have been. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/**
 * - `message`: JSON text that followed the sentinel.
 * - `noise`: a line of the machine (banner, profile output, stray text).
 * - `tooLong`: a line passed {@link MAX_LINE_BYTES}; its bytes are gone. Reported once a line.
 */
export type Frame = { kind: "message"; json: string } | { kind: "noise"; text: string } | { kind: "tooLong" };

const LINE_FEED = 0x0a;

/**
 * Splits a byte stream into protocol lines and noise. Chunks may be cut anywhere, also inside a character. Memory is
 * bounded by `maxLineBytes`. It judges no JSON and never throws.
 */
export class LineSplitter {
  private parts: Buffer[] = [];
  private held = 0;
  private skipping = false;

  constructor(private readonly maxLineBytes = MAX_LINE_BYTES) {}

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      this.hold(chunk.subarray(start, end < 0 ? chunk.length : end), frames);
      if (end < 0) return frames;
      this.finishLine(frames);
      start = end + 1;
    }
  }

  /** The stream ended: what stands there without a line end is a line too. */
  end(): Frame[] {
    const frames: Frame[] = [];
    this.finishLine(frames);
    return frames;
  }

  private hold(part: Buffer, frames: Frame[]): void {
    if (this.skipping || part.length === 0) return;
    if (this.held + part.length > this.maxLineBytes) {
      this.parts = [];
      this.held = 0;
      this.skipping = true;
      frames.push({ kind: "tooLong" });
      return;
    }
    // A copy: the transport may use its buffer again.
    this.parts.push(Buffer.from(part));
    this.held += part.length;
  }

  private finishLine(frames: Frame[]): void {
    if (!this.skipping) frames.push(...framesOf(Buffer.concat(this.parts).toString("utf8").replace(/\r+$/, "")));
    this.parts = [];
    this.held = 0;
    this.skipping = false;
  }
}

/**
 * Text of the machine that did not end its own line may stand before the sentinel. So a sentinel followed by "{" counts
 * inside a line too, if what follows is JSON; else the whole line is noise.
 */
function framesOf(line: string): Frame[] {
  if (line === "") return [];
  if (line.startsWith(SENTINEL)) return [{ kind: "message", json: line.slice(SENTINEL.length) }];
  const at = line.indexOf(`${SENTINEL}{`);
  if (at > 0) {
    const json = line.slice(at + SENTINEL.length);
    if (isJson(json)) {
      return [
        { kind: "noise", text: line.slice(0, at) },
        { kind: "message", json },
      ];
    }
  }
  return [{ kind: "noise", text: line }];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
