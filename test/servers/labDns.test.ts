import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Lab, type NetworkSpec, type TsigKey } from "../lab/index";
import { requirement } from "./requirement";

const dig = requirement("dig and nsupdate", "dig");
const nsupdate = requirement("dig and nsupdate", "nsupdate");

const network: NetworkSpec = {
  name: "dns",
  domain: "contoso.com",
  zones: [
    { name: "contoso.com", allowUpdate: ["tsig", "hosts"] },
    { name: "corp.contoso.com", allowUpdate: ["hosts"] },
  ],
  machines: [{ name: "kms01", os: "ws2022", address: "10.0.0.10" }],
};
const NODE = "_vlmcs._tcp.contoso.com";

function run(program: string, args: string[], input = ""): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, text }));
    child.stdin.end(input);
  });
}

describe.skipIf(!dig.available || !nsupdate.available)("the lab's DNS server and BIND's own tools", () => {
  let lab: Lab;
  let directory: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "lab-dns-"));
    lab = await Lab.start({ network, dns: true });
  });
  afterEach(async () => {
    await lab.stop();
    rmSync(directory, { recursive: true });
  });

  const ask = async (...words: string[]) => {
    const { host, port } = lab.dns.address;
    const { text } = await run(dig.why, [`@${host}`, "-p", String(port), "+tries=1", "+time=2", ...words]);
    return text;
  };
  /** The secret goes into a file: nobody reads it from the command line. */
  const keyFile = ({ keyName, algorithm, secret }: TsigKey) => {
    const path = join(directory, "key");
    writeFileSync(path, `key "${keyName}" { algorithm ${algorithm}; secret "${secret}"; };\n`, { mode: 0o600 });
    return path;
  };
  const update = (lines: string[], key: TsigKey | null = lab.dns.tsig, more: string[] = []) => {
    const { host, port } = lab.dns.address;
    const input = [`server ${host} ${port}`, "zone contoso.com", ...lines, "send", ""].join("\n");
    return run(nsupdate.why, [...(key ? ["-k", keyFile(key)] : []), ...more], input);
  };

  it("agree on SOA, NS, A, SRV, ANY and what is not there, by UDP and TCP", async () => {
    lab.dns.change([`add ${NODE} SRV 0 0 1689 KMS02.contoso.com`]);
    for (const transport of ["+notcp", "+tcp"]) {
      expect(await ask(transport, "+short", "contoso.com", "SOA")).toMatch(
        /^ns1\.contoso\.com\. hostmaster\.contoso\.com\. 2 /,
      );
      expect(await ask(transport, "+short", "contoso.com", "NS")).toBe("ns1.contoso.com.\n");
      expect(await ask(transport, "+short", "kms01.contoso.com", "A")).toBe("10.0.0.10\n");
      expect(await ask(transport, "+short", NODE, "SRV")).toBe("0 0 1689 KMS02.contoso.com.\n");
      expect(await ask(transport, "contoso.com", "ANY")).toMatch(/flags: qr aa rd[\s\S]*ANSWER: 2/);
      expect(await ask(transport, "nobody.contoso.com", "A")).toMatch(/NXDOMAIN[\s\S]*AUTHORITY: 1/);
      expect(await ask(transport, "kms01.contoso.com", "SRV")).toMatch(/NOERROR[\s\S]*ANSWER: 0, AUTHORITY: 1/);
      expect(await ask(transport, "example.org", "A")).toContain("REFUSED");
    }
  });

  it("agree on an answer that is too long for UDP", async () => {
    const lines = Array.from({ length: 60 }, (_, n) => `update add ${NODE} 60 SRV 0 0 1688 kms${n}.contoso.com`);
    expect(await update(lines)).toEqual({ code: 0, text: "" });
    expect(await ask("+ignore", NODE, "SRV")).toMatch(/flags: qr aa tc/);
    expect((await ask("+short", NODE, "SRV")).trim().split("\n")).toHaveLength(60);
  });

  it("agree on signed updates and signed questions with every SHA", async () => {
    for (const algorithm of ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"] as const) {
      const key = lab.dns.newKey(algorithm, algorithm);
      const host = `${algorithm}.contoso.com`;
      for (const more of [[], ["-v"]]) {
        expect(await update([`update add ${NODE} 3600 SRV 0 0 1688 ${host}`], key, more)).toEqual({
          code: 0,
          text: "",
        });
      }
      const answer = await ask("-k", keyFile(key), NODE, "SRV");
      expect(answer).toContain(`0 0 1688 ${host}.`);
      expect(answer).toContain("TSIG PSEUDOSECTION");
      expect(answer).not.toMatch(/Couldn't verify|tsig verify failure/i);
    }
  });

  it("agree on md5, which the lab has only where it is allowed by name", async () => {
    expect(() => lab.dns.newKey("old", "hmac-md5")).toThrow(/must be allowed/);
    const key = lab.dns.newKey("old", "hmac-md5", { md5: true });
    expect(await update([`update add ${NODE} 60 SRV 0 0 1688 a.contoso.com`], key)).toEqual({ code: 0, text: "" });
  });

  it("agree on refusals", async () => {
    const add = [`update add ${NODE} 60 SRV 0 0 1688 a.contoso.com`];
    const wrong = { ...lab.dns.tsig, secret: Buffer.alloc(32, 7).toString("base64") };
    expect(await update(add, null)).toMatchObject({ code: 2, text: expect.stringContaining("REFUSED") });
    expect(await update(add, wrong)).toMatchObject({
      code: 2,
      text: expect.stringMatching(/NOTAUTH\(BADSIG\)|indicates error/),
    });
    expect(await update(add, { ...wrong, keyName: "nobody" })).toMatchObject({
      code: 2,
      text: expect.stringMatching(/BADKEY|indicates error/),
    });
    await lab.dns.fault({ clockMinutes: 60 });
    expect(await update(add)).toMatchObject({
      code: 2,
      text: expect.stringMatching(/BADTIME|clocks are unsynchronized/i),
    });
    await lab.dns.fault({ clockMinutes: 0 });
    expect(await update(["zone corp.contoso.com", "update add x.corp.contoso.com 60 A 10.0.0.1"])).toMatchObject({
      text: expect.stringContaining("REFUSED"),
    });
    expect(await update(["zone fabrikam.com", "update add x.fabrikam.com 60 A 10.0.0.1"])).toMatchObject({
      text: expect.stringContaining("NOTAUTH"),
    });
    expect(await update(["update add x.fabrikam.com 60 A 10.0.0.1"])).toMatchObject({
      text: expect.stringContaining("NOTZONE"),
    });
    expect(lab.dns.records("contoso.com").filter(({ type }) => type === "SRV")).toEqual([]);
  });

  it("agree on prerequisites", async () => {
    const set = `${NODE} SRV`;
    await update([`update add ${NODE} 60 SRV 0 0 1688 a.contoso.com`]);
    for (const [prerequisite, code] of [
      [`prereq nxrrset ${set}`, "YXRRSET"],
      [`prereq nxdomain ${NODE}`, "YXDOMAIN"],
      ["prereq yxdomain nobody.contoso.com", "NXDOMAIN"],
      [`prereq yxrrset ${NODE} TXT`, "NXRRSET"],
      [`prereq yxrrset ${set} 0 1 1688 a.contoso.com`, "NXRRSET"],
    ] as const) {
      const answer = await update([prerequisite, `update add ${NODE} 60 SRV 9 9 9 never.contoso.com`]);
      expect(answer, prerequisite).toMatchObject({ code: 2, text: expect.stringContaining(code) });
    }
    const swap = [
      `prereq yxrrset ${set} 0 0 1688 A.contoso.com`,
      `update delete ${set} 0 0 1688 A.CONTOSO.com`,
      `update add ${NODE} 60 SRV 0 5 1688 a.contoso.com`,
    ];
    expect(await update(swap)).toEqual({ code: 0, text: "" });
    expect(await ask("+short", NODE, "SRV")).toBe("0 5 1688 a.contoso.com.\n");
    expect(await update([`update delete ${set}`])).toEqual({ code: 0, text: "" });
    expect(await ask(NODE, "SRV")).toContain("NXDOMAIN");
  });

  it("see the faults: refused, silent, gone, and lying", async () => {
    await lab.dns.fault({ refuse: true });
    expect(await ask("contoso.com", "SOA")).toContain("REFUSED");
    await lab.dns.fault({ refuse: false, drop: true });
    expect(await ask("contoso.com", "SOA")).toMatch(/timed out|no servers could be reached/);
    await lab.dns.fault({ drop: false, down: true });
    expect(await ask("+tcp", "contoso.com", "SOA")).toMatch(/connection refused/);
    await lab.dns.fault({ down: false, lie: true });
    expect(await update([`update add ${NODE} 60 SRV 0 0 1688 a.contoso.com`])).toEqual({ code: 0, text: "" });
    expect(await ask("+short", NODE, "SRV")).toBe("");
  });
});
