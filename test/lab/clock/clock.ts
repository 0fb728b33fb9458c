/**
 * The lab's time. It runs `factor` times as fast as real time, from where it stood when the lab was last stopped.
 * With factor 0 it stands still and moves only by {@link LabClock.advance}: the clock of deterministic tests.
 */
export class LabClock {
  #labMs: number;
  #realMs: number;

  constructor(
    /** Lab time to start from, milliseconds since 1970 UTC. */
    startMs: number,
    readonly factor: number,
    /** Monotonic milliseconds; real time may be set back, the lab's never is. */
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    if (!Number.isFinite(factor) || factor < 0) throw new Error(`The lab's clock cannot run at factor ${factor}.`);
    this.#labMs = startMs;
    this.#realMs = monotonic();
  }

  /** Milliseconds since 1970 UTC. */
  now(): number {
    const real = this.monotonic();
    this.#labMs += (real - this.#realMs) * this.factor;
    this.#realMs = real;
    return Math.floor(this.#labMs);
  }

  advance(ms: number): void {
    if (ms < 0) throw new Error("The lab's clock does not go back.");
    this.now();
    this.#labMs += ms;
  }
}

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
