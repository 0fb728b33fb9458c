import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NetworkSpec } from "pulumi-volume-activation-lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownAuthority } from "../certificates";
import { confirmed, MAC_KEY, refused, remaining, StandIn } from "../unit/activation/batchActivation/standIn";
import { expectSettled, keyOf, type LabProject, labProject, spent, taken, untouched } from "./labProject";

/** A machine without the internet, and a MAK that allows two activations. */
const NETWORK: NetworkSpec = {
  name: "proxy",
  domain: "contoso.com",
  machines: [{ name: "srv01", os: "ws2022", edition: "ServerStandard", address: "10.0.0.32", internet: false }],
  keys: {
    mak: { kind: "mak", os: "ws2022", activations: 2 },
    other: { kind: "mak", os: "ws2022", activations: 10 },
  },
};

const program = (settings = "") => `
  const machines = config.requireObject("machines");
  const server = new activation.MakActivation("srv01", {
    connection: machines.srv01, productKey: config.requireSecret("mak"), onDelete: "uninstall",
    activation: { method: "proxy", endpoint: config.require("endpoint"), macKey: "${MAC_KEY}" },
    remainingCount: true, warnBelow: 1, ${settings}
  });
  exports.left = server.remainingActivations;
`;

/** What Microsoft's web service says of a key whose activations are used up. */
const NONE_LEFT = "0x7F";

