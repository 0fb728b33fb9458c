import { isObject, type Props } from "../adapter/props";
import { Redactor, secretTexts } from "../adapter/redaction";
import { silentLogger } from "../log/logger";
import { type CredentialSets, parseCredentialSets } from "../machine/credentials";
import { SessionPool } from "../machine/pool";
import { sshTransport } from "../machine/ssh";
import { HANDLERS } from "../resources/index";

/** One line of the closing table: a machine as it is right now, not as the state says. */
export interface StatusRow {
  machine: string;
  windows: string;
  role: string;
  status: string;
  count: string;
  findings: string[];
  lookedAt: boolean;
  /** Why it could not be looked at. */
  problem?: string;
}

/** A resource of `pulumi stack export`. */
export interface ExportedResource {
  urn: string;
  type: string;
  outputs?: Props;
}

export interface TopologyRequest {
  resources: readonly ExportedResource[];
  env?: NodeJS.ProcessEnv;
  /** The stack configuration's `volume-activation:credentials`. */
  credentials?: string | undefined;
  signal?: AbortSignal;
}

const TOKEN = "pulumi-nodejs:dynamic/activation:";

/** Reads every machine of a stack live, all at once; one that cannot be looked at is a row that says so. */
export async function readTopology(request: TopologyRequest): Promise<StatusRow[]> {
  const pool = new SessionPool({ transport: sshTransport });
  const credentials = parseCredentialSets(request.credentials);
  try {
    const rows = request.resources.map((resource) => readResource(pool, resource, credentials, request));
    return (await Promise.all(rows)).filter((row) => row !== undefined);
  } finally {
    await pool.close();
  }
}

async function readResource(
  pool: SessionPool,
  { type, outputs }: ExportedResource,
  credentials: CredentialSets | undefined,
  { env = process.env, signal }: TopologyRequest,
): Promise<StatusRow | undefined> {
  const handler = HANDLERS.find((candidate) => type === TOKEN + candidate.type);
  if (!handler || !outputs) return undefined;
  const redactor = new Redactor();
  redactor.add(secretTexts(outputs));
  const context = {
    operation: "read" as const,
    log: silentLogger,
    signal: signal ?? new AbortController().signal,
    pool,
    env,
    credentials,
    hide: (secrets: Iterable<string>) => redactor.add(secrets),
  };
  try {
    const seen = await handler.read(context, "", outputs);
    if (seen === "absent") return undefined;
    const found = row(handler.type, seen.outs as Props);
    return handler.type in ROLES || found.findings.length > 0 ? found : undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      ...row(handler.type, outputs),
      status: "not looked at",
      count: "",
      findings: [],
      lookedAt: false,
      problem: redactor.redact(message),
    };
  }
}

/** What a machine is by its resource; records and rules have a line only when there is something to say of them. */
const ROLES: { readonly [type: string]: string } = {
  KmsHost: "KMS host",
  KmsClientConfig: "KMS client",
  MakActivation: "MAK",
};

function row(type: string, outs: Props): StatusRow {
  const machine = isObject(outs["machine"]) ? outs["machine"] : {};
  const text = (value: unknown) => (value === undefined || value === null ? "" : String(value));
  return {
    machine: text(machine["name"]) || text(outs["resourceName"]),
    windows: windowsText(text(machine["windows"]), text(machine["language"])),
    role: `${ROLES[type] ?? type}${outs["role"] === "spare" ? " (spare)" : ""}`,
    status: text(outs["licenseStatus"]),
    count: type === "KmsHost" ? text(outs["currentCount"] ?? "-") : "",
    findings: Array.isArray(outs["findings"]) ? outs["findings"].map(String) : [],
    lookedAt: true,
  };
}

/** "Windows Server 2022 Datacenter", "zh-TW" -> "Server 2022 Datacenter (zh-TW)". */
function windowsText(caption: string, language: string): string {
  const short = caption.replace(/^Windows\s+(?=Server)/i, "");
  return language && !/^en\b/i.test(language) ? `${short} (${language})` : short;
}
