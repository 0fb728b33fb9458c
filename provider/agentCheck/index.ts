import { readFileSync } from "node:fs";
import { createLogger } from "../log/logger";
import { shippedAgent } from "../machine/agentProgram";
import { AgentSession } from "../machine/agentSession";
import type { Connection } from "../machine/connection";
import { resolveConnection } from "../machine/credentials";
import type { AgentError, Op, Primitives } from "../machine/protocol";
import { AgentFailure } from "../machine/session";
import { sshTransport } from "../machine/ssh";
import type { Transport } from "../machine/transport";
import { LICENSING_READ } from "../resources/shared/licensing";
import { OUR_KEY, SPP_KEY } from "../resources/shared/steps";
import { localTransport } from "./localTransport";

/** What one primitive answered on a real machine. */
export interface CheckedPrimitive {
  op: Op;
  /** `unproven`: the machine has not what it takes to ask this, like a DNS server or a way to the domain. */
  outcome: "ok" | "failed" | "unproven";
  /** One line: what was seen, or the error. */
  summary: string;
  /** The answer in full, for a recording. */
  answer: unknown;
}

interface Look<O extends Op> {
  args: Primitives[O]["args"];
  summary: (result: Primitives[O]["result"]) => string;
  /** Not every machine has the role, or the way to the domain, that it is about. */
  ofRole?: true;
}
type ReadOnly = { [O in Op]?: Look<O> };

/** Looked up by its SID, so that the name may be in any language. */
const ADMINISTRATORS = "S-1-5-32-544";
/** No such zone; no domain controller that answers; no login to give there, as after a login by key. */
const NOT_HERE = ["0x80072581", "0x8007203A", "0x8007052E"];

/** Every primitive that only looks, with arguments that change nothing anywhere. */
const looksAt = (domain: string): ReadOnly => ({
  ping: { args: {}, summary: () => "answered" },
  hello: {
    args: {},
    summary: (hello) =>
      `${hello.computerName}, ${hello.osCaption} ${hello.osVersion}, PowerShell ${hello.psVersion}, ${hello.uiLanguage}, ` +
      (hello.elevated ? "elevated" : "not elevated"),
  },
  "licensing.read": {
    args: LICENSING_READ,
    summary: ({ service, products }) =>
      `licensing service ${String(service["Version"])}, ${products.length} product(s) with a key: ` +
      products.map((row) => `...${String(row["PartialProductKey"])} status ${String(row["LicenseStatus"])}`).join(", "),
  },
  "registry.read": {
    args: {
      values: [
        { key: SPP_KEY, name: "KeyManagementServiceListeningPort" },
        { key: OUR_KEY, name: "RestartOwed" },
      ],
    },
    summary: ({ values }) => values.map((value) => (value ? value.kind : "absent")).join(", "),
  },
  "net.listeners": { args: {}, summary: ({ listeners }) => `${listeners.length} TCP listeners` },
  // The RPC endpoint mapper: every Windows listens there.
  "net.probe": { args: { host: "localhost", port: 135, timeoutMs: 5000 }, summary: () => "its own port 135 reached" },
  "firewall.read": {
    args: { groups: ["@FirewallAPI.dll,-28002"], groupings: [] },
    summary: ({ groups, rules, modifyState }) =>
      `KMS group ${groups[0]?.known ? "known" : "unknown"}, ${rules.length} rule(s), modify state ${modifyState}`,
  },
  "events.read": {
    args: { log: "Application", source: "Microsoft-Windows-Security-SPP", ids: [12288, 12289], max: 3 },
    summary: ({ events }) => `${events.length} recent KMS client event(s)`,
  },
  "dns.read": {
    args: { zone: domain, name: "_vlmcs._tcp" },
    summary: ({ zone, records }) => `${records.length} SRV record(s), updates ${zone.dynamicUpdate}`,
    ofRole: true,
  },
  "directory.node": {
    args: { zone: domain, name: "_vlmcs._tcp" },
    summary: ({ zones, node }) =>
      `the zone is kept in ${zones.length} place(s), the node is ${node ? "there" : "not there"}`,
    ofRole: true,
  },
  "account.sid": { args: { account: ADMINISTRATORS }, summary: ({ name }) => String(name) },
  batch: {
    args: {
      steps: [],
      reads: [
        { op: "licensing.read", args: LICENSING_READ },
        { op: "net.listeners", args: {} },
      ],
    },
    summary: ({ reads }) => reads.map((read) => (read.ok ? "ok" : read.error.kind)).join(", "),
  },
});

/** Starts the agent and asks everything that only looks. Throws when it does not come up. */
export async function checkAgent(transport: Transport, timeoutMs = 120_000): Promise<CheckedPrimitive[]> {
  const log = createLogger("agent");
  const signal = AbortSignal.timeout(timeoutMs);
  const session = await AgentSession.open(transport, shippedAgent, { signal, log });
  try {
    const rows: CheckedPrimitive[] = [];
    const hello = await session.call("hello", {}, signal);
    const domain = hello.partOfDomain ? hello.domain : "workgroup";
    for (const [op, look] of Object.entries(looksAt(domain)) as [Op, NonNullable<ReadOnly[Op]>][]) {
      try {
        const answer = await session.call(op, look.args, signal);
        const summary = (look.summary as (result: unknown) => string)(answer);
        rows.push({ op, outcome: "ok", summary, answer: anonymous(answer) });
      } catch (error) {
        if (!(error instanceof AgentFailure)) throw error;
        const { kind, code = "" } = error.error;
        const unproven = look.ofRole === true && (kind === "notSupported" || NOT_HERE.includes(code));
        const answer = withoutName(error.error, domain);
        rows.push({ op, outcome: unproven ? "unproven" : "failed", summary: error.message, answer });
      }
    }
    return rows;
  } finally {
    await session.close();
  }
}

const withoutName = (error: AgentError, domain: string): AgentError => ({
  ...error,
  message: error.message.replaceAll(domain, "(domain)"),
});

const IDENTITY = new Set([
  "smbiosUuid",
  "machineGuid",
  "computerName",
  "domain",
  "primaryDnsSuffix",
  "user",
  "ClientMachineID",
  "KeyManagementServiceMachine",
  "DiscoveredKeyManagementServiceMachineName",
  "target",
  "alias",
  "server",
  "zones",
  "dn",
  "descriptor",
]);

/**
 * A recording is shared with others: it says whether an identity was read, not which, and keeps of an event's texts only
 * numbers and codes.
 */
export function anonymous(value: unknown, name = ""): unknown {
  if (IDENTITY.has(name)) return value === null || value === "" ? value : "(read)";
  if (Array.isArray(value)) return value.map((item) => anonymous(item, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, anonymous(member, key)]));
  }
  if (name === "strings" && !/^(0x[0-9a-f]+|\d+)$/i.test(String(value))) return "(read)";
  return value;
}

/** The transport for `--host ...`, or this Windows itself without a host. */
export function transportFor(options: {
  host?: string;
  port?: number;
  user?: string;
  hostKey?: string;
  privateKeyFile?: string;
  credentials?: string;
  shell?: string;
}): Transport {
  const { host, port, user, hostKey, privateKeyFile, credentials, shell } = options;
  if (host === undefined) return localTransport(shell);
  const connection: Connection = {
    host,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(privateKeyFile === undefined ? {} : { privateKey: readFileSync(privateKeyFile, "utf8") }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  return sshTransport(resolveConnection(connection, process.env, undefined), createLogger("agent"), {});
}
