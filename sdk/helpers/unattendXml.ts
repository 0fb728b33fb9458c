import type * as pulumi from "@pulumi/pulumi";
import { checks, keys, xml } from "./lazy";
import { type Lifted, lifted } from "./lift";
import { demand, oneLine, productKey, refuse } from "./refuse";

export type ProcessorArchitecture = "x86" | "amd64" | "arm64" | "ia64";

/** What an answer file of Windows Setup says about licensing. What is left out has no element. */
export interface UnattendArgs {
  /**
   * Architectures that the file is for; every component stands once for each.
   * @default ["amd64"]
   */
  architectures?: readonly ProcessorArchitecture[];
  /**
   * Release that is set up, like "Windows 7" or "Windows Server 2022". It decides component names: those of Windows
   * Vista and Server 2008 are older.
   * @default "Windows Server 2025", which stands for every release after Windows Server 2008
   */
  windows?: string;
  /**
   * The key that the installed Windows is activated with: MAK, host key or setup key (Microsoft-Windows-Shell-Setup,
   * ProductKey, pass specialize). It is in plain text in the file; Setup blanks the copy in %SystemRoot%\Panther, not the
   * file that it was given.
   */
  productKey?: string;
  /** The key that chooses the edition out of the image (Microsoft-Windows-Setup, UserData, ProductKey, pass windowsPE). */
  imageKey?: string;
  /**
   * When Setup asks for the key in windowsPE.
   * @default "OnError", where there is an imageKey
   */
  willShowUI?: "Always" | "OnError" | "Never";
  /**
   * Whether the licence terms are accepted, in pass windowsPE; false leaves the question in.
   * @default true
   */
  acceptEula?: boolean;
  /** true: Windows does not activate by itself after Setup (Security-SPP-UX, SkipAutoActivation, pass specialize). */
  skipAutoActivation?: boolean;
  /**
   * true: Sysprep does not reset the activation timers (Security-SPP, SkipRearm, pass generalize), which otherwise takes
   * one of the image's few rearms at every run.
   */
  skipRearm?: boolean;
  /** Source that Windows System Image Manager writes down, like "wim:d:/sources/install.wim#Windows 7 ENTERPRISE". */
  offlineImage?: string;
}

const HELPER = "unattendXml";
const ARCHITECTURES: readonly string[] = ["x86", "amd64", "arm64", "ia64"];

/** Component names; those of Vista and Server 2008 (version 6.0) are Software Licensing's, later ones SPP's. */
const COMPONENTS = {
  slc: { ux: "Microsoft-Windows-Security-Licensing-SLC-UX", service: "Microsoft-Windows-Security-Licensing-SLC" },
  spp: { ux: "Microsoft-Windows-Security-SPP-UX", service: "Microsoft-Windows-Security-SPP" },
} as const;

/** In the order in which Setup runs them. */
type Pass = "windowsPE" | "generalize" | "specialize";

type Content = { [element: string]: string | Content };

interface Component {
  pass: Pass;
  name: string;
  content: Content;
}

/** The text of an answer file (Unattend.xml, Autounattend.xml), UTF-8. */
export function unattendXml(args: UnattendArgs): string {
  const architectures = architecturesOf(args);
  const settings = componentsOf(args).reduce((passes, component) => {
    passes.set(component.pass, [...(passes.get(component.pass) ?? []), component]);
    return passes;
  }, new Map<Pass, Component[]>());
  if (settings.size === 0) refuse(HELPER, "arguments", "nothing is said that goes into an answer file");
  const offlineImage = args.offlineImage;
  if (offlineImage !== undefined) demand(HELPER, "offlineImage", oneLine(offlineImage));
  return write({
    "?xml": { "@version": "1.0", "@encoding": "utf-8" },
    unattend: {
      "@xmlns": "urn:schemas-microsoft-com:unattend",
      settings: [...settings].map(([pass, components]) => ({
        "@pass": pass,
        component: components.flatMap((component) =>
          architectures.map((architecture) => element(component, architecture)),
        ),
      })),
      ...(offlineImage === undefined
        ? {}
        : { "cpi:offlineImage": { "@cpi:source": offlineImage, "@xmlns:cpi": "urn:schemas-microsoft-com:cpi" } }),
    },
  });
}

