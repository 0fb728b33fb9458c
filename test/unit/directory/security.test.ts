import { describe, expect, it } from "vitest";
import { type Ace, readAce } from "../../../provider/directory/security/ace";
import { explicitOf, findExplicit, withAce, withoutAce } from "../../../provider/directory/security/change";
import { descriptorBytes, readDescriptor } from "../../../provider/directory/security/descriptor";
import { MalformedSecurity } from "../../../provider/directory/security/malformed";
import { FULL_CONTROL, grantedTo, maskText, READ_WRITE } from "../../../provider/directory/security/rights";
import { aceText } from "../../../provider/directory/security/sddl";
import { readSid, sidBytes } from "../../../provider/directory/security/sid";
import { mutated, randoms } from "../dns/mutations";
import {
  aclOf,
  allow,
  bytesWith,
  CALLBACK,
  deny,
  descriptorWith,
  GROUP,
  inherited,
  KMS01,
  NODE,
  OBJECT_DENY,
  OTHER,
} from "./samples";

const WP = 0x20;
const daclOf = (bytes: Buffer) => {
  const { dacl } = readDescriptor(bytes);
  if (!dacl) throw new Error("no list of rights");
  return dacl;
};
const texts = (aces: readonly Ace[]) => aces.map(aceText);

describe("a SID", () => {
  it.each([
    "S-1-1-0",
    "S-1-5-11",
    "S-1-5-32-544",
    GROUP,
    "S-1-5",
    "S-1-0x123456789abc-1",
    `S-1-15-3-${"1-".repeat(13)}2`,
  ])("%s is the same after it was bytes", (sid) => {
    const bytes = sidBytes(sid);
    expect(readSid(bytes)).toEqual({ sid, length: bytes.length });
  });

  it.each(["", "S-1", "S-2-5-11", "S-1-5-4294967296", "S-1-5-x", "S-1-0x1000000000000-1", `S-1-5${"-1".repeat(16)}`])(
    "is not %j",
    (text) => {
      expect(() => sidBytes(text)).toThrow(MalformedSecurity);
    },
  );

  it("has the bytes that MS-DTYP shows for Administrators", () => {
    expect(sidBytes("S-1-5-32-544").toString("hex")).toBe("01020000000000052000000020020000");
  });
});

describe("the descriptor of a real node", () => {
  const descriptor = readDescriptor(NODE);
  const dacl = daclOf(NODE);

  it("shows owner, group and the entries in their order", () => {
    expect(descriptor.owner).toMatch(/^S-1-5-21-\d+-\d+-\d+-1103$/);
    expect(descriptor.group).toMatch(/-513$/);
    expect(dacl.revision).toBe(4);
    expect(dacl.aces).toHaveLength(29);
    expect(texts(explicitOf(dacl)).map((text) => text.replace(/S-1-5-21-[\d-]+-/, "-"))).toEqual([
      "(A;;WP;;;-1104)",
      "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;-512)",
      "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;S-1-5-9)",
      "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;S-1-5-18)",
      "(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;-1103)",
      "(A;;LCRPLORC;;;S-1-1-0)",
    ]);
    expect(texts(dacl.aces)).toContain(
      "(OA;CIIOID;RP;4c164200-20c0-11d0-a768-00aa006e0529;4828cc14-1437-45bc-9b07-ad6f015e5f28;S-1-5-32-554)",
    );
  });

  it("is written byte for byte as it was", () => {
    expect(descriptorBytes(descriptor).equals(NODE)).toBe(true);
  });

  it("keeps every byte of the other entries when one comes and goes", () => {
    const added = allow(GROUP, READ_WRITE);
    const more = withAce(dacl, added);
    expect(more.aces.filter((ace) => ace !== added).map(({ bytes }) => bytes)).toEqual(
      dacl.aces.map(({ bytes }) => bytes),
    );
    const written = daclOf(descriptorBytes({ ...descriptor, dacl: more }));
    const found = findExplicit(written, aceText(added));
    if (!found) throw new Error("the entry is not there");
    expect(descriptorBytes({ ...descriptor, dacl: withoutAce(written, found) }).equals(NODE)).toBe(true);
  });
});

describe("entries that are not understood", () => {
  it("go through byte for byte, with type and flags in sight", () => {
    const bytes = bytesWith(OBJECT_DENY, CALLBACK, inherited(OTHER, WP));
    const { aces } = daclOf(bytes);
    expect(aces[1]).toEqual(CALLBACK);
    expect(aces[1]?.known).toBeUndefined();
    expect(texts(aces).slice(0, 2)).toEqual([
      `(OD;;WP;70eadc89-46aa-11d0-b9a2-00a0244a6f3e;;${OTHER})`,
      "(XA;;32 bytes)",
    ]);
    expect(descriptorBytes(readDescriptor(bytes)).equals(bytes)).toBe(true);
  });
});

