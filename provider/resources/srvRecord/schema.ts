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
import { decodeSecret, parseServer, TSIG_ALGORITHMS, type TsigAlgorithm } from "../../dns/index";
import { checkInputs, type Rules } from "../shared/checking";
import { choice, secretText, text, whole } from "../shared/fields";

/** What KMS clients ask for. */
export const KMS_SERVICE = "_vlmcs._tcp";
const DEFAULT_KMS_PORT = 1688;
/** The longest TTL (RFC 2181 8). */
const MOST_TTL = 2 ** 31 - 1;
/** Characters of a whole name. */
const MOST_NAME = 253;

function checkRecordName(value: string): string | undefined {
  const broken = checkDnsDomain(value);
  if (broken && !/^_vlmcs\._(tcp|udp)\./i.test(value)) return broken;
  if (/^_vmlcs\b/i.test(value))
    return `${quote(value)} is a misspelling that many pages copy; KMS asks for ${KMS_SERVICE}.`;
  if (/^_[a-z0-9-]+\._(tcp|udp)(\.|$)/i.test(value)) return undefined;
  return `${quote(value)} does not begin with _service._tcp or _service._udp, as an SRV record's name does (RFC 2782).`;
}

const checkServer = (value: string) => {
  const parsed = parseServer(value);
  return parsed.ok ? undefined : parsed.reason;
};

const authSchema = z.strictObject(
  {
    method: choice(["none", "tsig"]).optional(),
    keyName: text("the TSIG key's name", checkDnsDomain).optional(),
    algorithm: choice(TSIG_ALGORITHMS).optional(),
    secret: secretText("the TSIG key's secret in base64").optional(),
    credentials: text("the name of a credential set", (value) =>
      /^[\w .-]{1,64}$/.test(value)
        ? undefined
        : "must be 1 to 64 letters, digits, spaces, dots, dashes or underscores",
    ).optional(),
  },
  { error: 'must be an object like { method: "tsig", keyName, credentials }' },
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
  server: text("the zone's primary name server", checkServer).optional(),
  auth: authSchema.optional(),
  adopt: choice(["identical", "always", "never"]).optional(),
  ensure: choice(["present", "absent"]).default("present"),
  neighbours: z
    .array(text("the full name of another record's target", checkFqdn), { error: "must be a list of host names" })
    .optional(),
  onStranger: choice(["report", "fail"]).optional(),
});

export interface SrvAuth {
  method: "none" | "tsig";
  keyName?: string;
  algorithm?: TsigAlgorithm;
  secret?: string;
  credentials?: string;
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
  server?: string;
  auth?: SrvAuth;
  /** Default "identical". */
  adopt?: "identical" | "always" | "never";
  ensure: "present" | "absent";
  neighbours?: string[];
  /** Default "report". */
  onStranger?: "report" | "fail";
  /** Empty where onStranger is "fail": what drift by strangers is shown by. */
  strangers?: string[];
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

/** The checked `auth`; undefined while parts of it are not known or wrong. */
function authRules(auth: z.output<typeof authSchema>, rules: Rules): Props | undefined {
  const at = (member: string) => ["auth", member];
  const given = (member: keyof typeof auth) => auth[member] !== undefined || rules.unknown("auth", member);
  if (rules.unknown("auth", "method")) return undefined;
  if (auth.method === undefined) {
    rules.fail(at("method"), 'is required: "tsig" (signed by a key), or "none"');
    return undefined;
  }
  if (auth.method === "none") {
    for (const member of ["keyName", "algorithm", "secret", "credentials"] as const) {
      if (given(member)) rules.fail(at(member), 'needs method "tsig"');
    }
    return undefined;
  }
  if (!given("keyName")) rules.fail(at("keyName"), "is required: the key's name as the server has it");
  if (given("secret") === given("credentials")) {
    rules.fail(
      at("secret"),
      given("secret")
        ? "and auth.credentials exclude each other: give one of them"
        : "is required, or auth.credentials: the name of a set with tsigSecret (VOLUME_ACTIVATION_<SET>_TSIG_SECRET)",
    );
  }
  if (auth.secret !== undefined && !decodeSecret(auth.secret)) {
    rules.fail(at("secret"), "is no base64 text; give the secret as it stands in the server's key statement");
  }
  return {
    ...(auth as Props),
    ...(auth.keyName === undefined ? {} : { keyName: normalizeDomain(auth.keyName) }),
    ...(auth.algorithm === undefined && !rules.unknown("auth", "algorithm") ? { algorithm: "hmac-sha256" } : {}),
  };
}
