/** Machine-wide mutexes by name, as `Global\...` on Windows. */
export class Mutexes {
  readonly #held = new Map<string, (() => void)[]>();

  /** A function that releases it, or null when it was not free within `waitMs`. */
  async acquire(name: string, waitMs: number): Promise<(() => void) | null> {
    const waiting = this.#held.get(name);
    if (!waiting) {
      this.#held.set(name, []);
      return this.#releaser(name);
    }
    const got = await new Promise<boolean>((resolve) => {
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(turn), 1);
        resolve(false);
      }, waitMs);
      waiting.push(turn);
    });
    return got ? this.#releaser(name) : null;
  }

  #releaser(name: string): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#held.get(name)?.shift();
      if (next) next();
      else this.#held.delete(name);
    };
  }
}
