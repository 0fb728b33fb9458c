import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLASS } from "../../../lab/dns/wire/constants";
import { recordBytes } from "../../../lab/dns/wire/message";
import { Lab } from "../../../lab/index";
import { answerTo, ask, NODE, networkWith, rcodeOf, rr, serial, signed, update, updateMessage, ZONE } from "./client";

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start({
    network: networkWith(["tsig"], {
      zones: [
        { name: ZONE, allowUpdate: ["tsig"] },
        { name: "hosts.test", allowUpdate: ["hosts"] },
        { name: "closed.test", allowUpdate: [] },
        { name: "keyed.test", allowUpdate: ["tsig:Updater"] },
      ],
    }),
  });
});
afterEach(() => lab.stop());
const A = "0 0 1688 a.contoso.com";
const B = "0 5 1688 b.contoso.com";

describe("an update", () => {
  it("adds, replaces and deletes, and raises the serial once a message that changes anything", () => {
    const first = serial(lab);
    expect(update(lab, [rr.add(NODE, "SRV", A), rr.add(NODE, "SRV", B)])).toBe("NOERROR");
    expect(ask(lab, NODE, "SRV")).toEqual([`3600 ${A}`, `3600 ${B}`]);
    expect(serial(lab)).toBe(first + 1);
    expect(update(lab, [rr.deleteOne(NODE, "SRV", A)])).toBe("NOERROR");
    expect(ask(lab, NODE, "SRV")).toEqual([`3600 ${B}`]);
    expect(update(lab, [rr.deleteSet(NODE, "SRV")])).toBe("NOERROR");
    expect(ask(lab, NODE, "SRV")).toEqual([]);
    expect(serial(lab)).toBe(first + 3);
    expect(update(lab, [rr.deleteSet(NODE, "SRV"), rr.deleteOne(NODE, "SRV", A)])).toBe("NOERROR");
    expect(serial(lab)).toBe(first + 3);
  });

  it("takes an add of what is there in silence, under any spelling of the name, and keeps the first one's", () => {
    update(lab, [rr.add(NODE, "SRV", "0 0 1688 A.Contoso.com")]);
    const before = serial(lab);
    expect(update(lab, [rr.add(NODE.toUpperCase(), "SRV", A)])).toBe("NOERROR");
    expect(ask(lab, NODE, "SRV")).toEqual(["3600 0 0 1688 A.Contoso.com"]);
    expect(serial(lab)).toBe(before);
    expect(lab.dns.records(ZONE).find(({ type }) => type === "SRV")?.name).toBe(NODE);
    expect(update(lab, [rr.deleteOne(NODE, "SRV", "0 0 1688 a.CONTOSO.com")])).toBe("NOERROR");
    expect(ask(lab, NODE, "SRV")).toEqual([]);
  });

  it("gives the whole set the TTL of the record that was added last", () => {
    update(lab, [rr.add(NODE, "SRV", A, 3600)]);
    update(lab, [rr.add(NODE, "SRV", B, 60)]);
    expect(ask(lab, NODE, "SRV")).toEqual([`60 ${A}`, `60 ${B}`]);
    update(lab, [rr.add(NODE, "SRV", A, 120)]);
    expect(ask(lab, NODE, "SRV")).toEqual([`120 ${A}`, `120 ${B}`]);
  });

  it("leaves out in silence what an alias forbids", () => {
    update(lab, [rr.add(NODE, "CNAME", "other.contoso.com")]);
    expect(update(lab, [rr.add(NODE, "SRV", A)])).toBe("NOERROR");
    expect(ask(lab, NODE, "ANY")).toEqual(["3600 other.contoso.com"]);
    expect(update(lab, [rr.add("kms01.contoso.com", "CNAME", "x.contoso.com")])).toBe("NOERROR");
    expect(ask(lab, "kms01.contoso.com", "ANY")).toEqual(["3600 10.0.0.10"]);
    update(lab, [rr.add(NODE, "CNAME", "kms01.contoso.com")]);
    expect(ask(lab, NODE, "A")).toEqual(["3600 10.0.0.10", "3600 kms01.contoso.com"]);
  });

  it("never takes the zone's SOA or its last NS", () => {
    update(lab, [rr.deleteName(ZONE), rr.deleteSet(ZONE, "NS"), rr.deleteSet(ZONE, "SOA")]);
    update(lab, [rr.deleteOne(ZONE, "NS", "ns1.contoso.com")]);
    expect(ask(lab, ZONE, "NS")).toEqual(["3600 ns1.contoso.com"]);
    update(lab, [rr.add(ZONE, "NS", "ns2.contoso.com"), rr.deleteOne(ZONE, "NS", "ns1.contoso.com")]);
    expect(ask(lab, ZONE, "NS")).toEqual(["3600 ns2.contoso.com"]);
  });

  it("takes a newer SOA with its serial, and no older one", () => {
    const soa = (n: number) => `ns9.contoso.com hostmaster.contoso.com ${n} 1 2 3 4`;
    update(lab, [rr.add(ZONE, "SOA", soa(100))]);
    expect(serial(lab)).toBe(100);
    update(lab, [rr.add(ZONE, "SOA", soa(99))]);
    update(lab, [rr.add(NODE, "SOA", soa(200))]);
    expect(ask(lab, ZONE, "SOA")).toEqual([`3600 ${soa(100)}`]);
    update(lab, [rr.add(ZONE, "SOA", soa(2147483747))]);
    update(lab, [rr.add(ZONE, "SOA", soa(4294967295))]);
    update(lab, [rr.add(NODE, "SRV", A)]);
    expect(serial(lab)).toBe(1);
  });

  it("keeps types that the lab does not know, byte by byte", () => {
    update(lab, [rr.add("x.contoso.com", "TYPE999", "\\# 3 00ff10"), rr.add("x.contoso.com", "AAAA", "2001:db8::1")]);
    expect(ask(lab, "x.contoso.com", "TYPE999")).toEqual(["3600 \\# 3 00ff10"]);
    expect(ask(lab, "x.contoso.com", "AAAA")).toEqual(["3600 2001:db8::1"]);
  });
});

