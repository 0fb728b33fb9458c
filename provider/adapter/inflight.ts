/**
 * Operations under way in this process. An error that escapes every promise (a socket's late 'error' event) would
 * leave the engine waiting for ever, since the host's own process-level handler swallows it; here it fails the
 * operations that were under way instead.
 */
const rejecters = new Set<(error: Error) => void>();
let watching = false;

function onEscaped(cause: unknown): void {
  const text = cause instanceof Error ? cause.message : String(cause);
  const error = new Error(`an error escaped its operation: ${text}`);
  for (const reject of [...rejecters]) reject(error);
}

export async function guarded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (!watching) {
    watching = true;
    process.on("uncaughtException", onEscaped);
    process.on("unhandledRejection", onEscaped);
  }
  const controller = new AbortController();
  let reject: (error: Error) => void = () => {};
  const escaped = new Promise<never>((_, rejectEscaped) => {
    reject = (error) => {
      controller.abort(error);
      rejectEscaped(error);
    };
  });
  escaped.catch(() => {});
  rejecters.add(reject);
  try {
    return await Promise.race([work(controller.signal), escaped]);
  } finally {
    rejecters.delete(reject);
  }
}

/** Fails everything that is under way; used when the engine is gone. */
export function abortAll(reason: string): void {
  for (const reject of [...rejecters]) reject(new Error(reason));
}
