import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Lab, type TsigKey } from "../lab/index";
import { startBind } from "./matrix/servers/bind";
import { KEY_NAME } from "./matrix/servers/server";
import { pythonRequirement, requirement } from "./requirement";

const python = pythonRequirement("dns");
const named = requirement("BIND", "/usr/sbin/named");

/** A name server that dnspython is let loose on. */
interface Subject {
  host: string;
  port: number;
  zone: string;
  /** May change the zone; another is known and may not. */
  key: TsigKey;
  reader: TsigKey;
  /** What it answers to a transfer of the zone. */
  transfer: string;
  stop(): Promise<void>;
}

async function startLab(): Promise<Subject> {
  const zone = "contoso.com";
  const network = { name: "python", domain: zone, zones: [{ name: zone, allowUpdate: [] }], machines: [] };
  const lab = await Lab.start({ network, dns: true });
  lab.dns.change([`allow-update ${zone} tsig:${lab.dns.tsig.keyName}`]);
  const reader = lab.dns.newKey("reader", "hmac-sha256");
  return { ...lab.dns.address, zone, key: lab.dns.tsig, reader, transfer: "REFUSED", stop: () => lab.stop() };
}

async function startReal(): Promise<Subject> {
  const { port, zone, keys, stop } = await startBind(named.why);
  const key = (keyName: string, secret: string): TsigKey => ({ keyName, algorithm: "hmac-sha256", secret });
  const [updater, reader] = [key(KEY_NAME("hmac-sha256"), keys.secret), key("reader", keys.readerSecret)];
  return { host: "127.0.0.1", port, zone, key: updater, reader, transfer: "NOERROR", stop };
}

const subjects = [
  { title: "the lab's DNS server", available: python.available, start: startLab },
  { title: "BIND", available: python.available && named.available, start: startReal },
];

describe.each(subjects)("dnspython and $title agree on", ({ available, start }) => {
  describe.skipIf(!available)("what is asked and changed:", () => {
    let subject: Subject;
    let node: string;
    let count = 0;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject?.stop());
    beforeEach(() => {
      node = `_vlmcs._tcp.n${++count}.${subject.zone}.`;
    });

    type Answer = { rcode?: string; signed?: boolean; error?: string; records?: string[]; authoritative?: boolean };
    /** What dnspython makes of each request; secrets go by standard input. */
    async function ask(...requests: object[]): Promise<Answer[]> {
      const { host, port } = subject;
      const text = await new Promise<string>((resolve, reject) => {
        const child = execFile(python.why, [join(__dirname, "dnspython.py")], (error, stdout, stderr) =>
          error ? reject(new Error(stderr || error.message)) : resolve(stdout),
        );
        child.stdin?.end(JSON.stringify({ host, port, requests }));
      });
      return JSON.parse(text) as Answer[];
    }
    const srv = () => ({ ask: node, type: "SRV" });
    const update = (over: object) => ({ update: subject.zone, key: subject.key, ...over });
    const target = (label: string) => `${label}.${subject.zone}.`;
    const add = (label = "kms01") => ({ add: [[node, 600, "SRV", `0 0 1688 ${target(label)}`]] });

    it("SOA, what is there and what is not, over UDP and TCP", async () => {
      for (const tcp of [false, true]) {
        const [soa, nothing, none] = await ask(
          { ask: subject.zone, type: "SOA", tcp },
          { ask: node, type: "SRV", tcp },
          { ask: "example.org", type: "A", tcp },
        );
        expect(soa).toMatchObject({
          rcode: "NOERROR",
          authoritative: true,
          records: [expect.stringContaining("SOA ns")],
        });
        expect(nothing).toMatchObject({ rcode: "NXDOMAIN", authoritative: true, records: [] });
        expect(none).toMatchObject({ rcode: "REFUSED", records: [] });
      }
    });

    it("a signed addition, its answer's signature, and a signed deletion", async () => {
      const [added, seen, deleted, gone] = await ask(
        update(add()),
        srv(),
        update({ delete: [[node, "SRV", `0 0 1688 ${target("kms01")}`]] }),
        srv(),
      );
      expect(added).toEqual({ rcode: "NOERROR", signed: true });
      expect(seen?.records).toEqual([`${node} 600 IN SRV 0 0 1688 ${target("kms01")}`]);
      expect(deleted).toEqual({ rcode: "NOERROR", signed: true });
      expect(gone).toMatchObject({ rcode: "NXDOMAIN", records: [] });
    });

    it("a swap of one record, done only while the set is what was read", async () => {
      const [old, neighbour] = [`0 0 1688 ${target("kms01")}`, `5 6 1688 ${target("kms02")}`];
      const swap = { delete: [[node, "SRV", old]], add: [[node, 600, "SRV", `0 9 1688 ${target("kms01")}`]] };
      const both = {
        present: [
          [node, "SRV", old],
          [node, "SRV", neighbour],
        ],
      };
      const [, , subset, whole, again, seen] = await ask(
        update(add()),
        update({ add: [[node, 600, "SRV", neighbour]] }),
        update({ present: [[node, "SRV", old]], ...swap }),
        update({ ...both, ...swap }),
        update({ ...both, ...swap }),
        srv(),
      );
      expect([subset?.rcode, whole?.rcode, again?.rcode]).toEqual(["NXRRSET", "NOERROR", "NXRRSET"]);
      expect(seen?.records).toEqual([
        `${node} 600 IN SRV 0 9 1688 ${target("kms01")}`,
        `${node} 600 IN SRV 5 6 1688 ${target("kms02")}`,
      ]);
    });

    it("every prerequisite that does not hold, of which nothing is done", async () => {
      const answers = await ask(
        update({ present: [[node]], ...add() }),
        update({ present: [[node, "SRV"]], ...add() }),
        update(add("kms02")),
        update({ absent: [[node]], ...add() }),
        update({ absent: [[node, "SRV"]], ...add() }),
        update({ add: [["x.fabrikam.com.", 60, "SRV", `0 0 1 ${target("x")}`]] }),
        srv(),
      );
      const rcodes = ["NXDOMAIN", "NXRRSET", "NOERROR", "YXDOMAIN", "YXRRSET", "NOTZONE", "NOERROR"];
      expect(answers.map(({ rcode }) => rcode)).toEqual(rcodes);
      expect(answers.at(-1)?.records).toEqual([`${node} 600 IN SRV 0 0 1688 ${target("kms02")}`]);
    });

    it("every signature that is refused, of which nothing is done", async () => {
      const { key, reader } = subject;
      const answers = await ask(
        update({ ...add(), key: { ...key, secret: Buffer.alloc(32, 7).toString("base64") } }),
        update({ ...add(), key: { ...key, keyName: "nobody" } }),
        update({ ...add(), key: { ...key, algorithm: "hmac-sha512" } }),
        update({ ...add(), secondsOff: -3600 }),
        update({ ...add(), key: reader }),
        update({ ...add(), key: null }),
        srv(),
      );
      expect(answers.map(({ rcode, error }) => rcode ?? error)).toEqual([
        "PeerBadSignature",
        "PeerBadKey",
        "PeerBadKey",
        "PeerBadTime",
        "REFUSED",
        "REFUSED",
        "NXDOMAIN",
      ]);
    });

    it("whether the zone may be transferred", async () => {
      expect(await ask({ transfer: subject.zone })).toEqual([{ rcode: subject.transfer }]);
    });
  });
});
