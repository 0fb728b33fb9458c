import { describe, expect, it } from "vitest";
import { agentText } from "../../../provider/agent/index";
import { MAX_REQUEST_BYTES, PROTOCOL_VERSION } from "../../../provider/machine/protocol";
import { AgentClient, agentOn, testLab } from "./harness";
import { HOSTILE_LINES, REFUSALS } from "./requests";
import { agentOf, SUBJECTS } from "./subjects";

describe.each(SUBJECTS)("$name", (subject) => {
  const agent = agentOf(subject);

  describe("start and end", () => {
    it("says its protocol, version and length first", async () => {
      const client = new AgentClient(subject.start());
      client.send(agentText());
      expect(await client.line()).toEqual({
        ready: { protocol: PROTOCOL_VERSION, agentVersion: expect.any(String), agentLength: agentText().length },
      });
      client.end();
      expect(await client.exit).toBe(0);
      expect(client.stderr).toBe("");
    });

    it("ends without a word when standard input ends in the middle of its text", async () => {
      const client = new AgentClient(subject.start());
      client.send(agentText().subarray(0, 100));
      client.end();
      expect(await client.line()).toBeNull();
      expect(await client.exit).toBe(72);
    });

    it("takes its text and requests in any pieces", async () => {
      const client = new AgentClient(subject.start());
      const text = agentText();
      const all = Buffer.concat([
        text,
        Buffer.from('{"id":7,"op":"ping","args":{}}\n{"id":8,"op":"ping","args":{}}\n'),
      ]);
      client.send(all.subarray(0, 10));
      client.send(all.subarray(10, text.length + 5));
      client.send(all.subarray(text.length + 5));
      expect(await client.line()).toHaveProperty("ready");
      expect(await client.line()).toEqual({ id: 7, ok: true, result: {} });
      expect(await client.line()).toEqual({ id: 8, ok: true, result: {} });
      client.end();
      expect(await client.exit).toBe(0);
    });
  });

  describe("refuses", () => {
    it.each(REFUSALS)("$title", async ({ op, args, kind }) => {
      const answer = await agent().ask(op, args);
      expect(answer).toMatchObject({
        ok: false,
        error: { kind: kind ?? "refused", message: expect.stringMatching(/./) },
      });
    });

    it.each(HOSTILE_LINES)("$title, and goes on", async ({ line }) => {
      expect(await agent().raw(line)).toMatchObject({ id: null, ok: false, error: { kind: "refused" } });
      expect(await agent().call("ping", {})).toEqual({});
    });

    it("bytes that are no UTF-8, and goes on", async () => {
      const answer = await agent().raw(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
      expect(answer).toMatchObject({ id: null, ok: false, error: { kind: "refused" } });
      expect(await agent().call("ping", {})).toEqual({});
    });

    it("a line of more than 1 MiB, takes one of just 1 MiB, and goes on", async () => {
      const request = (length: number) => {
        const head = '{"id":5,"op":"ping","args":{"a":"';
        return `${head}${"x".repeat(length - head.length - 3)}"}}`;
      };
      expect(await agent().raw(request(MAX_REQUEST_BYTES + 1))).toMatchObject({
        id: null,
        ok: false,
        error: { kind: "refused" },
      });
      expect(await agent().raw(request(MAX_REQUEST_BYTES))).toEqual({ id: 5, ok: true, result: {} });
    });
  });
});

describe("every kind of error that an agent answers", () => {
  it("comes from the lab too", async () => {
    const lab = await testLab({ machines: [{ name: "old", os: "ws2008r2", address: "10.0.0.1", initialKey: "none" }] });
    const agent = await agentOn(lab.machine("old"));
    const kind = async (op: string, args: unknown) => {
      const answer = await agent.ask(op, args);
      return answer.ok ? "ok" : answer.error.kind;
    };
    const product = { partialProductKey: "", property: "LicenseStatus", test: "eq", value: 1 };
    expect(await kind("slmgr", { verb: "/sprt", values: ["1700"] })).toBe("notKmsHost");
    expect(await kind("slmgr", { verb: "/dti" })).toBe("noProduct");
    expect(await kind("slmgr", { verb: "/skms-domain", values: ["contoso.com"] })).toBe("notSupported");
    expect(await kind("slmgr", { verb: "/ipk", values: ["BBBBB-BBBBB-BBBBB-BBBBB-BBBBB"] })).toBe("hresult");
    await lab.change("old", ["slmgr /ipk 489J6-VHDMP-X63PK-3K798-CPX3Y"]);
    expect(await kind("slmgr", { verb: "/ipk", values: ["YC6KT-GKW9T-YTKYR-T4X34-R7VHC"] })).toBe("ok");
    expect(await kind("expect", product)).toBe("expectation");
    expect(await kind("format", {})).toBe("refused");
    await lab.fault("old", { stopRefused: true, failOn: "net.listeners" });
    expect(await kind("service.restart", { name: "sppsvc" })).toBe("restartRefused");
    expect(await kind("net.listeners", {})).toBe("internal");
    agent.end();
    await agent.exit;
    await lab.stop();
  });
});
