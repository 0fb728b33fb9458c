import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { checkDnsDomain, checkHostName, checkPort, normalizeDomain } from "../../checks/index";
import { findSetupKey, parseProductKey } from "../../keys/index";
import type { Connection } from "../../machine/connection";
import { checkInputs } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, flag, secretText, text, whole } from "../shared/fields";

/** Names of /act-type, in the order of its numbers (VLActivationTypeEnabled). */
export const ACTIVATION_TYPES = ["all", "ad", "kms", "token"] as const;
export type ActivationTypeName = (typeof ACTIVATION_TYPES)[number];

export const kmsClientConfigSchema = z.strictObject({
  resourceName: z.string().optional(),
  connection: connectionSchema.optional(),
  setupKey: secretText('"auto", "keep" or a published setup key').default("auto"),
  extraSetupKeys: z
    .array(secretText("a setup key"), { error: "must be a list of setup keys (GVLKs) newer than the table" })
    .optional(),
  kmsHost: text("the KMS host's name or address", checkHostName).optional(),
  kmsPort: whole("the KMS host's TCP port", checkPort).optional(),
  lookupDomain: text("the DNS domain in which it looks for KMS hosts", checkDnsDomain).optional(),
  hostCaching: flag("whether it keeps the KMS host that answered").default(true),
  activationType: choice(ACTIVATION_TYPES).default("all"),
  activate: flag("whether to ask the KMS host").default(true),
  onDelete: choice(["retain", "restore"]).optional(),
});

/** Checked inputs of a KmsClientConfig. */
export interface KmsClientInputs {
  resourceName: string;
  connection: Connection;
  /** "auto", "keep", or a setup key in full. */
  setupKey: string;
  extraSetupKeys?: string[];
  kmsHost?: string;
  kmsPort?: number;
  lookupDomain?: string;
  /** Absent: {@link UNSTORED}'s value, like activationType. */
  hostCaching?: boolean;
  activationType?: ActivationTypeName;
  activate: boolean;
  /** Default "retain". */
  onDelete?: "retain" | "restore";
  /** "Licensed" where this resource is to activate: what drift of the status is shown by. */
  licenseStatus?: string;
}

export const KMS_CLIENT_INPUTS: readonly (keyof KmsClientInputs)[] = [
  "resourceName",
  "connection",
  "setupKey",
  "extraSetupKeys",
  "kmsHost",
  "kmsPort",
  "lookupDomain",
  "hostCaching",
  "activationType",
  "activate",
  "onDelete",
  "licenseStatus",
];

export const DEFAULT_KMS_PORT = 1688;

/** Defaults that are enforced and not stored with every client of a fleet. */
export const UNSTORED: { readonly [name: string]: string | boolean } = { hostCaching: true, activationType: "all" };

/** Without what is at its unstored default. */
export function stored(inputs: Props): Props {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name, value]) => UNSTORED[name] !== value || !(name in UNSTORED)),
  );
}

export function checkKmsClient(input: Props): CheckResult {
  const { licenseStatus: _, ...given } = input;
  const { inputs, failures } = checkInputs(kmsClientConfigSchema, given, (known, rules) => {
    connectionRules(known.connection, rules);
    const companions: Props = {};
    const extra = (known.extraSetupKeys ?? []).flatMap((key, index) => {
      const parsed = parseProductKey(key);
      if (parsed.ok) return [parsed.key];
      rules.fail(["extraSetupKeys", String(index)], parsed.reason);
      return [];
    });
    if (known.extraSetupKeys) companions["extraSetupKeys"] = extra;

    const { setupKey } = known;
    if (setupKey !== "auto" && setupKey !== "keep") {
      const parsed = parseProductKey(setupKey);
      if (!parsed.ok) rules.fail(["setupKey"], `must be "auto", "keep" or a setup key: ${parsed.reason}`);
      else if (findSetupKey(parsed.key) || extra.includes(parsed.key)) companions["setupKey"] = parsed.key;
      else if (!rules.unknown("extraSetupKeys")) {
        rules.fail(
          ["setupKey"],
          `...${parsed.partial} is no published client setup key (GVLK); a host key (CSVLK) or a MAK must never be put on a ` +
            "KMS client. A setup key newer than the table goes into extraSetupKeys as well",
        );
      }
    }
    if (known.kmsPort !== undefined && known.kmsHost === undefined && !rules.unknown("kmsHost")) {
      rules.fail(["kmsPort"], "needs kmsHost: without a host the port comes from the SRV record");
    }
    if (known.kmsHost !== undefined && known.kmsPort === undefined && !rules.unknown("kmsPort")) {
      companions["kmsPort"] = DEFAULT_KMS_PORT;
    }
    if (known.lookupDomain !== undefined) {
      companions["lookupDomain"] = normalizeDomain(known.lookupDomain);
      if (known.kmsHost !== undefined) {
        rules.fail(
          ["lookupDomain"],
          "has no effect beside kmsHost, which switches the search in DNS off; give one of them",
        );
      }
    }
    if (known.activationType === "token" && known.activate && !rules.unknown("activate")) {
      rules.fail(
        ["activationType"],
        '"token" needs activate: false; a token is used on the machine itself, with its certificate (slmgr /fta), and /ato does nothing then',
      );
    }
    if (known.activate && !rules.unknown("activate")) companions["licenseStatus"] = "Licensed";
    return companions;
  });
  return { inputs: stored(inputs), failures };
}
