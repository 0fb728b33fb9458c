import { describe, expect, it } from "vitest";
import {
  buildOf,
  GVLK_DATE,
  GVLKS,
  type SetupKeyQuery,
  setupKeyFor,
  WINDOWS_RELEASES,
  windowsRelease,
} from "../../../provider/keys";

const CLIENT = 1;
const CONTROLLER = 2;
const SERVER = 3;

/** Rows of Windows 7 and later, each with every machine that it is for. */
const machines = GVLKS.filter((entry) => entry.family.startsWith("windows-") && entry.editionId).flatMap((entry) =>
  WINDOWS_RELEASES.filter((release) => release.families.includes(entry.family)).flatMap((release) => {
    const own = release.builds;
    const builds = entry.builds
      ? entry.builds.filter((build) => !own || (build >= own[0] && build <= own[1]))
      : [own?.[0] ?? 7601];
    return builds.map((build) => ({
      label: `${entry.product} on ${release.name} build ${build}`,
      entry,
      query: {
        editionId: entry.editionId ?? "",
        osVersion: `${release.version}.${build}`,
        productType: release.server ? SERVER : CLIENT,
      },
    }));
  }),
);

function reasonOf(query: SetupKeyQuery): string {
  const choice = setupKeyFor(query);
  if (choice.ok) throw new Error(`found ${choice.entry.product}`);
  return choice.reason;
}

describe("setupKeyFor", () => {
  it.each(machines.map((machine) => [machine.label, machine] as const))("finds %s", (_label, { entry, query }) => {
    expect(setupKeyFor(query)).toMatchObject({ ok: true, entry });
  });

  it("reaches every Windows row of the table", () => {
    const reached = new Set(machines.map((machine) => machine.entry.key));
    const rows = GVLKS.filter((entry) => entry.family.startsWith("windows-"));
    expect(rows.filter((entry) => !reached.has(entry.key))).toEqual([]);
  });

  it("is the key that Microsoft publishes, on well-known machines", () => {
    const keyOf = (editionId: string, osVersion: string, productType: number) => {
      const choice = setupKeyFor({ editionId, osVersion, productType });
      return choice.ok ? choice.entry.product : choice.reason;
    };
    expect(keyOf("ServerStandard", "10.0.20348", SERVER)).toBe("Windows Server 2022 Standard");
    expect(keyOf("ServerDatacenter", "10.0.26100", CONTROLLER)).toBe("Windows Server 2025 Datacenter");
    expect(keyOf("ServerStandard", "10.0.17763", SERVER)).toBe("Windows Server 2019 Standard");
    expect(keyOf("ServerStandardACor", "10.0.17763", SERVER)).toContain("versions 20H2, 2004");
    expect(keyOf("ServerStandard", "6.1.7601", SERVER)).toBe("Windows Server 2008 R2 Standard");
    expect(keyOf("Enterprise", "6.1.7601", CLIENT)).toBe("Windows 7 Enterprise");
    expect(keyOf("Enterprise", "10.0.26200.1234", CLIENT)).toBe("Windows 11 Enterprise / Windows 10 Enterprise");
    expect(keyOf("EnterpriseS", "10.0.10240", CLIENT)).toBe("Windows 10 Enterprise LTSB 2015");
    expect(keyOf("EnterpriseS", "10.0.14393", CLIENT)).toBe("Windows 10 Enterprise LTSB 2016");
    expect(keyOf("EnterpriseS", "10.0.26100", CLIENT)).toContain("LTSC 2024");
  });

  it("ignores the case of the edition id and the mark of a server without desktop", () => {
    const found = setupKeyFor({ editionId: "ServerStandard", osVersion: "10.0.20348", productType: SERVER });
    for (const editionId of ["serverstandard", "ServerStandardCor", "ServerStandardCore", " ServerStandard "])
      expect(setupKeyFor({ editionId, osVersion: "10.0.20348", productType: SERVER })).toEqual(found);
  });

  it.each(["Core", "CoreN", "CoreSingleLanguage", "HomePremium", "HomeBasic", "Starter"])(
    "says that the home edition %s has none",
    (editionId) => {
      const osVersion = editionId.startsWith("Core") ? "10.0.19045" : "6.1.7601";
      expect(reasonOf({ editionId, osVersion, productType: CLIENT })).toContain("home edition");
    },
  );

  it("says that Ultimate has none", () => {
    expect(reasonOf({ editionId: "Ultimate", osVersion: "6.1.7601", productType: CLIENT })).toContain("retail or OEM");
  });

  it("tells how to convert an evaluation server, with the key of its edition", () => {
    const standard = setupKeyFor({ editionId: "ServerStandard", osVersion: "10.0.20348", productType: SERVER });
    const key = standard.ok ? standard.entry.key : "none";
    for (const editionId of ["ServerStandardEval", "ServerStandardEvalCor"]) {
      const reason = reasonOf({ editionId, osVersion: "10.0.20348", productType: SERVER });
      expect(reason).toContain(`dism /online /set-edition:ServerStandard /productkey:${key} /accepteula`);
      expect(reason).not.toContain("demote");
    }
    expect(reasonOf({ editionId: "ServerDatacenterEval", osVersion: "10.0.26100", productType: CONTROLLER })).toContain(
      "demote",
    );
  });

  it("says that an evaluation client cannot be converted", () => {
    for (const editionId of ["EnterpriseEval", "EnterpriseSEval"])
      expect(reasonOf({ editionId, osVersion: "10.0.19044", productType: CLIENT })).toContain("cannot be converted");
  });

  it("gives Azure Edition its key with a remark", () => {
    const choice = setupKeyFor({ editionId: "ServerTurbine", osVersion: "10.0.20348", productType: SERVER });
    expect(choice).toMatchObject({ ok: true, remark: expect.stringContaining("never be a KMS host") });
  });

  it("remarks the image version only on the LTSC build that needs it", () => {
    const remark = (build: number) => {
      const choice = setupKeyFor({ editionId: "IoTEnterpriseS", osVersion: `10.0.${build}`, productType: CLIENT });
      return choice.ok ? choice.remark : choice.reason;
    };
    expect(remark(19044)).toContain("10.0.19044.2905");
    expect(remark(26100)).toBeUndefined();
  });

  it("names the builds that an LTSC edition does have keys for", () => {
    const reason = reasonOf({ editionId: "EnterpriseS", osVersion: "10.0.28000", productType: CLIENT });
    expect(reason).toContain("10240, 14393, 17763, 19044, 26100");
    expect(reason).toContain("extraSetupKeys");
  });

  it("says with its date that a release is not in the table", () => {
    for (const osVersion of ["10.0.29999", "11.0.1", "5.2.3790", "", "nonsense"]) {
      const reason = reasonOf({ editionId: "ServerStandard", osVersion, productType: SERVER });
      expect(reason).toContain(GVLK_DATE);
      expect(reason).toContain("extraSetupKeys");
    }
  });

  it("does not give a client's key to a server or the reverse", () => {
    expect(setupKeyFor({ editionId: "Enterprise", osVersion: "10.0.20348", productType: SERVER }).ok).toBe(false);
    expect(setupKeyFor({ editionId: "ServerStandard", osVersion: "10.0.22631", productType: CLIENT }).ok).toBe(false);
  });

  it("asks for an explicit key when the edition id is empty", () => {
    expect(reasonOf({ editionId: "", osVersion: "10.0.20348", productType: SERVER })).toContain("EditionID was empty");
  });
});

