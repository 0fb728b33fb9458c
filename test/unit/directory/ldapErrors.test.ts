import { describe, expect, it } from "vitest";
import { DirectoryError } from "../../../provider/directory/errors";
import { ldapError, loginRefused, noConnection } from "../../../provider/directory/ldap/errors";

const withCode = (code: number | string, message = "said") => Object.assign(new Error(message), { code });
const refused = (data: string) =>
  loginRefused(
    withCode(49, `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data ${data}, v1db1`),
    "kms@contoso.com",
  );

describe("a refused login", () => {
  it.each([
    ["525", "no such account"],
    ["52e", "user or password is wrong"],
    ["530", "at this hour"],
    ["531", "from this computer"],
    ["532", "password has expired"],
    ["533", "disabled"],
    ["701", "has expired"],
    ["773", "must change its password"],
    ["775", "locked out"],
    ["80090346", "channel binding"],
  ])("with data %s is told as: %s", (data, meaning) => {
    const error = refused(data);
    expect(error.kind).toBe("login");
    expect(error.message).toContain(`refused the login of kms@contoso.com (49, data ${data})`);
    expect(error.message).toContain(meaning);
    expect(error.remedy.length).toBeGreaterThan(5);
  });

  it("with a number that nobody knows still says what to correct", () => {
    expect(refused("9999").message).toContain("(49, data 9999): it does not take user and password");
    expect(loginRefused(withCode(49, ""), "x").remedy).toContain("correct them");
  });
});

describe("an answer of the directory", () => {
  it.each([
    [8, "answer", "strongerAuthRequired", "636"],
    [10, "answer", "referral", "writable domain controller of the domain"],
    [50, "refused", "insufficientAccessRights", "DnsAdmins"],
    [53, "answer", "unwillingToPerform", "read-only"],
    [80, "answer", "LDAP result 80: said", "log"],
  ])("with result %d is of the kind %s and says %s", (code, kind, name, remedy) => {
    const error = ldapError(withCode(code));
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(name);
    expect(error.remedy).toContain(remedy);
    expect(error.outcomeUnknown).toBe(false);
  });

  it("that never came leaves open what was done", () => {
    expect(ldapError(new Error("ModifyRequest: Operation timed out"))).toMatchObject({
      kind: "timeout",
      outcomeUnknown: true,
    });
    expect(ldapError(new Error("Connection closed before message response"))).toMatchObject({
      kind: "lost",
      outcomeUnknown: true,
    });
  });
});

describe("no connection", () => {
  it.each([
    ["ECONNREFUSED", "nothing listens there"],
    ["ENOTFOUND", "not known in DNS"],
    ["ETIMEDOUT", "does not answer"],
    ["ECONNRESET", "during the TLS handshake"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "speaks no TLS"],
    ["EWHATEVER", "cannot be reached: said"],
  ])("by %s is told as: %s", (code, meaning) => {
    const error = noConnection(withCode(code));
    expect(error.kind).toBe("unreachable");
    expect(error.message).toContain(meaning);
    expect(error.remedy).not.toBe("");
  });

  it("hands our own errors on as they are", () => {
    const own = new DirectoryError("certificate", "a", "b");
    expect(noConnection(own)).toBe(own);
  });
});
