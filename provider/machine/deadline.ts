/** Time ran out. `seconds` is how much there was. */
export class DeadlineError extends Error {
  override readonly name = "TimeoutError";
  constructor(readonly seconds: number) {
    super(`no end within ${seconds} s`);
  }
}

/** The longest time that a timer can hold, about 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `work` with a signal that aborts when one of `parents` does, or after `ms` with a {@link DeadlineError}
 * (undefined = no limit). It waits for `work` itself: work must heed the signal.
 */
export async function within<T>(
  parents: readonly AbortSignal[],
  ms: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const listeners = parents.map((parent) => {
    const onAbort = () => controller.abort(cancellation(parent.reason));
    if (parent.aborted) onAbort();
    else parent.addEventListener("abort", onAbort, { once: true });
    return () => parent.removeEventListener("abort", onAbort);
  });
  const timer =
    ms === undefined || ms > MAX_TIMER_MS
      ? undefined
      : setTimeout(() => controller.abort(new DeadlineError(ms / 1000)), Math.max(ms, 0));
  try {
    if (controller.signal.aborted) throw controller.signal.reason;
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    for (const remove of listeners) remove();
  }
}

/** A reason to throw: always an Error, and never one with a numeric `code` (which gRPC would take for a status). */
function cancellation(reason: unknown): Error {
  if (reason instanceof Error && typeof (reason as { code?: unknown }).code !== "number") return reason;
  return new Error("The operation was cancelled.");
}
