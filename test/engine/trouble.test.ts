import { connect, createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentials, keyOf, type LabProject, labProject, untouched } from "./labProject";

const KEEP = { VOLUME_ACTIVATION_ON_UNREACHABLE: "keep" };

const PROGRAM = `
  const machines = config.requireObject("machines");
  const { kms01, ...clients } = machines;
  const host = new activation.KmsHost("kms01", {
    connection: kms01, productKey: config.requireSecret("hostKey"), dnsPublishing: false,
  });
  for (const [name, connection] of Object.entries(clients)) {
    new activation.KmsClientConfig(name, { connection, kmsHost: "kms01.contoso.com" }, { dependsOn: host });
  }
`;

/** One resource's error lines. */
const errorOf = (output: string, name: string) =>
  output
    .split("\n")
    .filter((line) => line.includes(`"${name}"`) && line.includes("failed:"))
    .join("\n");

describe("trouble on one machine of several", () => {
  let at: LabProject;
  let machines: { [name: string]: { host: string; port: number; hostKey: string; credentials: string } };
  const connections = () =>
    Object.fromEntries(
      at.lab.machines.map(({ name, host, port, hostKey }) => [name, { host, port, hostKey, credentials: "admin" }]),
    );

  beforeAll(async () => {
    at = await labProject(PROGRAM);
    machines = connections();
    const ran = await at.project.up();
    expect(ran.code, ran.output).toBe(0);
  });
  afterAll(() => at.end());

  /** The others go on: kms01 is drifted at each try and must be repaired by the run that fails for srv01. */
  async function failsFor(what: () => Promise<unknown>, after: () => Promise<unknown>): Promise<string> {
    await at.lab.change("kms01", ["slmgr", "/sprt", "1700"]);
    await what();
    const before = untouched(at.lab, "srv01");
    const ran = await at.project.up(KEEP);
    expect(ran.code, ran.output).not.toBe(0);
    expect(at.lab.state("kms01").kmsHost.port, ran.output).toBe(1688);
    expect(untouched(at.lab, "srv01")).toBe(before);
    const said = errorOf(ran.output, "srv01");
    expect(said, ran.output).toMatch(/KmsClientConfig "srv01" on .*: .* failed: .*\. Next: /);
    await after();
    const mended = await at.project.up(KEEP);
    expect(mended.code, mended.output).toBe(0);
    return said;
  }
  const fault = (faults: Parameters<LabProject["lab"]["fault"]>[1]) => () => at.lab.fault("srv01", faults);

  it("machine down: said so, the others are repaired, the state keeps it", async () => {
    const said = await failsFor(fault({ down: true }), fault({ down: false }));
    expect(said).toContain("connecting failed");
    expect(await at.project.resource("srv01")).toBeDefined();
  });

  it("by default one machine that is down fails the refresh and deletes nothing from the state", async () => {
    await at.lab.fault("srv01", { down: true });
    const drift = await at.project.drift();
    expect(drift.code, drift.output).not.toBe(0);
    expect(drift.code).not.toBe(7);
    expect(drift.output).toContain("connecting failed");
    await at.lab.fault("srv01", { down: false });
    expect((await at.project.resource("srv01"))?.outputs?.["machine"]).toBeDefined();
  });

  it("another host key than declared: both fingerprints, nothing sent", async () => {
    const wrong = { ...machines, srv01: { ...machines["srv01"], hostKey: machines["srv02"]?.hostKey } };
    const said = await failsFor(
      () => at.project.configure({ machines: wrong }),
      () => at.project.configure({ machines }),
    );
    expect(said).toContain("checking the host key failed");
    expect(said.match(/SHA256:/g)?.length).toBeGreaterThanOrEqual(2);
  });

  it("login refused: the account is named, the password never", async () => {
    const wrong = { ...machines, srv01: { ...machines["srv01"], user: "nobody", password: "canary-Passw0rd!" } };
    const said = await failsFor(
      () => at.project.configure({ machines: wrong }),
      () => at.project.configure({ machines }),
    );
    expect(said).toContain("logging in failed");
    expect(said).not.toContain("canary-Passw0rd!");
  });

  it("not elevated", async () => {
    const said = await failsFor(fault({ notElevated: true }), fault({ notElevated: false }));
    expect(said).toContain("administrator");
  });

  it("no PowerShell", async () => {
    const said = await failsFor(fault({ noPowerShell: true }), fault({ noPowerShell: false }));
    expect(said).toContain("starting the agent failed");
  });

  it("PowerShell held in constrained language mode", async () => {
    const said = await failsFor(fault({ constrainedLanguage: true }), fault({ constrainedLanguage: false }));
    expect(said).toMatch(/language mode|ConstrainedLanguage/i);
  });

  it("another machine than before answers at the address", async () => {
    const swapped = { ...machines, srv01: { ...machines["srv02"] } };
    const said = await failsFor(
      () => at.project.configure({ machines: swapped }),
      () => at.project.configure({ machines }),
    );
    expect(said).toContain("another machine answers there: SRV02");
    expect(said).toContain("--replace");
  });

  it("password and address changed between two runs: the next up with keep handles both", async () => {
    const srv01 = at.lab.machine("srv01");
    const proxy: Server = createServer((socket) => {
      const upstream = connect(srv01.port, srv01.host);
      socket.pipe(upstream).pipe(socket);
      for (const end of [socket, upstream]) end.on("error", () => end.destroy());
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    const address = proxy.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await at.project.configure({ machines: { ...machines, srv01: { ...machines["srv01"], port } } });
    expect((await at.project.up()).code).toBe(0);
    await new Promise((done) => proxy.close(done));
    await at.lab.change("srv01", ["slmgr", "/ckms"]);
    at.lab.changePassword("a new Passw0rd");
    await at.project.configure({ machines }, { "volume-activation:credentials": credentials(at.lab) });
    const ran = await at.project.up(KEEP);
    expect(ran.code, ran.output).toBe(0);
    expect(at.lab.state("srv01").kmsClient.target).toBe("kms01.contoso.com:1688");
  });

  it("bad input is refused before anything is touched, by property and rule, without the secret", async () => {
    const before = at.lab.state("kms01").counters.dials;
    const key = keyOf(at.lab, "kms01");
    at.project.write(`
      const machines = config.requireObject("machines");
      new activation.KmsHost("bad", {
        connection: { ...machines.kms01, hostKey: undefined },
        productKey: pulumi.secret("${key.replace("-", "\u2013")}"),
        listeningPort: 70000,
        activationInterval: 5,
        publishDomains: [{ domain: "con toso.com" }],
      });
    `);
    const ran = await at.project.run(["preview"]);
    expect(ran.code).not.toBe(0);
    for (const rule of [
      /connection\.hostKey: is required/,
      /productKey: .*dash/i,
      /listeningPort: .*65535/,
      /activationInterval: .*15/,
      /publishDomains\[0\]\.domain: /,
    ]) {
      expect(ran.output).toMatch(rule);
    }
    expect(ran.output).not.toContain(key.slice(6));
    expect(at.lab.state("kms01").counters.dials).toBe(before);
    at.project.write(PROGRAM);
  });

  it("two names for one machine are noticed and said", async () => {
    const twice = { ...machines, srv01: { ...machines["srv02"], host: "localhost" } };
    await at.project.configure({ machines: twice });
    at.project.write(`
      const machines = config.requireObject("machines");
      for (const name of ["srv01", "srv02"]) {
        new activation.KmsClientConfig("twin-" + name, { connection: machines[name], kmsHost: "kms01.contoso.com" });
      }
    `);
    const ran = await at.project.run(["up", "--yes", "--skip-preview", "--target", "**twin-**"]);
    expect(ran.code, ran.output).toBe(0);
    expect(ran.output).toMatch(/one machine \(id [0-9a-f]{16}\) is reached as /);
    await at.project.configure({ machines });
    at.project.write(PROGRAM);
  });

  it("not a KMS host: without a key there is nothing to manage, and it is said", async () => {
    at.project.write(`
      const machines = config.requireObject("machines");
      new activation.KmsHost("nohost", { connection: machines.srv02 });
    `);
    const ran = await at.project.run(["up", "--yes", "--skip-preview", "--target", "**nohost**"]);
    expect(ran.code).not.toBe(0);
    expect(ran.output).toContain("looking for a KMS host failed: no KMS host key is activated");
    at.project.write(PROGRAM);
  });

  it("a key that Microsoft blocks: the key is installed, recorded, and the next up goes on", async () => {
    at.lab.block("second");
    at.project.write(`
      const machines = config.requireObject("machines");
      new activation.KmsHost("blocked", { connection: machines.srv02, productKey: config.requireSecret("second") });
    `);
    await at.project.configure({}, { second: keyOf(at.lab, "second") });
    const run = () => at.project.run(["up", "--yes", "--skip-preview", "--target", "**blocked**"]);
    const ran = await run();
    expect(ran.code).not.toBe(0);
    expect(ran.output).toMatch(/activating the host key at Microsoft .*failed: Windows answered 0xC004C003/);
    expect(ran.output).toContain("Done before it: slmgr /ipk");
    const recorded = await at.project.resource("blocked");
    expect(recorded?.initErrors?.length).toBeGreaterThan(0);
    const { text } = await at.project.exported();
    expect(text).not.toContain(keyOf(at.lab, "second"));
    at.lab.block("second", false);
    const spent = at.lab.ledger().length;
    const again = await run();
    expect(again.code, again.output).toBe(0);
    expect(at.lab.ledger()).toHaveLength(spent + 1);
  });
});
