import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { checkDnsDomain, normalizeDomain, quote } from "../../checks/index";
import type { Connection } from "../../machine/connection";
import { checkInputs } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, flag, text } from "../shared/fields";

/** What Internet Explorer, and with it the dialog, takes as an address. */
const MOST_URL = 2083;

/** A web page, a file on a share, or a file on the machine; "" is no link. */
function checkAlternateUrl(value: string): string | undefined {
  if (value === "") return undefined;
  if (/\p{Cc}/u.test(value)) return "must be one line without control characters";
  if (value.length > MOST_URL) return `is ${value.length} characters long; ${MOST_URL} are allowed`;
  if (value !== value.trim()) return `${quote(value)} begins or ends with a space`;
  const takes =
    /^https?:\/\/[^\s/"<>]+[^\s"<>]*$|^file:\/\/[^\s"<>]+$|^\\\\[^\\/\s"<>]+\\[^"<>]+$|^[A-Za-z]:\\[^"<>]*$/i;
  return takes.test(value)
    ? undefined
    : `${quote(value)} is no address of a page: give http://..., https://..., file://..., \\\\SERVER\\SHARE\\FILE or C:\\FILE, or "" for no link`;
}

export const activationPolicySchema = z.strictObject({
  resourceName: z.string().optional(),
  connection: connectionSchema.optional(),
  userOperations: flag("whether standard users may install keys, activate and rearm").optional(),
  notificationDisabled: flag("whether activation notifications are off").optional(),
  alternateUrl: text("the address of a page about activation", checkAlternateUrl).optional(),
  manualActivation: flag("whether automatic activation is off").optional(),
  skipRearm: flag("whether rearming does nothing").optional(),
  noGenTicket: flag("whether the online validation of a KMS client is off").optional(),
  localAccountTokenFilterPolicy: flag("whether local administrators keep their rights over the network").optional(),
  dnsSuffixSearchList: z
    .array(text("a DNS domain", checkDnsDomain), { error: "must be a list of DNS domains, searched in their order" })
    .optional(),
  onDelete: choice(["retain", "restore"]).optional(),
});

/** The properties that stand for values in the registry; an undeclared one is not enforced. */
export interface PolicyValues {
  userOperations?: boolean;
  notificationDisabled?: boolean;
  /** "": no link. */
  alternateUrl?: string;
  manualActivation?: boolean;
  skipRearm?: boolean;
  noGenTicket?: boolean;
  localAccountTokenFilterPolicy?: boolean;
  /** Lower case, in the order of the search. */
  dnsSuffixSearchList?: string[];
}

/** Checked inputs of an ActivationPolicy. */
export interface ActivationPolicyInputs extends PolicyValues {
  resourceName: string;
  connection: Connection;
  /** Default "retain". */
  onDelete?: "retain" | "restore";
}

export const ACTIVATION_POLICY_INPUTS: readonly (keyof ActivationPolicyInputs)[] = [
  "resourceName",
  "connection",
  "userOperations",
  "notificationDisabled",
  "alternateUrl",
  "manualActivation",
  "skipRearm",
  "noGenTicket",
  "localAccountTokenFilterPolicy",
  "dnsSuffixSearchList",
  "onDelete",
];

export function checkActivationPolicy(input: Props): CheckResult {
  return checkInputs(activationPolicySchema, input, (known, rules) => {
    connectionRules(known.connection, rules);
    const { dnsSuffixSearchList } = known;
    return dnsSuffixSearchList ? { dnsSuffixSearchList: [...new Set(dnsSuffixSearchList.map(normalizeDomain))] } : {};
  });
}
