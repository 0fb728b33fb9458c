import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CliError, LabDirectory } from "../../lab/cli/directory";
import { program } from "../../lab/cli/program";

let directory: string;
let printed: string[];
let serving: Promise<unknown> | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lab-cli-"));
  printed = [];
  vi.spyOn(console, "log").mockImplementation((text: unknown) => {
    printed.push(String(text));
  });
});
afterEach(async () => {
  if (serving && existsSync(join(directory, "lab.json"))) await run("stop");
  await serving;
  serving = undefined;
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(directory, { recursive: true });
});

/** One command line on the test's own lab; answers what it printed. */
async function run(command: string, ...words: string[]): Promise<string> {
  const from = printed.length;
  const root = await program();
  await root.parseAsync([command, "--state", directory, ...words], { from: "user" });
  return printed.slice(from).join("\n");
}
async function start(...words: string[]): Promise<{ machines: { name: string; port: number }[] }> {
  serving = run("serve", "--json", "--clock", "0", ...words);
  await expect.poll(() => printed.length, { timeout: 10_000 }).toBeGreaterThan(0);
  return JSON.parse(printed[0] ?? "");
}
const labFile = () => JSON.parse(readFileSync(join(directory, "lab.json"), "utf8"));

describe("serve", () => {
  it("prints one line when ready, without any secret, and keeps those in a file for its owner only", async () => {
    const ready = await start();
    expect(ready).toMatchObject({ ready: true, pid: process.pid, clockFactor: 0 });
    expect(ready.machines.map((machine) => machine.name)).toEqual([
      "kms01",
      "srv01",
      "srv02",
      "srv03",
      "srv04",
      "srv05",
      "srv06",
    ]);
    const file = labFile();
    expect(file).toMatchObject({
      pid: process.pid,
      control: { url: expect.stringMatching(/127\.0\.0\.1/) },
      admin: { user: "admin" },
    });
    expect(file.machines[3]).toMatchObject({
      name: "srv03",
      host: "127.0.0.1",
      language: "zh-TW",
      hostKey: expect.stringMatching(/^ssh-ed25519 /),
    });
    expect(file.keys.kms01).toMatch(/^([A-Z0-9]{5}-){4}[A-Z0-9]{5}$/);
    for (const secret of [file.admin.password, file.control.token, file.keys.kms01])
      expect(printed.join()).not.toContain(secret);
    for (const name of ["lab.json", "state.json", "lock"]) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
  });

  it("refuses a directory in which a lab is running", async () => {
    await start();
    await expect(run("serve")).rejects.toThrow(/running in .* already \(process \d+\)/);
  });

  it("takes a directory over whose lab was killed", async () => {
    writeFileSync(join(directory, "lock"), "999999999");
    writeFileSync(join(directory, "lab.json"), "{}");
    await start();
    expect(labFile().pid).toBe(process.pid);
  });

  it("comes back with the same ports, keys and account", async () => {
    await start();
    const { machines, keys, admin } = labFile();
    await run("stop");
    await serving;
    expect(existsSync(join(directory, "lab.json"))).toBe(false);
    printed.length = 0;
    await start();
    expect(labFile()).toMatchObject({ machines, keys, admin });
  });

  it("says which networks there are", async () => {
    await expect(run("serve", "--network", "moon")).rejects.toThrow(/"moon"; there is quickstart, contoso/);
  });
});

