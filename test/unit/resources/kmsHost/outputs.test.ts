import { describe, expect, it } from "vitest";
import { encode, type Json, type Props } from "../../../../provider/adapter/props";
import {
  diffHost,
  hostInputsOf,
  hostOutputs,
  type KmsHostOutputs,
} from "../../../../provider/resources/kmsHost/outputs";
import type { KmsHostInputs } from "../../../../provider/resources/kmsHost/schema";
import { HOST_KEY, hostProduct, MACHINE, product } from "../shared/fakeMachine";
import {
  type HostState,
  keyless,
  NO_HOST,
  OTHER_COLUMNS,
  OTHER_SETTINGS,
  observed,
  UNKNOWN,
  wantedHost,
} from "./samples";

const SETTINGS = {
  ...OTHER_SETTINGS,
  publishDomains: [
    { domain: "b.example", priority: 1, weight: 2 },
    { domain: "a.example", priority: 0, weight: 0 },
  ],
};
/** A host with all of SETTINGS, its list in Windows' own order and spelling. */
const SET: HostState = {
  service: OTHER_COLUMNS,
  publishList: ["A.EXAMPLE", "b.example,1,2"],
  listeners: [1689],
};

const HISTORY = { memory: undefined, changes: {}, restarted: false };
function outs(state: HostState, wanted: KmsHostInputs, over: Partial<Parameters<typeof hostOutputs>[3]> = {}) {
  return hostOutputs(observed(state), wanted, MACHINE, { ...HISTORY, ...over });
}
/** What the state holds: outputs after they went over the wire. */
const stored = (...args: Parameters<typeof outs>): Props => encode(outs(...args));

const converged: [string, HostState, KmsHostInputs & Props][] = [
  ["defaults", {}, wantedHost()],
  ["no key declared", {}, keyless()],
  ["all settings, the list in another order", SET, wantedHost(SETTINGS)],
  ["a spare with reactivate", {}, wantedHost({ role: "spare", onDelete: "restore", reactivate: "today" })],
  [
    "a host key that stays unactivated",
    { products: [hostProduct({ LicenseStatus: 5 })] },
    wantedHost({ activation: { method: "none" } }),
  ],
  [
    "no host yet, settings waiting",
    { products: [hostProduct({ LicenseStatus: 2, IsKeyManagementServiceMachine: 0 })], listeners: [] },
    wantedHost({ ...SETTINGS, activation: { method: "none" } }),
  ],
];

describe("a converged look", () => {
  it.each(converged)("differs in nothing: %s", (_name, state, wanted) => {
    expect(diffHost(stored(state, wanted), wanted)).toEqual([]);
  });

  it.each(converged.slice(0, -1))("stands for the very inputs that were declared: %s", (_name, state, wanted) => {
    expect(hostInputsOf(stored(state, wanted))).toEqual(encode(wanted));
  });

  it("keeps the declared order of the publish list, so that no order is drift", () => {
    expect(outs(SET, wantedHost(SETTINGS)).publishDomains).toEqual(SETTINGS.publishDomains);
  });

  it("echoes secrets, which later operations need", () => {
    const wanted = wantedHost({ connection: { host: "kms01", hostKey: "insecure-accept-any", password: "p" } });
    expect(outs({}, wanted)).toMatchObject({ productKey: HOST_KEY, connection: { password: "p" } });
  });

  it("does not differ by counts, counters, findings or the machine's name", () => {
    const wanted = wantedHost();
    const busy = hostProduct({ KeyManagementServiceCurrentCount: 2, KeyManagementServiceTotalRequests: 999 });
    const bag: Props = { ...stored({ products: [busy] }, wanted), machine: { ...MACHINE, name: "RENAMED" } };
    expect(bag["findings"]).not.toEqual([]);
    expect(diffHost(bag, wanted)).toEqual([]);
  });
});

