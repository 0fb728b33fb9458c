import { describe, expect, it } from "vitest";
import { AgentFailure, type MachineSession } from "../../../provider/machine/session";
import { probeFrom } from "../../../provider/status/probeUrls";

/** A machine that reaches some endpoints, and what it was asked. */
function machine(reached: (host: string, port: number) => Error | undefined) {
  const asked: unknown[] = [];
  const call = async (op: string, args: { host: string; port: number; timeoutMs: number }) => {
    asked.push([op, args.host, args.port, args.timeoutMs]);
    const error = reached(args.host, args.port);
    if (error) throw error;
    return {};
  };
  return { asked, session: { description: "kms01", call } as unknown as MachineSession };
}
const failure = (code: string) => new AgentFailure("net.probe", { kind: "hresult", code, message: "nicht erreichbar" });

describe("probeFrom", () => {
  it("asks each host and port once, and answers for each URL", async () => {
    const { asked, session } = machine(() => undefined);
    const found = await probeFrom(session, ["https://a.example/x", "https://a.example:443/*", "http://a.example"], 700);
    expect(asked).toEqual([
      ["net.probe", "a.example", 443, 700],
      ["net.probe", "a.example", 80, 700],
    ]);
    expect(found.map(({ url, port, reached }) => [url, port, reached])).toEqual([
      ["https://a.example/x", 443, true],
      ["https://a.example:443/*", 443, true],
      ["http://a.example", 80, true],
    ]);
  });

  it.each([
    ["0x80072AF9", /name is not known there/],
    ["0x8007274C", /no answer in time/],
    ["0x8007274D", /refused/],
    ["0x80070001", /Windows could not connect \(0x80070001\)/],
  ])("says in our words what %s means, not in the machine's language", async (code, why) => {
    const { session } = machine(() => failure(code));
    const [found] = await probeFrom(session, ["https://a.example"]);
    expect(found).toMatchObject({ reached: false, why: expect.stringMatching(why) });
    expect(found?.why).not.toContain("nicht");
  });

  it("does not take a broken session for an address that cannot be reached", async () => {
    const { session } = machine(() => new Error("the connection ended"));
    await expect(probeFrom(session, ["https://a.example"])).rejects.toThrow("the connection ended");
    const refused = machine(() => new AgentFailure("net.probe", { kind: "refused", message: "host" }));
    await expect(probeFrom(refused.session, ["https://a.example"])).rejects.toThrow(AgentFailure);
  });

  it.each(["ftp://a.example", "a.example", ""])("refuses %j, which is no web address", async (url) => {
    const { session } = machine(() => undefined);
    await expect(probeFrom(session, [url])).rejects.toThrow(/is no http or https URL/);
  });
});