describe("the commands on a running lab", () => {
  it("state, change, ledger, fault and reset", async () => {
    await start();
    expect(await run("state", "srv03")).toMatch(/srv03\.contoso\.com: .*2019.*zh-TW/);
    expect(await run("change", "kms01", "slmgr", "/ipk", labFile().keys.kms01)).toMatch(/Installed product key \*{5}-/);
    expect(await run("change", "kms01", "slmgr", "/ato")).toContain("activated successfully");
    expect(await run("change", "kms01", "slmgr /sprt 1700")).toContain("1700");
    expect(await run("change", "kms01", "reg", "add", "HKLM\\SOFTWARE\\x", "/v", "a", "/d", "-1")).toContain(
      "successfully",
    );
    expect(JSON.parse(await run("state", "kms01", "--json"))).toMatchObject({ kmsHost: { active: true, port: null } });
    expect(await run("ledger")).toMatch(/kms01 {2}\*{5}-.* csvlk \(online\)/);
    expect(JSON.parse(await run("fault", "srv01", "latencyMs=20", "noPowerShell", "hangOn=ping"))).toMatchObject({
      latencyMs: 20,
      noPowerShell: true,
      hangOn: "ping",
    });
    expect(await run("reset")).toContain("as at its start");
    expect(await run("ledger")).toBe("No activation has been spent.");
  });

  it("ends with another exit code than 0 when the command on the machine failed", async () => {
    await start();
    await run("change", "srv01", "slmgr", "/ipk", "BBBBB-CCCCC-DDDDD-FFFFF-NGGGG");
    expect(process.exitCode).toBe(0x50);
  });

  it("refuse what the lab does not understand, with exit code 2", async () => {
    await start();
    await expect(run("change", "srv01", "format", "c:")).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("slmgr /OPTION"),
    });
    await expect(run("state", "srv99")).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe("the DNS server of a network that has one", () => {
  it("is in the lab's file with its key, which nothing prints, and is changed and shown as a machine is", async () => {
    const ready = await start("--network", "contoso");
    const { dns } = labFile();
    expect(dns).toEqual({
      host: "127.0.0.1",
      port: expect.any(Number),
      zones: ["contoso.com", "corp.contoso.com"],
      tsig: { keyName: "lab-update", algorithm: "hmac-sha256", secret: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) },
    });
    expect(ready).toMatchObject({ dns: { host: dns.host, port: dns.port } });
    const node = "_vlmcs._tcp.contoso.com";
    expect(await run("change", "dns", "add", node, "3600", "SRV", "0", "5", "1688", "old.contoso.com")).toContain(
      "serial is 2",
    );
    expect(await run("state", "dns")).toContain(`${node} 3600 SRV 0 5 1688 old.contoso.com`);
    expect(JSON.parse(await run("state", "dns", "--json"))).toMatchObject({ zones: [{ serial: 2 }, { serial: 1 }] });
    expect(JSON.parse(await run("fault", "dns", "lie", "clockMinutes=-5"))).toMatchObject({
      lie: true,
      clockMinutes: -5,
    });
    await expect(run("fault", "dns", "hangOn=ping")).rejects.toMatchObject({ exitCode: 2 });
    expect(await run("change", "dns", "delete", node, "SRV")).toContain("serial is 3");
    expect(await run("change", "dns", "delete", node, "SRV")).toContain("Nothing has changed");
    expect(process.exitCode).toBe(1);
    expect(printed.join()).not.toContain(dns.tsig.secret);
  });

  it("has the same port, key and records after the lab was stopped", async () => {
    await start("--network", "contoso");
    const { dns } = labFile();
    await run("change", "dns", "delete", "pc01.contoso.com");
    await run("stop");
    await serving;
    printed.length = 0;
    await start("--network", "contoso");
    expect(labFile().dns).toEqual(dns);
    expect(await run("state", "dns")).not.toContain("pc01.contoso.com");
    expect(await run("state", "dns")).toContain("pc02.contoso.com");
  });

  it("is not there in the quickstart network", async () => {
    await start();
    expect(labFile().dns).toBeUndefined();
    await expect(run("state", "dns")).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(/no DNS/) });
  });
});

describe("the ledger", () => {
  it("shows what is used of a multiple activation key", async () => {
    await start("--network", "contoso");
    await run("change", "mak01", "slmgr", "/ipk", labFile().keys.mak01);
    await run("change", "mak01", "slmgr", "/ato");
    expect(await run("ledger")).toMatch(/mak01 {2}\*{5}-.{5} {2}1 of 10 activations used/);
  });
});

describe("without a lab", () => {
  it.each([["state", "srv01"], ["change", "srv01", "start"], ["ledger"], ["reset"], ["stop"]])(
    "%s says how to start one",
    async (command, ...words) => {
      const failure = await run(command, ...words).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(CliError);
      expect(failure).toMatchObject({
        exitCode: 3,
        message: expect.stringMatching(/No lab is running in .*; start it with/),
      });
    },
  );

  it("a relative directory is meant from where npm was called", () => {
    vi.stubEnv("INIT_CWD", directory);
    expect(new LabDirectory("lab").path).toBe(join(directory, "lab"));
    vi.unstubAllEnvs();
  });
});
