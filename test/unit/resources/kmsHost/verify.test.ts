import { describe, expect, it } from "vitest";
import type { MachineEvent, ReadOutcome } from "../../../../provider/machine/protocol";
import { done, FakeMachine, hostProduct, product } from "../shared/fakeMachine";
import { create, update } from "./operate";
import { type HostState, hostReads, wantedHost } from "./samples";

const NOW = "2026-11-23T10:00:00Z";
const log = (events: MachineEvent[]): ReadOutcome => ({ ok: true, result: { exists: true, now: NOW, events } });
const seen = (state: HostState, publishing: MachineEvent[] = [], requests: MachineEvent[] = []) =>
  done([...hostReads(state), log(publishing), log(requests)]);
const result = (domain: string, code?: string): MachineEvent =>
  code === undefined
    ? { id: 12294, type: "information", time: "2026-11-23T10:00:01Z", strings: [domain] }
    : { id: 12293, type: "error", time: "2026-11-23T10:00:01Z", strings: [code, domain] };
const request = (name: string, cmid: string): MachineEvent => ({
  id: 12290,
  type: "information",
  time: NOW,
  strings: ["0x0", "25", name, cmid, "2026/11/23 10:00"],
});

const SET: HostState = { service: { KeyManagementServiceListeningPort: 1689 }, listeners: [1689] };
const wanted = wantedHost({ listeningPort: 1689 });

describe("after a restart of sppsvc", () => {
  it("asks no further when the log already tells of every domain", async () => {
    const machine = new FakeMachine(seen({}), seen(SET, [result("contoso.com")]));
    const { outs } = await create(machine, wanted);
    expect(outs).toMatchObject({ publishing: [{ domain: "contoso.com", ok: true }], findings: [] });
  });

  it("says what publishing failed with", async () => {
    const machine = new FakeMachine(seen({}), seen(SET, [result("contoso.com", "0x8007232A")]));
    const { outs } = await create(machine, wanted);
    expect(outs).toMatchObject({ publishing: [{ domain: "contoso.com", ok: false, code: "0x8007232A" }] });
    expect(outs["findings"]).toEqual([
      expect.stringMatching(/^publishing into contoso\.com failed \(0x8007232A\): .+/),
    ]);
  });

  it("touches nothing and waits for nothing when nothing was restarted, or nothing is to be published", async () => {
    const still = new FakeMachine(seen(SET));
    await create(still, wanted);
    expect(still.batches).toHaveLength(1);
    const quiet = { ...SET, service: { ...SET.service, KeyManagementServiceDnsPublishing: false } };
    const machine = new FakeMachine(seen({}), seen(quiet, [result("contoso.com")]));
    const { outs } = await create(machine, wantedHost({ listeningPort: 1689, dnsPublishing: false }));
    expect(outs).not.toHaveProperty("publishing");
  });

  it("does not wait where the program says so", async () => {
    const machine = new FakeMachine(seen({}), seen(SET));
    await create(machine, wantedHost({ listeningPort: 1689, verifyPublishing: false }));
    expect(machine.batches).toHaveLength(2);
  });
});

describe("waiting", () => {
  it("ends with the result, and with a finding where none can be read any more", async () => {
    const slow = new FakeMachine(seen({}), seen(SET), seen(SET, [result("contoso.com")]));
    expect((await create(slow, wanted)).outs["findings"]).toEqual([]);
    expect(slow.batches).toHaveLength(3);
    const broken = new FakeMachine(seen({}), seen(SET), () => {
      throw new Error("gone");
    });
    expect((await create(broken, wanted)).outs["findings"]).toEqual([
      "nothing was logged about publishing into contoso.com (12294 or 12293) after the restart of sppsvc",
    ]);
  });
});

describe("clients", () => {
  const A = "a1b2c3d4-0000-1111-2222-333344445555";

  it("that asked last are shown, ten at most, and clones are a finding", async () => {
    const requests = Array.from({ length: 12 }, (_, index) =>
      request(`PC${index}`, index < 2 ? A : A.replace("5555", `5${100 + index}`)),
    );
    const { outs } = await create(new FakeMachine(seen({}, [], requests)));
    expect(outs["recentClients"]).toHaveLength(10);
    expect(outs["findings"]).toEqual([
      expect.stringContaining(`2 names share the client id ${A} and are counted once: pc0, pc1`),
    ]);
    expect(JSON.stringify(outs).length).toBeLessThan(2560);
  });

  it("that are many while the count stays at one are a finding", async () => {
    const stuck = hostProduct({ KeyManagementServiceCurrentCount: 1, KeyManagementServiceTotalRequests: 40 });
    const { outs } = await create(new FakeMachine(seen({ products: [stuck] })));
    expect(outs["findings"]).toContainEqual(expect.stringContaining("the count stays at 1 although 40 requests came"));
  });
});

it("grace of a host key is shown in days, and other hardware is said", async () => {
  const moved = hostProduct({ LicenseStatus: 3, LicenseStatusReason: 0xc004f00f, GracePeriodRemaining: 14_400 });
  const outs = await update(
    new FakeMachine(seen({ products: [moved, product({})] })),
    (await create(new FakeMachine(seen({})))).outs,
    wantedHost({ activation: { method: "none" } }),
  );
  expect(outs).toMatchObject({ daysLeft: 10, licenseStatus: "OOTGrace" });
  expect(outs["findings"]).toContainEqual(expect.stringContaining("hardware changed since the activation of ...6789B"));
});
