import type { Op, Primitives } from "pulumi-volume-activation-provider/machine/protocol";
import { z } from "zod";
import { sameSrv } from "../dns/administration";
import { refuse } from "./failure";

const none = z.object({});
const word = z.string().min(1);
const guid = z.string().regex(/^[0-9A-Fa-f-]{36}$/);
const profiles = z.int().min(1).max(2147483647);
/** Groupings of Windows begin with an @; rules of ours never stand there. */
const ownGrouping = z.string().regex(/^[^@]/);
/** Below HKEY_LOCAL_MACHINE, whose own name is not part of it: no leading or trailing backslash, no empty part. */
const registryKey = z.string().regex(/^(?!HK)[^\\]+(\\[^\\]+)*$/);
const registryName = z.object({ key: registryKey, name: z.string() });
/** A day that the calendar has: `Date` makes March of the 31st of February. */
function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === text.slice(0, 19);
}
const isoTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  .refine(isTime);
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function isUint64(text: string): boolean {
  return /^[0-9]{1,20}$/.test(text) && BigInt(text) <= 0xffffffffffffffffn;
}

const registryValue = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["REG_SZ", "REG_EXPAND_SZ"]), data: z.string() }),
  z.object({ kind: z.literal("REG_DWORD"), data: z.int().min(0).max(4294967295) }),
  z.object({ kind: z.literal("REG_QWORD"), data: z.string().refine(isUint64) }),
  // An empty string ends the list in the registry's raw form, so that it cannot be an element.
  z.object({ kind: z.literal("REG_MULTI_SZ"), data: z.array(z.string().min(1)) }),
  z.object({ kind: z.literal("REG_BINARY"), data: z.string().regex(BASE64) }),
]);

const firewallRule = z.object({
  name: word,
  grouping: word,
  description: z.string(),
  direction: z.enum(["in", "out"]),
  action: z.enum(["allow", "block"]),
  enabled: z.boolean(),
  profiles,
  protocol: z.int().min(0).max(256),
  localPorts: z.string(),
  remoteAddresses: z.string(),
  program: z.string(),
  service: z.string(),
  only: z.object({ profiles, remoteAddresses: z.string() }).nullish(),
});

const dnsName = z.string().regex(/^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/);
const sixteenBits = z.int().min(0).max(65_535);
const srvData = z.object({ priority: sixteenBits, weight: sixteenBits, port: sixteenBits, target: word });
const dnsSubject = { zone: dnsName, name: dnsName };

const expectation = z.object({
  partialProductKey: z.string().regex(/^([A-Za-z0-9]{5})?$/),
  property: z.string(),
  test: z.enum(["eq", "ne", "match", "notMatch"]),
  value: z.union([z.string(), z.int()]),
});

const simple = {
  ping: none,
  hello: none,
  "licensing.read": z.object({
    service: z.array(z.string()),
    product: z.array(z.string()),
    applicationId: guid.optional(),
  }),
  slmgr: z.object({ verb: z.string(), values: z.array(z.string()).optional(), activationId: guid.optional() }),
  "registry.read": z.object({ values: z.array(registryName) }),
  "registry.write": z.intersection(registryName, registryValue),
  "registry.delete": registryName,
  "service.restart": z.object({ name: z.string().regex(/^[A-Za-z0-9_.-]{1,80}$/) }),
  "net.listeners": none,
  "net.probe": z.object({
    host: z.string().regex(/^[A-Za-z0-9.-]{1,253}$/),
    port: z.int().min(1).max(65_535),
    timeoutMs: z.int().min(1).max(30_000),
  }),
  "firewall.read": z.object({
    groups: z.array(word),
    groupings: z.array(word),
    ports: z.array(z.int()).nullish(),
  }),
  "firewall.group": z.object({ group: word, profiles, enabled: z.boolean() }),
  "firewall.rule": firewallRule,
  "firewall.remove": z.object({ name: word, grouping: ownGrouping }),
  "events.read": z.object({
    log: word,
    source: word.optional(),
    ids: z.array(z.int()),
    types: z.array(z.enum(["error", "warning", "information", "auditSuccess", "auditFailure"])).optional(),
    since: isoTime.optional(),
    max: z.int().min(1).max(1000),
    look: z.int().min(1).max(100_000).optional(),
  }),
  "directory.node": z.object({ zone: dnsName, name: dnsName }),
  "directory.write": z.object({
    dn: z.string().regex(/^DC=[A-Za-z0-9_.-]+,DC=[A-Za-z0-9_.-]+,CN=MicrosoftDNS,\P{Cc}+$/u),
    expected: z.string().regex(BASE64),
    descriptor: z.string().regex(BASE64),
  }),
  "account.sid": z.object({ account: z.string().regex(/^\P{Cc}{1,256}$/u) }),
  "dns.read": z.object(dnsSubject),
  "dns.change": z
    .object({
      ...dnsSubject,
      expected: z.array(srvData),
      deletes: z.array(srvData),
      add: srvData.extend({ target: dnsName, ttl: z.int().min(0).max(2_147_483_647) }).nullable(),
    })
    .refine(({ expected, deletes }) => deletes.every((one) => expected.some((other) => sameSrv(one, other)))),
  expect: expectation,
};

const STEP_OPS = [
  "slmgr",
  "registry.write",
  "registry.delete",
  "service.restart",
  "firewall.group",
  "firewall.rule",
  "firewall.remove",
  "directory.write",
  "dns.change",
  "expect",
] as const;
const READ_OPS = [
  "licensing.read",
  "registry.read",
  "net.listeners",
  "firewall.read",
  "events.read",
  "directory.node",
  "dns.read",
  "slmgr",
] as const;

const anyArgs = z.record(z.string(), z.unknown());
/** Arguments of steps and reads are looked at when their turn comes; where they may stand, before anything is done. */
const batch = z
  .object({
    mutex: z
      .object({ name: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/), waitMs: z.int().min(0).max(600_000) })
      .optional(),
    steps: z.array(
      z.object({
        op: z.enum(STEP_OPS),
        args: anyArgs,
        when: anyArgs.optional(),
        restart: z.boolean().optional(),
      }),
    ),
    restart: z.object({ service: word, marker: registryName, owed: z.boolean() }).optional(),
    reads: z.array(z.object({ op: z.enum(READ_OPS), args: anyArgs })),
  })
  .refine(({ steps, restart }) => restart !== undefined || steps.every((step) => step.restart !== true))
  .refine(({ reads }) => reads.every((read) => read.op !== "slmgr" || read.args["verb"] === "/dti"));

const SCHEMAS = { ...simple, batch };

export function isOp(op: unknown): op is Op {
  return typeof op === "string" && Object.hasOwn(SCHEMAS, op);
}

/** The arguments of an operation, or `refused`. The types are those of the protocol; the schemas only check them. */
export function checkArgs<O extends Op>(op: O, args: unknown): Primitives[O]["args"] {
  const result = SCHEMAS[op].safeParse(args);
  if (result.success) return result.data as Primitives[O]["args"];
  const issue = result.error.issues[0];
  return refuse(`argument '${issue?.path.join(".") ?? ""}' of ${op} has a form that is not allowed`);
}
