import { afterEach, beforeEach } from "vitest";

/**
 * Unit tests are silent: code under test that prints is a fault, since inside a provider process every line reaches
 * the user. A test that expects output replaces the console method (`vi.spyOn(console, "log").mockImplementation(...)`)
 * or calls `allowConsole()` first.
 */
const methods = ["debug", "error", "info", "log", "warn"] as const;

const shared = globalThis as typeof globalThis & { volumeActivationConsoleAllowed?: boolean };

/** Lets the running test print. */
export function allowConsole(): void {
  shared.volumeActivationConsoleAllowed = true;
}

const { console: terminal } = globalThis;

let printed: string[] = [];

for (const method of methods) {
  const original = terminal[method].bind(terminal);
  terminal[method] = (...values: unknown[]) => {
    if (!shared.volumeActivationConsoleAllowed) printed.push(`console.${method}: ${values.map(String).join(" ")}`);
    original(...values);
  };
}

beforeEach(() => {
  printed = [];
  shared.volumeActivationConsoleAllowed = false;
});

afterEach(() => {
  if (printed.length > 0) throw new Error(`The test printed without expecting it:\n${printed.join("\n")}`);
});
