import { z } from "zod";
import type { Props } from "../../adapter/props";
import { checkDnsDomain, normalizeDomain } from "../../checks/index";
import { decodeSecret, TSIG_ALGORITHMS, type TsigAlgorithm } from "../../dns/index";
import type { Connection } from "../../machine/connection";
import type { Rules } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, secretText, text } from "../shared/fields";

export const AUTH_METHODS = ["none", "tsig", "gssTsig", "windowsDns"] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** How updates are signed, or which Windows DNS server makes the change itself, as it was checked. */
export interface SrvAuth {
  method: AuthMethod;
  keyName?: string;
  algorithm?: TsigAlgorithm;
  secret?: string;
  credentials?: string;
  principal?: string;
  keytab?: string;
  credentialCache?: string;
  connection?: Connection;
}

/** It goes to kinit as a word: no dash in front, nothing that a shell or Kerberos would read in another way. */
const checkPrincipal = (value: string) =>
  /^[\w][\w.$-]*(\/[\w.$-]+)?(@[\w.-]+)?$/.test(value) && value.length <= 255
    ? undefined
    : 'must be like "kmsadmin@CONTOSO.COM" or "host/ci01.contoso.com@CONTOSO.COM"';

/** A path or a cache's name; the programs get it whole, so that only characters that no path has are refused. */
const checkPath = (value: string) =>
  value !== "" && value.length <= 1024 && /^[^\p{Cc}]+$/u.test(value) && !value.startsWith("-")
    ? undefined
    : "must be a path without control characters, and without a dash in front";

export const authSchema = z.strictObject(
  {
    method: choice(AUTH_METHODS).optional(),
    keyName: text("the TSIG key's name", checkDnsDomain).optional(),
    algorithm: choice(TSIG_ALGORITHMS).optional(),
    secret: secretText("the TSIG key's secret in base64").optional(),
    credentials: text("the name of a credential set", (value) =>
      /^[\w .-]{1,64}$/.test(value)
        ? undefined
        : "must be 1 to 64 letters, digits, spaces, dots, dashes or underscores",
    ).optional(),
    principal: text("a Kerberos principal", checkPrincipal).optional(),
    keytab: text("the path of a keytab", checkPath).optional(),
    credentialCache: text("a Kerberos credential cache", checkPath).optional(),
    connection: connectionSchema.optional(),
  },
  { error: 'must be an object like { method: "tsig", keyName, credentials }' },
);

type Auth = z.output<typeof authSchema>;

/** Members beside `method` that each method takes. */
const MEMBERS: { readonly [method in AuthMethod]: readonly (keyof Auth)[] } = {
  none: [],
  tsig: ["keyName", "algorithm", "secret", "credentials"],
  gssTsig: ["principal", "keytab", "credentialCache", "credentials"],
  windowsDns: ["connection"],
};

/** The checked `auth`; undefined while parts of it are not known or wrong. */
export function authRules(auth: Auth, rules: Rules): Props | undefined {
  const at = (member: string) => ["auth", member];
  const given = (member: keyof Auth) => auth[member] !== undefined || rules.unknown("auth", member);
  if (rules.unknown("auth", "method")) return undefined;
  if (auth.method === undefined) {
    rules.fail(
      at("method"),
      'is required: "tsig" (signed by a key), "gssTsig" (Kerberos), "windowsDns" (on the Windows DNS server itself), or "none"',
    );
    return undefined;
  }
  const { method } = auth;
  for (const member of new Set(Object.values(MEMBERS).flat())) {
    if (!given(member) || MEMBERS[method].includes(member)) continue;
    const takers = AUTH_METHODS.filter((other) => MEMBERS[other].includes(member)).map((other) => `"${other}"`);
    rules.fail(at(member), `needs method ${takers.join(" or ")}`);
  }
  if (method === "tsig") tsigRules(auth, given, (member, reason) => rules.fail(at(member), reason));
  if (method === "gssTsig") gssRules(given, (member, reason) => rules.fail(at(member), reason));
  if (method === "windowsDns") connectionRules(auth.connection, rules, at("connection"));
  const byDefault = method === "tsig" && auth.algorithm === undefined && !rules.unknown("auth", "algorithm");
  return {
    ...(auth as Props),
    ...(auth.keyName === undefined ? {} : { keyName: normalizeDomain(auth.keyName) }),
    ...(byDefault ? { algorithm: "hmac-sha256" } : {}),
  };
}

type Given = (member: keyof Auth) => boolean;
type Fail = (member: keyof Auth, reason: string) => void;

function tsigRules(auth: Auth, given: Given, fail: Fail): void {
  if (!given("keyName")) fail("keyName", "is required: the key's name as the server has it");
  if (given("secret") === given("credentials")) {
    fail(
      "secret",
      given("secret")
        ? "and auth.credentials exclude each other: give one of them"
        : "is required, or auth.credentials: the name of a set with tsigSecret (VOLUME_ACTIVATION_<SET>_TSIG_SECRET)",
    );
  }
  if (auth.secret !== undefined && !decodeSecret(auth.secret)) {
    fail("secret", "is no base64 text; give the secret as it stands in the server's key statement");
  }
}

function gssRules(given: Given, fail: Fail): void {
  const sources = (["keytab", "credentialCache", "credentials"] as const).filter(given);
  const [first, second] = sources;
  if (first && second) fail(second, `and auth.${first} exclude each other: a ticket comes from one of them`);
  if (given("keytab") && !given("principal")) fail("principal", "is required with auth.keytab: whose key is used");
}