describe("drift", () => {
  it.each<[string, HostState]>([
    ["listeningPort", { service: { KeyManagementServiceListeningPort: 1700 }, listeners: [1700] }],
    ["dnsPublishing", { service: { KeyManagementServiceDnsPublishing: false } }],
    ["lowPriority", { service: { KeyManagementServiceLowPriority: true } }],
    ["activationInterval", { service: { VLActivationInterval: 15 } }],
    ["renewalInterval", { service: { VLRenewalInterval: 43_200 } }],
    ["publishDomains", { publishList: ["a.example"] }],
    ["licenseStatus", { products: [hostProduct({ LicenseStatus: 5 })] }],
    ["restartOwed", { marker: true }],
    ["restartOwed", { listeners: [1700] }],
  ])("of %s is that difference and no other, and shows in the inputs", (name, state) => {
    const wanted = wantedHost();
    const bag = stored(state, wanted);
    expect(diffHost(bag, wanted)).toEqual([name]);
    if (name !== "restartOwed") expect(hostInputsOf(bag)[name]).not.toEqual(wanted[name]);
  });

  it("of the key shows by its last five characters", () => {
    const wanted = wantedHost();
    const bag = stored(
      { products: [product({ LicenseStatus: 1, PartialProductKey: "ABCDE" })], listeners: [] },
      wanted,
    );
    expect(bag).toMatchObject({ partialProductKey: "ABCDE", isKmsHost: false });
    expect(diffHost(bag, wanted)).toEqual(["partialProductKey"]);
  });

  it("of a machine without any key shows too", () => {
    const wanted = wantedHost();
    expect(outs({ products: [], listeners: [] }, wanted)).toMatchObject({
      partialProductKey: "",
      licenseStatus: "Unlicensed",
    });
    expect(diffHost(stored({ products: [], listeners: [] }, wanted), wanted)).toEqual([
      "partialProductKey",
      "licenseStatus",
    ]);
  });

  it("is none where the program declares no key or no activation", () => {
    const state: HostState = { products: [hostProduct({ LicenseStatus: 5, PartialProductKey: "ABCDE" })] };
    expect(diffHost(stored(state, keyless()), keyless())).toEqual([]);
    const idle = wantedHost({ activation: { method: "none" } });
    expect(diffHost(stored({ products: [hostProduct({ LicenseStatus: 5 })] }, idle), idle)).toEqual([]);
  });
});

describe("a changed declaration", () => {
  it.each<[string, { [name: string]: unknown }, string[]]>([
    ["connection", { connection: { host: "10.0.0.9", hostKey: "insecure-accept-any" } }, ["connection"]],
    ["role", { role: "spare" }, ["role"]],
    ["onDelete", { onDelete: "restore" }, ["onDelete"]],
    ["reactivate", { reactivate: "today" }, ["reactivate"]],
    ["listeningPort", { listeningPort: 1689 }, ["listeningPort"]],
    ["activation", { activation: { method: "none" } }, ["activation"]],
    ["productKey", { productKey: "CCCCC-DDDDD-FFFFF-GGGGG-HHHHH" }, ["productKey", "partialProductKey"]],
  ])("of %s is an update in place", (_name, change, changed) => {
    expect(diffHost(stored({}, wantedHost()), wantedHost(change)).sort()).toEqual(changed.sort());
  });

  it.each(Object.keys(wantedHost({ reactivate: "a" })))("counts as changed where %s is not known yet", (name) => {
    const wanted = wantedHost({ reactivate: "a" });
    expect(diffHost(stored({}, wanted), { ...wanted, [name]: UNKNOWN })).toEqual([name]);
  });

  it("of a setting waits while the machine is no host", () => {
    const bag = stored(NO_HOST, keyless());
    expect(diffHost(bag, keyless({ listeningPort: 1689 }))).toEqual([]);
    const unknownPort: Props = { ...encode(keyless()), listeningPort: UNKNOWN };
    expect(diffHost(bag, unknownPort)).toEqual(["listeningPort"]);
  });
});

describe("what the state remembers", () => {
  it("says when the last refresh could not look, and the next look forgets it", () => {
    const wanted = wantedHost();
    const kept: Props = { ...stored({}, wanted), lookedAt: false };
    expect(diffHost(kept, wanted)).toEqual(["lookedAt"]);
    const again = hostOutputs(observed({}), hostInputsOf(kept) as unknown as KmsHostInputs, MACHINE, HISTORY);
    expect(again).not.toHaveProperty("lookedAt");
  });

  it("never gives the engine inputs that nobody declared", () => {
    const names = Object.keys(
      hostInputsOf(stored({ marker: true }, wantedHost(), { memory: { partialProductKey: "6789B", licensed: true } })),
    );
    expect(names.sort()).toEqual(Object.keys(wantedHost()).sort());
    expect(hostInputsOf(stored({}, keyless()))).not.toHaveProperty("partialProductKey");
    expect(hostInputsOf(stored({}, keyless()))).not.toHaveProperty("licenseStatus");
    expect(hostInputsOf({ host: "x" } as { [name: string]: Json })).toEqual({});
  });

  it("holds no empty parts", () => {
    const bare = outs(
      {
        products: [
          hostProduct({ KeyManagementServiceCurrentCount: 4_294_967_295, KeyManagementServiceTotalRequests: 0 }),
        ],
      },
      wantedHost(),
    );
    for (const name of ["currentCount", "requests", "changed", "lastActivation", "restartOwed", "lookedAt"]) {
      expect(bare).not.toHaveProperty(name);
    }
  });

  it("takes a closed port right after a restart for a finding, and for a debt at the next look", () => {
    const silent: HostState = { listeners: [] };
    expect(outs(silent, wantedHost(), { restarted: true })).not.toHaveProperty("restartOwed");
    expect(outs(silent, wantedHost())).toHaveProperty("restartOwed", true);
  });
});

