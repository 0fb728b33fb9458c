import { readableStderr } from "./clixml";

const MAX_NOISE_LINES = 20;
const MAX_STDERR_BYTES = 16 * 1024;
const MAX_QUOTED_LINES = 3;
const MAX_QUOTED_CHARS = 300;

/** What a machine printed besides the protocol, bounded, to be quoted when the agent does not come up or dies. */
export class StrayOutput {
  private readonly noise: string[] = [];
  private readonly stderr: Buffer[] = [];
  private stderrBytes = 0;

  addNoise(line: string): void {
    if (line.trim() !== "" && this.noise.length < MAX_NOISE_LINES) this.noise.push(line.slice(0, 1000));
  }

  addStderr(chunk: Buffer): void {
    const room = MAX_STDERR_BYTES - this.stderrBytes;
    if (room <= 0) return;
    this.stderr.push(Buffer.from(chunk.subarray(0, room)));
    this.stderrBytes += Math.min(room, chunk.length);
  }

  get hasNoise(): boolean {
    return this.noise.length > 0;
  }

  /** All of it as text, for telling what went wrong. */
  get text(): string {
    return [...this.noise, this.errorText].join("\n");
  }

  private get errorText(): string {
    return readableStderr(Buffer.concat(this.stderr).toString("utf8"));
  }

  /** ` The machine printed: "..."`, or "" if it printed nothing. Keys are masked to their last group. */
  quote(): string {
    const parts = [
      quoted(
        "The machine printed",
        this.noise.map((line) => line.trim()),
      ),
      quoted(
        "Its error stream says",
        this.errorText.split(/\r?\n/).map((line) => line.trim()),
      ),
    ];
    return parts.join("");
  }
}

function quoted(title: string, lines: string[]): string {
  const some = lines.filter((line) => line !== "").slice(0, MAX_QUOTED_LINES);
  if (some.length === 0) return "";
  const text = maskKeys(some.join(" | "));
  return ` ${title}: "${text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}...` : text}".`;
}

/** Product keys keep their last five characters. */
function maskKeys(text: string): string {
  return text.replace(/\b(?:[A-Z0-9]{5}-){4}([A-Z0-9]{5})\b/gi, "XXXXX-XXXXX-XXXXX-XXXXX-$1");
}
