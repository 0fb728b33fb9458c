import { X509Certificate } from "node:crypto";
import { z } from "zod";
import type { Props } from "../../adapter/props";
import { parseServer } from "../../dns/index";
import type { Rules } from "../shared/checking";
import { secretText, text } from "../shared/fields";

/** The port of LDAP over TLS. */
export const LDAPS_PORT = 636;

/** How a domain controller is reached by LDAP over TLS, as it was checked. */
export interface LdapAccess {
  /** "host" or "host:port". */
  server: string;
  user?: string;
  password?: string;
  credentials?: string;
  tls?: { ca?: string; fingerprint?: string };
}

const checkServer = (value: string) => {
  const parsed = parseServer(value, LDAPS_PORT);
  if (/^ldaps?:/i.test(value)) return 'must be "host" or "host:port", without "ldaps://"';
  return parsed.ok ? undefined : parsed.reason;
};

function checkCa(value: string): string | undefined {
  const blocks = value.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return "has a certificate that cannot be read";
  }
  return blocks.length > 0 ? undefined : "must be PEM text: -----BEGIN CERTIFICATE----- and what follows";
}

export const ldapSchema = z.strictObject(
  {
    server: text("a domain controller", checkServer).optional(),
    user: text("an account of the domain", (value) =>
      /^\P{Cc}+$/u.test(value) ? undefined : "must be one line, and not empty",
    ).optional(),
    password: secretText("the account's password").optional(),
    credentials: text("the name of a credential set", (value) =>
      /^[\w .-]{1,64}$/.test(value)
        ? undefined
        : "must be 1 to 64 letters, digits, spaces, dots, dashes or underscores",
    ).optional(),
    tls: z
      .strictObject(
        {
          ca: text("authorities in PEM form", checkCa).optional(),
          fingerprint: text("the SHA-256 fingerprint of a certificate", (value) =>
            /^[0-9a-f]{2}(:?[0-9a-f]{2}){31}$/i.test(value)
              ? undefined
              : "must be 64 hexadecimal digits, with or without colons, as `openssl x509 -fingerprint -sha256` prints them",
          ).optional(),
        },
        { error: "must be an object: ca, fingerprint" },
      )
      .optional(),
  },
  { error: 'must be an object like { server: "dc01.contoso.com", credentials: "ad" }' },
);

/** The rules across its fields; answers it as it is stored. */
export function ldapRules(ldap: z.output<typeof ldapSchema>, rules: Rules): Props {
  const given = (member: keyof LdapAccess) => ldap[member] !== undefined || rules.unknown("ldap", member);
  rules.require(["ldap", "server"], "the domain controller's name or address");
  if (!given("credentials")) {
    const instead = "or ldap.credentials: the name of a credential set with user and password";
    if (!given("user")) rules.fail(["ldap", "user"], `is required, ${instead}`);
    if (!given("password")) rules.fail(["ldap", "password"], `is required, ${instead}`);
  }
  const { tls } = ldap;
  const fingerprint = tls?.fingerprint?.replaceAll(":", "").toLowerCase();
  return { ...(ldap as Props), ...(fingerprint === undefined ? {} : { tls: { ...(tls as Props), fingerprint } }) };
}
