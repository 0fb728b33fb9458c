import { describe, expect, it } from "vitest";
import type { WmiRow } from "../../../../provider/machine/protocol";
import { clientStatus, eventTrail, wantedKey } from "../../../../provider/resources/kmsClientConfig/observe";
import { pinStep, planClient, samePin } from "../../../../provider/resources/kmsClientConfig/plan";
import type { KmsClientInputs } from "../../../../provider/resources/kmsClientConfig/schema";
import { HELLO, hostProduct, product, SETUP_KEY, typed } from "../shared/fakeMachine";
import {
  AFTER,
  answerEvent,
  type ClientState,
  NOW,
  observed,
  pinned,
  requestEvent,
  WAITING,
  wantedClient,
} from "./samples";

const plan = (state: ClientState, wanted: KmsClientInputs = wantedClient(), key: string | undefined = SETUP_KEY) =>
  planClient(observed(state), wanted, key);
const stepsOf = (...args: Parameters<typeof plan>) => typed(plan(...args));
const with1 = (row: WmiRow): ClientState => ({ products: [product(row)] });
const PIN = wantedClient({ kmsHost: "kms01.contoso.com" });

describe("the plan", () => {
  it("is empty for a client that is as declared", () => {
    expect(plan({})).toEqual({
      steps: [],
      installsKey: false,
      pin: undefined,
      settings: [],
      activates: false,
      restartOwed: false,
    });
    expect(stepsOf({ service: pinned("kms01.contoso.com", 1688) }, PIN)).toEqual([]);
  });

  it("is empty whatever the status where nothing is to be activated", () => {
    expect(stepsOf(with1({ LicenseStatus: 5 }), wantedClient({ activate: false }))).toEqual([]);
  });

  it("installs, looks at the channel, pins, activates, in this order", () => {
    const planned = plan({ products: [] }, PIN);
    expect(typed(planned)).toEqual([`/ipk ${SETUP_KEY}`, "expect Description", "/skms kms01.contoso.com:1688", "/ato"]);
    expect(planned.steps.some(({ restart }) => restart)).toBe(false);
    expect(planned.steps[1]?.op === "expect" && planned.steps[1].args).toMatchObject({
      partialProductKey: SETUP_KEY.slice(-5),
      value: "VOLUME_KMSCLIENT",
    });
    expect(planned.steps[3]).toMatchObject({ when: { property: "LicenseStatus", test: "ne", value: 1 } });
  });

  it.each<[string, WmiRow]>([
    ["a MAK", { Description: "Windows(R) Operating System, VOLUME_MAK channel", PartialProductKey: "ABCDE" }],
    ["a host key", hostProduct()],
    ["another setup key", { PartialProductKey: "ABCDE" }],
    ["a key of another channel that ends alike", { Description: "Windows(R) Operating System, RETAIL channel" }],
  ])("replaces %s and activates, Licensed as it may be", (_name, row) => {
    expect(stepsOf(with1({ ...row, LicenseStatus: 1 }))).toEqual([`/ipk ${SETUP_KEY}`, "expect Description", "/ato"]);
  });

  it("keeps any key where it is told to", () => {
    const mak = { Description: "Windows(R) Operating System, VOLUME_MAK channel", PartialProductKey: "ABCDE" };
    const keep = wantedClient({ setupKey: "keep" });
    expect(planClient(observed(with1({ ...mak, LicenseStatus: 1 })), keep, undefined).steps).toEqual([]);
    const planned = planClient(observed(with1({ ...mak, LicenseStatus: 2 })), keep, undefined);
    expect(typed(planned)).toEqual(["/ato"]);
    expect(planned.steps[0]).toMatchObject({ when: { partialProductKey: "" } });
  });

  it.each([0, 2, 3, 4, 5, 6])("asks again at status %i, which costs nothing", (LicenseStatus) => {
    expect(stepsOf(with1({ LicenseStatus }))).toEqual(["/ato"]);
  });

  it("takes a fixed host that nobody declared away", () => {
    const planned = plan({ service: pinned("old.contoso.com", 1700) });
    expect(typed(planned)).toEqual(["/ckms"]);
    expect(planned.pin).toMatchObject({ was: { host: "old.contoso.com", port: 1700 }, set: null });
  });

  it("changes a host for its port alone", () => {
    expect(stepsOf({ service: pinned("kms01.contoso.com", 1700) }, PIN)).toEqual(["/skms kms01.contoso.com:1688"]);
  });
});