/** {@link unattendXml} where arguments may be Outputs; secret when a key in it is. */
export function unattendXmlOutput(args: Lifted<UnattendArgs>): pulumi.Output<string> {
  return lifted(args, (given) => [given.productKey, given.imageKey], unattendXml);
}

function componentsOf(args: UnattendArgs): Component[] {
  const names = COMPONENTS[generationOf(args.windows)];
  const { skipRearm, skipAutoActivation } = args;
  const userData = userDataOf(args);
  return [
    ...(Object.keys(userData).length === 0
      ? []
      : [{ pass: "windowsPE" as const, name: "Microsoft-Windows-Setup", content: { UserData: userData } }]),
    ...(skipRearm === undefined
      ? []
      : [{ pass: "generalize" as const, name: names.service, content: { SkipRearm: skipRearm ? "1" : "0" } }]),
    ...(args.productKey === undefined
      ? []
      : [
          {
            pass: "specialize" as const,
            name: "Microsoft-Windows-Shell-Setup",
            content: { ProductKey: productKey(HELPER, "productKey", args.productKey) },
          },
        ]),
    ...(skipAutoActivation === undefined
      ? []
      : [{ pass: "specialize" as const, name: names.ux, content: { SkipAutoActivation: String(skipAutoActivation) } }]),
  ];
}

function userDataOf({ imageKey, willShowUI, acceptEula = true }: UnattendArgs): Content {
  if (willShowUI !== undefined && imageKey === undefined)
    refuse(HELPER, "willShowUI", "has a meaning with imageKey only");
  return {
    ...(imageKey === undefined
      ? {}
      : {
          ProductKey: { Key: productKey(HELPER, "imageKey", imageKey), WillShowUI: willShowUI ?? "OnError" },
        }),
    ...(acceptEula ? { AcceptEula: "true" } : {}),
  };
}

function generationOf(windows: string | undefined): keyof typeof COMPONENTS {
  if (windows === undefined) return "spp";
  const releases = keys().WINDOWS_RELEASES;
  const release = releases.find(({ name }) => name.toLowerCase() === windows.trim().toLowerCase());
  if (release) return release.version === "6.0" ? "slc" : "spp";
  const quoted = checks().quote(windows);
  if (/^Windows (?:Server 2003|XP|2000)\b/i.test(windows.trim()))
    return refuse(HELPER, "windows", `${quoted} does not read such answer files; they came with Windows Vista`);
  return refuse(
    HELPER,
    "windows",
    `${quoted} is no release that is known; known are ${releases.map(({ name }) => name).join(", ")}`,
  );
}

function architecturesOf({ architectures = ["amd64"] }: UnattendArgs): readonly ProcessorArchitecture[] {
  const strange = architectures.find((architecture) => !ARCHITECTURES.includes(architecture));
  if (strange !== undefined)
    refuse(HELPER, "architectures", `${checks().quote(strange)} is none of ${ARCHITECTURES.join(", ")}`);
  if (architectures.length === 0) refuse(HELPER, "architectures", "is empty; name one at least");
  if (new Set(architectures).size !== architectures.length) refuse(HELPER, "architectures", "names one twice");
  return architectures;
}

const element = ({ name, content }: Component, architecture: string) => ({
  "@name": name,
  "@processorArchitecture": architecture,
  "@publicKeyToken": "31bf3856ad364e35",
  "@language": "neutral",
  "@versionScope": "nonSxS",
  "@xmlns:wcm": "http://schemas.microsoft.com/WMIConfig/2002/State",
  "@xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
  ...content,
});

function write(document: object): string {
  const builder = new (xml().XMLBuilder)({
    attributeNamePrefix: "@",
    ignoreAttributes: false,
    suppressBooleanAttributes: false,
    suppressEmptyNode: true,
    processEntities: true,
    format: true,
    indentBy: "  ",
  });
  return builder.build(document);
}
