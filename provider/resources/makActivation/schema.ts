import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import { findSetupKey, parseProductKey } from "../../keys/index";
import type { Connection } from "../../machine/connection";
import { checkInputs } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, secretText, text } from "../shared/fields";

export const makActivationSchema = z.strictObject({
  resourceName: z.string().optional(),
  connection: connectionSchema.optional(),
  productKey: secretText("the multiple activation key (MAK)").optional(),
  activation: z
    .strictObject(
      { method: choice(["online", "none"]).default("online") },
      { error: 'must be an object like { method: "online" }' },
    )
    .default({ method: "online" }),
  reactivate: text("any text; each new value allows one more activation", (value) =>
    value.length >= 1 && value.length <= 200 ? undefined : "must be 1 to 200 characters",
  ).optional(),
  onDelete: choice(["retain", "uninstall", "convertToKms"]).optional(),
});

/** Checked inputs of a MakActivation. */
export interface MakInputs {
  resourceName: string;
  connection: Connection;
  productKey: string;
  activation: { method: "online" | "none" };
  reactivate?: string;
  /** Default "retain". */
  onDelete?: "retain" | "uninstall" | "convertToKms";
  /** Last five characters of productKey: what a secret key's drift is shown by. */
  partialProductKey: string;
  /** "Licensed" where this resource is to activate. */
  licenseStatus?: string;
}

export const MAK_INPUTS: readonly (keyof MakInputs)[] = [
  "resourceName",
  "connection",
  "productKey",
  "activation",
  "reactivate",
  "onDelete",
  "partialProductKey",
  "licenseStatus",
];

export function checkMakActivation(input: Props): CheckResult {
  return checkInputs(makActivationSchema, withoutCompanions(input), (known, rules) => {
    connectionRules(known.connection, rules);
    rules.require(["productKey"], "the multiple activation key (MAK) of your licence portal");
    const companions: Props = {};
    const { method } = known.activation;
    const methodKnown = !rules.unknown("activation", "method");
    if (known.reactivate !== undefined && method === "none" && methodKnown) {
      rules.fail(["reactivate"], 'has no meaning with activation.method "none"');
    }
    if (known.productKey !== undefined) {
      const parsed = parseProductKey(known.productKey);
      if (!parsed.ok) rules.fail(["productKey"], parsed.reason);
      else {
        const published = findSetupKey(parsed.key);
        if (published) {
          rules.fail(
            ["productKey"],
            `is the published client setup key (GVLK) of ${published.product}, which makes a KMS client; that is what ` +
              "KmsClientConfig is for. The MAK is in your organisation's licence portal",
          );
        }
        companions["productKey"] = parsed.key;
        companions["partialProductKey"] = parsed.partial;
      }
    }
    if (method === "online" && methodKnown) companions["licenseStatus"] = "Licensed";
    return companions;
  });
}

/** What check itself adds may come back in when the engine checks the same inputs again. */
function withoutCompanions(input: Props): Props {
  const { partialProductKey: _, licenseStatus: __, ...rest } = input;
  return rest;
}
