import { expect, it } from "vitest";
import type { BatchStep, FirewallRuleState } from "../../../../provider/machine/protocol";
import { SPP_KEY, stepText } from "../../../../provider/resources/shared/steps";
import { HOST_KEY, SETUP_KEY } from "./fakeMachine";

const RULE: FirewallRuleState = {
  name: "KMS",
  grouping: "ours",
  description: "",
  direction: "in",
  action: "allow",
  enabled: true,
  profiles: 2_147_483_647,
  protocol: 6,
  localPorts: "1690",
  remoteAddresses: "*",
  program: "C:\\a b.exe",
  service: "sppsvc",
};

it.each<[string, BatchStep]>([
  ["slmgr /sprt 1689", { op: "slmgr", args: { verb: "/sprt", values: ["1689"] } }],
  ["slmgr /ato", { op: "slmgr", args: { verb: "/ato" } }],
  [`slmgr /ipk ${SETUP_KEY}`, { op: "slmgr", args: { verb: "/ipk", values: [SETUP_KEY] } }],
  ["slmgr /ipk XXXXX-XXXXX-XXXXX-XXXXX-6789B", { op: "slmgr", args: { verb: "/ipk", values: [HOST_KEY] } }],
  [
    `reg add "HKLM\\${SPP_KEY}" /v DnsDomainPublishList /t REG_MULTI_SZ /d "a.example, 0, 0\\0b.example, 1, 2" /f`,
    {
      op: "registry.write",
      args: {
        key: SPP_KEY,
        name: "DnsDomainPublishList",
        kind: "REG_MULTI_SZ",
        data: ["a.example, 0, 0", "b.example, 1, 2"],
      },
    },
  ],
  [`reg delete "HKLM\\${SPP_KEY}" /v X /f`, { op: "registry.delete", args: { key: SPP_KEY, name: "X" } }],
  [
    'netsh advfirewall firewall set rule group="@FirewallAPI.dll,-28002" new enable=no',
    { op: "firewall.group", args: { group: "@FirewallAPI.dll,-28002", profiles: 7, enabled: false } },
  ],
  [
    'netsh advfirewall firewall set rule name="KMS" new enable=yes profile=domain,private remoteip=LocalSubnet',
    {
      op: "firewall.rule",
      args: { ...RULE, grouping: "@FirewallAPI.dll,-28002", profiles: 3, remoteAddresses: "LocalSubnet" },
    },
  ],
  [
    'netsh advfirewall firewall add rule name="KMS" dir=in action=allow protocol=TCP localport=1690 program="C:\\a b.exe" service=sppsvc enable=yes profile=any remoteip=any',
    { op: "firewall.rule", args: RULE },
  ],
  [
    'netsh advfirewall firewall add rule name="KMS" dir=out action=block protocol=icmpv4 enable=no profile=public remoteip=any',
    {
      op: "firewall.rule",
      args: {
        ...RULE,
        direction: "out",
        action: "block",
        enabled: false,
        profiles: 4,
        protocol: 1,
        localPorts: "",
        program: "",
        service: "",
      },
    },
  ],
  [
    'netsh advfirewall firewall delete rule name="KMS"',
    { op: "firewall.remove", args: { name: "KMS", grouping: "ours" } },
  ],
  ["net stop sppsvc && net start sppsvc", { op: "service.restart", args: { name: "sppsvc" } }],
  [
    "check LicenseStatus of key ...6789B",
    { op: "expect", args: { partialProductKey: "6789B", property: "LicenseStatus", test: "eq", value: 1 } },
  ],
  [
    "check Description of Windows",
    { op: "expect", args: { partialProductKey: "", property: "Description", test: "match", value: "x" } },
  ],
])("prints %s as an administrator would type it", (text, step) => {
  expect(stepText(step)).toBe(text);
});

it("masks a host key whatever its case", () => {
  const text = stepText({ op: "slmgr", args: { verb: "/ipk", values: [HOST_KEY.toLowerCase()] } });
  expect(text).toBe("slmgr /ipk XXXXX-XXXXX-XXXXX-XXXXX-6789B");
});