describe("windowsRelease", () => {
  it("names releases by version, build and product type", () => {
    const name = (osVersion: string, productType: number) => windowsRelease({ osVersion, productType })?.name;
    expect(name("10.0.19045", CLIENT)).toBe("Windows 10");
    expect(name("10.0.22000", CLIENT)).toBe("Windows 11");
    expect(name("10.0.20348.2113", CONTROLLER)).toBe("Windows Server 2022");
    expect(name("6.3.9600", SERVER)).toBe("Windows Server 2012 R2");
    expect(name("6.2.9200", CLIENT)).toBe("Windows 8");
    expect(name("10.0", SERVER)).toBeUndefined();
  });

  it("has one release for every version, build and kind", () => {
    for (const release of WINDOWS_RELEASES) {
      const build = release.builds?.[0] ?? 7601;
      const identity = { osVersion: `${release.version}.${build}`, productType: release.server ? SERVER : CLIENT };
      expect(windowsRelease(identity)).toBe(release);
    }
  });

  it("refers only to families that the table has", () => {
    const families = new Set(GVLKS.map((entry) => entry.family));
    for (const release of WINDOWS_RELEASES) for (const family of release.families) expect(families).toContain(family);
  });

  it("reads the build of a version", () => {
    expect(buildOf("10.0.20348")).toBe(20348);
    expect(buildOf("10.0.19044.2905")).toBe(19044);
    expect(buildOf("10.0")).toBeUndefined();
  });
});
