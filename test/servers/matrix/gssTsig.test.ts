import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Props } from "../../../provider/adapter/props";
import { takeTicket } from "../../../provider/dns";
import { OperationFailure } from "../../../provider/errors/failure";
import { errorOf } from "../../failures";
import { freePort } from "../bind/named";
import { requirement, rootRequirement } from "../requirement";
import { bindKdcSuite } from "./servers/bindKdc";
import { type KerberosServer, krb5Conf } from "./servers/kerberos";
import { startSamba } from "./servers/samba";
import { Stand } from "./stand";

const { available, start } = bindKdcSuite();
const samba = [requirement("Samba AD DC", "samba"), requirement("Samba AD DC", "samba-tool")];
const root = rootRequirement("Samba AD DC");
const sambaAvailable = available && samba.every((program) => program.available) && root.available;

/** Our folders of tickets that are there now. */
const tickets = () => readdirSync(tmpdir()).filter((name) => name.startsWith("activation-ticket-"));

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).toMatch(/failed: .+ Next: .+\.$/);
  return error.message;
}

describe.skipIf(!available)("gssTsig on BIND with a KDC of MIT", () => {
  let server: KerberosServer;
  let count = 0;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  async function stand<T>(work: (one: Stand) => Promise<T>, over: Partial<KerberosServer> = {}): Promise<T> {
    const one = new Stand({ ...server, ...over }, `_vlmcs._tcp.gss${++count}`);
    try {
      return await work(one);
    } finally {
      one.close();
    }
  }
  const keytab = (): Props => ({ method: "gssTsig", principal: server.principal, keytab: server.keytab });

  it("gets a ticket with a keytab, and leaves no cache behind", async () => {
    const before = tickets();
    await stand(async (one) => {
      const { id, outs } = await one.create({ auth: keytab() });
      expect(one.dig()).toEqual(["3600 0 0 1688 kms01"]);
      await one.handler.delete(one.context("delete"), id, { ...outs, auth: keytab() });
      expect(one.dig()).toEqual([]);
    });
    expect(tickets()).toEqual(before);
  });

  it("keeps the ticket where nobody else can read it", async () => {
    const ticket = await takeTicket(
      { principal: server.principal, keytab: server.keytab },
      server.env,
      AbortSignal.timeout(10_000),
    );
    const path = String(ticket.env["KRB5CCNAME"]).replace("FILE:", "");
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
    ticket.release();
    expect(() => statSync(path)).toThrow("ENOENT");
  });

  it("gets a ticket with the password of a credential set, which is in no command line", async () => {
    const env = {
      ...server.env,
      VOLUME_ACTIVATION_AD_USER: server.principal,
      VOLUME_ACTIVATION_AD_PASSWORD: server.password,
    };
    await stand(
      async (one) => {
        await one.create({ auth: { method: "gssTsig", credentials: "ad" } });
        expect(one.dig()).toEqual(["3600 0 0 1688 kms01"]);
      },
      { env },
    );
  });

  it("reads without a ticket", async () => {
    await stand(async (one) => {
      const { outs } = await one.create();
      const auth = { method: "gssTsig", credentialCache: "FILE:/nowhere/cache" };
      expect(await one.read({ ...outs, auth })).toMatchObject({ ensure: "present", auth });
    });
  });

  /** A folder with wrappers of the programs, which write down what they were given. */
  function spied(names: readonly string[]): { folder: string; told: () => string } {
    const folder = mkdtempSync(join(tmpdir(), "gss-spy-"));
    const log = join(folder, "log");
    for (const name of names) {
      const real = spawnSync("which", [name], { encoding: "utf8" }).stdout.trim();
      writeFileSync(join(folder, name), `#!/bin/sh\necho "$0 $*" >> ${log}\nexec ${real} "$@"\n`);
      chmodSync(join(folder, name), 0o755);
    }
    return { folder, told: () => readFileSync(log, "utf8") };
  }

  it("puts neither names nor passwords on a command line", async () => {
    const spy = spied(["nsupdate", "kinit"]);
    const env = {
      ...server.env,
      PATH: `${spy.folder}:${process.env["PATH"]}`,
      VOLUME_ACTIVATION_AD_USER: server.principal,
      VOLUME_ACTIVATION_AD_PASSWORD: server.password,
    };
    try {
      await stand(
        async (one) => {
          await one.create({ auth: { method: "gssTsig", credentials: "ad" } });
        },
        { env },
      );
      const lines = spy.told().trim().split("\n");
      expect(lines).toEqual([`${spy.folder}/kinit ${server.principal}`, `${spy.folder}/nsupdate -g -v -t 15`]);
    } finally {
      rmSync(spy.folder, { recursive: true });
    }
  });

  it("escapes what a server sent, so that a neighbour's name is no command", async () => {
    await stand(async (one) => {
      const odd = `odd\\010update\\032x\\;y.${server.zone}.`;
      const { output } = one.nsupdate(["check-names off", `update add ${one.fqdn}. 600 SRV 1 1 1688 ${odd}`]);
      expect(output).toBe("");
      await one.create();
      expect(one.dig()).toHaveLength(2);
      expect(one.dig()[0]).toBe("600 0 0 1688 kms01");
    });
  });

  describe("says before anything is tried", () => {
    const down = async () => `127.0.0.1:${await freePort()}`;

    it("that there is no valid ticket", async () => {
      await stand(async (one) => {
        const auth = { method: "gssTsig", credentialCache: "FILE:/nowhere/cache" };
        const message = await failureOf(one.create({ auth, server: await down() }));
        expect(message).toContain("there is no valid Kerberos ticket in FILE:/nowhere/cache. Nothing was tried.");
      });
    });

    it("that the ticket is somebody else's", async () => {
      await stand(async (one) => {
        const auth = { ...server.auth, principal: "root@MIT.TEST" };
        const message = await failureOf(one.create({ auth, server: await down() }));
        expect(message).toContain(`is ${server.principal}'s, not root@MIT.TEST's. Nothing was tried.`);
      });
    });

    it("that the keytab cannot be read, or has no such key", async () => {
      await stand(async (one) => {
        const missing = await failureOf(one.create({ auth: { ...keytab(), keytab: "/nowhere/k" } }));
        expect(missing).toContain("the keytab /nowhere/k cannot be read. Nothing was tried.");
        const other = await failureOf(one.create({ auth: { ...keytab(), principal: "other@MIT.TEST" } }));
        expect(other).toContain("other@MIT.TEST cannot log in with the keytab");
        expect(other).toContain("export the keytab for this principal");
        const before = tickets();
        await failureOf(one.create({ auth: { ...keytab(), principal: "nobody@MIT.TEST" } }));
        expect(tickets()).toEqual(before);
      });
    });

    it("that the password is wrong, without the password", async () => {
      const env = {
        ...server.env,
        VOLUME_ACTIVATION_AD_USER: server.principal,
        VOLUME_ACTIVATION_AD_PASSWORD: "wr0ng-password",
      };
      await stand(
        async (one) => {
          const message = await failureOf(one.create({ auth: { method: "gssTsig", credentials: "ad" } }));
          expect(message).toContain("cannot log in with its password");
          expect(message).toContain("Next: correct the password");
          expect(message).not.toContain("wr0ng");
        },
        { env },
      );
    });

    it("that no KDC answers", async () => {
      const krb5Config = server.folder.write("down.conf", krb5Conf("MIT.TEST", server.zone, await freePort()));
      await stand(
        async (one) => {
          const message = await failureOf(one.create({ auth: keytab() }));
          expect(message).toMatch(/Cannot contact any KDC.*Next: check krb5.conf/);
        },
        { env: { ...server.env, KRB5_CONFIG: krb5Config } },
      );
    });
  });

  it("says that the KDC does not know the name server's service", async () => {
    await stand(async (one) => {
      one.nsupdate([`update add ${one.fqdn}. 60 SRV 0 0 1 x.${server.zone}.`]);
      // Another primary in the SOA record is another service: DNS/elsewhere, which no KDC has heard of.
      const soa = `elsewhere.${server.zone}. hostmaster.${server.zone}. 99 86400 7200 2592000 300`;
      one.nsupdate([`update add ${server.zone}. 3600 SOA ${soa}`]);
      try {
        const message = await failureOf(one.create());
        expect(message).toContain("the KDC does not know the name server's service");
        expect(message).toContain("Nothing was changed. Next: the service is DNS/<host name in the zone's SOA record>");
      } finally {
        await server.stop();
      }
    });
  });
});

