/**
 * The lab's own command line from ours: without a subcommand it serves in the foreground, and it always works on this
 * checkout's lab unless a state is named.
 */
export function labArguments(args: readonly string[], state: string): string[] {
  const [first] = args;
  const [subcommand = "serve", ...rest] = first === undefined || first.startsWith("-") ? ["serve", ...args] : args;
  const named = rest.some((word) => word === "--state" || word.startsWith("--state="));
  return [subcommand, ...(named ? [] : ["--state", state]), ...rest];
}
