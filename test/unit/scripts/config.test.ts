import { expect, it } from "vitest";
import { parse } from "yaml";
import { secretConfig, stackSettings } from "../../../scripts/lab/config.ts";
import { type LabInfo, parseLabInfo } from "../../../scripts/lab/info.ts";
import { chosenStack } from "../../../scripts/setup/deployment.ts";

const lab: LabInfo = {
  pid: 1,
  control: { url: "http://127.0.0.1:1/", token: "t0ken" },
  network: "quickstart",
  agentHash: "",
  clockFactor: 3600,
  machines: [{ name: "kms01", host: "127.0.0.1", port: 2201, hostKey: "ssh-ed25519 AAAA" }],
  admin: { user: "Administrator", password: "pass" },
  keys: { kms01: "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE", "pc03-retail": "FFFFF-BBBBB-CCCCC-DDDDD-EEEEE" },
};

const withDns: LabInfo = {
  ...lab,
  dns: { host: "127.0.0.1", port: 5300, tsig: { keyName: "k", algorithm: "hmac-sha256", secret: "c2VjcmV0" } },
};

it("writes where the machines are and leaves everything else in the stack's settings", () => {
  const existing = "# mine\nencryptionsalt: v1:x\nconfig:\n  a:b: c\n  volume-activation:machines: {old: {}}\n";
  const text = stackSettings(existing, "volume-activation", lab);
  expect(text).toContain("# mine");
  expect(parse(text)).toEqual({
    encryptionsalt: "v1:x",
    config: {
      "a:b": "c",
      "volume-activation:machines": { kms01: { host: "127.0.0.1", port: 2201, hostKey: "ssh-ed25519 AAAA" } },
    },
  });
  expect(stackSettings(text, "volume-activation", lab)).toBe(text);
});

it("makes the settings of a new stack without a secret in them", () => {
  const text = stackSettings("", "quickstart", withDns);
  expect(Object.keys(parse(text) as object)).toEqual(["config"]);
  expect(text).not.toMatch(/pass|AAAAA-BBBBB|t0ken|c2VjcmV0/);
});

it("hands credential sets and product keys as JSON text, as secrets of the project", () => {
  expect(secretConfig("quickstart", withDns)).toEqual({
    "volume-activation:credentials":
      '{"admin":{"user":"Administrator","password":"pass"},"dns":{"tsigSecret":"c2VjcmV0"}}',
    "quickstart:keys": '{"kms01":"AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"}',
  });
});

it("does not take a half written file for a running lab", () => {
  expect(parseLabInfo(JSON.stringify(lab))).toEqual(lab);
  expect(parseLabInfo('{"pid":1}')).toBeUndefined();
});

it("takes the stack out of the arguments and hands the rest on", () => {
  expect(chosenStack([])).toEqual({ stack: "lab", rest: [] });
  expect(chosenStack(["--stack", "prod", "--diff"])).toEqual({ stack: "prod", rest: ["--diff"] });
  expect(chosenStack(["--stack=prod", "--target=a"])).toEqual({ stack: "prod", rest: ["--target=a"] });
  expect(() => chosenStack(["--stack", "--diff"])).toThrow("wants the name of a stack");
});
