import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../../../provider/adapter/props";
import { check, custom, group } from "./samples";

const reasons = (input: { [name: string]: unknown }) => check(input).failures.map(({ reason }) => reason);

describe("a predefined group", () => {
  it.each([
    ["kms", "kms"],
    ["KMS", "kms"],
    ["@FirewallAPI.dll,-28002", "kms"],
    ["@firewallapi.dll,-34251", "wmi"],
    ["@FirewallAPI.dll,-28502", "@FirewallAPI.dll,-28502"],
  ])("%s is %s", (given, name) => {
    expect(group({ group: given })).toMatchObject({ group: name, enabled: true });
  });

  it.each(["Key Management Service", "@FirewallAPI.dll", "@x.dll,-1|Svc=a"])("%s is none", (text) => {
    expect(reasons({ group: text })).toEqual([expect.stringMatching(/^group: must be one of kms, wmi, .*-28002/)]);
  });

  it("leaves profiles and addresses to Windows when they are not given", () => {
    expect(group()).not.toHaveProperty("profiles");
    expect(group()).not.toHaveProperty("remoteAddresses");
  });

  it("takes nothing that only a rule of one's own has", () => {
    const own = { direction: "in", protocol: "tcp", localPorts: [1], program: "any", service: "x", action: "block" };
    const said = reasons({ group: "kms", ...own, adopt: "never" });
    for (const name of [...Object.keys(own), "adopt"]) {
      expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${name}: belongs to a rule of your own`)));
    }
  });
});

describe("a rule of one's own", () => {
  it("has every omitted property at its default", () => {
    expect(custom()).toMatchObject({
      enabled: true,
      profiles: ["domain", "private", "public"],
      remoteAddresses: ["*"],
      direction: "in",
      protocol: "tcp",
      localPorts: ["1690"],
      program: "auto",
      action: "allow",
    });
  });

  it("has its lists in one spelling", () => {
    const lists = {
      profiles: ["public", "domain", "public"],
      remoteAddresses: ["10.1.2.3/255.255.0.0", "localsubnet", "10.0.0.0-10.0.0.255", "any"].slice(0, 3),
      localPorts: [1690, "5000-5010", "rpc-epmap", 1690, "22-22"],
    };
    expect(custom(lists)).toMatchObject({
      profiles: ["domain", "public"],
      remoteAddresses: ["10.1.0.0/16", "LocalSubnet", "10.0.0.0/24"],
      localPorts: ["1690", "5000-5010", "RPC-EPMap", "22"],
    });
  });

  it.each<[RegExp, { [name: string]: unknown }]>([
    [/^remoteAddresses\[1\]: .*prefix/, { remoteAddresses: ["10.0.0.0/8", "10.0.0.0/33"] }],
    [/^remoteAddresses\[0\]: .*no address/, { remoteAddresses: ["contoso.com"] }],
    [/^remoteAddresses: has "\*", any address, beside others/, { remoteAddresses: ["*", "10.0.0.1"] }],
    [/^remoteAddresses: must have one entry/, { remoteAddresses: [] }],
    [/^profiles\[0\]: must be "domain", "private" or "public"/, { profiles: ["Domain"] }],
    [/^profiles: must name one profile/, { profiles: [] }],
    [/^localPorts\[0\]: .*65535/, { localPorts: [70_000] }],
    [/^localPorts\[0\]: .*65535/, { localPorts: [0] }],
    [/^localPorts\[0\]: "9-5" ends before it begins/, { localPorts: ["9-5"] }],
    [/^localPorts\[1\]: "http" is no port/, { localPorts: [1, "http"] }],
    [/^localPorts: has "\*", any port, beside others/, { localPorts: ["*", 5] }],
    [/^localPorts: has no meaning with protocol "icmpv4"/, { protocol: "icmpv4" }],
    [/^service: must be the short name/, { service: "Software Protection" }],
    [/^program: must be/, { program: " " }],
    [/^name: must be 1 to 255/, { name: "@x.dll,-1" }],
    [/^name: must be 1 to 255/, { name: "a|b" }],
    [/^name: "all" means every rule/, { name: "ALL" }],
    [/^name: belongs to a rule of your own/, { group: "kms", service: undefined, localPorts: undefined }],
  ])("says %s", (said, over) => {
    const input = { name: "x", localPorts: [1690], service: "sppsvc", ...over };
    expect(reasons(input)).toEqual([expect.stringMatching(said)]);
  });

  it("must be about some port, program or service", () => {
    expect(reasons({ name: "x" })).toEqual([expect.stringMatching(/^localPorts: is required, or program or service/)]);
    expect(reasons({ name: "x", program: "C:\\kms.exe" })).toEqual([]);
    expect(reasons({ name: "x", localPorts: UNKNOWN })).toEqual([]);
    expect(reasons({ name: "x", localPorts: [UNKNOWN] })).toEqual([]);
  });
});

it("needs a group or a name", () => {
  expect(reasons({})).toContainEqual(expect.stringMatching(/^group: is required, or name/));
  expect(reasons({ group: UNKNOWN })).toEqual([]);
});

it("takes its own answer again", () => {
  for (const inputs of [custom({ profiles: ["domain"] }), group({ remoteAddresses: ["10.0.0.0/8"] })]) {
    expect(check(inputs)).toEqual({ inputs, failures: [] });
  }
});
