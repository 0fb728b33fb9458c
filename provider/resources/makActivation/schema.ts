import { z } from "zod";
import type { CheckResult } from "../../adapter/handler";
import type { Props } from "../../adapter/props";
import type { Connection } from "../../machine/connection";
import { checkInputs, type Rules } from "../shared/checking";
import { connectionRules, connectionSchema } from "../shared/connectionSchema";
import { choice, flag, secretText, text, whole } from "../shared/fields";
import { type Activation, confirmationRules, wantsLicensed } from "../shared/phone";
import { checkScarceKey, reactivateField, withoutCompanions } from "../shared/scarceKey";
import { checkEndpoint, checkHttpProxy, checkMacKey, checkWarnBelow } from "./webService";

export const makActivationSchema = z.strictObject({
  resourceName: z.string().optional(),
  connection: connectionSchema.optional(),
  productKey: secretText("the multiple activation key (MAK)").optional(),
  activation: z
    .strictObject(
      {
        method: choice(["online", "phone", "proxy", "none"]).default("online"),
        confirmationId: secretText("the confirmation id that Microsoft gave").optional(),
        endpoint: text("an https address", checkEndpoint).optional(),
        httpProxy: text("an http address without a login", checkHttpProxy).optional(),
        macKey: text("64 hexadecimal digits", checkMacKey).optional(),
      },
      { error: 'must be an object like { method: "online" }' },
    )
    .default({ method: "online" }),
  remainingCount: flag("whether to ask Microsoft how many activations the MAK has left").optional(),
  warnBelow: whole("activations", checkWarnBelow).optional(),
  reactivate: reactivateField.optional(),
  onDelete: choice(["retain", "uninstall", "convertToKms"]).optional(),
});

/** Fewer activations than this that a MAK has left are a finding. */
export const WARN_BELOW = 10;

export interface MakMethod extends Activation {
  /** Of the BatchActivation web service; default Microsoft's. */
  endpoint?: string;
  httpProxy?: string;
  macKey?: string;
}

/** Checked inputs of a MakActivation. */
export interface MakInputs {
  resourceName: string;
  connection: Connection;
  productKey: string;
  activation: MakMethod;
  /** Asks Microsoft's web service in each create and update, never in a refresh. */
  remainingCount?: boolean;
  /** Default {@link WARN_BELOW}. */
  warnBelow?: number;
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
  "remainingCount",
  "warnBelow",
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
      Object.assign(
        companions,
        checkScarceKey(
          known.productKey,
          "; that is what KmsClientConfig is for. The MAK is in your organisation's licence portal",
          rules,
        ),
      );
    }
    const confirmationId = confirmationRules(known.activation, method, rules);
    if (confirmationId !== undefined) companions["activation"] = { ...known.activation, confirmationId } as Props;
    if (methodKnown) webServiceRules(known, rules);
    if (methodKnown && wantsLicensed({ method, confirmationId })) {
      companions["licenseStatus"] = "Licensed";
    }
    return companions;
  });
}

/** What is for the web service has no meaning where nobody asks it. */
function webServiceRules(known: z.output<typeof makActivationSchema>, rules: Rules): void {
  const { method, endpoint, httpProxy, macKey } = known.activation;
  if (known.warnBelow !== undefined && !known.remainingCount && !rules.unknown("remainingCount")) {
    rules.fail(["warnBelow"], "has a meaning with remainingCount only");
  }
  if (method === "proxy" || known.remainingCount || rules.unknown("remainingCount")) return;
  for (const [name, value] of Object.entries({ endpoint, httpProxy, macKey })) {
    if (value === undefined) continue;
    rules.fail(["activation", name], 'is for Microsoft\'s web service: activation.method "proxy", or remainingCount');
  }
}
