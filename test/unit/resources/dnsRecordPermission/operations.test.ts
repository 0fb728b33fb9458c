import { describe, expect, it } from "vitest";
import { encode, type Props } from "../../../../provider/adapter/props";
import { FULL_CONTROL } from "../../../../provider/directory/security/rights";
import { PartialFailure } from "../../../../provider/errors/failure";
import { DeadlineError } from "../../../../provider/machine/deadline";
import { SessionError } from "../../../../provider/machine/session";
import { aclOf, allow, CALLBACK, deny, GROUP, inherited, KMS01, OBJECT_DENY, OTHER } from "../../directory/samples";
import { changed, create, FakeController, failureOf, NODE_DN, read, remove, update, ZONE_DN } from "./fakeController";

const WP = 0x20;
const OURS = `(A;;LCSWRPWPLORC;;;${GROUP})`;
const FULL = `(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;${GROUP})`;
/** A list as it stands on real nodes: what denies, the owner's entry, what is inherited. */
const STANDING = [deny(OTHER, WP), OBJECT_DENY, allow(KMS01, FULL_CONTROL), CALLBACK, inherited(OTHER, FULL_CONTROL)];
const standing = () => new FakeController(...STANDING);
const without = (entries: string[], gone: string) => entries.filter((entry) => entry !== gone);

describe("create", () => {
  it("adds one entry in its place, leaves all others as they are, and says what was seen", async () => {
    const at = standing();
    const before = at.entries;
    const outs = await create(at);
    expect(at.entries.indexOf(OURS)).toBe(2);
    expect(without(at.entries, OURS)).toEqual(before);
    expect(outs).toMatchObject({
      rights: "update",
      dn: NODE_DN,
      owner: "CONTOSO\\KMS01$",
      accountSid: GROUP,
      accountName: "CONTOSO\\KMS Hosts",
      entries: [OURS],
      added: OURS,
    });
    expect(at.log[0]).toBe(`dsacls "${NODE_DN}" /G "CONTOSO\\KMS Hosts:GRGW"`);
    expect(changed(outs)).toEqual([]);
  });

  it("gives full control where that is declared", async () => {
    const at = standing();
    expect(await create(at, { rights: "full" })).toMatchObject({ rights: "full", added: FULL });
    expect(at.log[0]).toMatch(/\/G "CONTOSO\\KMS Hosts:GA"$/);
  });

  it("writes nothing where the account has the rights already, and remembers no entry as ours", async () => {
    const at = new FakeController(allow(GROUP, FULL_CONTROL));
    const outs = await create(at);
    expect(at.writes).toBe(0);
    expect(outs["added"]).toBeUndefined();
    expect(outs["findings"]).toContainEqual("CONTOSO\\KMS Hosts has more rights than are declared: CCDCDTCRSDWDWO");
  });

  it("writes nothing where the rights are inherited, and says so", async () => {
    const at = new FakeController(inherited(GROUP, FULL_CONTROL));
    const outs = await create(at, { rights: "full" });
    expect(at.writes).toBe(0);
    expect(String(outs["findings"])).toContain(`has these rights by inheritance from ${ZONE_DN}; nothing was added`);
  });

  it("adds its entry where another one of the account gives a part only", async () => {
    const at = new FakeController(allow(GROUP, 0x10));
    expect((await create(at))["entries"]).toEqual([OURS, `(A;;RP;;;${GROUP})`]);
  });

  it("says that the record comes first where nobody has written the name yet", async () => {
    const at = standing();
    at.acl = undefined;
    const error = await failureOf(create(at));
    expect(error.message).toContain('has no object "_vlmcs._tcp": nobody has written a record of that name');
    expect(error.message).toContain("Next: create the SRV record first, and let this resource depend on it (dependsOn");
    expect(error).not.toBeInstanceOf(PartialFailure);
  });

  it("tells a node whose records are all deleted from one that was never there", async () => {
    const at = standing();
    at.tombstoned = true;
    const outs = await create(at);
    expect(outs).toMatchObject({ rights: "update", added: OURS });
    expect(String(outs["findings"])).toContain("all records of _vlmcs._tcp.contoso.com are deleted");
  });

  it("says that a zone is not kept in the directory, as something that could not be looked at", async () => {
    const at = standing();
    at.zones = [];
    const error = await failureOf(create(at));
    expect(error.message).toContain("keeps no zone contoso.com");
    expect(error.couldNotLook).toBe(true);
  });

  it("refuses a local account of the machine that it goes through, which the directory does not know", async () => {
    const error = await failureOf(create(standing(), { account: "Local Hosts" }));
    expect(error.message).toContain('"Local Hosts" is KMS01\\Local Hosts there, an account of that machine alone');
    expect(error.message).toContain("Next: write its domain in front of it");
    expect(error.couldNotLook).toBe(true);
  });

  it("says what machine it needs where it is given one without a domain", async () => {
    const at = standing();
    at.refuses = { kind: "notSupported", message: "this machine is in no domain" };
    const error = await failureOf(create(at));
    expect(error.message).toContain("the machine cannot ask the directory: this machine is in no domain");
    expect(error.message).toContain(
      'Next: give a domain controller, or another machine of the domain, in "connection"',
    );
  });

  it("says that it does not know the account", async () => {
    const error = await failureOf(create(standing(), { account: "CONTOSO\\nobody" }));
    expect(error.message).toContain('the machine knows no account "CONTOSO\\nobody"');
    expect(error.couldNotLook).toBe(true);
  });
});

