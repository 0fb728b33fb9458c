import { describe, expect, it } from "vitest";
import { checkActivationPolicy } from "../../../../provider/resources/activationPolicy/schema";
import { CONNECTION, check, wanted } from "./samples";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const ALL = {
  userOperations: true,
  notificationDisabled: false,
  alternateUrl: "https://intranet/activation",
  manualActivation: true,
  skipRearm: true,
  noGenTicket: false,
  localAccountTokenFilterPolicy: true,
  dnsSuffixSearchList: ["contoso.com"],
  onDelete: "restore",
};

describe("right inputs", () => {
  it("get nothing that was not declared: what is left out is not enforced", () => {
    expect(check({})).toEqual({ failures: [], inputs: { resourceName: "web01", connection: CONNECTION } });
    expect(check(ALL)).toEqual({ failures: [], inputs: { resourceName: "web01", connection: CONNECTION, ...ALL } });
  });

  it("keep the order of suffixes, in lower case, each once", () => {
    const dnsSuffixSearchList = ["B.Example.", "a.example", "b.example"];
    expect(wanted({ dnsSuffixSearchList })["dnsSuffixSearchList"]).toEqual(["b.example", "a.example"]);
    expect(wanted({ dnsSuffixSearchList: [] })["dnsSuffixSearchList"]).toEqual([]);
  });

  it.each([
    "",
    "http://intranet",
    "https://www.contoso.com/how?to=activate&os=7",
    "file://server/share/help.htm",
    "\\\\server\\share\\how to activate.htm",
    "C:\\Help\\\u555f\u7528.htm",
  ])("take the link %j", (alternateUrl) => {
    expect(wanted({ alternateUrl })["alternateUrl"]).toBe(alternateUrl);
  });

  it("stay as they are when the engine checks the checked ones again", () => {
    const once = check({ ...ALL, dnsSuffixSearchList: ["B.example."] });
    expect(checkActivationPolicy(once.inputs)).toEqual(once);
  });

  it.each(Object.keys(ALL))("may have %s unknown before up", (name) => {
    const { inputs, failures } = check({ ...ALL, [name]: UNKNOWN });
    expect(failures).toEqual([]);
    expect(inputs[name]).toBe(UNKNOWN);
  });
});

describe("a wrong value", () => {
  it.each([
    "www.contoso.com",
    "javascript:alert(1)",
    "https://a b.example",
    'https://a.example/"x"',
    " https://a.example",
    "https://a.example\r\n[x]",
    "file://a.example/\u0000",
    "\\\\server",
    `https://a.example/${"x".repeat(2100)}`,
  ])("of alternateUrl (%j) is refused", (alternateUrl) => {
    expect(check({ alternateUrl }).failures).toMatchObject([
      { property: "", reason: expect.stringMatching(/^alternateUrl: /) },
    ]);
  });

  it.each(["a,b.example", "http://a.example", "a b", "10.0.0.1", "", "\u5fae\u8edf.example", "a.example\n"])(
    "of a suffix (%j) is refused by its place",
    (suffix) => {
      const { failures } = check({ dnsSuffixSearchList: ["contoso.com", suffix] });
      expect(failures).toMatchObject([{ reason: expect.stringMatching(/^dnsSuffixSearchList\[1\]: /) }]);
    },
  );

  it.each(["userOperations", "notificationDisabled", "manualActivation", "skipRearm", "noGenTicket"])(
    "of %s is refused by name",
    (name) => {
      expect(check({ [name]: 1 }).failures[0]?.reason).toMatch(new RegExp(`^${name}: must be true or false: `));
    },
  );

  it("under another spelling is refused with the right one", () => {
    expect(check({ UserOperations: true }).failures[0]?.reason).toBe(
      "UserOperations: is not a property; it is spelled userOperations",
    );
  });
});
