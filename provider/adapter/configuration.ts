import { type CredentialSets, parseCredentialSets } from "../machine/credentials";

/** The part of the dynamic-provider host's configure request that is used. */
export interface ConfigureRequest {
  config: { get(key: string): string | undefined };
}

let credentialsText: string | undefined;
let parsed: { text: string; sets: CredentialSets | undefined } | undefined;

/**
 * Synchronous on purpose: the host puts a provider into its cache before it awaits `configure`, so a second request
 * may arrive while an asynchronous one is still under way.
 */
export function configure(request: ConfigureRequest): void {
  credentialsText = request.config.get("volume-activation:credentials");
}

/** Parsed at first use, so that a mistake in it fails the operations that need it, with their names. */
export function configuredCredentials(): CredentialSets | undefined {
  if (credentialsText === undefined) return undefined;
  if (parsed?.text === credentialsText) return parsed.sets;
  const sets = parseCredentialSets(credentialsText);
  parsed = { text: credentialsText, sets };
  return sets;
}
