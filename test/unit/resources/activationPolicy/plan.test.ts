import { describe, expect, it } from "vitest";
import type { BatchStep } from "../../../../provider/machine/protocol";
import { planPolicy } from "../../../../provider/resources/activationPolicy/plan";
import { dword, observed, type RegistryState, SPP, text, wanted } from "./samples";

const plan = (state: RegistryState, input: { [name: string]: unknown }) => planPolicy(observed(state), wanted(input));
const LINK = "https://intranet/activation";

/** Where each switch stands, whole: what an administrator would look at with regedit. */
const FLAGS: [property: string, key: string, name: string, restart: boolean][] = [
  ["userOperations", SPP, "UserOperations", true],
  ["notificationDisabled", `${SPP}\\Activation`, "NotificationDisabled", true],
  ["manualActivation", `${SPP}\\Activation`, "Manual", true],
  ["skipRearm", SPP, "SkipRearm", true],
  ["noGenTicket", "SOFTWARE\\Classes\\AppID\\slui.exe", "NoGenTicket", false],
  [
    "localAccountTokenFilterPolicy",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System",
    "LocalAccountTokenFilterPolicy",
    false,
  ],
];

describe.each(FLAGS)("%s", (property, key, name, restart) => {
  const end = `${key}\\${name}`;
  const write = (data: number): BatchStep => ({
    op: "registry.write",
    args: { key, name, kind: "REG_DWORD", data },
    ...(restart ? { restart } : {}),
  });

  it("is written where it differs, as REG_DWORD, and not touched where it does not", () => {
    expect(plan({}, { [property]: true }).steps).toEqual([write(1)]);
    expect(plan({ [end]: dword(0) }, { [property]: true }).steps).toEqual([write(1)]);
    expect(plan({ [end]: dword(1) }, { [property]: true }).steps).toEqual([]);
    expect(plan({ [end]: dword(1) }, { [property]: false }).steps).toEqual([write(0)]);
    expect(plan({ [end]: dword(0) }, { [property]: false }).steps).toEqual([]);
    expect(plan({}, { [property]: false }).steps).toEqual([]);
  });

  it("of a type or number that means nothing is written anew, whatever is declared", () => {
    expect(plan({ [end]: text("1") }, { [property]: true }).steps).toEqual([write(1)]);
    expect(plan({ [end]: dword(7) }, { [property]: false }).steps).toEqual([write(0)]);
    expect(plan({ [end]: text("1") }, { [property]: true }).changes[0]?.was).toBe('REG_SZ "1"');
  });

  it("is left alone where it is not declared", () => {
    expect(plan({ [end]: dword(1) }, {})).toEqual({ changes: [], steps: [], restartOwed: false });
  });
});

describe("alternateUrl", () => {
  const both = (data: string): BatchStep[] => [
    {
      op: "registry.write",
      args: { key: SPP, name: "ActivationAlternateURL", kind: "REG_SZ", data },
      restart: true,
    },
    {
      op: "registry.write",
      args: { key: `${SPP}\\Activation`, name: "AlternateURL", kind: "REG_SZ", data },
      restart: true,
    },
  ];

  it("is written in both documented places", () => {
    expect(plan({}, { alternateUrl: LINK }).steps).toEqual(both(LINK));
    expect(
      plan({ ActivationAlternateURL: text(LINK), AlternateURL: text(LINK) }, { alternateUrl: LINK }).steps,
    ).toEqual([]);
  });

  it("that differs between its places is drift, and only the wrong place is written", () => {
    const half = plan({ ActivationAlternateURL: text(LINK) }, { alternateUrl: LINK });
    expect(half.steps).toEqual(both(LINK).slice(1));
    expect(half.changes[0]?.was).toBe(`ActivationAlternateURL "${LINK}", Activation\\AlternateURL ""`);
  });

  it('"" takes the link away', () => {
    expect(plan({ AlternateURL: text(LINK) }, { alternateUrl: "" }).steps).toEqual([
      { op: "registry.delete", args: { key: `${SPP}\\Activation`, name: "AlternateURL" }, restart: true },
    ]);
    expect(plan({}, { alternateUrl: "" }).steps).toEqual([]);
  });
});

describe("dnsSuffixSearchList", () => {
  const steps = (state: RegistryState, dnsSuffixSearchList: string[]) => plan(state, { dnsSuffixSearchList }).steps;
  const Tcpip = "Tcpip\\Parameters\\SearchList";
  const write = (data: string): BatchStep => ({
    op: "registry.write",
    args: {
      key: "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters",
      name: "SearchList",
      kind: "REG_SZ",
      data,
    },
  });

  it("is one comma-separated text, without a restart of the licensing service", () => {
    expect(steps({}, ["contoso.com", "kms.contoso.com"])).toEqual([write("contoso.com,kms.contoso.com")]);
    expect(steps({ [Tcpip]: text("a.example") }, [])).toEqual([write("")]);
  });

  it("compares names without case, spaces and final dots, and their order", () => {
    expect(steps({ [Tcpip]: text("Contoso.com., KMS.contoso.com") }, ["contoso.com", "kms.contoso.com"])).toEqual([]);
    expect(steps({ [Tcpip]: text("b.example,a.example") }, ["a.example", "b.example"])).toHaveLength(1);
    expect(steps({ [Tcpip]: text("") }, [])).toEqual([]);
    expect(steps({}, [])).toEqual([]);
  });
});

describe("a restart that a killed run left behind", () => {
  const OWED = { RestartOwed: dword(1) };
  it("is owed where a declared switch waits for it, and nowhere else", () => {
    expect(plan(OWED, { skipRearm: false }).restartOwed).toBe(true);
    expect(plan(OWED, { noGenTicket: false }).restartOwed).toBe(false);
    expect(plan({}, { skipRearm: false }).restartOwed).toBe(false);
  });
});
