import { describe, expect, it } from "vitest";
import { depthBelow, isWithin, readName, tidyName, writeName } from "../../../lab/dns/wire/names";
import { tidyRdata } from "../../../lab/dns/wire/rdata";

const label = (length: number) => "a".repeat(length);

describe("names", () => {
  it("have labels of at most 63 and altogether at most 255 bytes", () => {
    expect(writeName(`${label(63)}.com`)).toHaveLength(69);
    expect(() => writeName(`${label(64)}.com`)).toThrow(/63/);
    const longest = [label(63), label(63), label(63), label(61)].join(".");
    expect(writeName(longest)).toHaveLength(255);
    expect(() => writeName(`${longest}a`)).toThrow(/255/);
    const onWire = Buffer.concat([...Array(4).fill(Buffer.from([63, ...Buffer.alloc(63, 97)])), Buffer.from([0])]);
    expect(() => readName(onWire, 0)).toThrow(/255/);
  });

  it("keep odd bytes by an escape, so that a dot in a label is no other name", () => {
    const odd = Buffer.from([4, 0x61, 0x2e, 0x5c, 0xff, 3, 0x63, 0x6f, 0x6d, 0]);
    expect(readName(odd, 0).name).toBe("a\\.\\\\\\255.com");
    expect(writeName("a\\.\\\\\\255.com")).toEqual(odd);
    expect(isWithin("x\\.contoso.com", "contoso.com")).toBe(false);
  });

  it.each(["", "a..b", ".a", "a.\\999", "é.com", "a\\"])("%j is none", (name) => {
    expect(() => writeName(name)).toThrow();
  });

  it("lose a dot at the end and keep their case", () => {
    expect(tidyName("KMS.Contoso.com.")).toBe("KMS.Contoso.com");
    expect(tidyName(".")).toBe(".");
    expect(depthBelow("a.B.contoso.com", "CONTOSO.com")).toBe(2);
    expect(depthBelow("com", "contoso.com")).toBeNull();
  });

  it("are read through pointers that lead back, and through no others", () => {
    const packet = Buffer.from([1, 0x61, 0, 1, 0x62, 0xc0, 0, 0xc0, 3, 0xc0, 9]);
    expect(readName(packet, 3)).toEqual({ name: "b.a", next: 7 });
    expect(readName(packet, 7)).toEqual({ name: "b.a", next: 9 });
    expect(() => readName(packet, 9)).toThrow(/lead back/);
    expect(() => readName(Buffer.from([0xc0, 2, 0xc0, 0]), 2)).toThrow(/lead back/);
    expect(() => readName(Buffer.from([5, 0x61]), 0)).toThrow(/ends inside/);
    expect(() => readName(Buffer.from([0x80, 0]), 0)).toThrow(/unknown type/);
  });
});

describe("record data", () => {
  it.each([
    ["A", "10.0.0.1", "10.0.0.1"],
    ["AAAA", "2001:DB8:0::1", "2001:db8::1"],
    ["AAAA", "::", "::"],
    ["AAAA", "::ffff:10.0.0.1", "::ffff:a00:1"],
    ["SRV", "0  5 1688 KMS.contoso.com.", "0 5 1688 KMS.contoso.com"],
    ["MX", "10 mail.contoso.com", "10 mail.contoso.com"],
    ["TYPE999", "\\# 2 ABCD", "\\# 2 abcd"],
    ["TYPE999", "\\# 0", "\\# 0"],
  ])("%s %j is %j", (type, given, kept) => {
    expect(tidyRdata(type, given)).toBe(kept);
  });

  it.each([
    ["A", "10.0.0.256"],
    ["AAAA", "10.0.0.1"],
    ["SRV", "0 0 65536 a.com"],
    ["SRV", "0 0 1688"],
    ["SRV", "-1 0 1688 a.com"],
    ["SOA", "a b 1 2 3 4"],
    ["TYPE999", "\\# 3 abcd"],
  ])("%s %j is wrong", (type, given) => {
    expect(() => tidyRdata(type, given)).toThrow();
  });
});