describe("a fixed KMS host", () => {
  it.each([
    ["kms01.contoso.com", "KMS01.Contoso.COM"],
    ["kms01.contoso.com", "kms01.contoso.com."],
    ["KMS01", "kms01"],
    ["10.0.0.5", "10.0.0.5"],
    ["fe80::5", "[fe80::5]"],
    ["[FE80::5]", "fe80::5"],
  ])("%s is the same as %s", (declared, seen) => {
    expect(samePin({ host: declared, port: 1688 }, { host: seen, port: 1688 })).toBe(true);
    expect(stepsOf({ service: pinned(seen) }, wantedClient({ kmsHost: declared }))).toEqual([]);
  });

  it("differs by name, by port, and from discovery", () => {
    const pin = { host: "kms01", port: 1688 };
    expect(samePin(pin, { ...pin, host: "kms02" })).toBe(false);
    expect(samePin(pin, { ...pin, port: 1689 })).toBe(false);
    expect(samePin(pin, null)).toBe(false);
    expect(samePin(null, null)).toBe(true);
  });

  it.each([
    ["kms01.contoso.com", "kms01.contoso.com:1689"],
    ["KMS01", "KMS01:1689"],
    ["10.0.0.5", "10.0.0.5:1689"],
    ["fe80::5", "[fe80::5]:1689"],
    ["[fe80::5]", "[fe80::5]:1689"],
  ])("%s is set as slmgr /skms takes it", (host, text) => {
    expect(typed({ steps: [pinStep({ host, port: 1689 })] })).toEqual([`/skms ${text}`]);
  });
});

describe("the wanted key", () => {
  it('is the one of edition and build for "auto", none for "keep", else itself', () => {
    expect(wantedKey("auto", HELLO)).toEqual({ key: SETUP_KEY });
    expect(wantedKey("keep", HELLO)).toEqual({ key: undefined });
    expect(wantedKey("NW6C2-QMPVW-D7KKK-3GKT6-VCFB2", HELLO)).toEqual({ key: "NW6C2-QMPVW-D7KKK-3GKT6-VCFB2" });
  });

  it("is a reason where the edition has none", () => {
    expect(wantedKey("auto", { ...HELLO, editionId: "ServerDatacenterEval" })).toMatchObject({
      reason: expect.stringContaining("evaluation copy"),
    });
  });
});

describe("the status", () => {
  it.each([
    [0, "Unlicensed"],
    [1, "Licensed"],
    [2, "OOBGrace"],
    [3, "OOTGrace"],
    [4, "NonGenuineGrace"],
    [5, "Notification"],
    [6, "ExtendedGrace"],
  ])("%i reads %s", (LicenseStatus, name) => {
    expect(clientStatus(observed(with1({ LicenseStatus })))).toBe(name);
  });

  it("is pendingThreshold while the newest answer says that the count is too low", () => {
    expect(clientStatus(observed(WAITING))).toBe("pendingThreshold");
  });

  it.each<[string, ClientState, string]>([
    [
      "a newer answer says otherwise",
      { ...WAITING, events: [answerEvent("0x0"), answerEvent("0xC004F038", NOW)] },
      "OOBGrace",
    ],
    [
      "a newer request got no answer",
      { ...WAITING, events: [requestEvent("0xC004F074", "k:1688"), answerEvent("0xC004F038", NOW)] },
      "OOBGrace",
    ],
    ["it is Licensed by now", { ...WAITING, products: [product({ LicenseStatus: 1 })] }, "Licensed"],
    ["there is no event", { ...WAITING, events: [] }, "OOBGrace"],
    ["there is no product", { ...WAITING, products: [] }, "Unlicensed"],
  ])("is not pendingThreshold when %s", (_name, state, status) => {
    expect(clientStatus(observed(state))).toBe(status);
  });
});

describe("the client's own events", () => {
  it.each<[string, string[]]>([
    ["in one text", ["0xC004F074,0x00000000,kms01:1688,cmid"]],
    ["one by one", ["0xC004F074", "0x0", "kms01:1688", "cmid"]],
    ["with a leading whole", ["all of it: 0xC004F074 kms01", "0xc004f074", "0x0", "kms01:1688"]],
  ])("are read %s", (_name, strings) => {
    const { events } = observed({ events: [{ id: 12288, type: "information", time: NOW, strings }] });
    expect(events).toEqual([{ id: 12288, time: NOW, code: "0xC004F074", server: "kms01:1688" }]);
  });

  it("tell at most three lines since the attempt, with meanings", () => {
    const old = requestEvent("0xC004F074", "old:1688", "2026-11-23T09:00:00Z");
    const seen = observed({ events: [answerEvent("0xC004F042"), requestEvent("0x0", "kms01:1688", NOW), old] });
    const trail = eventTrail(seen, NOW);
    expect(trail).toMatch(/^ Events: 12289 answer: 0xC004F042 \(.+\); 12288 asked kms01:1688: sent\.$/);
    expect(trail).not.toContain("old:1688");
    const many = observed({ events: Array.from({ length: 6 }, () => answerEvent("0x0", AFTER)) });
    expect(eventTrail(many, NOW).split(";")).toHaveLength(3);
  });

  it("tell nothing where there are none", () => {
    expect(eventTrail(observed({}), NOW)).toBe("");
  });
});
