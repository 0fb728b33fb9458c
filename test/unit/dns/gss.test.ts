import { describe, expect, it } from "vitest";
import { DnsError, encodeSrv, type SrvChange, type SrvSeen } from "../../../provider/dns";
import { judge } from "../../../provider/dns/gss/nsupdate";
import { findProgram, programEnvironment, runProgram } from "../../../provider/dns/gss/program";
import { nsupdateScript } from "../../../provider/dns/gss/script";
import { mutated, randoms } from "./mutations";

const seen = (target: string, over: Partial<SrvSeen> = {}): SrvSeen => {
  const data = { priority: 0, weight: 5, port: 1688, target, ttl: 60, ...over };
  return { ...data, rdata: over.rdata ?? encodeSrv(data) };
};
const change = (over: Partial<SrvChange> = {}): SrvChange => ({
  zone: "contoso.com",
  fqdn: "_vlmcs._tcp.contoso.com",
  expected: [],
  deletes: [],
  add: undefined,
  ...over,
});

describe("the script for nsupdate", () => {
  it("has prerequisites, deletes and the addition in one message", () => {
    const old = seen("KMS01.contoso.com");
    const add = { priority: 1, weight: 2, port: 1689, ttl: 600, target: "kms01.contoso.com" };
    expect(nsupdateScript("10.0.0.1", 53, change({ expected: [old], deletes: [old], add })).split("\n")).toEqual([
      "server 10.0.0.1 53",
      "zone contoso.com.",
      "prereq yxrrset _vlmcs._tcp.contoso.com. IN SRV 0 5 1688 KMS01.contoso.com.",
      "update delete _vlmcs._tcp.contoso.com. IN SRV 0 5 1688 KMS01.contoso.com.",
      "update add _vlmcs._tcp.contoso.com. 600 IN SRV 1 2 1689 kms01.contoso.com.",
      "send",
      "",
    ]);
  });

  it("of a new set says that there must be none", () => {
    expect(nsupdateScript("::1", 5353, change())).toContain("server ::1 5353\nzone contoso.com.\nprereq nxrrset");
  });

  it("has as many lines and words whatever octets a neighbour's name has", () => {
    const random = randoms(6);
    const label = Buffer.from("kms02\nupdate delete contoso.com. ; \\");
    for (let round = 0; round < 2000; round++) {
      const bytes = mutated(label, random).subarray(0, 63);
      const rdata = Buffer.concat([Buffer.alloc(6), Buffer.of(bytes.length), bytes, Buffer.of(0)]);
      const lines = nsupdateScript("10.0.0.1", 53, change({ expected: [seen("x", { rdata })] })).split("\n");
      expect(lines).toHaveLength(5);
      expect(lines[2]?.split(" ")).toHaveLength(9);
      expect(lines[2]).toMatch(/^[A-Za-z0-9_.\\ -]+$/);
    }
  });

  it.each([
    ["a line break in a name", change({ fqdn: "a\nsend" })],
    ["a blank in a zone", change({ zone: "contoso.com x" })],
    ["a number that is none", change({ deletes: [seen("a.b", { port: Number.NaN })] })],
  ])("is not made with %s", (_what, broken) => {
    expect(() => nsupdateScript("10.0.0.1", 53, broken)).toThrow();
  });

  it("is not made for a server's name, which nsupdate would resolve anew", () => {
    expect(() => nsupdateScript("ns1.contoso.com", 53, change())).toThrow(RangeError);
  });
});

