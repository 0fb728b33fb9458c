/** What a user can do something about: shown as its message alone. */
export class UserError extends Error {
  override name = "UserError";
}

/** One line on standard error, so that standard output holds answers only. */
export function progress(line: string): void {
  console.error(line);
}

/** "2 min 5 s", "12 s". */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Runs a command to its exit code and turns what it throws into a message. */
export async function main(command: (args: string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command(process.argv.slice(2));
  } catch (error) {
    if (process.env.VOLUME_ACTIVATION_DEBUG === "1" && error instanceof Error && error.stack) progress(error.stack);
    progress(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
