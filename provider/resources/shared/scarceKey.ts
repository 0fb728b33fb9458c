import type { Props } from "../../adapter/props";
import { findSetupKey, parseProductKey } from "../../keys/index";
import type { Rules } from "./checking";
import { text } from "./fields";

/** Any text; each new value allows one more attempt, see spending.ts. */
export const reactivateField = text("any text; each new value allows one more activation", (value) =>
  value.length >= 1 && value.length <= 200 ? undefined : "must be 1 to 200 characters",
);

/** What check itself adds may come back in when the engine checks the same inputs again. */
export function withoutCompanions(input: Props): Props {
  const { partialProductKey: _, licenseStatus: __, ...rest } = input;
  return rest;
}

/**
 * Checks a product key whose activations are scarce (CSVLK, MAK) and answers it as it is stored, with its visible
 * companion. `instead` goes on after "is the published client setup key of ..., which makes a KMS client".
 */
export function checkScarceKey(given: string, instead: string, rules: Rules): Props {
  const parsed = parseProductKey(given);
  if (!parsed.ok) {
    rules.fail(["productKey"], parsed.reason);
    return {};
  }
  const published = findSetupKey(parsed.key);
  if (published) {
    rules.fail(
      ["productKey"],
      `is the published client setup key (GVLK) of ${published.product}, which makes a KMS client${instead}`,
    );
  }
  return { productKey: parsed.key, partialProductKey: parsed.partial };
}
