import type { Connection, Endpoint, ResolvedConnection } from "./connection";

/** One named set. Every field may be missing; what is missing is taken from nowhere. */
export interface CredentialSet {
  user?: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  /** Base64 secret of a TSIG key, for DNS updates. */
  tsigSecret?: string;
}
/** Sets by name, as in the stack configuration `volume-activation:credentials`. */
export type CredentialSets = { readonly [name: string]: CredentialSet };

export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
  constructor(
    message: string,
    /** What to do about it. */
    readonly remedy: string,
  ) {
    super(message);
  }
}

export const CREDENTIALS_CONFIG = "volume-activation:credentials";
export const DEFAULT_USER = "Administrator";
const DEFAULT_PORT = 22;
const DEFAULT_CONNECT_SECONDS = 60;

const PREFIX = "VOLUME_ACTIVATION_";
/** Longest ending first: "_PASSWORD" is the end of "_PRIVATE_KEY_PASSWORD" too. */
const ENDINGS: readonly [ending: string, field: keyof CredentialSet][] = [
  ["_PRIVATE_KEY_PASSWORD", "privateKeyPassword"],
  ["_PRIVATE_KEY", "privateKey"],
  ["_TSIG_SECRET", "tsigSecret"],
  ["_PASSWORD", "password"],
  ["_USER", "user"],
];
const FIELDS: readonly (keyof CredentialSet)[] = ENDINGS.map(([, field]) => field);
const SECRET_FIELDS: ReadonlySet<string> = new Set(FIELDS.filter((field) => field !== "user"));

/** A set's name as it stands in environment variables: upper case, every other character "_". */
export function environmentName(setName: string): string {
  return setName.toUpperCase().replace(/[^A-Z0-9]/g, "_");
}

/**
 * The named set: each field from the environment (`VOLUME_ACTIVATION_<SET>_USER`, `_PASSWORD`, `_PRIVATE_KEY`,
 * `_PRIVATE_KEY_PASSWORD`, `_TSIG_SECRET`; an empty variable is an unset one), else from the stack configuration.
 */
export function credentialSet(name: string, env: NodeJS.ProcessEnv, config: CredentialSets | undefined): CredentialSet {
  const inConfig = config && Object.hasOwn(config, name) ? config[name] : undefined;
  const set: CredentialSet = { ...inConfig };
  let found = inConfig !== undefined;
  for (const [ending, field] of ENDINGS) {
    const value = env[`${PREFIX}${environmentName(name)}${ending}`];
    if (!value) continue;
    set[field] = value;
    found = true;
  }
  if (found) return set;

  const inEnvironment = environmentSets(env);
  const names = (list: string[]) => (list.length ? list.join(", ") : "none");
  throw new CredentialsError(
    `The credential set "${name}" does not exist. Looked for the environment variables ` +
      `${PREFIX}${environmentName(name)}_USER, _PASSWORD, _PRIVATE_KEY, _PRIVATE_KEY_PASSWORD and _TSIG_SECRET, then in ` +
      `the stack configuration ${CREDENTIALS_CONFIG}. Sets that exist: in the environment ${names(inEnvironment)}; ` +
      `in the stack configuration ${config ? names(Object.keys(config)) : "none (it is not set)"}.`,
    `Set these variables, or add the set: pulumi config set --secret --path ` +
      `'${CREDENTIALS_CONFIG}.${name}.password'. A misspelt name is corrected in "credentials".`,
  );
}

/** Names of sets of which the environment has at least one variable, as they stand there (upper case). */
function environmentSets(env: NodeJS.ProcessEnv): string[] {
  const names = new Set<string>();
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith(PREFIX) || !env[variable]) continue;
    const ending = ENDINGS.find(([text]) => variable.endsWith(text))?.[0];
    if (ending && variable.length > PREFIX.length + ending.length)
      names.add(variable.slice(PREFIX.length, -ending.length));
  }
  return [...names].sort();
}

/**
 * Fills in credentials and defaults. Fields of the connection win over those of the set; the set is for the machine,
 * not for the jump host, which says its own.
 */
