/** Pulumi's exit code for "changes were found where none were expected". */
export const driftFound = 7;

/** What an exit code of the drift check means, in one line. `keep`: machines that cannot be reached do not end it. */
export function driftLine(code: number, keep = false): string {
  if (code === 0) return "no drift: every machine is as the stack says";
  if (code === driftFound && keep) {
    return 'drift: the changes above were made outside Pulumi, or nobody could look ("lookedAt"); "npm run up" puts them back';
  }
  if (code === driftFound) return 'drift: the changes above were made outside Pulumi; "npm run up" puts them back';
  return `the drift check could not be done (Pulumi ended with ${code}, its messages are above)`;
}
