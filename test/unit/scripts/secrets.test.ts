import { expect, it } from "vitest";
import { withoutSecrets } from "../../../scripts/pulumi/secrets.ts";

const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };

it("leaves out what is encrypted, at any depth, and nothing else", () => {
  const outputs = {
    port: 1688,
    productKey: secret,
    connection: { host: "h", password: secret },
    list: ["a"],
    no: null,
  };
  expect(withoutSecrets(outputs)).toEqual({ port: 1688, connection: { host: "h" }, list: ["a"], no: null });
});
