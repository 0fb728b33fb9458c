import { quote } from "../checks/pasted";
import { GVLK_DATE, GVLKS, type GvlkEntry } from "./gvlk";
import { buildOf, type WindowsIdentity, type WindowsRelease, windowsRelease } from "./windows-releases";

export interface SetupKeyQuery extends WindowsIdentity {
  /** Registry EditionID, like "ServerStandard". */
  editionId: string;
}

/** `remark` is something to tell the user although a key was found. */
export type SetupKeyChoice = { ok: true; entry: GvlkEntry; remark?: string } | { ok: false; reason: string };

const EXTRA = "if your licence portal lists a setup key for it, give that key in extraSetupKeys and as setupKey";

/** Editions for which Microsoft publishes no setup key, and what to do instead. The first that matches speaks. */
const WITHOUT_KEY: readonly { editionId: RegExp; why: string }[] = [
  {
    editionId: /Eval$/i,
    why: "is an evaluation copy of a client Windows, which cannot be converted: install the volume edition",
  },
  {
    editionId: /^(?:Core(?:N|SingleLanguage|CountrySpecific)?|Starter.*|Home(?:Basic|Premium).*)$/i,
    why: "is a home edition, which volume activation does not cover: change the edition to Pro or Enterprise first",
  },
  {
    editionId: /^Ultimate.*$/i,
    why: "is Ultimate, which volume activation does not cover: it is activated with a retail or OEM key; volume licences are for Professional and Enterprise",
  },
  {
    editionId: /^ServerAzureStackHCI/i,
    why: "is Azure Stack HCI (Azure Local), which its Azure subscription activates",
  },
  {
    editionId: /^ServerHyperCore/i,
    why: "is Hyper-V Server, which is free and needs no activation",
  },
  {
    editionId: /^ServerRdsh$/i,
    why: `is Enterprise multi-session, for which this table has no row; ${EXTRA}`,
  },
  {
    editionId: /^ServerStorage/i,
    why: "is Storage Server, which comes with its hardware and takes the maker's key",
  },
];

/** What the user should know although a key was found. */
const REMARKS: readonly { editionId: string; family?: string; build?: number; remark: string }[] = [
  {
    editionId: "ServerTurbine",
    remark:
      "Datacenter: Azure Edition is activated by Azure when it runs there, and it can never be a KMS host; the setup key makes it a KMS client.",
  },
  {
    editionId: "IoTEnterpriseS",
    build: 19044,
    remark: "IoT Enterprise LTSC 2021 takes this key from image version 10.0.19044.2905 on.",
  },
  {
    editionId: "ServerHPC",
    family: "windows-server-2008-r2",
    remark:
      "Microsoft has published two setup keys for this edition; if this one is refused, try that of ServerComputeCluster.",
  },
  {
    editionId: "ServerComputeCluster",
    family: "windows-server-2008-r2",
    remark: "Microsoft has published two setup keys for this edition; if this one is refused, try that of ServerHPC.",
  },
];

function remarkFor(entry: GvlkEntry, build: number | undefined): string | undefined {
  return REMARKS.find(
    ({ editionId, family, build: only }) =>
      editionId === entry.editionId &&
      (family === undefined || family === entry.family) &&
      (only === undefined || only === build),
  )?.remark;
}

const SERVER_EVALUATION = /^(Server.+?)Eval(?:Core?)?$/i;

/** An evaluation server becomes a volume edition by one dism command; the setup key of the target goes into it. */
function explainEvaluation(target: string, query: SetupKeyQuery): string {
  const choice = setupKeyFor({ ...query, editionId: target });
  const command = `dism /online /set-edition:${target} /productkey:${choice.ok ? choice.entry.key : "<its setup key>"} /accepteula`;
  const controller = query.productType === 2 ? " A domain controller cannot be converted: demote it first" : "";
  return `is an evaluation copy, which takes no volume key. Convert it first, in an elevated prompt on the machine, with \`${command}\`, then restart it.${controller}`;
}

/** Some releases and tools name a server without desktop by "Core" or "Cor" after the edition; its keys are the same. */
function withoutCore(editionId: string): string {
  return editionId.replace(/^(Server.+?)Core?$/i, "$1");
}

function rowsOf(release: WindowsRelease, editionId: string, build: number | undefined): GvlkEntry[] {
  const wanted = editionId.toLowerCase();
  return GVLKS.filter(
    (entry) =>
      release.families.includes(entry.family) &&
      entry.editionId?.toLowerCase() === wanted &&
      (!entry.builds || (build !== undefined && entry.builds.includes(build))),
  );
}

/** Names of the builds for which the edition does have rows, for the message when this build has none. */
function otherBuilds(release: WindowsRelease, editionId: string): string {
  const builds = GVLKS.filter(
    (entry) => release.families.includes(entry.family) && entry.editionId?.toLowerCase() === editionId.toLowerCase(),
  ).flatMap((entry) => entry.builds ?? []);
  const sorted = [...new Set(builds)].sort((a, b) => a - b);
  return sorted.length ? ` for this build (there are rows for builds ${sorted.join(", ")})` : "";
}

/** The published setup key of a machine, chosen by edition id, version and build: what `setupKey: "auto"` means. */
export function setupKeyFor(query: SetupKeyQuery): SetupKeyChoice {
  const editionId = query.editionId.trim();
  const refuse = (why: string): SetupKeyChoice => ({
    ok: false,
    reason: `No setup key can be chosen: edition ${quote(editionId)} of Windows ${query.osVersion} ${why.replace(/\.$/, "")}.`,
  });
  if (editionId === "") return refuse("is unknown, since the machine's EditionID was empty; give setupKey explicitly");

  const target = SERVER_EVALUATION.exec(editionId)?.[1];
  if (target) return refuse(explainEvaluation(target, query));
  const without = WITHOUT_KEY.find((rule) => rule.editionId.test(editionId));
  if (without) return refuse(without.why);

  const release = windowsRelease(query);
  if (!release)
    return refuse(
      `is no release that this table of ${GVLK_DATE} knows (ProductType ${query.productType}); look its key up in Microsoft's list of KMS client activation keys, give it in extraSetupKeys and as setupKey`,
    );

  const build = buildOf(query.osVersion);
  const exact = rowsOf(release, editionId, build);
  const rows = exact.length ? exact : rowsOf(release, withoutCore(editionId), build);
  const [entry, second] = rows;
  if (!entry)
    return refuse(
      `(${release.name}) has no published setup key in this table of ${GVLK_DATE}${otherBuilds(release, editionId)}; ${EXTRA}`,
    );
  if (second)
    return refuse(
      `has several published setup keys (${rows.map((row) => row.product).join("; ")}); give one as setupKey`,
    );
  const remark = remarkFor(entry, build);
  return remark === undefined ? { ok: true, entry } : { ok: true, entry, remark };
}
