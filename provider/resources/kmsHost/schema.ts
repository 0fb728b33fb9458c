import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { checkDnsDomain, checkMinutes, checkPort, checkSrvPriorityWeight, normalizeDomain } from "../../checks/index";
import type { Connection } from "../../machine/connection";
import { checkInputs } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, flag, secretText, text, whole } from "../shared/fields";
import { type Activation, confirmationRules, wantsLicensed } from "../shared/phone";
import { checkScarceKey, reactivateField, withoutCompanions } from "../shared/scarceKey";

export interface PublishDomain {
  domain: string;
  priority: number;
  weight: number;
}

const publishDomain = z.strictObject(
  {
    domain: text("a DNS domain", checkDnsDomain).optional(),
    priority: whole("SRV priority", checkSrvPriorityWeight).default(0),
    weight: whole("SRV weight", checkSrvPriorityWeight).default(0),
  },
  { error: "must be an object with domain, priority and weight" },
);

export const kmsHostSchema = z.strictObject({
  resourceName: z.string().optional(),
  connection: connectionSchema.optional(),
  productKey: secretText("the KMS host key (CSVLK)").optional(),
  activation: z
    .strictObject(
      {
        method: choice(["online", "phone", "none"]).optional(),
        confirmationId: secretText("the confirmation id that Microsoft gave").optional(),
      },
      { error: 'must be an object like { method: "online" }' },
    )
    .optional(),
  reactivate: reactivateField.optional(),
  listeningPort: whole("the TCP port that KMS serves", checkPort).default(1688),
  dnsPublishing: flag("whether the host publishes its own SRV records").default(true),
  publishDomains: z.array(publishDomain, { error: "must be a list of { domain, priority, weight }" }).default([]),
  lowPriority: flag("whether KMS runs at low priority").default(false),
  activationInterval: whole("minutes between a client's attempts", checkMinutes).default(120),
  renewalInterval: whole("minutes between a client's renewals", checkMinutes).default(10_080),
  role: choice(["primary", "spare"]).default("primary"),
  verifyPublishing: flag("whether to wait for what publishing came to after a restart").optional(),
  onDelete: choice(["retain", "restore"]).optional(),
  uninstallKey: flag("whether a delete takes the host key out").optional(),
});

/** Checked inputs of a KmsHost. */
export interface KmsHostInputs {
  resourceName: string;
  connection: Connection;
  productKey?: string;
  activation: Activation;
  reactivate?: string;
  listeningPort: number;
  dnsPublishing: boolean;
  publishDomains: PublishDomain[];
  lowPriority: boolean;
  activationInterval: number;
  renewalInterval: number;
  role: "primary" | "spare";
  /** Default: as dnsPublishing. */
  verifyPublishing?: boolean;
  /** Default "retain". */
  onDelete?: "retain" | "restore";
  /** Default false. */
  uninstallKey?: boolean;
  /** Last five characters of productKey: what a secret key's drift is shown by. */
  partialProductKey?: string;
  /** "Licensed" where this resource is to activate. */
  licenseStatus?: string;
}

export const KMS_HOST_INPUTS: readonly (keyof KmsHostInputs)[] = [
  "resourceName",
  "connection",
  "productKey",
  "activation",
  "reactivate",
  "listeningPort",
  "dnsPublishing",
  "publishDomains",
  "lowPriority",
  "activationInterval",
  "renewalInterval",
  "role",
  "verifyPublishing",
  "onDelete",
  "uninstallKey",
  "partialProductKey",
  "licenseStatus",
];

export function checkKmsHost(input: Props): CheckResult {
  return checkInputs(kmsHostSchema, withoutCompanions(input), (known, rules) => {
    connectionRules(known.connection, rules);
    const companions: Props = {};
    const keyGiven = known.productKey !== undefined || rules.unknown("productKey");
    const method = known.activation?.method ?? (keyGiven ? "online" : "none");
    const confirmationId = confirmationRules(known.activation, method, rules);
    if (!rules.unknown("activation")) {
      companions["activation"] = { method, ...(confirmationId === undefined ? {} : { confirmationId }) };
    }
    if (method !== "none" && !keyGiven) {
      rules.fail(
        ["activation", "method"],
        `"${method}" needs productKey: without it only the key that is there is kept`,
      );
    }
    if (known.uninstallKey && !keyGiven) {
      rules.fail(["uninstallKey"], "needs productKey: only a key that is declared here is ever taken out");
    }
    if (known.reactivate !== undefined && method === "none" && !rules.unknown("activation", "method")) {
      rules.fail(["reactivate"], 'has no meaning with activation.method "none"');
    }
    if (known.productKey !== undefined) {
      Object.assign(
        companions,
        checkScarceKey(
          known.productKey,
          ", never a host; the host key (CSVLK) is in your organisation's licence portal",
          rules,
        ),
      );
    }
    if (!rules.unknown("activation", "method") && wantsLicensed({ method, confirmationId })) {
      companions["licenseStatus"] = "Licensed";
    }
    companions["publishDomains"] = publishList(known.publishDomains, rules);
    return companions;
  });
}

function publishList(list: z.output<typeof publishDomain>[], rules: Parameters<Parameters<typeof checkInputs>[2]>[1]) {
  const seen = new Set<string>();
  return list.map(({ domain, priority, weight }, index) => {
    if (domain === undefined) rules.fail(["publishDomains", String(index), "domain"], "is required: a DNS domain");
    const name = normalizeDomain(domain ?? "");
    if (domain !== undefined && seen.has(name)) {
      rules.fail(["publishDomains", String(index), "domain"], `names ${name} a second time`);
    }
    seen.add(name);
    return { domain: name, priority, weight };
  });
}
