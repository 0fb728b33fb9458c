import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Operation, OperationContext, ResourceHandler } from "../../../provider/adapter/handler";
import { encode, type Props } from "../../../provider/adapter/props";
import { LdapDirectory } from "../../../provider/directory/ldap/directory";
import { LdapSession } from "../../../provider/directory/ldap/session";
import { findExplicit, withoutAce } from "../../../provider/directory/security/change";
import { descriptorBytes, readDescriptor } from "../../../provider/directory/security/descriptor";
import { DnsNetwork } from "../../../provider/dns";
import { OperationFailure } from "../../../provider/errors/failure";
import type { SessionPool } from "../../../provider/machine/pool";
import { dnsRecordPermissionHandler } from "../../../provider/resources/dnsRecordPermission/handler";
import { makeSrvRecordHandler } from "../../../provider/resources/srvRecord/handler";
import { errorOf } from "../../failures";
import { freePort } from "../bind/named";
import { requirement, rootRequirement } from "../requirement";
import { ADDRESS, type Controller, startController, ZONE } from "./controller";

const programs = {
  samba: requirement("Samba AD DC", "samba"),
  sambaTool: requirement("Samba AD DC", "samba-tool"),
  openssl: requirement("openssl", "openssl"),
  nsupdate: requirement("dig and nsupdate", "nsupdate"),
  kinit: requirement("MIT Kerberos", "kinit"),
  root: rootRequirement("Samba AD DC with LDAP"),
};
const available = Object.values(programs).every((program) => program.available);
const NAMING = `DC=${ZONE},CN=MicrosoftDNS,DC=DomainDnsZones,DC=ad,DC=test`;
const ADMIN = "administrator@ad.test";

async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).toMatch(/failed: .+ Next: .+\.$/);
  return error;
}

