import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../../../provider/adapter/props";
import { SETUP_KEY } from "../shared/fakeMachine";
import { check, MAK, PARTIAL, wanted } from "./samples";

const reasons = (input: { [name: string]: unknown }) => check(input).failures.map(({ reason }) => reason);

it("fills in the default and the visible companions of the secret key", () => {
  expect(wanted({ productKey: ` ${MAK.toLowerCase()} ` })).toMatchObject({
    productKey: MAK,
    partialProductKey: PARTIAL,
    activation: { method: "online" },
    licenseStatus: "Licensed",
  });
  expect(wanted()).not.toHaveProperty("onDelete");
  expect(wanted({ activation: { method: "none" } })).not.toHaveProperty("licenseStatus");
});

it("takes its own answer again", () => {
  const inputs = wanted({ reactivate: "x", onDelete: "uninstall" });
  expect(check(inputs)).toEqual({ inputs, failures: [] });
});

describe("says", () => {
  it.each<[RegExp, { [name: string]: unknown }]>([
    [/^productKey: is required/, {}],
    [
      /^productKey: is the published client setup key \(GVLK\) of Windows Server 2022 Datacenter.*KmsClientConfig/,
      { productKey: SETUP_KEY },
    ],
    [/^productKey: The product key has "0" at character 1/, { productKey: `0${MAK.slice(1)}` }],
    [/^reactivate: has no meaning/, { productKey: MAK, reactivate: "x", activation: { method: "none" } }],
    [/^reactivate: must be 1 to 200/, { productKey: MAK, reactivate: "" }],
    [
      /^activation\.method: must be one of "online", "phone", "proxy", "none"/,
      { productKey: MAK, activation: { method: "fax" } },
    ],
    [
      /^activation\.confirmationId: has 5 digits; a confirmation id has 48/,
      { productKey: MAK, activation: { method: "phone", confirmationId: "12345" } },
    ],
    [
      /^activation\.confirmationId: has a meaning with activation\.method "phone" only/,
      { productKey: MAK, activation: { method: "online", confirmationId: "1".repeat(48) } },
    ],
    [
      /^activation\.endpoint: must be an https address/,
      { productKey: MAK, activation: { method: "proxy", endpoint: "http://activation.example.com/x" } },
    ],
    [
      /^activation\.endpoint: is for Microsoft's web service/,
      { productKey: MAK, activation: { method: "online", endpoint: "https://activation.example.com/x" } },
    ],
    [
      /^activation\.httpProxy: must not hold a login/,
      { productKey: MAK, activation: { method: "proxy", httpProxy: "http://me:secret@proxy:8080" } },
    ],
    [
      /^activation\.macKey: must be 64 hexadecimal digits/,
      { productKey: MAK, activation: { method: "proxy", macKey: "xyz" } },
    ],
    [/^warnBelow: has a meaning with remainingCount only/, { productKey: MAK, warnBelow: 5 }],
    [/^onDelete: must be one of "retain", "uninstall", "convertToKms"/, { productKey: MAK, onDelete: "restore" }],
    [/^connection\.hostKey: is required/, { productKey: MAK, connection: { host: "lap01" } }],
  ])("%s", (said, input) => {
    expect(reasons(input)).toEqual([expect.stringMatching(said)]);
  });

  it("never the key", () => {
    for (const productKey of [`0${MAK.slice(1)}`, `${MAK}X`, MAK.replace("-", "\u2013")]) {
      expect(JSON.stringify(reasons({ productKey }))).not.toContain(MAK.slice(6));
    }
  });
});

it("takes separators out of a confirmation id, and wants the key Licensed only once it is there", () => {
  const confirmationId = "123456".repeat(8);
  const typed = "123456-".repeat(8).slice(0, -1);
  const phone = wanted({ activation: { method: "phone", confirmationId: typed } });
  expect(phone).toMatchObject({ activation: { method: "phone", confirmationId }, licenseStatus: "Licensed" });
  expect(check(phone)).toEqual({ inputs: phone, failures: [] });
  expect(wanted({ activation: { method: "phone" } })).not.toHaveProperty("licenseStatus");
  expect(wanted({ activation: { method: "proxy" } })).toMatchObject({ licenseStatus: "Licensed" });
});

it("waits for what is not known yet", () => {
  const { inputs, failures } = check({ productKey: UNKNOWN, activation: UNKNOWN, reactivate: "x" });
  expect(failures).toEqual([]);
  expect(inputs).toMatchObject({ productKey: UNKNOWN, activation: UNKNOWN });
  expect(inputs).not.toHaveProperty("partialProductKey");
  expect(inputs).not.toHaveProperty("licenseStatus");
});
