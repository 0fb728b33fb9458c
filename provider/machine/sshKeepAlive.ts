import type { Client } from "ssh2";

const INTERVAL_MS = 15_000;
const MISSES = 3;

/**
 * Ends a connection whose other end is gone without a word (cable, power, a firewall that forgot it). The library's own
 * keepalive would keep an idle process from exiting, so this one asks by itself, with the one public request which
 * every server answers and which changes nothing: to cancel a forwarding that was never set up. Any answer is life.
 */
export function keepAlive(client: Client, onDead: () => void, intervalMs = INTERVAL_MS): void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered >= MISSES) {
      clearInterval(timer);
      onDead();
      return;
    }
    unanswered++;
    try {
      client.unforwardIn("127.0.0.1", 1, () => {
        unanswered = 0;
      });
    } catch {
      clearInterval(timer);
    }
  }, intervalMs);
  timer.unref();
  client.once("close", () => clearInterval(timer));
}