describe("a new entry", () => {
  it("stands after what denies, before what allows, and before everything inherited", () => {
    const added = allow(GROUP, WP);
    const acl = aclOf(deny(OTHER, WP), OBJECT_DENY, allow(KMS01, FULL_CONTROL), inherited(OTHER, WP));
    expect(withAce(acl, added).aces.indexOf(added)).toBe(2);
    expect(withAce(aclOf(inherited(OTHER, WP)), added).aces.indexOf(added)).toBe(0);
    expect(withAce(aclOf(allow(KMS01, WP)), added).aces.indexOf(added)).toBe(0);
    expect(withAce(aclOf(), added).aces).toEqual([added]);
  });

  it("stands before what is inherited where the list is out of order", () => {
    const added = allow(GROUP, WP);
    const acl = aclOf(allow(KMS01, WP), inherited(OTHER, WP), deny(OTHER, WP));
    expect(withAce(acl, added).aces.indexOf(added)).toBe(0);
  });

  it("does not fit into a list of 64 KiB, and says so", () => {
    const full = aclOf(...Array.from({ length: 1820 }, () => allow(GROUP, WP)));
    expect(() => descriptorBytes(descriptorWith(withAce(full, allow(OTHER, WP))))).toThrow(MalformedSecurity);
  });
});

describe("what an account is granted", () => {
  const granted = (...aces: Ace[]) => grantedTo(aclOf(...aces), new Set([GROUP]));

  it("is what its entries allow and no earlier one denies", () => {
    expect(granted(deny(GROUP, WP), allow(GROUP, READ_WRITE)).allowed).toBe(READ_WRITE & ~WP);
    expect(granted(allow(GROUP, READ_WRITE), deny(GROUP, WP)).allowed).toBe(READ_WRITE);
    expect(granted(allow(OTHER, FULL_CONTROL)).allowed).toBe(0);
  });

  it("counts neither entries about one property nor those that only children inherit", () => {
    expect(granted(allow(GROUP, FULL_CONTROL, 0x08 | 0x02)).allowed).toBe(0);
    const object = readAce(Buffer.concat([Buffer.from([5]), OBJECT_DENY.bytes.subarray(1)]), 0);
    expect(grantedTo(aclOf(object), new Set([object.known?.sid ?? ""])).allowed).toBe(0);
  });

  it("takes generic rights for what they mean on a directory object", () => {
    expect(granted(allow(GROUP, 0x10000000)).allowed).toBe(FULL_CONTROL);
    expect(granted(allow(GROUP, 0xc0000000)).allowed).toBe(READ_WRITE);
  });

  it("is everything where there is no list at all, and nothing where it is empty", () => {
    expect(grantedTo(null, new Set([GROUP])).allowed).toBe(FULL_CONTROL);
    expect(granted().allowed).toBe(0);
  });
});

it("masks are written in SDDL's letters, or in hexadecimal where it has none", () => {
  expect(maskText(READ_WRITE)).toBe("LCSWRPWPLORC");
  expect(maskText(0x100000 | WP)).toBe("0x100020");
  expect(maskText(0x80000000)).toBe("GR");
});

describe("bytes that are no descriptor", () => {
  it.each([
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(64)],
    ["a cut one", NODE.subarray(0, 200)],
    [
      "a part that begins in the header",
      Buffer.concat([NODE.subarray(0, 4), Buffer.from([8, 0, 0, 0]), NODE.subarray(8)]),
    ],
  ])("%s is refused by an error of ours", (_what, bytes) => {
    expect(() => readDescriptor(bytes)).toThrow(MalformedSecurity);
  });

  it("give a descriptor or an error of ours, never another error, and what is read is the same after writing", () => {
    const random = randoms(20_261_126);
    const seeds = [
      NODE,
      bytesWith(deny(OTHER, WP), OBJECT_DENY, CALLBACK, allow(GROUP, READ_WRITE), inherited(KMS01, WP)),
    ];
    let [read, refused] = [0, 0];
    for (let round = 0; round < 30_000; round++) {
      const bytes = mutated(seeds[round % 2] ?? NODE, random);
      try {
        const descriptor = readDescriptor(bytes);
        texts(descriptor.dacl?.aces ?? []);
        grantedTo(descriptor.dacl, new Set([GROUP]));
        expect(readDescriptor(descriptorBytes(descriptor))).toEqual(descriptor);
        read++;
      } catch (error) {
        if (!(error instanceof MalformedSecurity)) throw error;
        refused++;
      }
    }
    expect(read).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
  });
});