describe("others who write the same list", () => {
  it("lose nothing: the list is read again and the entry goes into what is there now", async () => {
    const at = standing();
    at.meanwhile = () => {
      at.acl = aclOf(allow(OTHER, WP), ...STANDING);
    };
    await create(at);
    expect(at.looks).toBe(3);
    expect(at.entries).toHaveLength(STANDING.length + 2);
    expect(at.entries).toContain(`(A;;WP;;;${OTHER})`);
  });

  it("are given up after some attempts, with nothing changed", async () => {
    const at = standing();
    at.writing = { kind: "expectation", message: "" };
    const error = await failureOf(create(at));
    expect(error.message).toContain("in 5 attempts. Nothing was changed.");
    expect(error).not.toBeInstanceOf(PartialFailure);
  });
});

describe("a write", () => {
  it("that is refused records nothing", async () => {
    const at = standing();
    at.writing = { kind: "hresult", code: "0x80070005", message: "" };
    const error = await failureOf(create(at));
    expect(error.message).toMatch(
      /0x80070005 .*has not the right .*Nothing was changed\. Next: log in with an account that/,
    );
    expect(error).not.toBeInstanceOf(PartialFailure);
  });

  it("whose answer never came records the entry, so that the next run looks and a delete takes it away", async () => {
    const at = standing();
    at.writing = new SessionError("died", "the connection ended", "run it again");
    const error = await failureOf(create(at));
    expect(error.message).toContain("Whether it was done is not known.");
    expect(error).toMatchObject({ outs: { added: OURS, lookedAt: false } });
  });

  it("that ran out of time records the entry too", async () => {
    const at = standing();
    at.writing = new DeadlineError(60);
    const error = await failureOf(create(at));
    expect(error.message).toContain("it took longer than 60 s. Whether it was done is not known.");
    expect(error).toMatchObject({ outs: { added: OURS, lookedAt: false } });
  });

  it("whose answer the domain controller owes the agent records the entry too", async () => {
    for (const code of ["0x800705B4", "0x8007203A"]) {
      const at = standing();
      at.writing = { kind: "hresult", code, message: "" };
      const error = await failureOf(create(at));
      expect(error.message).toContain(`(${code}). Whether it was done is not known.`);
      expect(error).toMatchObject({ outs: { added: OURS, lookedAt: false } });
    }
  });

  it("into a list that is full says so, and changes nothing", async () => {
    const at = new FakeController(...Array.from({ length: 1820 }, () => allow(OTHER, WP)));
    const error = await failureOf(create(at));
    expect(error.message).toContain("the list cannot be written: a list of");
    expect(error.message).toContain("Nothing was changed.");
    expect(at.writes).toBe(0);
  });

  it("that was taken and is not there afterwards is an error, and recorded", async () => {
    const at = standing();
    at.writing = null;
    const error = await failureOf(create(at));
    expect(error.message).toContain("the directory took the change, but the entries of CONTOSO\\KMS Hosts read none");
    expect(error).toBeInstanceOf(PartialFailure);
  });
});

