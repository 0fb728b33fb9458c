import { describe, expect, it } from "vitest";
import { encode, type Json, type Props } from "../../../../provider/adapter/props";
import { clientInputsOf, clientOutputs, diffClient } from "../../../../provider/resources/kmsClientConfig/outputs";
import type { KmsClientInputs } from "../../../../provider/resources/kmsClientConfig/schema";
import { HOST_KEY, hostProduct, MACHINE, product, SETUP_KEY } from "../shared/fakeMachine";
import { type ClientState, MAK, observed, pinned, WAITING, wantedClient } from "./samples";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const outs = (state: ClientState, wanted: KmsClientInputs) =>
  clientOutputs(observed(state), wanted, { key: wanted.setupKey === "keep" ? undefined : SETUP_KEY }, MACHINE, {});
/** What the state holds: outputs after they went over the wire. */
const stored = (...args: Parameters<typeof outs>): Props => encode(outs(...args));

const PIN = wantedClient({ kmsHost: "kms01.contoso.com", kmsPort: 1689 });

const converged: [string, ClientState, KmsClientInputs & Props][] = [
  ["defaults", {}, wantedClient()],
  ["a setup key in full", {}, wantedClient({ setupKey: SETUP_KEY })],
  ["any key, kept", MAK, wantedClient({ setupKey: "keep" })],
  ["a fixed host in another spelling", { service: pinned("KMS01.Contoso.com.", 1689) }, PIN],
  ["IPv6 with and without brackets", { service: pinned("[fe80::5]") }, wantedClient({ kmsHost: "fe80::5" })],
  ["an extra key, restored on delete", {}, wantedClient({ extraSetupKeys: [HOST_KEY], onDelete: "restore" })],
  ["not activated, and not to be", { products: [product({ LicenseStatus: 5 })] }, wantedClient({ activate: false })],
  ["waiting for the host's count", WAITING, wantedClient()],
  ["activated by Active Directory", { products: [product({ LicenseStatus: 1, VLActivationType: 1 })] }, wantedClient()],
];

describe("a converged look", () => {
  it.each(converged)("differs in nothing: %s", (_name, state, wanted) => {
    expect(diffClient(stored(state, wanted), wanted)).toEqual([]);
  });

  it.each(converged)("stands for the very inputs that were declared: %s", (_name, state, wanted) => {
    expect(clientInputsOf(stored(state, wanted))).toEqual(encode(wanted));
  });

  it("shows the days that are left until the next activation, and none where there is no limit", () => {
    const licensed = (minutes: number) =>
      stored({ products: [product({ LicenseStatus: 1, GracePeriodRemaining: minutes })] }, wantedClient());
    expect(licensed(259_200)).toMatchObject({ daysLeft: 180 });
    expect(licensed(1439)).toMatchObject({ daysLeft: 0 });
    expect(licensed(0)).not.toHaveProperty("daysLeft");
  });

  it("does not differ by what was only seen", () => {
    const wanted = wantedClient();
    const bag = {
      ...stored({}, wanted),
      discoveredHost: "other",
      findings: ["x"],
      activatedBy: "",
      channel: "Other",
      partialProductKey: "XXXXX",
    };
    expect(diffClient(bag, wanted)).toEqual([]);
  });
});

describe("drift", () => {
  it.each<[string, ClientState]>([
    ["Unlicensed", { products: [product({ LicenseStatus: 0 })] }],
    ["Notification", { products: [product({ LicenseStatus: 5 })] }],
    ["OOBGrace", { products: [product({ LicenseStatus: 2 })] }],
  ])("of the status to %s shows under the inputs' name", (status, state) => {
    const bag = stored(state, wantedClient());
    expect(diffClient(bag, wantedClient())).toEqual(["licenseStatus"]);
    expect(clientInputsOf(bag)["licenseStatus"]).toBe(status);
  });

  it("is not the wait for the host's count, which is a finding", () => {
    const bag = stored(WAITING, wantedClient());
    expect(bag).toMatchObject({
      licenseStatus: "pendingThreshold",
      findings: ["its KMS host answers, and its count is too low yet (0xC004F038); Windows asks again by itself"],
    });
    expect(clientInputsOf(bag)["licenseStatus"]).toBe("Licensed");
  });

  it("of the key puts another key's description in the place of setupKey, and remembers the wanted one", () => {
    const wanted = wantedClient({ setupKey: SETUP_KEY });
    const bag = stored(MAK, wanted);
    expect(bag).toMatchObject({
      setupKey: "another key: ...ABCDE (Volume:MAK)",
      wantedSetupKey: SETUP_KEY,
      partialProductKey: "ABCDE",
      channel: "Volume:MAK",
      activatedBy: "",
    });
    expect(diffClient(bag, wanted)).toEqual(["setupKey"]);
    expect(clientInputsOf(bag)).not.toHaveProperty("wantedSetupKey");
  });

  it("of a key that is gone says so", () => {
    expect(outs({ products: [] }, wantedClient())).toMatchObject({
      setupKey: "no key",
      partialProductKey: "",
      channel: "",
    });
  });

  it.each<[string, ClientState, KmsClientInputs & Props, string[]]>([
    ["another host", { service: pinned("kms02.contoso.com", 1689) }, PIN, ["kmsHost"]],
    ["another port", { service: pinned("kms01.contoso.com") }, PIN, ["kmsPort"]],
    ["discovery", {}, PIN, ["kmsHost", "kmsPort"]],
    ["a host that nobody declared", { service: pinned("kms02", 1700) }, wantedClient(), ["kmsHost", "kmsPort"]],
  ])("of the KMS host to %s is seen", (_name, state, wanted, changed) => {
    expect(diffClient(stored(state, wanted), wanted)).toEqual(changed);
  });
});

