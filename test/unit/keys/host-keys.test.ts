import { describe, expect, it } from "vitest";
import {
  csvlkHostableOn,
  HOST_KEYS,
  HOST_UPDATES,
  hostUpdatesOf,
  KEY_GROUPS,
  OFFICE_HOST_KEYS,
  WINDOWS_RELEASES,
} from "../../../provider/keys";

const releases = new Set(WINDOWS_RELEASES.map((release) => release.name));
const isServer = (name: string) => name.startsWith("Windows Server");

describe("the table of host keys", () => {
  it("names releases as the rest of the provider does", () => {
    const named = [
      ...HOST_KEYS.flatMap((kind) => [kind.name, ...kind.hostableOn, ...kind.activates]),
      ...HOST_UPDATES.flatMap((update) => [update.host, ...update.serves]),
      ...OFFICE_HOST_KEYS.flatMap((kind) => kind.oldestHost),
    ];
    expect(named.filter((name) => !releases.has(name))).toEqual([]);
  });

  it("lets each key be hosted on its own release, and activate it", () => {
    for (const kind of HOST_KEYS) {
      expect(kind.hostableOn, kind.name).toContain(kind.name);
      expect(kind.activates, kind.name).toContain(kind.name);
    }
  });

  it("lets a client Windows host client keys only, which activate clients only", () => {
    for (const kind of HOST_KEYS) expect(kind.hostableOn.every(isServer), kind.name).toBe(isServer(kind.name));
    for (const kind of HOST_KEYS.filter((one) => !isServer(one.name)))
      expect(kind.activates.some(isServer)).toBe(false);
  });

  it("answers which keys a host takes", () => {
    const names = (release: string) => csvlkHostableOn(release).map((kind) => kind.name);
    expect(names("Windows Server 2022")).toEqual(["Windows Server 2025", "Windows Server 2022"]);
    expect(names("Windows Server 2012 R2")).toEqual(["Windows Server 2019", "Windows Server 2016"]);
    expect(names("Windows 8.1")).toEqual(["Windows 10"]);
    expect(names("Windows Server, version 1903")).toEqual([]);
  });

  it("answers which update an older host needs", () => {
    expect(hostUpdatesOf("Windows Server 2022").map((update) => update.kb)).toEqual(["KB5034765"]);
    expect(hostUpdatesOf("Windows Server 2025")).toEqual([]);
  });

  it("names updates only for keys newer than the host, with a KB number", () => {
    for (const update of HOST_UPDATES) {
      expect(update.kb).toMatch(/^KB\d{7}$/);
      expect(update.serves, update.kb).not.toContain(update.host);
    }
  });

  it("orders the key groups from the narrowest to the widest", () => {
    expect(KEY_GROUPS.map((group) => group.name)).toEqual([
      "Client VL",
      "Server Group A",
      "Server Group B",
      "Server Group C",
    ]);
  });

  it("spells Activation IDs as GUIDs, each once", () => {
    const ids = OFFICE_HOST_KEYS.map((kind) => kind.activationId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
