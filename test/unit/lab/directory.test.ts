import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainAce } from "../../../provider/directory/security/ace";
import { withAce } from "../../../provider/directory/security/change";
import { descriptorBytes, readDescriptor } from "../../../provider/directory/security/descriptor";
import { READ_WRITE } from "../../../provider/directory/security/rights";
import { aceText } from "../../../provider/directory/security/sddl";
import type { Lab } from "../../lab/index";
import type { AgentClient } from "../conformance/harness";
import { testLab } from "../conformance/harness";
import { kmsHost, type as typeAt, withAgent } from "./helpers";

const NODE = { zone: "contoso.com", name: "_vlmcs._tcp" };
const FQDN = "_vlmcs._tcp.contoso.com";

let lab: Lab;
beforeEach(async () => {
  lab = await testLab({
    zones: [
      { name: "contoso.com", allowUpdate: ["tsig", "hosts"] },
      { name: "other.test", allowUpdate: ["hosts"] },
    ],
    machines: [
      kmsHost("kms1", 1),
      kmsHost("kms2", 2),
      { name: "dc1", os: "ws2008r2", address: "10.0.0.5", domainController: true },
      { name: "alone", os: "win10", address: "10.0.0.9", domainJoined: false },
    ],
    groups: [
      { name: "KMS Hosts", members: ["kms1", "All Sites"] },
      { name: "All Sites", members: ["kms2"] },
    ],
    accounts: [{ name: "kmsadmin" }],
  });
});
afterEach(() => lab.stop());
const on = <T>(machine: string, use: (agent: AgentClient) => Promise<T>) => withAgent(lab, machine, use);
const published = () =>
  lab.dns
    .records("contoso.com")
    .filter(({ type }) => type === "SRV")
    .map(({ data }) => data)
    .sort();
const restart = (machine: string) => typeAt(lab, machine, "restart-service sppsvc");
const nodeOn = async (agent: AgentClient) => {
  const { node } = await agent.call("directory.node", NODE);
  if (!node) throw new Error("there is no node");
  return node;
};
const withEntry = (descriptor: string, sid: string): string => {
  const read = readDescriptor(Buffer.from(descriptor, "base64"));
  const dacl = withAce(read.dacl ?? { revision: 4, aces: [] }, plainAce("allow", READ_WRITE, sid));
  return descriptorBytes({ ...read, dacl }).toString("base64");
};

