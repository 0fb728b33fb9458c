import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Checkout, commandLinesIn } from "./checkout";

interface HostState {
  products: { channel: string; licenseStatusName: string }[];
  kmsHost: { active: boolean; port: number | null; count: number };
  service: { restarts: number };
  registry: unknown;
  counters: { requests: number; openAgents: number };
  faults: { dieAfterStep: number | null; dieAtRestart: string | null };
}

describe("the project's commands, in a copy of this checkout", () => {
  let at: Checkout;
  beforeAll(() => {
    at = Checkout.create("quickstart");
  });
  afterAll(() => at.remove());

  const state = async (machine: string): Promise<HostState> => {
    const { code, output } = await at.command("lab", "state", machine, "--json");
    expect(code, output).toBe(0);
    return JSON.parse(output.slice(output.indexOf("{"))) as HostState;
  };
  const ledger = async (): Promise<unknown[]> => {
    const { code, output } = await at.command("lab", "ledger", "--json");
    expect(code, output).toBe(0);
    return (JSON.parse(output.slice(output.indexOf("{"))) as { entries: unknown[] }).entries;
  };

  it("npm run up starts the lab and ends with the host and its six clients Licensed", async () => {
    const seen: string[] = [];
    const watch = setInterval(() => seen.push(...commandLinesIn(at.folder)), 100);
    const ran = await at.command("up");
    clearInterval(watch);
    expect(ran.code, ran.output).toBe(0);
    expect(ran.output).toMatch(/simulated Windows \(lab\), clock x\d+/);
    expect(ran.output.match(/ Licensed /g)).toHaveLength(7);
    const canaries = at.secrets();
    expect(canaries.length).toBeGreaterThan(1);
    for (const canary of canaries) {
      expect(ran.output).not.toContain(canary);
      expect(seen.join("\n")).not.toContain(canary);
      expect(at.settings()).not.toContain(canary);
    }
    if (process.platform === "linux") expect(seen.some((line) => line.includes("dynamic-provider"))).toBe(true);
  });

  it("a second time changes nothing and restarts nothing", async () => {
    const { restarts } = (await state("kms01")).service;
    const ran = await at.command("up");
    expect(ran.code, ran.output).toBe(0);
    expect(ran.output).toMatch(/8 unchanged/);
    expect(ran.output).not.toMatch(/\d+ (created|updated|deleted|replaced)/);
    expect((await state("kms01")).service.restarts).toBe(restarts);
    expect(await ledger()).toHaveLength(1);
  });

  it("keeps the state small and free of secrets", async () => {
    const { output } = await at.command("pulumi", "stack", "export", "--stack", "lab");
    const exported = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1)) as {
      deployment: { resources: unknown[] };
    };
    const text = JSON.stringify(exported);
    for (const canary of at.secrets()) expect(text).not.toContain(canary);
    // The copy's packages are linked from elsewhere; in a clone the traces of a resource name them by this path.
    const asCloned = text.replace(/project:\/\/\/(\.\.\/)+[^"]*?node_modules\//g, "project:///../../node_modules/");
    const each = asCloned.length / exported.deployment.resources.length;
    expect(each).toBeLessThanOrEqual(2560);
  });

  it("drift exits 0 while clean, 7 with the port's name once it is changed, and up repairs it", async () => {
    expect((await at.command("drift")).code).toBe(0);
    expect((await at.command("lab", "change", "kms01", "slmgr", "/sprt", "1700")).code).toBe(0);
    const drift = await at.command("drift");
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toMatch(/listeningPort\s*: 1688 => 1700/);
    expect((await at.command("up")).code).toBe(0);
    const clean = await at.command("drift");
    expect(clean.code, clean.output).toBe(0);
  });

  it("names the machine that could not be looked at, and fails, while the others go on", async () => {
    await at.command("lab", "change", "srv02", "shutdown");
    await at.command("lab", "change", "kms01", "slmgr", "/sprt", "1701");
    const ran = await at.command("up");
    expect(ran.code, ran.output).not.toBe(0);
    expect(ran.output.trimEnd().split("\n").slice(-2).join("\n")).toMatch(/SRV02|srv02/);
    expect((await state("kms01")).kmsHost.port).toBe(1688);
    await at.command("lab", "change", "srv02", "start");
    expect((await at.command("up")).code).toBe(0);
  });

  describe("the engine killed with -9 in the middle of the host's first up", () => {
    const moments: { name: string; faults: string[] }[] = [
      { name: "before the first step", faults: ["dieAfterStep=0"] },
      { name: "after /ipk", faults: ["dieAfterStep=1"] },
      { name: "after /ato", faults: ["dieAfterStep=3"] },
      { name: "after the last setting", faults: ["dieAfterStep=4"] },
      { name: "before the restart", faults: ["dieAtRestart=before"] },
      { name: "after the restart", faults: ["dieAtRestart=after"] },
      { name: "while the agent goes on alone", faults: [] },
    ];
    for (const { name, faults } of moments) {
      it(`${name}: the next up converges, one activation, no restart owed`, async () => {
        expect((await at.command("pulumi", "destroy", "--yes", "--skip-preview", "--stack", "lab")).code).toBe(0);
        expect((await at.command("lab", "reset")).code).toBe(0);
        expect((await at.command("lab", "fault", "kms01", "stepMs=400", ...faults)).code).toBe(0);
        const before = (await state("kms01")).counters.requests;
        const run = at.start("up");
        await until(async () => {
          const { counters, faults: left } = await state("kms01");
          // hello and the first look are answered; the batch that changes is under way, or has just died.
          return counters.requests >= before + 3 && left.dieAfterStep === null && left.dieAtRestart === null;
        }, 60);
        for (const engine of at.engines()) process.kill(engine, "SIGKILL");
        const killed = await run.finished;
        expect(killed.code).not.toBe(0);
        await until(async () => {
          const provider = commandLinesIn(at.folder).some((line) => line.includes("dynamic-provider"));
          return !provider && (await state("kms01")).counters.openAgents === 0;
        });
        await at.command("lab", "fault", "kms01", "stepMs=0");
        const ran = await at.command("up");
        expect(ran.code, ran.output).toBe(0);
        const host = await state("kms01");
        expect(host.products[0]).toMatchObject({ channel: "Volume:CSVLK", licenseStatusName: "Licensed" });
        expect(host.kmsHost).toMatchObject({ active: true, port: 1688, count: 6 });
        expect(JSON.stringify(host.registry)).not.toContain("RestartOwed");
        expect(await ledger()).toHaveLength(1);
        const clean = await at.command("drift");
        expect(clean.code, clean.output).toBe(0);
      });
    }
  });

  it("npm run down destroys the stack and stops the lab, whose machines keep their state", async () => {
    const ran = await at.command("down");
    expect(ran.code, ran.output).toBe(0);
    expect((await at.command("lab", "state", "kms01", "--json")).code).not.toBe(0);
  });

  it("npm run drift after that has nothing to compare with, says so, and starts no lab", async () => {
    const ran = await at.command("drift");
    expect(ran.code, ran.output).toBe(1);
    expect(ran.output).toContain('The stack "lab" holds nothing to compare with: run "npm run up" first.');
    expect((await at.command("lab", "state", "kms01", "--json")).code).not.toBe(0);
  });

  it("a stack of the user's is kept where PULUMI_BACKEND_URL says, the lab's never", async () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "file:///no/such/backend");
    try {
      const theirs = await at.command("drift", "--stack", "prod");
      expect(theirs.code, theirs.output).not.toBe(0);
      expect(theirs.output).toContain("/no/such/backend");
      expect((await at.command("drift")).output).toContain('The stack "lab" holds nothing');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

async function until(holds: () => Promise<boolean>, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it did not come to pass within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