describe("a machine that serves Windows and Office", () => {
  const OFFICE = {
    ID: "33333333-0000-0000-0000-000000000000",
    ApplicationID: "0ff1ce15-a989-479d-af46-f275c6370663",
    Name: "Office 24, Office24KMSHostVL_KMS_Host edition",
    Description: "Office 24, VOLUME_KMS channel",
    PartialProductKey: "HHHHH",
    KeyManagementServiceCurrentCount: 3,
    RequiredClientCount: 5,
    KeyManagementServiceTotalRequests: 4,
  };
  const state: HostState = { products: [hostProduct(OFFICE), hostProduct()] };

  it("shows count, threshold and requests of each product, and those of Windows as its own, wherever Office stands", () => {
    const { currentCount, requiredCount, requests, servedProducts, partialProductKey } = outs(state, keyless());
    expect({ currentCount, requiredCount, requests }).toEqual({
      currentCount: 30,
      requiredCount: 25,
      requests: { Total: 40 },
    });
    expect(partialProductKey).toBe(HOST_KEY.slice(-5));
    expect(servedProducts).toEqual([
      expect.objectContaining({ currentCount: 30, requiredCount: 25, requests: { Total: 40 } }),
      { name: OFFICE.Name, currentCount: 3, requiredCount: 5, requests: { Total: 4 } },
    ]);
  });

  it("says of each whether its count is too low", () => {
    expect(outs(state, wantedHost()).findings).toEqual([
      `count 3 of ${OFFICE.Name}: its clients are activated from 5 on`,
    ]);
    expect(outs(state, wantedHost({ role: "spare" })).findings).toEqual([]);
  });

  it("is not told of where there is one product", () => {
    expect(outs({}, wantedHost())).not.toHaveProperty("servedProducts");
  });
});

describe("findings", () => {
  const of = (state: HostState, wanted: KmsHostInputs = wantedHost(), restarted = false): KmsHostOutputs["findings"] =>
    outs(state, wanted, { restarted }).findings;
  const counting = (count: number, threshold: number): HostState => ({
    products: [hostProduct({ KeyManagementServiceCurrentCount: count, RequiredClientCount: threshold })],
  });

  it("name a count below the threshold of the host's product, and never less than five, of a primary only", () => {
    const low = (count: number) => `count ${count}: servers and Office are activated from 5 on, client Windows from 25`;
    expect(of(counting(4, 5))).toEqual([low(4)]);
    expect(of(counting(5, 5))).toEqual([]);
    expect(of(counting(4, 0))).toEqual([low(4)]);
    expect(of(counting(24, 25))).toEqual([low(24)]);
    expect(of(counting(25, 25))).toEqual([]);
    expect(of(counting(4, 5), wantedHost({ role: "spare" }))).toEqual([]);
  });

  it("name a port that nothing serves, and whether a restart was tried", () => {
    const closed: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1688] };
    const wanted = wantedHost({ listeningPort: 1689 });
    expect(of(closed, wanted)).toEqual([
      "set to TCP 1689, but nothing listens there: sppsvc has not been restarted since, or did not start",
    ]);
    expect(of(closed, wanted, true)).toEqual(["sppsvc was restarted, and nothing listens on TCP 1689 yet"]);
  });

  it("name what waits on a machine that is no host yet", () => {
    const state: HostState = { products: [hostProduct({ LicenseStatus: 2, IsKeyManagementServiceMachine: 0 })] };
    expect(of(state, wantedHost({ listeningPort: 1689, lowPriority: true, activation: { method: "none" } }))).toEqual([
      "no KMS host yet: its key is OOBGrace; listeningPort, lowPriority are set once it is activated",
    ]);
    expect(of(state, wantedHost({ activation: { method: "none" } }))).toEqual(["no KMS host yet: its key is OOBGrace"]);
    const other: HostState = {
      products: [hostProduct({ PartialProductKey: "HHHHH", IsKeyManagementServiceMachine: 0 })],
    };
    expect(of(other, wantedHost({}))).toEqual(["no KMS host yet: its key is not installed"]);
  });
});