describe("prerequisites", () => {
  const change = [rr.add("made.contoso.com", "A", "10.9.9.9")];
  it.each([
    ["a set that is there", [rr.setExists("kms01.contoso.com", "A")], "NOERROR"],
    ["a set that is not there", [rr.setExists(NODE, "SRV")], "NXRRSET"],
    ["no set, and there is one", [rr.noSet("kms01.contoso.com", "A")], "YXRRSET"],
    ["no set, and there is none", [rr.noSet(NODE, "SRV")], "NOERROR"],
    ["a name in use", [rr.inUse("KMS01.contoso.com")], "NOERROR"],
    ["a name in use that is not", [rr.inUse(NODE)], "NXDOMAIN"],
    ["a free name", [rr.free(NODE)], "NOERROR"],
    ["a free name that is not", [rr.free("kms01.contoso.com")], "YXDOMAIN"],
    ["exactly this set", [rr.isSet("kms01.contoso.com", "A", "10.0.0.10")], "NOERROR"],
    ["another set", [rr.isSet("kms01.contoso.com", "A", "10.0.0.11")], "NXRRSET"],
    [
      "one record more than there is",
      [rr.isSet("kms01.contoso.com", "A", "10.0.0.10"), rr.isSet("kms01.contoso.com", "A", "10.0.0.11")],
      "NXRRSET",
    ],
    ["a name outside", [rr.free("kms01.fabrikam.com")], "NOTZONE"],
    ["a TTL", [recordBytes({ name: NODE, type: "SRV", ttl: 1, data: null }, CLASS.ANY)], "FORMERR"],
    ["an unknown class", [recordBytes({ name: NODE, type: "SRV", ttl: 0, data: A }, 3)], "FORMERR"],
    [
      "data where there must be none",
      [recordBytes({ name: NODE, type: "SRV", ttl: 0, data: A }, CLASS.NONE)],
      "FORMERR",
    ],
  ])("%s: %#", (_what, prerequisites, rcode) => {
    expect(update(lab, change, prerequisites)).toBe(rcode);
    expect(ask(lab, "made.contoso.com", "A")).toHaveLength(rcode === "NOERROR" ? 1 : 0);
  });

  it("fail on a subset: the whole set counts", () => {
    update(lab, [rr.add(NODE, "SRV", A), rr.add(NODE, "SRV", B)]);
    expect(update(lab, change, [rr.isSet(NODE, "SRV", A)])).toBe("NXRRSET");
    expect(update(lab, change, [rr.isSet(NODE, "SRV", B), rr.isSet(NODE, "SRV", "0 0 1688 A.CONTOSO.COM")])).toBe(
      "NOERROR",
    );
  });
});

describe("an update that is refused as a whole", () => {
  const good = rr.add(NODE, "SRV", A);
  it.each([
    ["a name outside", rr.add("kms01.fabrikam.com", "A", "10.0.0.1"), "NOTZONE"],
    ["an add of a question's type", recordBytes({ name: NODE, type: "ANY", ttl: 1, data: Buffer.alloc(0) }), "FORMERR"],
    ["a delete with a TTL", recordBytes({ name: NODE, type: "SRV", ttl: 1, data: A }, CLASS.NONE), "FORMERR"],
    [
      "a delete of one record of any type",
      recordBytes({ name: NODE, type: "ANY", ttl: 0, data: null }, CLASS.NONE),
      "FORMERR",
    ],
    ["a delete of a set with data", recordBytes({ name: NODE, type: "SRV", ttl: 0, data: A }, CLASS.ANY), "FORMERR"],
    ["data that is no SRV", recordBytes({ name: NODE, type: "SRV", ttl: 1, data: Buffer.from([1, 2, 3]) }), "FORMERR"],
    ["an unknown class", recordBytes({ name: NODE, type: "SRV", ttl: 0, data: A }, 4), "FORMERR"],
  ])("%s", (_what, bad, rcode) => {
    const before = serial(lab);
    expect(update(lab, [good, bad])).toBe(rcode);
    expect(ask(lab, NODE, "SRV")).toEqual([]);
    expect(serial(lab)).toBe(before);
  });

  it("names a zone that is not served: NOTAUTH; is not signed, or the zone is not for keys: REFUSED", () => {
    expect(update(lab, [good], [], "fabrikam.com")).toBe("NOTAUTH");
    expect(rcodeOf(answerTo(lab, updateMessage([], [good])))).toBe("REFUSED");
    for (const zone of ["hosts.test", "closed.test"]) {
      expect(update(lab, [rr.add(`x.${zone}`, "A", "10.0.0.1")], [], zone)).toBe("REFUSED");
    }
  });

  it("is signed with a key that the zone does not name: REFUSED, and with the one that it names it is taken", () => {
    const add = () => updateMessage([], [rr.add("x.keyed.test", "A", "10.0.0.1")], "keyed.test");
    expect(rcodeOf(signed(lab, add()).answer)).toBe("REFUSED");
    expect(ask(lab, "x.keyed.test", "A")).toEqual([]);
    expect(rcodeOf(signed(lab, add(), lab.dns.newKey("updater", "hmac-sha512")).answer)).toBe("NOERROR");
    expect(ask(lab, "x.keyed.test", "A")).toHaveLength(1);
  });
});