describe.skipIf(!sambaAvailable)("gssTsig on a domain controller of Samba", () => {
  let server: KerberosServer;
  beforeAll(async () => {
    server = await startSamba({ samba: samba[0]?.why ?? "", sambaTool: samba[1]?.why ?? "" });
  });
  afterAll(() => server?.stop());

  it("works with a keytab, and says that the answer was not verified but the change is there", async () => {
    const one = new Stand(server, "_vlmcs._tcp.keytab");
    try {
      await one.create({ auth: { method: "gssTsig", principal: server.principal, keytab: server.keytab } });
      expect(one.dig()).toEqual(["3600 0 0 1688 kms01"]);
      expect(one.log.at(-1)).toMatch(/could not be verified \(Samba and Windows sign so\); read back: it was done/);
    } finally {
      one.close();
    }
  });

  it("tells a node of another account as just that, also when its records are gone", async () => {
    const one = new Stand(server, "_vlmcs._tcp.owned");
    const other = { ...server.forbidden };
    try {
      const { id, outs } = await one.create();
      const beside = await failureOf(one.create({ auth: other, target: one.host("kms02") }));
      expect(beside).toMatch(
        /SERVFAIL: .*Samba answers so when the record's node belongs to another account than Kerberos principal "other@AD.TEST"/,
      );
      expect(beside).toContain("the account that first wrote it owns its node");
      await one.remove(id, outs);
      expect(await failureOf(one.create({ auth: other }))).toContain("also after the records are gone");
      expect(one.dig()).toEqual([]);
    } finally {
      one.close();
    }
  });
});
