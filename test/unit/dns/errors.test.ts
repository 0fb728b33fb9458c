import { describe, expect, it } from "vitest";
import { type Asked, type DnsError, RcodeError, TsigError } from "../../../provider/dns/errors";
import { HEADER_RCODES } from "./messages";

const RCODES = [...HEADER_RCODES, [16, "BADVERS"]] as const;
const TSIG_ERRORS = [
  [16, "BADSIG"],
  [17, "BADKEY"],
  [18, "BADTIME"],
  [21, "BADALG"],
  [22, "BADTRUNC"],
] as const;

const asked: Asked = { what: "update", zone: "contoso.com", signer: 'TSIG key "updater" (hmac-sha256)' };
const tsig = (error: number) =>
  new TsigError({ error, keyName: "updater", algorithm: "hmac-sha256", signedAt: 0, serverTime: undefined });
const whole = ({ message, remedy }: DnsError) => `${message.replace(/^[A-Z0-9]+: /, "")} Next: ${remedy}`;

describe("a refusal", () => {
  it("of each kind has a cause and a remedy of its own, and none of them that of a kind without a name", () => {
    const texts = [
      ...RCODES.map(([rcode]) => new RcodeError(rcode, asked)),
      ...TSIG_ERRORS.map(([one]) => tsig(one)),
    ].map(whole);
    expect(new Set([...texts, whole(new RcodeError(15, asked)), whole(tsig(99))]).size).toBe(texts.length + 2);
  });

  it.each(RCODES)("of rcode %i is called %s", (rcode, name) => {
    expect(new RcodeError(rcode, asked)).toMatchObject({ name, message: expect.stringMatching(`^${name}: `) });
  });

  it.each(TSIG_ERRORS)("of TSIG error %i is called %s, which is no rcode's name", (error, name) => {
    expect(tsig(error)).toMatchObject({ name, message: expect.stringMatching(`^${name}: `) });
  });

  it.each(["FORMERR", "SERVFAIL", "NOTIMP", "REFUSED"])("%s of a query says nothing of updates", (name) => {
    const rcode = RCODES.find(([, one]) => one === name)?.[0] ?? 0;
    const error = new RcodeError(rcode, { what: "query", zone: "contoso.com", signer: undefined });
    expect(whole(error)).not.toMatch(/update/i);
  });

  it("of an unsigned update asks for a key, and of a signed one for the key's rights", () => {
    expect(whole(new RcodeError(5, { ...asked, signer: undefined }))).toMatch(
      /unsigned Next: give auth with method "tsig"/,
    );
    expect(whole(new RcodeError(5, asked))).toMatch(/signed by TSIG key "updater".* Next: allow this key/);
  });

  it("of Kerberos on a server of Active Directory tells of the node's owner", () => {
    const gss = { ...asked, signer: 'Kerberos principal "a@B"', gss: true };
    for (const rcode of [2, 5]) {
      expect(whole(new RcodeError(rcode, gss))).toMatch(
        /Kerberos principal "a@B".*the account that first wrote it owns its node/,
      );
    }
  });
});
