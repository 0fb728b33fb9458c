import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Props } from "../../../provider/adapter/props";
import type { Message } from "../../../provider/dns/wire/message";
import { OperationFailure } from "../../../provider/errors/failure";
import { errorOf } from "../../failures";
import { freePort } from "../bind/named";
import { relayTo } from "./relay";
import { type BindServer, startBind } from "./servers/bind";
import { bindKdcSuite } from "./servers/bindKdc";
import { type KerberosServer, krb5Conf } from "./servers/kerberos";
import { run } from "./servers/process";
import { Stand } from "./stand";

const { programs, available, start } = bindKdcSuite();
const [UPDATE, QUERY] = [5, 0];
const [SOA, TKEY] = [6, 249];

describe.skipIf(!available)("GSS-TSIG that fails", () => {
  let server: KerberosServer;
  /** Another BIND, which has no part in the realm. */
  let stranger: BindServer;
  let stand: Stand;
  let count = 0;
  /** A server in whose way requests are led elsewhere, changed or held up. */
  const behind = relayTo(() => server.port);

  beforeAll(async () => {
    server = await start();
    stranger = await startBind(programs.named.why);
  });
  afterAll(async () => {
    await stranger?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    stand = new Stand(server, `_vlmcs._tcp.failing${++count}`);
  });
  afterEach(() => stand.close());

  /** The failure's message, after it has been seen that nothing came of it. */
  async function told(over: Props = {}): Promise<string> {
    const failure = await errorOf(OperationFailure, stand.create(over));
    expect(failure.message).toMatch(/Nothing was (changed|tried)\. Next: .+\.$/);
    expect(stand.dig()).toEqual([]);
    return failure.message;
  }
  /** A cache of its own with a new ticket-granting ticket, and nothing else. */
  function newTicket(...words: string[]): { auth: Props; path: string } {
    const path = server.folder.at(`ticket${count}`);
    const env = { PATH: process.env["PATH"], KRB5_CONFIG: server.krb5Config, KRB5CCNAME: `FILE:${path}` };
    const input = `${server.password}\n`;
    execFileSync(programs.kinit.why, [...words, server.principal], { input, env, stdio: ["pipe", "ignore", "pipe"] });
    return { auth: { method: "gssTsig", credentialCache: `FILE:${path}` }, path };
  }
  async function kadmin(query: string): Promise<void> {
    const env = { PATH: process.env["PATH"], KRB5_CONFIG: server.krb5Config, KRB5_KDC_PROFILE: server.krb5Config };
    await run(programs.kadmin.why, ["-r", server.realm, "-p", "admin/admin", "-q", query], env);
  }
  /** Puts the KDC's clock, as the cache remembers it, an hour ahead of ours: all requests bear that time then. */
  function skewed(from: string): Props {
    const bytes = readFileSync(from);
    // A cache of version 4 begins with its header, whose first field is that difference.
    expect(bytes.subarray(0, 8).toString("hex")).toBe("0504000c00010008");
    bytes.writeInt32BE(3600, 8);
    const path = server.folder.at(`skewed${count}`);
    writeFileSync(path, bytes, { mode: 0o600 });
    return { method: "gssTsig", credentialCache: `FILE:${path}` };
  }

  it("tells a context that the server has lost (it was restarted in between): BADKEY", async () => {
    const message = await told({
      server: await behind(({ opcode }) => (opcode === UPDATE ? { to: stranger.port } : {})),
    });
    expect(message).toMatch(/BADKEY: the server does not know the security context.*Next: run it again/);
  });

  it("tells an update that was changed on the way: BADSIG", async () => {
    const server = await behind(({ opcode, bytes, authority }) => {
      if (opcode !== UPDATE) return {};
      const changed = Buffer.from(bytes);
      changed.writeUInt16BE(1, (authority[0]?.rdataStart ?? 0) + 4);
      return { request: changed };
    });
    expect(await told({ server })).toMatch(/BADSIG: the server could not verify the signature/);
  });

  it("tells a server that does no key exchange", async () => {
    const elsewhere = ({ questions }: Message) => (questions[0]?.type === TKEY ? { to: stranger.port } : {});
    const message = await told({ server: await behind(elsewhere) });
    expect(message).toMatch(/\(TKEY\) failed for .*: the name server does no key exchange \(.*REFUSED\)/);
    expect(message).toContain('Next: point "server" at the zone\'s primary');
  });

  it("tells a ticket that was expired before, and one that expires on the way", async () => {
    // Kerberos counts whole seconds: it is expired when the third one after its making has passed.
    const { auth } = newTicket("-l", "2s");
    const slow = ({ opcode, questions }: Message) =>
      opcode === QUERY && questions[0]?.type === SOA ? { afterMs: 3500 } : {};
    const onTheWay = await told({ auth, server: await behind(slow) });
    expect(onTheWay).toMatch(/the Kerberos ticket is expired \(Ticket expired\).*Next: log in with kinit again/);
    const before = await told({ auth });
    expect(before).toMatch(/the Kerberos ticket in FILE:\S+ is expired\. Nothing was tried\. Next: log in with kinit/);
  });

  it("tells that no KDC answers, with a ticket at hand", async () => {
    const { auth } = newTicket();
    const dead = server.folder.write("dead.conf", krb5Conf(server.realm, server.zone, await freePort()));
    stand.close();
    stand = new Stand({ ...server, env: { ...server.env, KRB5_CONFIG: dead } }, stand.name);
    expect(await told({ auth })).toMatch(/\(TKEY\) failed for .*: no KDC answers .*Next: check krb5.conf/);
  });

  it("tells an account that the KDC does not know", async () => {
    const env = { VOLUME_ACTIVATION_AD_USER: `nobody@${server.realm}`, VOLUME_ACTIVATION_AD_PASSWORD: "x" };
    stand.close();
    stand = new Stand({ ...server, env: { ...server.env, ...env } }, stand.name);
    const message = await told({ auth: { method: "gssTsig", credentials: "ad" } });
    expect(message).toMatch(/nobody@MIT.TEST cannot log in .*Next: correct auth.principal: the KDC does not know it/);
  });

  it.each([
    ["locked", ["-allow_tix"], ["+allow_tix"]],
    ["expired", ["-expire", "yesterday"], ["-expire", "never"]],
    ["in need of a new password", ["-pwexpire", "yesterday"], ["-pwexpire", "never"]],
  ])("tells an account that is %s", async (_what, change, back) => {
    const env = { VOLUME_ACTIVATION_AD_USER: server.principal, VOLUME_ACTIVATION_AD_PASSWORD: server.password };
    stand.close();
    stand = new Stand({ ...server, env: { ...server.env, ...env } }, stand.name);
    await kadmin(`modprinc ${change.join(" ")} ${server.principal}`);
    try {
      const message = await told({ auth: { method: "gssTsig", credentials: "ad" } });
      expect(message).toMatch(/Next: look at the account: it or its password is expired, or it is locked/);
    } finally {
      await kadmin(`modprinc ${back.join(" ")} ${server.principal}`);
    }
  });

  it("tells clocks apart by the KDC's word, and by the name server's", async () => {
    const { path } = newTicket();
    expect(await told({ auth: skewed(path) })).toMatch(/the clocks differ too much \(Clock skew too great\).*by NTP/);
    // With a ticket for the service at hand no KDC is asked any more.
    await stand.create({ auth: { method: "gssTsig", credentialCache: `FILE:${path}` } });
    const withService = skewed(path);
    stand.close();
    stand = new Stand(server, `${stand.name}b`);
    const message = await told({ auth: withService });
    expect(message).toMatch(
      /does not accept the ticket: .*or its clock differs.*Next: export the name server's keytab/,
    );
  });

  it("tells a service whose key in the KDC is newer than the name server's", async () => {
    await kadmin(`cpw -randkey DNS/ns.${server.zone}`);
    const { auth } = newTicket();
    expect(await told({ auth })).toMatch(
      /the name server does not accept the ticket: its key of the service DNS\/<host name> is not the KDC's/,
    );
  });
});
