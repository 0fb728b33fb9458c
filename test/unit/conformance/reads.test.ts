import { describe, expect, it } from "vitest";
import { agentText } from "../../../provider/agent/index";
import { PROTOCOL_VERSION } from "../../../provider/machine/protocol";
import { CURRENT_VERSION, SCRATCH } from "./requests";
import { agentOf, SUBJECTS } from "./subjects";

describe.each(SUBJECTS)("$name", (subject) => {
  const agent = agentOf(subject);

  describe("reads", () => {
    it("ping", async () => {
      expect(await agent().call("ping", {})).toEqual({});
    });

    it("hello says who the machine is", async () => {
      const hello = await agent().call("hello", {});
      expect(hello).toMatchObject({
        protocol: PROTOCOL_VERSION,
        agentLength: agentText().length,
        languageMode: "FullLanguage",
      });
      expect(hello.osVersion).toMatch(/^\d+\.\d+\.\d+$/);
      expect(hello.osCaption).toMatch(/Windows/);
      expect(hello.now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(hello.machineGuid).toMatch(/^[0-9a-f-]{36}$/i);
      expect([1, 2, 3]).toContain(hello.productType);
      for (const flag of [hello.partOfDomain, hello.is64BitOs, hello.is64BitProcess, hello.elevated]) {
        expect(typeof flag).toBe("boolean");
      }
      for (const text of [
        hello.computerName,
        hello.domain,
        hello.primaryDnsSuffix,
        hello.editionId,
        hello.uiLanguage,
        hello.user,
      ]) {
        expect(typeof text).toBe("string");
      }
    });

    it("licensing.read gives the columns that this Windows has, and leaves others out", async () => {
      const answer = await agent().call("licensing.read", {
        service: ["Version", "IsKeyManagementServiceMachine", "NoSuchColumn", "x'; DROP"],
        product: ["ID", "LicenseStatus", "PartialProductKey", "NoSuchColumn"],
      });
      expect(answer.service).toEqual({
        Version: expect.stringMatching(/^\d+\.\d+/),
        IsKeyManagementServiceMachine: expect.any(Number),
      });
      for (const product of answer.products) {
        expect(Object.keys(product).sort()).toEqual(["ID", "LicenseStatus", "PartialProductKey"]);
        expect(product["PartialProductKey"]).toMatch(/^[A-Z0-9]{5}$/);
      }
    });

    it("licensing.read of an application that is not there gives no products", async () => {
      const applicationId = "00000000-0000-0000-0000-000000000000";
      const answer = await agent().call("licensing.read", { service: ["Version"], product: ["ID"], applicationId });
      expect(answer.products).toEqual([]);
    });

    it("licensing.read without columns gives no rows", async () => {
      expect(await agent().call("licensing.read", { service: [], product: [] })).toEqual({ service: {}, products: [] });
    });

    it("registry.read answers in the order asked, null for what is not there", async () => {
      const answer = await agent().call("registry.read", {
        values: [
          { key: SCRATCH, name: "never written" },
          { key: CURRENT_VERSION, name: "EditionID" },
          { key: CURRENT_VERSION.toUpperCase(), name: "editionid" },
          { key: `${SCRATCH}\\no\\such\\key`, name: "x" },
        ],
      });
      const edition = { kind: "REG_SZ", data: expect.any(String) };
      expect(answer.values).toEqual([null, edition, edition, null]);
    });

    it("net.listeners lists addresses and ports", async () => {
      const { listeners } = await agent().call("net.listeners", {});
      expect(listeners.length).toBeGreaterThan(0);
      for (const one of listeners) expect(one).toEqual({ address: expect.any(String), port: expect.any(Number) });
    });

    it("net.probe reaches what listens on the machine itself, and is refused where nothing does", async () => {
      const { listeners } = await agent().call("net.listeners", {});
      const open = listeners.find(({ address }) => address === "0.0.0.0" || address === "127.0.0.1")?.port ?? 0;
      const probe = (port: number) => agent().ask("net.probe", { host: "127.0.0.1", port, timeoutMs: 20_000 });
      expect(await probe(open)).toMatchObject({ ok: true, result: {} });
      expect(await probe(1)).toMatchObject({ ok: false, error: { kind: "hresult", code: "0x8007274D" } });
      expect(await probe(0)).toMatchObject({ ok: false, error: { kind: "refused" } });
    });

    it.each(["", "a b", "kms01;calc", "x".repeat(254), "[::1]"])("net.probe refuses the host %j", async (host) => {
      expect(await agent().ask("net.probe", { host, port: 80, timeoutMs: 100 })).toMatchObject({
        ok: false,
        error: { kind: "refused" },
      });
    });

    it("firewall.read knows the KMS group by its neutral name, and says of another that it does not know it", async () => {
      const groups = ["@FirewallAPI.dll,-28002", "@FirewallAPI.dll,-1"];
      const answer = await agent().call("firewall.read", { groups, groupings: [] });
      expect(answer.groups.map(({ group, known }) => [group, known])).toEqual([
        [groups[0], true],
        [groups[1], false],
      ]);
      expect(answer.profiles.map((one) => one.profile)).toEqual([1, 2, 4]);
      expect(answer.rules.length).toBeGreaterThan(0);
      for (const rule of answer.rules) {
        expect(rule).toMatchObject({ grouping: groups[0], direction: "in", protocol: 6, localPorts: "1688" });
      }
      expect(Array.isArray(answer.policyRules)).toBe(true);
    });

    it("firewall.read finds enabled inbound TCP rules by a port of theirs, whatever their group", async () => {
      const answer = await agent().call("firewall.read", { groups: [], groupings: [], ports: [22] });
      for (const rule of answer.rules) {
        expect(rule).toMatchObject({ direction: "in", protocol: 6, enabled: true });
        expect(rule.localPorts.split(",")).toContain("22");
      }
      expect(answer.groups).toEqual([]);
    });

    it("events.read gives the newest first, as many as asked, and says when the log does not exist", async () => {
      const answer = await agent().call("events.read", { log: "Application", ids: [], max: 3 });
      expect(answer.exists).toBe(true);
      expect(answer.events.length).toBeLessThanOrEqual(3);
      const times = answer.events.map((one) => Date.parse(one.time));
      expect(times).toEqual(times.toSorted((left, right) => right - left));
      const none = await agent().call("events.read", { log: "No such log", ids: [1], max: 3 });
      expect(none).toEqual({ exists: false, now: expect.any(String), events: [] });
      const future = await agent().call("events.read", {
        log: "Application",
        ids: [],
        since: "2999-01-01T00:00:00Z",
        max: 3,
      });
      expect(future.events).toEqual([]);
    });

    it("directory.node gives the domain's own word, or says why there is none", async () => {
      const answer = await agent().ask("directory.node", { zone: "no-such-zone.test", name: "_vlmcs._tcp" });
      if (answer.ok) expect(answer.result).toEqual({ server: expect.any(String), zones: [], node: null });
      else expect(["notSupported", "hresult"]).toContain(answer.error.kind);
    });

    it("events.read gives the type of each event, only those that were asked for, and ends after `look` entries", async () => {
      const read = { log: "Application", ids: [], max: 200 };
      const all = await agent().call("events.read", read);
      const types = ["error", "warning", "information", "auditSuccess", "auditFailure"] as const;
      for (const { type } of all.events) expect(types).toContain(type);
      for (const type of types) {
        const some = await agent().call("events.read", { ...read, types: [type], look: 200 });
        expect(some.events.every((one) => one.type === type)).toBe(true);
      }
      const { events } = await agent().call("events.read", { ...read, types: [...types], look: 2 });
      expect(events.length).toBe(Math.min(2, all.events.length));
    });

    it("dns.read says that there is no DNS server, or that it has no such zone", async () => {
      const answer = await agent().ask("dns.read", { zone: "no-such-zone.invalid", name: "_vlmcs._tcp" });
      if (answer.ok) throw new Error("a zone that nobody has was read");
      const { kind, code } = answer.error;
      expect(kind === "notSupported" ? kind : `${kind} ${code}`).toMatch(/^notSupported$|^hresult 0x80072581$/);
    });

    it("/dti gives an installation id, or says that there is no product", async () => {
      const answer = await agent().ask("slmgr", { verb: "/dti" });
      if (answer.ok)
        expect(answer.result).toEqual({ installationId: expect.stringMatching(/^([0-9]{54}|[0-9]{63})$/) });
      else expect(answer.error.kind).toBe("noProduct");
    });
  });
});