describe("read", () => {
  it("sees an entry that somebody removed as drift, and update puts it back", async () => {
    const at = standing();
    const outs = await create(at);
    at.acl = aclOf(...STANDING);
    const seen = await read(at, outs);
    expect(seen).toMatchObject({ rights: "none", entries: [], added: OURS });
    expect(changed(seen)).toEqual(["rights"]);
    const again = await update(at, seen);
    expect(again).toMatchObject({ rights: "update", added: OURS });
    expect(at.entries).toContain(OURS);
    expect(changed(again)).toEqual([]);
  });

  it("sees an entry that was cut down as drift", async () => {
    const at = standing();
    const outs = await create(at);
    at.acl = aclOf(allow(GROUP, 0x10), ...STANDING);
    expect(await read(at, outs)).toMatchObject({ rights: "partial" });
  });

  it("sees a node that is gone as drift and never as absence", async () => {
    const at = standing();
    const outs = await create(at);
    at.acl = undefined;
    const seen = await read(at, outs);
    expect(seen["rights"]).toBe("none");
    expect(seen["dn"]).toBeUndefined();
    expect(changed(seen)).toEqual(["rights"]);
    expect((await failureOf(update(at, seen))).message).toContain("create the SRV record first");
  });

  it("writes nothing", async () => {
    const at = standing();
    const outs = await create(at);
    const { writes } = at;
    await read(at, outs);
    expect(at.writes).toBe(writes);
  });
});

describe("findings", () => {
  const findingsOf = async (at: FakeController) => String((await create(at))["findings"]);

  it("tell of an entry that denies, which stays", async () => {
    const at = new FakeController(deny(GROUP, WP), allow(KMS01, FULL_CONTROL));
    expect(await findingsOf(at)).toContain(`CONTOSO\\KMS Hosts is denied rights by (D;;WP;;;${GROUP})`);
    expect(at.entries[0]).toBe(`(D;;WP;;;${GROUP})`);
  });

  it("tell who else may write", async () => {
    const findings = await findingsOf(new FakeController(allow("S-1-5-11", WP)));
    expect(findings).toContain("every account of the domain (Authenticated Users) may change the records");
  });

  it("say nothing of the host that wrote the name first, which is what the permission is for: it is an output", async () => {
    const outs = await create(new FakeController());
    expect(outs).toMatchObject({ owner: "CONTOSO\\KMS01$", findings: [] });
  });

  it("tell of a list that is out of order, of a zone in two places, and of a SID without an account", async () => {
    const at = new FakeController(inherited(OTHER, WP), allow(KMS01, WP));
    at.zones.push("DC=contoso.com,CN=MicrosoftDNS,CN=System,DC=contoso,DC=com");
    const findings = String((await create(at, { account: OTHER }))["findings"]);
    expect(findings).toContain("are not in the canonical order");
    expect(findings).toContain("the zone contoso.com is kept in 2 places");
    expect(findings).toContain(`the directory has no account with the SID ${OTHER}`);
  });

  it("do not take an account that every Windows has for one that is gone", async () => {
    expect(String((await create(standing(), { account: "S-1-5-11" }))["findings"])).not.toContain("has no account");
  });

  it("tell of a node without any list of rights, and nothing is written there", async () => {
    const at = standing();
    at.acl = null;
    expect(await findingsOf(at)).toContain("has no list of rights at all: everybody may do everything");
    expect(at.writes).toBe(0);
  });
});

