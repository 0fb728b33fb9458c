import { beforeEach, describe, expect, it, vi } from "vitest";
import { DnsError, nsupdateProgram, takeTicket } from "../../../provider/dns";
import type * as program from "../../../provider/dns/gss/program";
import { findProgram, type ProgramResult, runProgram } from "../../../provider/dns/gss/program";

vi.mock("../../../provider/dns/gss/program", async (actual) => ({
  ...(await actual<typeof program>()),
  findProgram: vi.fn(),
  runProgram: vi.fn(),
}));

let answers: { [word: string]: ProgramResult };
beforeEach(() => {
  vi.clearAllMocks();
  answers = {};
  vi.mocked(findProgram).mockImplementation((name) => `/usr/bin/${name}`);
  vi.mocked(runProgram).mockImplementation(async (path, words) => {
    const answer = answers[[path.split("/").at(-1), ...words].join(" ")];
    if (!answer) throw new Error(`nobody expected ${path} ${words.join(" ")}`);
    return answer;
  });
});
const signal = new AbortController().signal;
const without = (missing: string) =>
  vi.mocked(findProgram).mockImplementation((name) => (name === missing ? undefined : `/usr/bin/${name}`));

async function failureOf(work: () => unknown): Promise<DnsError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DnsError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("a missing program is said, with its package:", () => {
  it.each([
    ["nsupdate", "bind9-dnsutils", () => nsupdateProgram({})],
    ["klist", "krb5-user", () => takeTicket({}, {}, signal)],
    ["kinit", "krb5-user", () => takeTicket({ principal: "a@B", password: "x" }, {}, signal)],
  ])("%s", async (name, debian, work) => {
    without(name);
    const failure = await failureOf(work);
    expect(failure).toMatchObject({
      kind: "equipment",
      message: expect.stringContaining(`${name} is not installed here`),
    });
    expect(failure.remedy).toContain(debian);
    expect(runProgram).not.toHaveBeenCalled();
  });
});

describe("a cache", () => {
  const cache = { credentialCache: "FILE:/c" };
  const listed = "Ticket cache: FILE:/c\nDefault principal: kmsadmin@B\n";

  it("with a valid ticket is used as it is, by its owner's name", async () => {
    answers = { "klist -s": { code: 0, output: "" }, klist: { code: 0, output: listed } };
    const ticket = await takeTicket(cache, {}, signal);
    expect(ticket.description).toBe('Kerberos principal "kmsadmin@B"');
    expect(ticket.env["KRB5CCNAME"]).toBe("FILE:/c");
  });

  it("with an expired ticket, and one that is not there, are told apart", async () => {
    answers = { "klist -s": { code: 1, output: "" }, klist: { code: 0, output: listed } };
    expect((await failureOf(() => takeTicket(cache, {}, signal))).message).toBe(
      "the Kerberos ticket in FILE:/c is expired",
    );
    answers["klist"] = { code: 1, output: "klist: No credentials cache found" };
    expect((await failureOf(() => takeTicket(cache, {}, signal))).message).toBe(
      "there is no valid Kerberos ticket in FILE:/c",
    );
  });
});

describe("a login that fails", () => {
  it.each([
    ["kinit: Client 'a@B' not found in Kerberos database while getting initial credentials", "does not know it"],
    ["Password for a@B: \nkinit: Password incorrect while getting initial credentials", "correct the password"],
    ["kinit: Preauthentication failed while getting initial credentials", "correct the password"],
    ["kinit: Cannot contact any KDC for realm 'B' while getting initial credentials", "port 88"],
    ["kinit: Clock skew too great while getting initial credentials", "NTP"],
    ["kinit: Client's credentials have been revoked while getting initial credentials", "look at the account"],
    ["Password expired.  You must change it now.\nkinit: Cannot read password", "look at the account"],
    ["kinit: KDC has no support for encryption type", "kinit says more"],
    ["", "kinit says more"],
  ])("with %j has its own remedy", async (output, remedy) => {
    answers = { "kinit a@B": { code: 1, output } };
    const failure = await failureOf(() => takeTicket({ principal: "a@B", password: "s3cret" }, {}, signal));
    expect(failure).toMatchObject({ kind: "kerberos", remedy: expect.stringContaining(remedy) });
    expect(failure.message).toMatch(/^a@B cannot log in with its password: ./);
    expect(failure.message).not.toContain("s3cret");
  });
});