describe.skipIf(!available)("DnsRecordPermission on a domain controller of Samba, by LDAP over TLS", () => {
  let dc: Controller;
  const network = new DnsNetwork();
  const srvRecord = makeSrvRecordHandler(network);
  const log: string[] = [];
  const hidden: string[] = [];
  beforeAll(async () => {
    dc = await startController({
      samba: programs.samba.why,
      sambaTool: programs.sambaTool.why,
      openssl: programs.openssl.why,
    });
  });
  afterAll(async () => {
    network.close();
    await dc?.stop();
  });

  const context = (operation: Operation, env: NodeJS.ProcessEnv = {}): OperationContext => {
    const say = (message: string) => void log.push(message);
    return {
      operation,
      log: { info: say, warn: say, debug: () => {} },
      signal: new AbortController().signal,
      pool: undefined as unknown as SessionPool,
      env: { ...dc.env, ...env },
      credentials: undefined,
      hide: (secrets) => void hidden.push(...secrets),
    };
  };
  function checked(handler: ResourceHandler, props: Props): Props {
    const { inputs, failures } = handler.check(props);
    expect(failures).toEqual([]);
    return inputs;
  }
  async function create(handler: ResourceHandler, props: Props, env: NodeJS.ProcessEnv = {}) {
    const { id, outs } = await handler.create(context("create", env), checked(handler, props));
    return { id, outs: encode(outs) };
  }

  /** A record that one of the accounts publishes with a ticket of its own. */
  const record = (name: string, user: string): Props => ({
    resourceName: user,
    zone: ZONE,
    name,
    target: `${user}.${ZONE}`,
    server: dc.dns,
    auth: { method: "gssTsig", credentialCache: dc.ticketOf(user) },
  });
  const publish = (name: string, user: string) => create(srvRecord, record(name, user));
  const ldap = (over: Props = {}): Props => ({
    server: ADDRESS,
    user: ADMIN,
    password: dc.password,
    tls: { ca: dc.ca },
    ...over,
  });
  const permission = (name: string, over: Props = {}): Props => ({
    resourceName: "hosts",
    zone: ZONE,
    name,
    account: "AD\\KMS Hosts",
    ldap: ldap(),
    ...over,
  });
  const permit = (name: string, over: Props = {}) => create(dnsRecordPermissionHandler, permission(name, over));
  const failing = async (name: string, over: Props) => failureOf(permit(name, over));
  const entries = async (name: string) => {
    const said = await dc.tool("dsacl", "get", `--objectdn=DC=${name},${NAMING}`);
    return /D:[A-Z]*((?:\([^)]*\))+)/.exec(said)?.[1]?.match(/\([^)]*\)/g) ?? [];
  };

  /** What an administrator does with adsiedit. */
  async function takeAway(name: string, entry: string): Promise<void> {
    const { signal } = new AbortController();
    const login = { user: ADMIN, password: dc.password };
    const session = await LdapSession.open({ host: ADDRESS, port: 636 }, { ca: dc.ca }, login, signal);
    try {
      const directory = new LdapDirectory(session);
      const { node } = await directory.findNode(ZONE, name);
      const descriptor = readDescriptor(node?.descriptor ?? Buffer.alloc(0));
      const gone = descriptor.dacl && findExplicit(descriptor.dacl, entry);
      if (!node || !descriptor.dacl || !gone) throw new Error(`${name} has no entry ${entry}`);
      const bytes = descriptorBytes({ ...descriptor, dacl: withoutAce(descriptor.dacl, gone) });
      await directory.writeRights(node.dn, node.descriptor, bytes);
    } finally {
      await session.close();
    }
  }

  it("lets a second account publish that was refused, sees its entry removed as drift, repairs it, and takes only it away", async () => {
    const name = "_vlmcs._tcp";
    const first = await publish(name, "kmsa");
    expect(first.outs["ensure"]).toBe("present");

    const refused = await failureOf(publish(name, "kmsb"));
    expect(refused.message).toMatch(
      /SERVFAIL: .*the record's node belongs to another account than Kerberos principal "kmsb@AD.TEST"/,
    );
    expect(refused.message).toContain(
      'Declare a DnsRecordPermission for a group that both accounts are in, or delete the node. BIND: update-policy (DnsRecordPermission: zone "ad.test", name "_vlmcs._tcp", account: the group)',
    );

    const before = await entries(name);
    const { id, outs } = await permit(name);
    const sid = await dc.sidOf("group", "KMS Hosts");
    expect(outs).toMatchObject({
      rights: "update",
      dn: `DC=${name},${NAMING}`,
      owner: "AD\\kmsa",
      accountSid: sid,
      accountName: "AD\\KMS Hosts",
      added: `(A;;LCSWRPWPLORC;;;${sid})`,
      findings: [],
    });
    const ours = (all: string[]) => all.filter((entry) => entry.endsWith(`;;;${sid})`));
    const others = (all: string[]) => all.filter((entry) => !entry.endsWith(`;;;${sid})`));
    expect(ours(await entries(name))).toHaveLength(1);
    expect(others(await entries(name))).toEqual(before);
    expect((await publish(name, "kmsb")).outs["neighboursSeen"]).toEqual([`0 0 1688 kmsa.${ZONE}`]);

    const read = async (props: Props) => {
      const seen = await dnsRecordPermissionHandler.read(context("read"), id, props);
      if (seen === "absent") throw new Error("a permission is never absent");
      return encode(seen.outs);
    };
    const wanted = checked(dnsRecordPermissionHandler, permission(name));
    expect(dnsRecordPermissionHandler.diff(await read(outs), wanted).changed).toEqual([]);

    await takeAway(name, String(outs["added"]));
    expect(await entries(name)).toEqual(before);
    const drifted = await read(outs);
    expect(dnsRecordPermissionHandler.diff(drifted, wanted).changed).toEqual(["rights"]);
    const updated = await dnsRecordPermissionHandler.update(context("update"), id, drifted, wanted);
    expect(ours(await entries(name))).toHaveLength(1);

    await dnsRecordPermissionHandler.delete(context("delete"), id, encode(updated.outs));
    expect(await entries(name)).toEqual(before);
    const again = await failureOf(
      create(srvRecord, { ...record(name, "kmsb"), target: `third.${ZONE}`, resourceName: "third" }),
    );
    expect(again.message).toContain("belongs to another account");
  });

  it("with the right to write properties alone an account adds, changes and removes records", async () => {
    const name = "_least._tcp";
    await publish(name, "kmsa");
    const sid = await dc.sidOf("user", "kmsb");
    await dc.tool("dsacl", "set", `--objectdn=DC=${name},${NAMING}`, `--sddl=(A;;WP;;;${sid})`);
    const { id, outs } = await publish(name, "kmsb");
    await srvRecord.delete(context("delete"), id, outs);
    expect((await publish(name, "kmsb")).outs["ensure"]).toBe("present");
  });

  it("gives full control, and the smaller rights in its place when those are declared", async () => {
    const name = "_full._tcp";
    await publish(name, "kmsa");
    const { id, outs } = await permit(name, { rights: "full", account: "kmsb@ad.test" });
    expect(outs["entries"]).toEqual([expect.stringContaining("(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;")]);
    const wanted = checked(dnsRecordPermissionHandler, permission(name, { account: "kmsb@ad.test" }));
    const smaller = encode((await dnsRecordPermissionHandler.update(context("update"), id, outs, wanted)).outs);
    expect(smaller["entries"]).toEqual([expect.stringContaining("(A;;LCSWRPWPLORC;;;")]);
  });

  it("keeps both entries when two resources write the same list at once", async () => {
    const name = "_two._tcp";
    await publish(name, "kmsa");
    await Promise.all([permit(name), permit(name, { account: "AD\\weak" }), permit(name, { account: "DnsAdmins" })]);
    const sids = [await dc.sidOf("group", "KMS Hosts"), await dc.sidOf("user", "weak")];
    for (const sid of sids) expect((await entries(name)).filter((entry) => entry.includes(sid))).toHaveLength(1);
  });

  it("tells a tombstone from a name that nobody has written, and gives rights on it", async () => {
    const name = "_gone._tcp";
    const { id, outs } = await publish(name, "kmsa");
    await srvRecord.delete(context("delete"), id, outs);
    const given = await permit(name);
    expect(String(given.outs["findings"])).toContain("all records of _gone._tcp.ad.test are deleted");
    expect((await publish(name, "kmsb")).outs["ensure"]).toBe("present");
    const none = await failing("_never._tcp", {});
    expect(none.message).toContain(`the zone ${NAMING} has no object "_never._tcp"`);
    expect(none.message).toContain("Next: create the SRV record first");
  });

  it("takes account and password from a credential set, and hides the password", async () => {
    const name = "_set._tcp";
    await publish(name, "kmsa");
    const env = { VOLUME_ACTIVATION_AD_USER: ADMIN, VOLUME_ACTIVATION_AD_PASSWORD: dc.password };
    const props = permission(name, { ldap: { server: ADDRESS, credentials: "ad", tls: { ca: dc.ca } } });
    const { outs } = await create(dnsRecordPermissionHandler, props, env);
    expect(outs["rights"]).toBe("update");
    expect(JSON.stringify(outs)).not.toContain(dc.password);
    expect(hidden).toContain(dc.password);
    const missing = await failureOf(create(dnsRecordPermissionHandler, props));
    expect(missing.message).toContain('The credential set "ad" does not exist');
  });

  describe("says what is wrong, changes nothing, and sends no password to whom it does not know", () => {
    it.each<[string, () => Props, RegExp]>([
      [
        "a wrong password",
        () => ({ ldap: ldap({ password: "wr0ng-password" }) }),
        /refused the login of administrator@ad\.test \(49, data 52e\): user or password is wrong/,
      ],
      [
        "an authority that is not believed",
        () => ({ ldap: ldap({ tls: {} }) }),
        /comes from an authority that is not believed here; it shows the certificate of dc1\.ad\.test, .*fingerprint [0-9A-F:]{95}/,
      ],
      [
        "another certificate than the pinned one",
        () => ({ ldap: ldap({ tls: { fingerprint: "ab".repeat(32) } }) }),
        /shows another certificate than the one that is pinned/,
      ],
      [
        "a zone that is not there",
        () => ({ zone: "nowhere.test" }),
        /keeps no zone nowhere\.test that this account may see \(looked in CN=MicrosoftDNS,DC=DomainDnsZones/,
      ],
      ["an unknown account", () => ({ account: "AD\\nobody" }), /knows no account "AD\\nobody"/],
      ["an account of another domain", () => ({ account: "OTHER\\KMS Hosts" }), /knows no account "OTHER\\KMS Hosts"/],
      [
        "the port without TLS",
        () => ({ ldap: ldap({ server: `${ADDRESS}:389` }) }),
        /it closed the connection during the TLS handshake/,
      ],
    ])("%s", async (_what, over, said) => {
      const error = await failing("_vlmcs._tcp", over());
      expect(error.message).toMatch(said);
      expect(error.message).not.toContain("wr0ng");
      expect(error.message).not.toContain(dc.password);
      expect(error.couldNotLook).toBe(true);
    });

    it("a port where nothing listens", async () => {
      const error = await failing("_vlmcs._tcp", { ldap: ldap({ server: `${ADDRESS}:${await freePort()}` }) });
      expect(error.message).toContain("nothing listens there (connection refused)");
    });

    it("an account that may look and not write", async () => {
      const name = "_weak._tcp";
      await publish(name, "kmsa");
      const error = await failing(name, { ldap: ldap({ user: "AD\\weak" }) });
      expect(error.message).toMatch(
        /insufficientAccessRights.*has not the right.*Nothing was changed\. Next: .*DnsAdmins/,
      );
      expect(error.couldNotLook).toBe(false);
    });
  });

  it("believes a pinned certificate whatever its name and authority", async () => {
    const name = "_pin._tcp";
    await publish(name, "kmsa");
    const { outs } = await permit(name, { ldap: ldap({ tls: { fingerprint: dc.fingerprint } }) });
    expect(outs["rights"]).toBe("update");
  });
});
