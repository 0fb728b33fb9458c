/**
 * The one place that writes to the console. Inside the dynamic-provider process the engine shows these lines to the
 * user without a resource name, so each carries its own prefix, like "[KmsHost kms01]".
 */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  /** Shown only with VOLUME_ACTIVATION_DEBUG=1. */
  debug(message: string): void;
}

export type Redact = (text: string) => string;

export function createLogger(prefix: string, redact: Redact = (text) => text): Logger {
  const line = (message: string) => redact(`[${prefix}] ${message}`).replace(/\s*\n\s*/g, " | ");
  return {
    info: (message) => console.log(line(message)),
    warn: (message) => console.log(line(`warning: ${message}`)),
    debug: (message) => {
      if (process.env["VOLUME_ACTIVATION_DEBUG"] === "1") console.log(line(message));
    },
  };
}

export const silentLogger: Logger = { info: () => {}, warn: () => {}, debug: () => {} };
