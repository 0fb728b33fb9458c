import { isIPv6 } from "node:net";
import { describe, expect, it } from "vitest";
import { formatAddress, normalizeAddressRange, parseAddress } from "../../../provider/checks";

const rangeOf = (text: string) => {
  const result = normalizeAddressRange(text);
  return result.ok ? result.range : result.reason;
};

describe("parseAddress", () => {
  it.each([
    ["0.0.0.0", 4, 0n],
    ["10.0.0.5", 4, 0x0a000005n],
    ["255.255.255.255", 4, 0xffffffffn],
    ["::", 6, 0n],
    ["::1", 6, 1n],
    ["2001:db8::", 6, 0x20010db8n << 96n],
    ["2001:DB8:0:0:0:0:0:5", 6, (0x20010db8n << 96n) + 5n],
    ["::ffff:10.0.0.5", 6, 0xffff0a000005n],
    ["1:2:3:4:5:6:7::", 6, 0x00010002000300040005000600070000n],
  ] as const)("reads %s", (text, family, value) => {
    expect(parseAddress(text)).toEqual({ family, value });
  });

  it.each(["", "10.0.0", "10.0.0.256", "fe80::1%eth0", "[::1]", "kms01", "::g"])("does not read %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("gives every spelling of an IPv6 address the same form, which reads back", () => {
    for (const text of ["2001:db8:0:0:0:0:0:1", "2001:0DB8::0001", "2001:db8::0:1"]) {
      const address = parseAddress(text);
      const form = address ? formatAddress(address) : "";
      expect(form).toBe("2001:db8::1");
      expect(isIPv6(form)).toBe(true);
    }
  });
});

describe("normalizeAddressRange", () => {
  it.each([
    ["10.0.0.0/24", "10.0.0.0/24"],
    ["10.0.0.0/255.255.255.0", "10.0.0.0/24"],
    ["10.0.0.77/24", "10.0.0.0/24"],
    ["10.0.0.0-10.0.0.255", "10.0.0.0/24"],
    ["10.0.0.1", "10.0.0.1"],
    ["10.0.0.1/32", "10.0.0.1"],
    ["10.0.0.1/255.255.255.255", "10.0.0.1"],
    ["10.0.0.1-10.0.0.1", "10.0.0.1"],
    ["10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"],
    ["10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.2"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8::5/32", "2001:db8::/32"],
    ["2001:db8::/ffff:ffff::", "2001:db8::/32"],
    ["fe80::1-fe80::9", "fe80::1-fe80::9"],
    ["localsubnet", "LocalSubnet"],
    ["*", "*"],
    ["Any", "*"],
    [" dns ", "DNS"],
  ])("writes %s as %s, which stays as it is", (text, expected) => {
    expect(rangeOf(text)).toBe(expected);
    expect(rangeOf(expected)).toBe(expected);
  });

  it.each([
    ["", "empty"],
    ["10.0.0.0/33", "from 0 to 32"],
    ["2001:db8::/129", "from 0 to 128"],
    ["10.0.0.0/255.0.255.0", "no usable prefix"],
    ["10.0.0.0/", "no usable prefix"],
    ["10.0.0.0/24/8", "no address"],
    ["10.0.0.9-10.0.0.1", "lower address first"],
    ["10.0.0.1-fe80::1", "one family"],
    ["10.0.0.1-10.0.0.2-10.0.0.3", "no range"],
    ["10.0.0.1,10.0.0.2", "comma"],
    ["fe80::1%3", "zone index"],
    ["contoso.com", "LocalSubnet"],
    ["10.0.0.1\u201310.0.0.9", "en dash"],
    ["\uff11\uff10.0.0.1", "full-width digit"],
  ])("refuses %j and says why", (text, why) => {
    expect(normalizeAddressRange(text)).toMatchObject({ ok: false, reason: expect.stringContaining(why) });
  });

  it("covers the same addresses with mask and prefix for every prefix length", () => {
    for (let prefix = 0; prefix <= 32; prefix += 1) {
      const mask = formatAddress({ family: 4, value: (0xffffffffn << BigInt(32 - prefix)) & 0xffffffffn });
      expect(rangeOf(`203.0.113.77/${mask}`)).toBe(rangeOf(`203.0.113.77/${prefix}`));
    }
  });
});