describe("a node of the lab's directory", () => {
  it("is there once a host has written the name, is its own, and stays when the records go", async () => {
    await on("dc1", async (agent) => {
      const { server, zones, node } = await agent.call("directory.node", NODE);
      expect(server).toBe("dc1.contoso.com");
      expect(zones).toEqual(["DC=contoso.com,CN=MicrosoftDNS,DC=DomainDnsZones,DC=contoso,DC=com"]);
      expect(node).toMatchObject({ dn: `DC=_vlmcs._tcp,${zones[0]}`, tombstoned: false });
      const { owner } = readDescriptor(Buffer.from(node?.descriptor ?? "", "base64"));
      expect(await agent.call("account.sid", { account: owner ?? "" })).toEqual({ sid: owner, name: "CONTOSO\\KMS1$" });
      lab.dns.change([`delete ${FQDN}`]);
      expect(await nodeOn(agent)).toMatchObject({ tombstoned: true });
      expect((await agent.call("directory.node", { ...NODE, name: "_nobody._tcp" })).node).toBeNull();
      expect((await agent.call("directory.node", { ...NODE, zone: "nowhere.test" })).zones).toEqual([]);
    });
    await restart("kms2");
    expect(published()).toEqual([]);
  });

  it("is the administrators' where one of them made the record", async () => {
    lab.dns.change(["add _kms._tcp.contoso.com SRV 0 0 1688 old.contoso.com"]);
    await on("dc1", async (agent) => {
      const { node } = await agent.call("directory.node", { ...NODE, name: "_kms._tcp" });
      const { owner } = readDescriptor(Buffer.from(node?.descriptor ?? "", "base64"));
      expect((await agent.call("account.sid", { account: owner ?? "" })).name).toBe("CONTOSO\\Domain Admins");
    });
  });

  it("lets in whom its descriptor lets in, by a group of a group too", async () => {
    await restart("kms2");
    expect(published()).toEqual(["0 0 1688 kms1.contoso.com"]);
    await on("dc1", async (agent) => {
      const { dn, descriptor } = await nodeOn(agent);
      const { sid } = await agent.call("account.sid", { account: "CONTOSO\\KMS Hosts" });
      await agent.call("directory.write", { dn, expected: descriptor, descriptor: withEntry(descriptor, sid) });
    });
    await restart("kms2");
    expect(published()).toEqual(["0 0 1688 kms1.contoso.com", "0 0 1688 kms2.contoso.com"]);
    lab.dns.change([`deny ${FQDN} kms2`]);
    await typeAt(lab, "kms2", "slmgr /sprt 1700");
    await restart("kms2");
    expect(published()).toContain("0 0 1688 kms2.contoso.com");
  });

  it("takes rights only for the descriptor that it has, and keeps owner and what is inherited", async () => {
    await on("dc1", async (agent) => {
      const { dn, descriptor } = await nodeOn(agent);
      const write = (expected: string, wanted: string) =>
        agent.ask("directory.write", { dn, expected, descriptor: wanted });
      const before = readDescriptor(Buffer.from(descriptor, "base64"));
      const bare = descriptorBytes({ ...before, owner: "S-1-5-18", dacl: { revision: 4, aces: [] } }).toString(
        "base64",
      );
      expect(await write(bare, descriptor)).toMatchObject({ ok: false, error: { kind: "expectation" } });
      expect(await write(descriptor, bare)).toMatchObject({ ok: true });
      const after = readDescriptor(Buffer.from((await nodeOn(agent)).descriptor, "base64"));
      expect(after.owner).toBe(before.owner);
      expect(after.dacl?.aces.map(aceText)).toEqual(
        before.dacl?.aces.map(aceText).filter((text) => text.includes("CIID")),
      );
      await lab.fault("dc1", { notElevated: true });
      expect(await write(bare, descriptor)).toMatchObject({ ok: false, error: { code: "0x80070005" } });
    });
  });

  it("is seen from any machine of the domain while a domain controller runs, and from none outside", async () => {
    const ask = (machine: string) => on(machine, (agent) => agent.ask("directory.node", NODE));
    expect(await ask("kms1")).toMatchObject({ ok: true, result: { server: "dc1.contoso.com" } });
    expect(await ask("alone")).toMatchObject({ ok: false, error: { kind: "notSupported" } });
    await lab.fault("dc1", { down: true });
    expect(await ask("kms1")).toMatchObject({ ok: false, error: { kind: "hresult", code: "0x8007203A" } });
  });

  it("keeps its SIDs over a reset", async () => {
    const before = await on("dc1", async (agent) => (await agent.call("account.sid", { account: "KMS Hosts" })).sid);
    await lab.reset();
    expect(await on("dc1", async (agent) => (await agent.call("account.sid", { account: "KMS Hosts" })).sid)).toBe(
      before,
    );
  });
});

describe("an account of the lab's directory", () => {
  it.each(["CONTOSO\\KMS Hosts", "contoso\\kms hosts", "KMS Hosts", "KMS Hosts@contoso.com"])(
    "is found as %s",
    async (account) => {
      const found = await on("dc1", (agent) => agent.call("account.sid", { account }));
      expect(found).toEqual({ sid: expect.stringMatching(/^S-1-5-21-\d+-\d+-\d+-2103$/), name: "CONTOSO\\KMS Hosts" });
    },
  );

  it("is told apart from nobody: an unknown name is 0x80070534, an unknown SID has no name", async () => {
    await on("dc1", async (agent) => {
      for (const account of ["nobody", "kms1", "OTHER\\KMS Hosts", "KMS Hosts@other.test"]) {
        expect(await agent.ask("account.sid", { account })).toMatchObject({ ok: false, error: { code: "0x80070534" } });
      }
      const sid = "S-1-5-21-1-2-3-4";
      expect(await agent.call("account.sid", { account: sid })).toEqual({ sid, name: null });
      expect((await agent.call("account.sid", { account: "S-1-5-11" })).name).toBe("NT AUTHORITY\\Authenticated Users");
    });
  });

  it("of a computer has a dollar sign, which the lab's own name of the machine has not", async () => {
    const found = await on("dc1", (agent) => agent.call("account.sid", { account: "CONTOSO\\kms1$" }));
    expect(found.name).toBe("CONTOSO\\KMS1$");
  });

  it("of a domain controller is product type 2", async () => {
    expect(await on("dc1", async (agent) => (await agent.call("hello", {})).productType)).toBe(2);
    expect(await on("kms1", async (agent) => (await agent.call("hello", {})).productType)).toBe(3);
  });
});
