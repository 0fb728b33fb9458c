import { describe, expect, it } from "vitest";
import { parsePublishList, publishLine, samePublishList } from "../../../../provider/resources/kmsHost/observe";
import { type HostPlan, planHost } from "../../../../provider/resources/kmsHost/plan";
import type { KmsHostInputs } from "../../../../provider/resources/kmsHost/schema";
import type { ActivationMemory } from "../../../../provider/resources/shared/spending";
import { HOST_KEY, hostProduct, product, typed } from "../shared/fakeMachine";
import { type HostState, keyless, NO_HOST, OTHER_COLUMNS, OTHER_SETTINGS, observed, wantedHost } from "./samples";

const LICENSED: ActivationMemory = { partialProductKey: "6789B", licensed: true };

function plan(state: HostState, wanted: KmsHostInputs = wantedHost(), memory?: ActivationMemory): HostPlan {
  return planHost(observed(state), wanted, { memory, sameKey: true });
}
const stepsOf = (...args: Parameters<typeof plan>) => typed(plan(...args));

const ALL_SETTINGS = {
  ...OTHER_SETTINGS,
  publishDomains: [{ domain: "a.example", priority: 1, weight: 2 }],
};
const INSTALL = [`/ipk ${HOST_KEY}`, "expect Description"];

describe("a host that is as it should be", () => {
  it("has an empty plan", () => {
    expect(plan({})).toMatchObject({ steps: [], restartOwed: false, installsKey: false, spending: "licensed" });
    expect(plan({}, keyless())).toMatchObject({ steps: [], restartOwed: false, spending: "notAsked" });
  });

  it("has an empty plan with all settings set", () => {
    const state: HostState = {
      service: OTHER_COLUMNS,
      publishList: ["A.Example.,1, 2"],
      listeners: [1689],
    };
    expect(plan(state, wantedHost(ALL_SETTINGS))).toMatchObject({ steps: [], restartOwed: false });
  });
});

describe("one difference", () => {
  it.each<[string, unknown, string[]]>([
    ["listeningPort", 1689, ["/sprt 1689"]],
    ["dnsPublishing", false, ["/cdns"]],
    ["lowPriority", true, ["/cpri"]],
    ["activationInterval", 15, ["/sai 15"]],
    ["renewalInterval", 43_200, ["/sri 43200"]],
    [
      "publishDomains",
      [{ domain: "a.example" }, { domain: "b.example", priority: 10, weight: 5 }],
      ["write DnsDomainPublishList: a.example, 0, 0 | b.example, 10, 5"],
    ],
  ])("of %s is one step, which needs the restart", (name, value, steps) => {
    const planned = plan({}, wantedHost({ [name]: value }));
    expect(typed(planned)).toEqual(steps);
    expect(planned.steps.every(({ restart }) => restart)).toBe(true);
    expect(planned.changes).toMatchObject([{ name }]);
    expect(planned.restartOwed).toBe(false);
  });

  it.each<[string, HostState, string[]]>([
    ["a port", { service: { KeyManagementServiceListeningPort: 1700 }, listeners: [1700] }, ["/sprt 1688"]],
    ["DNS publishing", { service: { KeyManagementServiceDnsPublishing: false } }, ["/sdns"]],
    ["low priority", { service: { KeyManagementServiceLowPriority: true } }, ["/spri"]],
    ["a publish list", { publishList: ["a.example, 0, 0"] }, ["delete DnsDomainPublishList"]],
  ])("of %s that nobody declared goes back to the default", (_name, state, steps) => {
    expect(stepsOf(state)).toEqual(steps);
  });
});

describe("a machine without the key", () => {
  it("gets key, check of the channel, activation, then the settings", () => {
    const planned = plan(NO_HOST, wantedHost(ALL_SETTINGS));
    expect(typed(planned)).toEqual([
      ...INSTALL,
      "/ato",
      "/sprt 1689",
      "/cdns",
      "/cpri",
      "/sai 60",
      "/sri 600",
      "write DnsDomainPublishList: a.example, 1, 2",
    ]);
    expect(planned).toMatchObject({ installsKey: true, spending: "attempt", deferred: [] });
    expect(planned.steps[1]).toEqual({
      op: "expect",
      args: { partialProductKey: "6789B", property: "Description", test: "match", value: "VOLUME_KMS(?!CLIENT)" },
    });
    expect(planned.steps[2]).toMatchObject({
      when: { partialProductKey: "6789B", property: "LicenseStatus", test: "ne", value: 1 },
    });
  });

  it("gets the key and nothing else where nothing is to be activated; its settings wait", () => {
    const planned = plan(NO_HOST, wantedHost({ ...ALL_SETTINGS, activation: { method: "none" } }));
    expect(typed(planned)).toEqual(INSTALL);
    expect(planned.changes).toEqual([]);
    expect(planned.deferred.map(({ name }) => name)).toEqual(Object.keys(ALL_SETTINGS));
  });

  it("gets the key back and spends nothing when that key was Licensed here before", () => {
    const planned = plan(NO_HOST, wantedHost({ listeningPort: 1689 }), LICENSED);
    expect(typed(planned)).toEqual(INSTALL);
    expect(planned).toMatchObject({ spending: "needsReactivate", changes: [], deferred: [{ name: "listeningPort" }] });
  });
});

