import { describe, expect, it } from "vitest";
import { findPrimary } from "../../../provider/dns/primary";
import { srvSetOf } from "../../../provider/dns/srvSet";
import { parseServer, serverText } from "../../../provider/dns/transport/address";
import { parseMessage } from "../../../provider/dns/wire/message";
import { type Answer, FQDN, KMS01, KMS02, queryAnswer, soa, srvAnswer, ZONE } from "./messages";

const setOf = (answer: Answer) => srvSetOf(parseMessage(queryAnswer(answer)), FQDN, ZONE);
const failing = (answer: Answer) => expect(() => setOf(answer));

describe("a set of SRV records", () => {
  it("is what an authoritative server has, one record for each data", () => {
    const { records, alias } = setOf({ answers: [srvAnswer(KMS01), srvAnswer(KMS02), srvAnswer(KMS01)] });
    expect(records).toMatchObject([KMS01, KMS02]);
    expect(alias).toBeUndefined();
  });

  it("is empty when the name does not exist, or has no such records", () => {
    expect(setOf({ rcode: 3, authorities: [soa(ZONE)] })).toEqual({ records: [] });
    expect(setOf({ authorities: [soa("CONTOSO.com")] })).toEqual({ records: [] });
  });

  it("leaves out what belongs to other names", () => {
    expect(setOf({ answers: [srvAnswer(KMS01, "_x._tcp.contoso.com")] }).records).toEqual([]);
  });

  it("of an alias is the alias, whatever stands behind it", () => {
    const name = "_vlmcs._tcp.fabrikam.com";
    const answers = [{ type: "CNAME" as const, name: FQDN, ttl: 5, data: name }, srvAnswer(KMS01, name)];
    expect(setOf({ answers, authorities: [soa("fabrikam.com")] })).toEqual({ records: [], alias: name });
  });

  it("is not known from a server that is not authoritative: its 'there is none' counts for nothing", () => {
    failing({ authoritative: false, rcode: 3 }).toThrow(
      expect.objectContaining({
        kind: "notAuthoritative",
        message: expect.stringContaining("a resolver, a forwarder"),
      }),
    );
    failing({ authoritative: false, answers: [srvAnswer(KMS01)] }).toThrow("not authoritative");
  });

  it("in a delegated zone is looked for there", () => {
    const authorities = [{ type: "NS" as const, name: "_tcp.contoso.com", data: "ns.elsewhere.com" }];
    failing({ authoritative: false, authorities }).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining('zone "_tcp.contoso.com"') }),
    );
  });

  it("in another zone of the server is an error that names it", () => {
    failing({ rcode: 3, authorities: [soa("com")] }).toThrow("lies in the zone com on this server, not in contoso.com");
  });

  it("is not known from a refusal", () => {
    failing({ rcode: 5 }).toThrow(expect.objectContaining({ name: "REFUSED", kind: "rcode" }));
    failing({ rcode: 2 }).toThrow(expect.objectContaining({ name: "SERVFAIL" }));
  });
});

describe("a server's text", () => {
  it.each([
    ["ns1.contoso.com", "ns1.contoso.com:53"],
    ["NS1:5353", "ns1:5353"],
    ["10.0.0.1", "10.0.0.1:53"],
    ["10.0.0.1:54", "10.0.0.1:54"],
    ["2001:db8::1", "[2001:db8::1]:53"],
    ["[2001:DB8::1]", "[2001:db8::1]:53"],
    ["[2001:db8::1]:54", "[2001:db8::1]:54"],
  ])("%s is %s", (text, expected) => {
    const parsed = parseServer(text);
    expect(parsed.ok && serverText(parsed.server)).toBe(expected);
  });

  it.each(["", "ns1:0", "ns1:65536", "ns1:dns", "10.0.0.256", "0.0.0.0", "::", "[ns1]:53", "dns://ns1", "ns1 ", "a,b"])(
    "%j is refused",
    (text) => {
      expect(parseServer(text)).toMatchObject({ ok: false, reason: expect.stringMatching(/.{10,}/) });
    },
  );
});

describe("the primary", () => {
  const signal = new AbortController().signal;
  const source = (resolveSoa: () => Promise<{ nsname: string }>) => ({ resolveSoa, cancel: () => {} });

  it("is the server that the zone's SOA record names", async () => {
    const found = findPrimary(
      ZONE,
      signal,
      source(async () => ({ nsname: "DC1.contoso.com." })),
    );
    await expect(found).resolves.toEqual({ host: "dc1.contoso.com", port: 53 });
  });

  it.each([
    ["ENOTFOUND", "there is no such zone"],
    ["ENODATA", "no zone begins there"],
    ["ETIMEOUT", "resolver does not answer"],
  ])("that cannot be found (%s) is an error with the way out", async (code, text) => {
    const failing = findPrimary(
      ZONE,
      signal,
      source(() => Promise.reject(Object.assign(new Error("x"), { code }))),
    );
    await expect(failing).rejects.toMatchObject({
      kind: "noPrimary",
      message: expect.stringContaining(text),
      remedy: expect.stringContaining('give "server"'),
    });
  });

  it("of a zone whose SOA record names none is an error", async () => {
    const failing = findPrimary(
      ZONE,
      signal,
      source(async () => ({ nsname: "." })),
    );
    await expect(failing).rejects.toMatchObject({
      kind: "noPrimary",
      message: expect.stringContaining("names no primary"),
    });
  });

  it("is not waited for after the end", async () => {
    const controller = new AbortController();
    let stop = () => {};
    const never = new Promise<{ nsname: string }>((_, reject) => {
      stop = () => reject(new Error("ECANCELLED"));
    });
    const failing = findPrimary(ZONE, controller.signal, { resolveSoa: () => never, cancel: () => stop() });
    controller.abort(new Error("ended"));
    await expect(failing).rejects.toThrow("ended");
  });
});
