import { Resolver } from "node:dns/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addRecord, DnsNetwork, deleteRecord, encodeSrv, TYPE, tsigSigner } from "../../provider/dns";
import { type Named, startNamed, ZONES } from "../servers/bind/named";
import { requirement } from "../servers/requirement";
import { Project } from "./project";

const bind = requirement("BIND", "/usr/sbin/named");
const FQDN = `_vlmcs._tcp.${ZONES.signed}`;

const program = (over = "") => `
  new activation.SrvRecord("kms", {
    zone: "${ZONES.signed}",
    target: "kms01.${ZONES.signed}",
    server: config.require("server"),
    auth: { method: "tsig", keyName: "updater", secret: config.requireSecret("key") },
    ${over}
  });
`;

describe.skipIf(!bind.available)("SrvRecord in the real engine, at a real BIND", () => {
  let named: Named;
  let project: Project;
  const network = new DnsNetwork();
  beforeAll(async () => {
    named = await startNamed(bind.why);
    project = await Project.create({ program: program() });
    await project.configure({ server: `127.0.0.1:${named.port}` }, { key: named.secret });
  });
  afterAll(async () => {
    network.close();
    await named?.stop();
    project?.remove();
  });

  async function records(): Promise<string[]> {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([`127.0.0.1:${named.port}`]);
    const found = await resolver.resolveSrv(FQDN).catch(() => []);
    return found.map((one) => `${one.priority} ${one.weight} ${one.port} ${one.name}`).sort();
  }
  /** What somebody else does. */
  async function behindOurBack(add: string[], remove: string[] = []) {
    const { signal } = new AbortController();
    const client = await network.client({ host: "127.0.0.1", port: named.port }, signal);
    const rdata = (text: string) => {
      const [priority, weight, port, target = ""] = text.split(" ");
      return encodeSrv({ priority: Number(priority), weight: Number(weight), port: Number(port), target });
    };
    const updates = [
      ...remove.map((text) => deleteRecord(FQDN, TYPE.SRV, rdata(text))),
      ...add.map((text) => addRecord(FQDN, TYPE.SRV, 3600, rdata(text))),
    ];
    const secret = Buffer.from(named.secret, "base64");
    const signer = tsigSigner({ name: "updater", algorithm: "hmac-sha256", secret });
    await client.update({ zone: ZONES.signed, prerequisites: [], updates }, signer, signal);
  }

  it("up makes the record, keeps its secret encrypted, and the next preview is empty", async () => {
    const up = await project.up();
    expect(up.code, up.output).toBe(0);
    expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
    expect((await project.resource("kms"))?.outputs).toMatchObject({ fqdn: FQDN, port: 1688, ttl: 3600, findings: [] });
    expect((await project.exported()).text).not.toContain(named.secret);
    for (const ran of [await project.preview(), await project.drift()]) expect(ran.code, ran.output).toBe(0);
    expect((await project.exported()).text).not.toContain(named.secret);
  });

  it("a stranger is printed and no drift; a re-weighted record is drift, and up repairs it alone", async () => {
    await behindOurBack(["0 0 1688 rogue.contoso.test"]);
    const stranger = await project.drift();
    expect(stranger.code, stranger.output).toBe(0);
    expect(stranger.output).toContain("an SRV record that nobody declared is in the set: 0 0 1688 rogue.contoso.test");
    await behindOurBack(["0 50 1688 kms01.contoso.test"], ["0 0 1688 kms01.contoso.test"]);
    const drift = await project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toContain("weight");
    const up = await project.up();
    expect(up.code, up.output).toBe(0);
    expect(await records()).toEqual(["0 0 1688 kms01.contoso.test", "0 0 1688 rogue.contoso.test"]);
    expect(up.output).not.toContain(named.secret);
  });

  it("a deleted record is drift, and up makes it again", async () => {
    await behindOurBack([], ["0 0 1688 kms01.contoso.test", "0 0 1688 rogue.contoso.test"]);
    const drift = await project.drift();
    expect(drift.code, drift.output).toBe(7);
    const up = await project.up();
    expect(up.code, up.output).toBe(0);
    expect(await records()).toEqual(["0 0 1688 kms01.contoso.test"]);
  });

  it("another port is in place; another target is made before the old one goes", async () => {
    project.write(program("port: 1700,"));
    const port = await project.up();
    expect(port.code, port.output).toBe(0);
    expect(await records()).toEqual(["0 0 1700 kms01.contoso.test"]);
    project.write(program(`target: "kms02.${ZONES.signed}",`));
    const moved = await project.up();
    expect(moved.code, moved.output).toBe(0);
    expect(await records()).toEqual(["0 0 1688 kms02.contoso.test"]);
    const made = moved.output.indexOf("update add");
    expect(made).toBeGreaterThan(-1);
    expect(moved.output.indexOf("update delete")).toBeGreaterThan(made);
  });

  it("a resource that gets another name takes the record over, and the old name's delete leaves it", async () => {
    project.write(program(`target: "kms02.${ZONES.signed}",`).replace('SrvRecord("kms"', 'SrvRecord("renamed"'));
    const renamed = await project.up();
    expect(renamed.code, renamed.output).toBe(0);
    expect(renamed.output).toContain("takes over the record that is there");
    expect(await records()).toEqual(["0 0 1688 kms02.contoso.test"]);
  });

  it("an up that stopped between the two leaves the record to the new name: the next one's delete of the old does too", async () => {
    const named = program(`target: "kms02.${ZONES.signed}",`).replace('SrvRecord("kms"', 'SrvRecord("third"');
    project.write(named.replace("target:", 'waitFor: [{ server: "127.0.0.1:1", timeout: 1 }], target:'));
    const stopped = await project.plainUp();
    expect(stopped.code).not.toBe(0);
    expect(stopped.output).toContain("127.0.0.1:1 does not within 1 s");
    expect(await project.resource("renamed")).toBeDefined();
    project.write(named);
    const up = await project.plainUp();
    expect(up.code, up.output).toBe(0);
    expect(await project.resource("renamed")).toBeUndefined();
    expect(await records()).toEqual(["0 0 1688 kms02.contoso.test"]);
  });

  it("a wrong key fails in the house form, and changes nothing", async () => {
    project.write(program("port: 9,").replace('keyName: "updater"', 'keyName: "nobody"'));
    const ran = await project.up();
    expect(ran.code).not.toBe(0);
    expect(ran.output).toMatch(
      /SrvRecord "kms" on 127\.0\.0\.1:\d+ \(zone contoso\.test\): .* failed: BADKEY: .* Next: /,
    );
    expect(ran.output).not.toContain(named.secret);
  });

  it("destroy removes the record, and nothing else", async () => {
    project.write(program(`target: "kms02.${ZONES.signed}",`));
    await behindOurBack(["0 0 1688 rogue.contoso.test"]);
    const up = await project.up();
    expect(up.code, up.output).toBe(0);
    const destroyed = await project.destroy();
    expect(destroyed.code, destroyed.output).toBe(0);
    expect(await records()).toEqual(["0 0 1688 rogue.contoso.test"]);
  });
});