describe("proxy activation of a MAK in the real engine, by a web service over https", () => {
  let at: LabProject;
  let service: StandIn;
  /** Every confirmation id that the web service gave. */
  const confirmations: string[] = [];
  beforeAll(async () => {
    const { authority, ...tls } = ownAuthority();
    service = await new StandIn(MAC_KEY, tls).start();
    at = await labProject(program(), NETWORK);
    const trusted = join(at.project.folder, "authority.pem");
    writeFileSync(trusted, authority);
    at.project.env.NODE_EXTRA_CA_CERTS = trusted;
    await at.project.configure({ endpoint: service.endpoint }, { mak: keyOf(at.lab, "mak") });
    // The stand-in asks the lab's Microsoft, which counts what is spent and says when nothing is left.
    service.otherwise = ({ type }) => {
      if (type === "2") return remaining(2 - taken(at.lab, "mak"));
      if (taken(at.lab, "mak") >= 2) return refused(NONE_LEFT);
      const confirmationId = at.lab.phone("srv01");
      confirmations.push(confirmationId);
      return confirmed(confirmationId);
    };
  });
  afterAll(async () => {
    service.stop();
    await at.end();
  });

  const product = () => at.lab.state("srv01").products[0];
  const outputs = async () => (await at.project.resource("srv01"))?.outputs ?? {};
  const askedForIds = () => service.asked.filter(({ type }) => type === "1");
  async function expectDrift(property: string): Promise<void> {
    const asked = service.asked.length;
    const drift = await at.project.drift();
    expect(drift.code, drift.output).toBe(7);
    expect(drift.output).toMatch(new RegExp(`~ ${property}\\s*: ".+" => ".+"`));
    expect(service.asked).toHaveLength(asked);
  }
  async function expectRepairedForNothing(): Promise<void> {
    const asked = askedForIds().length;
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(product()).toMatchObject({
      partialProductKey: keyOf(at.lab, "mak").slice(-5),
      licenseStatusName: "Licensed",
    });
    expect(askedForIds()).toHaveLength(asked);
    expect((await at.project.drift()).code).toBe(0);
  }

  it("preview leaves the machine untouched and asks nobody", async () => {
    const before = untouched(at.lab, "srv01");
    const ran = await at.project.run(["preview", "--diff"]);
    expect(ran.code, ran.output).toBe(0);
    expect(untouched(at.lab, "srv01")).toBe(before);
    expect(at.lab.state("srv01").counters.dials).toBe(0);
    expect(service.asked).toEqual([]);
  });

  it("a web service whose certificate nobody vouches for is sent nothing, and no activation is taken", async () => {
    const up = await at.project.up({ NODE_EXTRA_CA_CERTS: "" });
    expect(up.code).not.toBe(0);
    expect(up.output).toMatch(/could not be reached \((UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN)\)/);
    expect(up.output).toContain("The key is installed. No activation was taken.");
    expect(service.asked).toEqual([]);
    expect(product()).toMatchObject({ channel: "Volume:MAK", licenseStatusName: "OOBGrace" });
    expect(spent(at.lab)).toEqual([]);
  });

  it("up asks with the ids of the machine; a deposit that fails then keeps what was paid for", async () => {
    await at.lab.fault("srv01", { failOn: "slmgr" });
    const up = await at.project.up();
    await at.lab.fault("srv01", { failOn: null });
    expect(up.code).not.toBe(0);
    expect(up.output).toContain("depositing the confirmation id (slmgr /atp) failed");
    const id = (await at.lab.change("srv01", ["slmgr", "/dti"])).output.replace(/\D/g, "");
    expect(askedForIds()).toMatchObject([{ installationId: id }]);
    expect(await outputs()).toMatchObject({ licenseStatus: "OOBGrace", installationId: id });
    expect((await outputs())["confirmation"]).toHaveProperty("ciphertext");
    expect(spent(at.lab)).toEqual(["srv01 by phone"]);
  });

  it("the next up deposits it, which asks for no other one", async () => {
    await expectRepairedForNothing();
    expect(taken(at.lab, "mak")).toBe(1);
    const left = await at.project.run(["stack", "output", "left"]);
    expect(left.output.trim()).toBe("1");
  });

  it("preview again is empty, up again changes nothing, and nobody is asked for an id", async () => {
    await expectSettled(at, ["srv01"]);
    expect(askedForIds()).toHaveLength(1);
  });

  it("a MAK replaced by hand is drift; up puts it back with the confirmation id that was paid for", async () => {
    await at.lab.change("srv01", ["slmgr", "/ipk", keyOf(at.lab, "other")]);
    await expectDrift("partialProductKey");
    await expectRepairedForNothing();
    expect(taken(at.lab, "other")).toBe(0);
  });

  it("a status that is lost is drift; up deposits the same confirmation id again", async () => {
    for (const words of [["slmgr", "/rearm"], ["shutdown"], ["start"]]) await at.lab.change("srv01", words);
    expect(product()?.licenseStatusName).toBe("OOBGrace");
    await expectDrift("licenseStatus");
    await expectRepairedForNothing();
    expect(taken(at.lab, "mak")).toBe(1);
  });

  it("other hardware is drift; up asks nobody, spends nothing, and fails naming reactivate", async () => {
    await at.lab.change("srv01", ["hardware"]);
    await expectDrift("licenseStatus");
    for (const _ of [1, 2]) {
      const up = await at.project.up();
      expect(up.code).not.toBe(0);
      expect(up.output).toMatch(/hardware has changed too much since then \(0xC004F00F\)/);
      expect(up.output).toContain("set `reactivate` to a new value");
      expect(askedForIds()).toHaveLength(1);
      expect(taken(at.lab, "mak")).toBe(1);
    }
  });

  it("a new value of reactivate asks once more, with the new installation id, and then never again", async () => {
    at.project.write(program('reactivate: "2026-11-23"'));
    const up = await at.project.up();
    expect(up.code, up.output).toBe(0);
    expect(product()?.licenseStatusName).toBe("Licensed");
    expect(askedForIds()).toHaveLength(2);
    expect(askedForIds()[1]?.installationId).not.toBe(askedForIds()[0]?.installationId);
    expect((await at.project.up()).code).toBe(0);
    expect(askedForIds()).toHaveLength(2);
    expect(taken(at.lab, "mak")).toBe(2);
  });

  it("a MAK without activations left is refused by the service, which costs nothing and is said", async () => {
    await at.lab.change("srv01", ["hardware"]);
    at.project.write(program('reactivate: "another board"'));
    const up = await at.project.up();
    expect(up.code).not.toBe(0);
    expect(up.output).toContain(`${NONE_LEFT}: the MAK has no activations left`);
    expect(up.output).toContain("No activation was taken.");
    expect(product()?.licenseStatusName).toBe("OOTGrace");
    expect(spent(at.lab)).toHaveLength(2);
  });

  it("keeps keys and confirmation ids secret in the state, and out of everything that was printed", async () => {
    const { text } = await at.project.exported();
    expect(confirmations).toHaveLength(2);
    for (const secret of [...confirmations, keyOf(at.lab, "mak"), keyOf(at.lab, "other"), at.lab.admin.password]) {
      expect(text).not.toContain(secret);
      expect(at.project.printed).not.toContain(secret);
    }
  });

  it("delete takes the MAK out, asks nobody, and spends nothing", async () => {
    const asked = service.asked.length;
    const ran = await at.project.destroy();
    expect(ran.code, ran.output).toBe(0);
    expect(at.lab.state("srv01").products).toEqual([]);
    expect(service.asked).toHaveLength(asked);
    expect(service.complaints).toEqual([]);
    expect(spent(at.lab)).toHaveLength(2);
  });
});
