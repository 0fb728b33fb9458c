import type { Props } from "../../adapter/props";
import { findSetupKey, parseProductKey } from "../../keys/index";
import type { Rules } from "./checking";

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