describe("the key and its activation, in every combination", () => {
  const products = {
    absent: [product({ LicenseStatus: 1 })],
    unlicensed: [hostProduct({ LicenseStatus: 5 })],
    licensed: [hostProduct()],
  };
  const cases = (["absent", "unlicensed", "licensed"] as const).flatMap((key) =>
    (["online", "none"] as const).flatMap((method) =>
      [undefined, LICENSED].flatMap((memory) =>
        [undefined, "today"].map((reactivate) => ({ key, method, memory, reactivate })),
      ),
    ),
  );

  it.each(cases.filter(({ method, reactivate }) => method === "online" || !reactivate))("%j", (each) => {
    const { key, method, memory, reactivate } = each;
    const attempt = method === "online" && key !== "licensed" && (!memory || reactivate !== undefined);
    const wanted = wantedHost({ activation: { method }, ...(reactivate ? { reactivate } : {}) });
    const state = { products: products[key], ...(key === "absent" ? { listeners: [135] } : {}) };
    expect(stepsOf(state, wanted, memory)).toEqual([
      ...(key === "absent" ? [`/ipk ${HOST_KEY}`] : []),
      ...(key === "absent" || attempt ? ["expect Description"] : []),
      ...(attempt ? ["/ato"] : []),
    ]);
  });
});

describe("an activation", () => {
  it("names the product where the key is not on the one that slmgr would take", () => {
    const key = hostProduct({ LicenseStatus: 5, IsKeyManagementServiceMachine: 0 });
    const planned = plan({ products: [product({ LicenseStatus: 1 }), key] });
    const activation = planned.steps.find((step) => step.op === "slmgr");
    expect(activation?.args).toEqual({ verb: "/ato", activationId: key["ID"] });
  });

  it("is guarded by the channel also where the key was there already: a MAK must not spend", () => {
    const mak = hostProduct({
      Description: "Windows(R) Operating System, VOLUME_MAK channel",
      LicenseStatus: 2,
      IsKeyManagementServiceMachine: 0,
    });
    expect(stepsOf({ products: [mak] })).toEqual(["expect Description", "/ato"]);
  });
});

describe("settings of a machine that is no host yet", () => {
  it("wait as well where the declared key takes the place of an activated one", () => {
    const state: HostState = { products: [hostProduct({ PartialProductKey: "HHHHH" })] };
    const planned = plan(state, wantedHost({ listeningPort: 1689, activation: { method: "none" } }));
    expect(typed(planned)).toEqual(INSTALL);
    expect(planned.deferred).toMatchObject([{ name: "listeningPort" }]);
  });

  it("wait where no operation makes it one", () => {
    const state: HostState = { products: [hostProduct({ LicenseStatus: 5, IsKeyManagementServiceMachine: 0 })] };
    const planned = plan(state, wantedHost({ listeningPort: 1689, activation: { method: "none" } }));
    expect(planned).toMatchObject({
      steps: [],
      changes: [],
      deferred: [{ name: "listeningPort", was: 1688, set: 1689 }],
    });
  });
});

describe("a restart is owed", () => {
  it("when a killed run left its marker, although nothing else differs", () => {
    expect(plan({ marker: true })).toMatchObject({ steps: [], restartOwed: true });
  });

  it("when KMS serves another port than it is set to, whoever set it", () => {
    const state: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1688] };
    expect(plan(state, wantedHost({ listeningPort: 1689 }))).toMatchObject({ steps: [], restartOwed: true });
  });

  it("not when the host is not Licensed: it serves nothing then", () => {
    const state: HostState = { products: [hostProduct({ LicenseStatus: 5 })], listeners: [] };
    expect(plan(state, wantedHost({ activation: { method: "none" } })).restartOwed).toBe(false);
    expect(plan(NO_HOST, wantedHost({ activation: { method: "none" } })).restartOwed).toBe(false);
  });
});

describe("the publish list", () => {
  it.each<[string, string[], [string, number, number][]]>([
    ["as written by us", ["contoso.com, 10, 5"], [["contoso.com", 10, 5]]],
    ["without spaces", ["contoso.com,10,5"], [["contoso.com", 10, 5]]],
    ["with many", ["  contoso.com ,  10 ,5  "], [["contoso.com", 10, 5]]],
    ["without weight", ["contoso.com, 10"], [["contoso.com", 10, 0]]],
    ["without priority", ["contoso.com"], [["contoso.com", 0, 0]]],
    ["in capitals and with a final dot", ["CONTOSO.com., 1, 2"], [["contoso.com", 1, 2]]],
    ["with words for numbers", ["contoso.com, high, low"], [["contoso.com", 0, 0]]],
    ["with empty lines", ["", "contoso.com", " , 1"], [["contoso.com", 0, 0]]],
  ])("is read %s", (_name, lines, expected) => {
    expect(parsePublishList(lines)).toEqual(
      expected.map(([domain, priority, weight]) => ({ domain, priority, weight })),
    );
  });

  it("reads back what it writes", () => {
    const list = [{ domain: "a.example", priority: 65_535, weight: 0 }];
    expect(parsePublishList(list.map(publishLine))).toEqual(list);
  });

  it("is the same in another order, and another with another number or domain", () => {
    const [a, b] = [
      { domain: "a.example", priority: 0, weight: 0 },
      { domain: "b.example", priority: 1, weight: 2 },
    ];
    expect(samePublishList([a, b], [b, a])).toBe(true);
    expect(samePublishList([a, b], [a])).toBe(false);
    expect(samePublishList([a], [{ ...a, priority: 1 }])).toBe(false);
    expect(samePublishList([a], [{ ...a, weight: 1 }])).toBe(false);
    expect(samePublishList([], [])).toBe(true);
  });
});
