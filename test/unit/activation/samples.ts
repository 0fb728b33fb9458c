import { checkDigit } from "../../../provider/activation/ids";

/** An installation id with right check digits; `seed` makes another one. */
export function installationId(length = 63, seed = 1): string {
  let text = "";
  const block = length / 9;
  for (let index = 0; index < 9; index++) {
    const digits = Array.from({ length: block - 1 }, (_, at) => String((seed * 7 + index * 3 + at * 5) % 10)).join("");
    text += digits + checkDigit(digits);
  }
  return text;
}
export const CONFIRMATION_ID = "135792".repeat(8);
export const PRODUCT_KEY_ID = "55041-00206-234-567890-03-1033-20348.0000-1232026";
