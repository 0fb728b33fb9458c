import { describe, expect, it } from "vitest";
import type { BatchArgs, RegistryValue } from "../../../provider/machine/protocol";
import { MARKER, SCRATCH } from "./requests";
import { agentOf, SUBJECTS } from "./subjects";

/** The only part that writes on a real Windows: parts may run at the same time, and there they share its registry. */
describe.each(SUBJECTS)("$name", (subject) => {
  const agent = agentOf(subject, ["value", MARKER.name]);
  const value = async (name: string): Promise<RegistryValue | null | undefined> =>
    (await agent().call("registry.read", { values: [{ key: SCRATCH, name }] })).values[0];
  const writeStep = (name: string, data: string): BatchArgs["steps"][number] => ({
    op: "registry.write",
    args: { key: SCRATCH, name, kind: "REG_SZ", data },
  });
  const failing: BatchArgs["steps"][number] = {
    op: "expect",
    args: { partialProductKey: "00000", property: "LicenseStatus", test: "eq", value: 1 },
  };

  describe("the registry", () => {
    const values: RegistryValue[] = [
      { kind: "REG_SZ", data: "" },
      { kind: "REG_SZ", data: '金鑰 "x" \\ end' },
      { kind: "REG_EXPAND_SZ", data: "%SystemRoot%\\system32" },
      { kind: "REG_DWORD", data: 0 },
      { kind: "REG_DWORD", data: 4294967295 },
      { kind: "REG_QWORD", data: "18446744073709551615" },
      { kind: "REG_MULTI_SZ", data: [] },
      { kind: "REG_MULTI_SZ", data: ["contoso.com, 10, 20"] },
      { kind: "REG_MULTI_SZ", data: ["contoso.com", "fabrikam.com"] },
      { kind: "REG_BINARY", data: "" },
      { kind: "REG_BINARY", data: "AP8Q" },
    ];
    it.each(values)("keeps $kind $data as it was written", async (written) => {
      await agent().call("registry.write", { key: SCRATCH, name: "value", ...written });
      expect(await value("value")).toEqual(written);
    });

    it("says of a deletion whether there was anything", async () => {
      await agent().call("registry.write", { key: SCRATCH, name: "value", kind: "REG_SZ", data: "x" });
      expect(await agent().call("registry.delete", { key: SCRATCH, name: "value" })).toEqual({ existed: true });
      expect(await agent().call("registry.delete", { key: SCRATCH, name: "value" })).toEqual({ existed: false });
      expect(await value("value")).toBeNull();
    });
  });

  describe("a batch", () => {
    const reads: BatchArgs["reads"] = [{ op: "registry.read", args: { values: [{ key: SCRATCH, name: "value" }] } }];

    it("with nothing in it does nothing", async () => {
      expect(await agent().call("batch", { steps: [], reads: [] })).toEqual({
        steps: [],
        restart: { status: "notNeeded" },
        reads: [],
      });
    });

    it("does its steps in order, then reads", async () => {
      const result = await agent().call("batch", {
        mutex: { name: "conformance", waitMs: 1000 },
        steps: [writeStep("value", "1"), writeStep("value", "2")],
        reads,
      });
      expect(result).toEqual({
        steps: [
          { status: "done", result: {} },
          { status: "done", result: {} },
        ],
        restart: { status: "notNeeded" },
        reads: [{ ok: true, result: { values: [{ kind: "REG_SZ", data: "2" }] } }],
      });
    });

    it("stops at the first failure, and reads all the same", async () => {
      const result = await agent().call("batch", {
        steps: [writeStep("value", "3"), failing, writeStep("value", "4")],
        reads,
      });
      expect(result.steps.map((step) => step.status)).toEqual(["done", "failed", "notRun"]);
      expect(result.steps[1]).toMatchObject({ error: { kind: "noProduct" } });
      expect(result.reads).toEqual([{ ok: true, result: { values: [{ kind: "REG_SZ", data: "3" }] } }]);
    });

    it("treats a wrong argument of a step as that step's failure", async () => {
      const bad = { op: "registry.write", args: { key: SCRATCH, name: "value", kind: "REG_DWORD", data: -1 } };
      const answer = await agent().ask("batch", { steps: [writeStep("value", "5"), bad], reads: [] });
      expect(answer).toMatchObject({
        ok: true,
        result: { steps: [{ status: "done" }, { status: "failed", error: { kind: "refused" } }] },
      });
    });

    it("skips a step whose condition is about a product that is not there, and goes on", async () => {
      const when = { partialProductKey: "00000", property: "LicenseStatus", test: "eq" as const, value: 0 };
      const result = await agent().call("batch", {
        steps: [{ ...writeStep("value", "6"), when }, writeStep("value", "7")],
        reads,
      });
      expect(result.steps.map((step) => step.status)).toEqual(["skipped", "done"]);
      expect(result.reads).toEqual([{ ok: true, result: { values: [{ kind: "REG_SZ", data: "7" }] } }]);
    });

    it("fails a step whose condition cannot be looked at", async () => {
      const when = { partialProductKey: "", property: "NoSuchProperty", test: "eq" as const, value: 0 };
      const result = await agent().call("batch", { steps: [{ ...writeStep("value", "8"), when }], reads: [] });
      expect(result.steps).toMatchObject([{ status: "failed", error: { kind: "notSupported" } }]);
    });

    it("answers a read that fails as that read's failure", async () => {
      const answer = await agent().ask("batch", { steps: [], reads: [{ op: "registry.read", args: {} }, ...reads] });
      expect(answer).toMatchObject({
        ok: true,
        result: { reads: [{ ok: false, error: { kind: "refused" } }, { ok: true }] },
      });
    });

    it("leaves the marker when the restart fails, so that the next run sees that one is owed", async () => {
      const result = await agent().call("batch", {
        steps: [{ ...writeStep("value", "9"), restart: true } as BatchArgs["steps"][number]],
        restart: { service: "no-such-service-x", marker: MARKER, owed: false },
        reads: [],
      });
      expect(result.steps.map((step) => step.status)).toEqual(["done"]);
      expect(result.restart).toMatchObject({ status: "failed", error: { kind: "notSupported" } });
      expect(await value(MARKER.name)).toMatchObject({ kind: "REG_SZ" });
    });

    it("restarts nothing and sets no marker when the restart step was skipped", async () => {
      await agent().ask("registry.delete", MARKER);
      const when = { partialProductKey: "00000", property: "LicenseStatus", test: "eq" as const, value: 0 };
      const result = await agent().call("batch", {
        steps: [{ ...writeStep("value", "10"), when, restart: true } as BatchArgs["steps"][number]],
        restart: { service: "no-such-service-x", marker: MARKER, owed: false },
        reads: [],
      });
      expect(result.restart).toEqual({ status: "notNeeded" });
      expect(await value(MARKER.name)).toBeNull();
    });
  });
});
