import { describe, expect, it } from "vitest";
import type { Props } from "../../../../provider/adapter/props";
import { checkKmsHost } from "../../../../provider/resources/kmsHost/schema";
import { HOST_KEY } from "../shared/fakeMachine";
import { CONNECTION, checkHost, reasonOf, UNKNOWN, withConnection } from "./samples";

describe("values that a preview does not know yet", () => {
  const full: Props = {
    resourceName: "kms01",
    connection: {
      ...CONNECTION,
      port: 22,
      user: "admin",
      password: "p",
      privateKey: "PEM",
      privateKeyPassword: "pp",
      proxy: { host: "jump", hostKey: "insecure-accept-any" },
      timeouts: { connect: 5 },
    },
    productKey: HOST_KEY,
    activation: { method: "online" },
    reactivate: "today",
    listeningPort: 1689,
    dnsPublishing: false,
    publishDomains: [{ domain: "a.example", priority: 1, weight: 2 }],
    lowPriority: true,
    activationInterval: 60,
    renewalInterval: 600,
    role: "spare",
    onDelete: "restore",
  };

  it.each(Object.keys(full).filter((name) => name !== "resourceName"))("are taken for %s and put back", (name) => {
    const { inputs, failures } = checkKmsHost({ ...full, [name]: UNKNOWN });
    expect(failures).toEqual([]);
    expect(inputs[name]).toBe(UNKNOWN);
  });

  it.each(Object.keys(full["connection"] as Props))("are taken for connection.%s and put back", (name) => {
    const connection = { ...(full["connection"] as Props), [name]: UNKNOWN };
    const { inputs, failures } = checkKmsHost({ ...full, connection });
    expect(failures).toEqual([]);
    expect(inputs["connection"]).toEqual(connection);
  });

  it("are taken inside lists", () => {
    const publishDomains = [{ domain: UNKNOWN, priority: 1 }, { domain: "a.example" }];
    expect(checkKmsHost({ ...full, publishDomains })).toMatchObject({ failures: [], inputs: { publishDomains } });
  });

  it("count as given: an unknown key may be activated, and has no companion yet", () => {
    const { inputs, failures } = checkHost({ productKey: UNKNOWN, reactivate: "today" });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ activation: { method: "online" }, licenseStatus: "Licensed" });
    expect(inputs).not.toHaveProperty("partialProductKey");
  });

  it("leave the wanted status open when the method is not known", () => {
    for (const activation of [UNKNOWN, { method: UNKNOWN }]) {
      const { inputs, failures } = checkHost({ productKey: HOST_KEY, activation, reactivate: "today" });
      expect(failures).toEqual([]);
      expect(inputs).not.toHaveProperty("licenseStatus");
      expect(inputs["activation"]).toEqual(activation);
    }
  });

  it("skip the rules that need them, and no others", () => {
    expect(checkHost(withConnection({ hostKey: UNKNOWN })).failures).toEqual([]);
    expect(checkHost(withConnection({ hostKey: undefined, knownHosts: UNKNOWN })).failures).toEqual([]);
    expect(checkHost(withConnection({ privateKey: UNKNOWN, privateKeyPassword: "p" })).failures).toEqual([]);
    expect(checkHost({ activation: UNKNOWN, reactivate: "today" }).failures).toEqual([]);
    expect(reasonOf({ listeningPort: 0, productKey: UNKNOWN })).toContain("listeningPort: 0 is not a TCP port");
    expect(reasonOf({ connection: { host: UNKNOWN } })).toContain("connection.hostKey: is required");
  });
});
