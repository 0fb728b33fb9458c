/**
 * A queue in front of something that only `limit` users may hold at once. Strictly first come, first served: nobody
 * who came later overtakes, whatever is let go in between.
 */
export class Turns {
  private held = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly limit = 1) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`a limit must be a whole number from 1, not ${limit}`);
  }

  get waiting(): number {
    return this.queue.length;
  }

  get inUse(): number {
    return this.held;
  }

  /** True when the next `take` would have to wait. */
  get full(): boolean {
    return this.held >= this.limit;
  }

  /** Resolves with the function that lets go (safe to call twice). Rejects with the signal's reason if it aborts first. */
  take(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.held < this.limit && this.queue.length === 0) return Promise.resolve(this.grant());
    return new Promise((resolve, reject) => {
      const onTurn = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve(this.grant());
      };
      const onAbort = () => {
        const at = this.queue.indexOf(onTurn);
        if (at >= 0) this.queue.splice(at, 1);
        reject(signal?.reason);
      };
      this.queue.push(onTurn);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  private grant(): () => void {
    this.held++;
    let letGo = false;
    return () => {
      if (letGo) return;
      letGo = true;
      this.held--;
      this.queue.shift()?.();
    };
  }
}
