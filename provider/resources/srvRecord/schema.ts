import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import {
  checkDnsDomain,
  checkFqdn,
  checkPort,
  checkSrvPriorityWeight,
  normalizeDomain,
  quote,
} from "../../checks/index";
import { parseServer } from "../../dns/index";
import { checkInputs, type Rules } from "../shared/checking";
import { choice, text, whole } from "../shared/fields";
import { authRules, authSchema, type SrvAuth } from "./auth";

/** What KMS clients ask for. */
export const KMS_SERVICE = "_vlmcs._tcp";
const DEFAULT_KMS_PORT = 1688;
/** The longest TTL (RFC 2181 8). */
const MOST_TTL = 2 ** 31 - 1;
/** Characters of a whole name. */
const MOST_NAME = 253;

function checkRecordName(value: string): string | undefined {
  // As a domain it would be refused for beginning with the service; what stands under the service is checked by itself.
  const [, below] = /^_vlmcs\._(?:tcp|udp)\.(.+)$/i.exec(value) ?? [];
  const broken = checkDnsDomain(below ?? value);
  if (broken) return broken;
  if (/^_vmlcs\b/i.test(value))
    return `${quote(value)} is a misspelling that many pages copy; KMS asks for ${KMS_SERVICE}.`;
  if (/^_[a-z0-9-]+\._(tcp|udp)(\.|$)/i.test(value)) return undefined;
  return `${quote(value)} does not begin with _service._tcp or _service._udp, as an SRV record's name does (RFC 2782).`;
}

const checkServer = (value: string) => {
  const parsed = parseServer(value);
  return parsed.ok ? undefined : parsed.reason;
};

/** Seconds that a name server of waitFor is given at most. */
const MOST_WAIT = 86_400;
export const DEFAULT_WAIT = 60;

const waitForSchema = z.strictObject(
  {
    server: text("a name server", checkServer).optional(),
    timeout: whole("seconds", (value) =>
      value >= 1 && value <= MOST_WAIT ? undefined : `must be 1 to ${MOST_WAIT} seconds`,
    ).default(DEFAULT_WAIT),
  },
  { error: 'must be an object like { server: "ns2.contoso.com" }' },
);

export const srvRecordSchema = z.strictObject({
  resourceName: z.string().optional(),
  zone: text("a DNS zone", checkDnsDomain).optional(),
  name: text("the record's name in the zone", checkRecordName).default(KMS_SERVICE),
  target: text("the KMS host's full name", checkFqdn).optional(),
  port: whole("the TCP port that the KMS host serves", checkPort).default(DEFAULT_KMS_PORT),
  priority: whole("SRV priority", checkSrvPriorityWeight).default(0),
  weight: whole("SRV weight", checkSrvPriorityWeight).default(0),
  ttl: whole("seconds", (value) =>
    value >= 0 && value <= MOST_TTL ? undefined : `must be 0 to ${MOST_TTL} seconds (RFC 2181)`,
  ).optional(),
  server: z
    .union([
      text("the zone's primary name server", checkServer),
      z.array(text("a name server", checkServer)).min(1, "must name at least one server, or be left out"),
    ])
    .optional(),
  auth: authSchema.optional(),
  adopt: choice(["identical", "always", "never"]).optional(),
  ensure: choice(["present", "absent"]).default("present"),
  neighbours: z
    .array(text("the full name of another record's target", checkFqdn), { error: "must be a list of host names" })
    .optional(),
  onStranger: choice(["report", "fail"]).optional(),
  waitFor: z.array(waitForSchema, { error: "must be a list of { server, timeout }" }).optional(),
});

export interface WaitFor {
  server: string;
  /** Seconds. */
  timeout: number;
}

/** Checked inputs of an SrvRecord; names in lower case and without the final dot. */
export interface SrvRecordInputs {
  resourceName: string;
  zone: string;
  name: string;
  target: string;
  port: number;
  priority: number;
  weight: number;
  /** Seconds. Unset: the set's, 3600 if new. */
  ttl?: number;
  /** One, or several that are tried in order when one cannot be reached. */
  server?: string | string[];
  auth?: SrvAuth;
  /** Default "identical". */
  adopt?: "identical" | "always" | "never";
  ensure: "present" | "absent";
  neighbours?: string[];
  /** Default "report". */
  onStranger?: "report" | "fail";
  /** Empty where onStranger is "fail": what drift by strangers is shown by. */
  strangers?: string[];
  waitFor?: WaitFor[];
}

export const SRV_RECORD_INPUTS: readonly (keyof SrvRecordInputs)[] = [
  "resourceName",
  "zone",
  "name",
  "target",
  "port",
  "priority",
  "weight",
  "ttl",
  "server",
  "auth",
  "adopt",
  "ensure",
  "neighbours",
  "onStranger",
  "strangers",
  "waitFor",
];

/** What makes it this record: a change of one of these is another record. */
export const IDENTITY = ["zone", "name", "target"] as const;

/** The record's whole name. */
export const fqdnOf = ({ name, zone }: Pick<SrvRecordInputs, "name" | "zone">): string => `${name}.${zone}`;

export function checkSrvRecord(input: Props): CheckResult {
  const { strangers: _, ...given } = input;
  return checkInputs(srvRecordSchema, given, (known, rules) => {
    rules.require(["zone"], "the DNS zone that the record goes into");
    rules.require(["target"], "the KMS host's full name");
    const companions: Props = {};
    const zone = known.zone === undefined ? undefined : normalizeDomain(known.zone);
    const target = known.target === undefined ? undefined : normalizeDomain(known.target);
    const name = normalizeDomain(known.name);
    if (zone !== undefined) companions["zone"] = zone;
    if (target !== undefined) companions["target"] = target;
    if (!rules.unknown("name")) companions["name"] = name;
    if (zone !== undefined && !rules.unknown("name")) nameRules(name, zone, rules);
    if (known.neighbours) {
      companions["neighbours"] = [...new Set(known.neighbours.map(normalizeDomain))].sort();
    }
    if (known.auth) {
      const auth = authRules(known.auth, rules);
      if (auth) companions["auth"] = auth;
      if (known.auth.method === "windowsDns" && (known.server !== undefined || rules.unknown("server"))) {
        rules.fail(
          ["server"],
          'has no place beside auth.method "windowsDns": the record is read and changed on the machine of auth.connection',
        );
      }
    }
    for (const [index, { server }] of (known.waitFor ?? []).entries()) {
      const path = ["waitFor", String(index), "server"];
      if (server === undefined && !rules.unknown(...path)) {
        rules.fail(path, "is required: the name server that must serve the record");
      }
    }
    if (known.onStranger === "fail") companions["strangers"] = [];
    return companions;
  });
}

function nameRules(name: string, zone: string, rules: Rules): void {
  if (name === zone || name.endsWith(`.${zone}`)) {
    const relative = name.slice(0, -(zone.length + 1));
    rules.fail(["name"], `is relative to the zone: give "${relative || KMS_SERVICE}", without the zone ${zone}`);
  } else if (name.length + 1 + zone.length > MOST_NAME) {
    rules.fail(
      ["name"],
      `is, with its zone, ${name.length + 1 + zone.length} characters long; DNS allows ${MOST_NAME}`,
    );
  }
}