describe("a changed declaration", () => {
  it.each<[string, { [name: string]: unknown }, string[]]>([
    ["connection", { connection: { host: "10.0.0.9", hostKey: "insecure-accept-any" } }, ["connection"]],
    ["setupKey", { setupKey: "keep" }, ["setupKey"]],
    ["extraSetupKeys", { extraSetupKeys: [HOST_KEY] }, ["extraSetupKeys"]],
    ["kmsHost", { kmsHost: "kms01" }, ["kmsHost", "kmsPort"]],
    ["activate", { activate: false }, ["activate"]],
    ["onDelete", { onDelete: "restore" }, ["onDelete"]],
  ])("of %s is an update in place", (_name, change, changed) => {
    expect(diffClient(stored({}, wantedClient()), wantedClient(change))).toEqual(changed);
  });

  it("of a host's spelling alone is none", () => {
    const state: ClientState = { service: pinned("kms01.contoso.com", 1689) };
    expect(diffClient(stored(state, PIN), wantedClient({ kmsHost: "KMS01.contoso.com", kmsPort: 1689 }))).toEqual([]);
  });

  it.each(Object.keys(PIN))("counts as changed where %s is not known yet", (name) => {
    const state: ClientState = { service: pinned("kms01.contoso.com", 1689) };
    expect(diffClient(stored(state, PIN), { ...PIN, [name]: UNKNOWN })).toEqual([name]);
  });
});

describe("what is stored", () => {
  it("says how the client was activated", () => {
    const by = (state: ClientState) => outs(state, wantedClient()).activatedBy;
    expect(by({})).toBe("KMS");
    expect(by({ products: [product({ LicenseStatus: 1, VLActivationType: 1 })] })).toBe("AD");
    expect(by({ products: [product({ LicenseStatus: 2, VLActivationType: 1 })] })).toBe("");
  });

  it("says that KMS settings are not in use where Active Directory activated", () => {
    const { findings } = outs({ products: [product({ LicenseStatus: 1, VLActivationType: 1 })] }, wantedClient());
    expect(findings).toEqual(["activated by Active Directory: the KMS settings are set but not in use"]);
  });

  it("says loudly that a host key is on a client", () => {
    const { findings, setupKey } = outs({ products: [hostProduct()] }, wantedClient({ setupKey: "keep" }));
    expect(findings[0]).toBe(
      "a KMS HOST key (...6789B) is installed on this client: it makes an unwanted KMS host and takes one of the key's six hosts",
    );
    expect(setupKey).toBe("keep");
  });

  it("names the discovered host only where discovery is in use", () => {
    const discovered = { DiscoveredKeyManagementServiceMachineName: "kms01.contoso.com" };
    expect(outs({ service: discovered }, wantedClient()).discoveredHost).toBe("kms01.contoso.com");
    expect(outs({ service: { ...discovered, ...pinned("kms02") } }, wantedClient())).not.toHaveProperty(
      "discoveredHost",
    );
  });

  it("says when the last refresh could not look", () => {
    expect(diffClient({ ...stored({}, wantedClient()), lookedAt: false }, wantedClient())).toEqual(["lookedAt"]);
  });

  it("never gives the engine inputs that nobody declared", () => {
    expect(Object.keys(clientInputsOf(stored(WAITING, wantedClient()))).sort()).toEqual(
      Object.keys(wantedClient()).sort(),
    );
    expect(clientInputsOf({ host: "x" } as { [name: string]: Json })).toEqual({});
  });
});
