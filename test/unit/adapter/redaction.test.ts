import { expect, it } from "vitest";
import { Redactor, secretTexts } from "../../../provider/adapter/redaction";

const redacted = (text: string, secrets: string[]) => {
  const redactor = new Redactor();
  redactor.add(secrets);
  return redactor.redact(text);
};

it("replaces every occurrence", () => {
  expect(redacted("hunter22 and hunter22", ["hunter22"])).toBe("[secret] and [secret]");
});

it("leaves no rest of a secret that holds another one, whichever was added first", () => {
  const inner = "pass";
  const outer = "my-pass-word";
  expect(redacted(`${outer} then ${inner}`, [inner, outer])).toBe("[secret] then [secret]");
  expect(redacted(`${outer} then ${inner}`, [outer, inner])).toBe("[secret] then [secret]");
});

it("takes secrets literally, whatever characters they have", () => {
  expect(redacted("a $& b (c|d)* e", ["$&", "(c|d)*"])).toBe("a $& b [secret] e");
  expect(redacted("x .... y", ["...."])).toBe("x [secret] y");
});

it("leaves texts of less than four characters alone, which would blank out ordinary words", () => {
  expect(redacted("no key on kms", ["no", "kms", ""])).toBe("no key on kms");
});

it("goes on with secrets that are added later", () => {
  const redactor = new Redactor();
  const { redact } = redactor;
  expect(redact("later")).toBe("later");
  redactor.add(["later"]);
  expect(redact("later")).toBe("[secret]");
});

it("finds every text under the name of a secret, at any depth", () => {
  const bag = {
    host: "kms01",
    productKey: "key-1",
    connection: { password: "pw-1", privateKeyPassword: "pp-1", proxy: { password: "pw-2", user: "admin" } },
    activation: { confirmationId: "cid-1" },
    auth: [{ secret: "tsig-1" }, { targetPassword: "pw-3" }],
    olds: { productKey: "key-2" },
    nothing: null,
    password: 5,
  };
  expect(secretTexts(bag).sort()).toEqual(["cid-1", "key-1", "key-2", "pp-1", "pw-1", "pw-2", "pw-3", "tsig-1"]);
});

it.each(["\n", "\r\n"])("hides a private key that is quoted line by line (line ends %j)", (end) => {
  const lines = ["-----BEGIN OPENSSH PRIVATE KEY-----", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU", "AAAAC3NzaC1lZDI1NTE5AAAA"];
  const redactor = new Redactor();
  redactor.add(secretTexts({ connection: { privateKey: lines.join(end) } }));
  for (const line of lines.slice(1))
    expect(redactor.redact(`cannot read "${line}" of it`)).toBe('cannot read "[secret]" of it');
  expect(redactor.redact(lines.join(end))).toBe("[secret]");
});