describe("update", () => {
  it("puts another entry in the place of ours when other rights are declared", async () => {
    const at = standing();
    const full = await update(at, await create(at), { rights: "full" });
    expect(full).toMatchObject({ rights: "full", entries: [FULL], added: FULL });
    const back = await update(at, full);
    expect(back).toMatchObject({ rights: "update", entries: [OURS], added: OURS });
    expect(at.entries).toHaveLength(STANDING.length + 1);
  });

  describe("whose answer never came", () => {
    /** The outputs of an update that ended so; `done`: it was done all the same. */
    async function unanswered(at: FakeController, outs: Props, rights: string, done: boolean): Promise<Props> {
      at.writing = new SessionError("died", "the connection ended", "run it again");
      at.doneAllTheSame = done;
      const error = await failureOf(update(at, outs, { rights }));
      at.writing = undefined;
      if (!(error instanceof PartialFailure)) throw error;
      return { ...outs, ...encode(error.outs) };
    }

    it.each([true, false])("is repaired by the next one, with one entry in the end (it was done: %s)", async (done) => {
      const at = standing();
      const full = await unanswered(at, await create(at), "full", done);
      expect(changed(full, { rights: "full" })).toContain("lookedAt");
      expect(await update(at, full, { rights: "full" })).toMatchObject({ entries: [FULL], added: FULL });
      const back = await unanswered(at, await update(at, full, { rights: "full" }), "update", done);
      const seen = await read(at, back);
      expect(seen).toMatchObject({ rights: done ? "update" : "full", added: done ? OURS : FULL });
      expect(await update(at, seen)).toMatchObject({ entries: [OURS], added: OURS });
      expect(at.entries).toHaveLength(STANDING.length + 1);
    });

    it.each([true, false])("leaves nothing behind after a delete (it was done: %s)", async (done) => {
      const at = standing();
      const before = at.entries;
      await remove(at, await unanswered(at, await create(at), "full", done));
      expect(at.entries).toEqual(before);
    });
  });

  it("by another way or with another onDelete writes nothing", async () => {
    const at = standing();
    const outs = await create(at);
    const { writes } = at;
    expect(await update(at, outs, { onDelete: "retain" })).toMatchObject({ onDelete: "retain", added: OURS });
    expect(at.writes).toBe(writes);
  });
});

describe("delete", () => {
  it("takes away what was added and nothing else", async () => {
    const at = standing();
    const before = at.entries;
    await remove(at, await create(at));
    expect(at.entries).toEqual(before);
  });

  it("leaves an entry that was there before, without connecting", async () => {
    const at = new FakeController(allow(GROUP, FULL_CONTROL));
    const outs = await create(at);
    const { turns } = at;
    await remove(at, outs);
    expect(at.turns).toBe(turns);
    expect(at.entries).toEqual([FULL]);
  });

  it("leaves everything with onDelete retain, without connecting", async () => {
    const at = standing();
    const outs = await create(at, { onDelete: "retain" });
    const { turns } = at;
    await remove(at, outs);
    expect(at.turns).toBe(turns);
    expect(at.entries).toContain(OURS);
  });

  it("leaves an entry that somebody changed since, and says so", async () => {
    const at = standing();
    const outs = await create(at);
    at.acl = aclOf(allow(GROUP, FULL_CONTROL));
    await remove(at, outs);
    expect(at.entries).toEqual([FULL]);
    expect(at.log.at(-1)).toContain("it was changed or removed by somebody else since");
  });

  it("is done where the node is gone", async () => {
    const at = standing();
    const outs = await create(at);
    at.acl = undefined;
    await remove(at, outs);
    expect(at.log.at(-1)).toContain("the records' object is gone");
  });

  it("takes the entry out of what others wrote meanwhile", async () => {
    const at = standing();
    const outs = await create(at);
    const more = aclOf(allow(OTHER, WP), ...(at.acl?.aces ?? []));
    at.meanwhile = () => {
      at.acl = more;
    };
    await remove(at, outs);
    expect(at.entries).toHaveLength(STANDING.length + 1);
    expect(at.entries).not.toContain(OURS);
  });

  it("of a declaration that was made again under another name leaves the entry", async () => {
    const at = standing();
    const first = await create(at);
    await create(at, { resourceName: "renamed" });
    await remove(at, first);
    expect(at.entries).toContain(OURS);
    expect(at.log.at(-1)).toContain("another declaration stands for it now");
  });

  it("of a declaration that was made again under another name and in another spelling leaves the entry", async () => {
    const at = standing();
    const first = await create(at);
    await create(at, { resourceName: "renamed", account: GROUP });
    await remove(at, first);
    expect(at.entries).toContain(OURS);
  });

  it("of a declaration that was made again when its entry was gone leaves the new one, which reads the same", async () => {
    const at = standing();
    const first = await create(at);
    at.acl = aclOf(...STANDING);
    expect(await create(at, { resourceName: "renamed" })).toMatchObject({ added: OURS });
    await remove(at, first);
    expect(at.entries).toContain(OURS);
  });

  it("of a declaration that was made again with an entry of its own takes the first one's away", async () => {
    const at = standing();
    const first = await create(at);
    await create(at, { resourceName: "renamed", rights: "full" });
    await remove(at, first);
    expect(at.entries).toContain(FULL);
    expect(at.entries).not.toContain(OURS);
  });
});
