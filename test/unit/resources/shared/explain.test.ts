import { expect, it } from "vitest";
import type { AgentErrorKind } from "../../../../provider/machine/protocol";
import { AgentFailure, SessionError } from "../../../../provider/machine/session";
import { ConnectError, type ConnectErrorKind } from "../../../../provider/machine/transport";
import { cannotLook, explain, explainAgentError } from "../../../../provider/resources/shared/explain";

const KINDS: { [kind in AgentErrorKind]: string } = {
  hresult: "Windows answered 0x80004005 E_FAIL: ",
  notKmsHost: "the machine is no KMS host",
  noProduct: "no Windows product with a key",
  notSupported: "this Windows does not have that function",
  expectation: "the check read null",
  restartRefused: "the service would not restart",
  busy: "another run is changing this machine",
  refused: "the agent refused the request",
  internal: "the agent met an error that it does not know",
};

it.each(Object.entries(KINDS) as [AgentErrorKind, string][])("says what %s means and what to do", (kind, answered) => {
  const explained = explainAgentError({ kind, message: "" });
  expect(explained.answered).toContain(answered);
  expect(explained.next.length).toBeGreaterThan(10);
});

it("never shows a bare code, nor the machine's words alone", () => {
  const { answered, next } = explainAgentError({ kind: "hresult", code: "0xC004C008", message: "\u932f\u8aa4" });
  expect(answered).toMatch(/^Windows answered 0xC004C008.*: .{20,}/);
  expect(answered).not.toContain("\u932f\u8aa4");
  expect(next.length).toBeGreaterThan(20);
  expect(explainAgentError({ kind: "restartRefused", message: "\u932f\u8aa4" }).answered).toBe(
    "the service would not restart (the machine says: \u932f\u8aa4)",
  );
});

it.each<[ConnectErrorKind, string]>([
  ["connect", "connecting failed"],
  ["hostKey", "checking the host key failed"],
  ["login", "logging in failed"],
  ["start", "starting PowerShell failed"],
])("says at which stage a connection failed: %s", (kind, doing) => {
  const failure = cannotLook('KmsHost "kms01"', "kms01:22", new ConnectError(kind, "it said no", "do that"));
  expect(failure.message).toBe(
    `KmsHost "kms01" on kms01:22: ${doing}: it said no. Nothing was changed, and what state it is in is not known. Next: do that.`,
  );
  expect(failure.couldNotLook).toBe(true);
});

it("says so when the agent did not come up", () => {
  const failure = cannotLook("X", "m", new SessionError("blocked", "policy forbids it", "allow it"));
  expect(failure.message).toContain("starting the agent failed: policy forbids it. ");
});

it("explains what can go wrong in an open session, and lets a bug through as it is", () => {
  expect(explain(new AgentFailure("batch", { kind: "busy", message: "" })).answered).toContain("another run");
  expect(explain(new SessionError("died", "it ended.", "look"))).toEqual({ answered: "it ended.", next: "look" });
  const bug = new TypeError("x is not a function");
  expect(() => explain(bug)).toThrow(bug);
});
