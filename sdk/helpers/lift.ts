import * as pulumi from "@pulumi/pulumi";
import { keys } from "./lazy";

/** The same arguments where each may be an Output, whole or in parts. */
export type Lifted<Args> = pulumi.Input<{ [Name in keyof Args]: pulumi.Input<Args[Name]> }>;

/**
 * A helper's text as an Output. It is secret when an argument is, and when it holds a key that is not a published setup
 * key, however that key was given.
 */
export function lifted<Args extends object>(
  args: Lifted<Args>,
  keysOf: (args: Args) => readonly (string | undefined)[],
  text: (args: Args) => string,
): pulumi.Output<string> {
  const known = pulumi.output(args) as unknown as pulumi.Output<Args>;
  return known.apply((given) => {
    const result = text(given);
    const hidden = keysOf(given).some((key) => key !== undefined && !keys().isPublishedSetupKey(key));
    return hidden ? pulumi.secret(result) : pulumi.output(result);
  });
}