export function resolveConnection(
  connection: Connection,
  env: NodeJS.ProcessEnv,
  config: CredentialSets | undefined,
): ResolvedConnection {
  const set = connection.credentials === undefined ? {} : credentialSet(connection.credentials, env, config);
  const { tsigSecret: _, ...login } = set;
  return {
    endpoint: withDefaults({ ...login, ...given(endpointFields(connection)) }),
    ...(connection.knownHosts === undefined ? {} : { knownHosts: connection.knownHosts }),
    ...(connection.proxy === undefined ? {} : { proxy: withDefaults(given(endpointFields(connection.proxy))) }),
    connectTimeoutMs: (connection.timeouts?.connect ?? DEFAULT_CONNECT_SECONDS) * 1000,
  };
}

function withDefaults(endpoint: Endpoint): ResolvedConnection["endpoint"] {
  return { ...endpoint, port: endpoint.port ?? DEFAULT_PORT, user: endpoint.user ?? DEFAULT_USER };
}

function endpointFields(from: Endpoint): Endpoint {
  const { host, port, user, password, privateKey, privateKeyPassword } = from;
  const { agentSocketPath, hostKey, dialErrorLimit, perDialTimeout } = from;
  const fields = { host, port, user, password, privateKey, privateKeyPassword };
  return { ...fields, agentSocketPath, hostKey, dialErrorLimit, perDialTimeout } as Endpoint;
}

/** Without the keys that are there but undefined, which would hide a set's fields. */
function given(endpoint: Endpoint): Endpoint {
  return Object.fromEntries(Object.entries(endpoint).filter(([, value]) => value !== undefined)) as unknown as Endpoint;
}

/** Reads the stack configuration's JSON text. What is wrong is said by name and place, never with a value. */
export function parseCredentialSets(text: string | undefined): CredentialSets | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const remedy =
    `Give one object for each set: {"SET": {"user": ..., "password": ...}}; fields: ${FIELDS.join(", ")}. ` +
    `With pulumi config: pulumi config set --secret --path '${CREDENTIALS_CONFIG}.SET.password'.`;
  const wrong = (what: string) =>
    new CredentialsError(`The stack configuration ${CREDENTIALS_CONFIG} ${what}.`, remedy);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong("is not JSON");
  }
  if (!isRecord(value)) throw wrong("is not an object of credential sets");
  const sets: { [name: string]: CredentialSet } = {};
  for (const [name, fields] of Object.entries(value)) {
    if (!isRecord(fields)) throw wrong(`has a set "${name}" that is not an object`);
    const set: CredentialSet = {};
    for (const [field, content] of Object.entries(fields)) {
      const known = FIELDS.find((candidate) => candidate === field);
      if (!known) throw wrong(`has an unknown field "${field}" in the set "${name}"`);
      if (content === null) continue;
      if (typeof content !== "string") throw wrong(`has a field "${field}" in the set "${name}" that is not text`);
      set[known] = content;
    }
    sets[name] = set;
  }
  return sets;
}

/**
 * Every secret text in connections, credential sets and the environment, longest first, to be blotted out of messages:
 * passwords, keys, passphrases, TSIG secrets, and each longer line of a PEM text, since messages may quote one line of it.
 */
export function secretsOf(...sources: unknown[]): string[] {
  const secrets = new Set<string>();
  const walk = (value: unknown, name: string | undefined): void => {
    if (typeof value === "string") {
      if (name === undefined || value === "" || !isSecretName(name)) return;
      secrets.add(value);
      for (const line of value.split(/\r?\n|\\n/))
        if (line.length >= 16 && !line.startsWith("-----")) secrets.add(line);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) walk(inner, key);
  };
  for (const source of sources) walk(source, undefined);
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** The secrets of one connection. */
export function secretsOfConnection(connection: Connection | ResolvedConnection): string[] {
  return secretsOf(connection);
}

/** A secret field of a connection or a set, or the environment variable of one. */
function isSecretName(name: string): boolean {
  if (SECRET_FIELDS.has(name)) return true;
  return name.startsWith(PREFIX) && ENDINGS.some(([ending, field]) => field !== "user" && name.endsWith(ending));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