describe("what nsupdate said", () => {
  const told = { where: "ns1:53", zone: "contoso.com", signer: 'Kerberos principal "a@B"' };
  const said = (code: number | null, output: string) => {
    try {
      return judge({ code, output }, told);
    } catch (error) {
      if (!(error instanceof DnsError)) throw error;
      return error;
    }
  };

  it("is believed as done by the way it was verified, not by the exit code", () => {
    expect(said(0, "")).toEqual({ verified: true });
    expect(said(2, "; TSIG error with server: tsig verify failure\n")).toEqual({ verified: false });
  });

  it.each<[string, number | null, string, string, RegExp]>([
    ["REFUSED", 2, "update failed: REFUSED", "rcode", /does not allow this update, which was signed by Kerberos/],
    [
      "SERVFAIL, unverified",
      2,
      "; TSIG error with server: tsig verify failure\nupdate failed: SERVFAIL",
      "rcode",
      /belongs to another account/,
    ],
    ["NXRRSET", 2, "update failed: NXRRSET", "rcode", /^NXRRSET/],
    ["a number without a name", 2, "update failed: RESERVED12", "rcode", /^RCODE12: the server refused/],
    ["an extended rcode", 2, "update failed: BADVERS", "rcode", /^BADVERS: .*EDNS/],
    ["a name to come", 2, "update failed: NEWCODE", "rcode", /^NEWCODE: the server refused/],
    ["BADKEY", 2, "update failed: NOTAUTH(BADKEY)", "tsig", /^BADKEY: .*security context/],
    ["BADTIME", 2, "update failed: NOTAUTH(BADTIME)", "tsig", /^BADTIME: the clocks differ too much/],
    [
      "no ticket",
      2,
      "tkey query failed: GSSAPI error: Major = No credentials were supplied, Minor = None.",
      "kerberos",
      /no usable Kerberos ticket/,
    ],
    [
      "an old ticket",
      2,
      "tkey query failed: GSSAPI error: Major = X, Minor = Ticket expired.",
      "kerberos",
      /is expired \(Ticket expired\)/,
    ],
    [
      "no service",
      2,
      "tkey query failed: GSSAPI error: Major = X, Minor = Server DNS/ns@B not found in Kerberos database.",
      "kerberos",
      /does not know the name server's service/,
    ],
    [
      "clocks",
      2,
      "tkey query failed: GSSAPI error: Major = X, Minor = Clock skew too great.",
      "kerberos",
      /clocks differ/,
    ],
    [
      "something else about keys",
      2,
      "tkey query failed: FORMERR",
      "kerberos",
      /\(TKEY\) failed for Kerberos principal "a@B": FORMERR/,
    ],
    [
      "a server without a keytab",
      1,
      "response to GSS-TSIG query was unsuccessful (REFUSED)",
      "kerberos",
      /does no key exchange \(.*REFUSED\)/,
    ],
    [
      "a ticket that is not accepted",
      1,
      "dns_tkey_gssnegotiate: TKEY is unacceptable",
      "kerberos",
      /does not accept the ticket/,
    ],
    ["no such zone", 2, "specified zone 'contoso.com' does not exist (NXDOMAIN)", "rcode", /^NOTAUTH/],
    [
      "a refused query",
      1,
      "; Communication with ::1#53 failed: REFUSED\ncould not reach any name server",
      "rcode",
      /^REFUSED: the server does not answer queries/,
    ],
    [
      "nobody there",
      1,
      "; Communication with ::1#53 failed: connection refused\ncould not reach any name server",
      "unreachable",
      /cannot reach/,
    ],
    ["silence", 1, "; Communication with ::1#53 failed: timed out", "timeout", /no answer from ns1:53/],
    ["anything else", 1, "\nsyntax error\n", "tool", /exit code 1 and said: syntax error/],
    ["nothing", null, "", "tool", /a signal and said: nothing/],
  ])("of %s has its own meaning", (_what, code, output, kind, message) => {
    const error = said(code, output);
    expect(error).toMatchObject({ kind });
    expect((error as DnsError).message).toMatch(message);
    expect((error as DnsError).remedy).not.toBe("");
  });

  it("leaves open whether it was done where it is not understood", () => {
    expect(said(1, "x")).toMatchObject({ outcomeUnknown: true });
    expect(said(2, "update failed: REFUSED")).toMatchObject({ outcomeUnknown: false });
  });
});

describe("a program", () => {
  it("that is nowhere is not found", () => {
    expect(findProgram("no-such-program-of-ours", { PATH: "/nowhere" })).toBeUndefined();
  });

  it("sees of our environment only what it needs", () => {
    const env = { PATH: "/bin", KRB5_CONFIG: "/k", VOLUME_ACTIVATION_AD_PASSWORD: "x", PULUMI_CONFIG_PASSPHRASE: "y" };
    expect(programEnvironment(env, "FILE:/c")).toEqual({
      LC_ALL: "C",
      PATH: "/bin",
      KRB5_CONFIG: "/k",
      KRB5CCNAME: "FILE:/c",
    });
  });

  it("is ended when the operation is", async () => {
    const sleep = findProgram("sleep", process.env) ?? "";
    const begun = Date.now();
    await expect(runProgram(sleep, ["30"], "", process.env, AbortSignal.timeout(50))).rejects.toThrow();
    expect(Date.now() - begun).toBeLessThan(5000);
  });
});
