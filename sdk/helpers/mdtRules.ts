import type * as pulumi from "@pulumi/pulumi";
import { type Lifted, lifted } from "./lift";
import { demand, oneLine, productKey, refuse } from "./refuse";

/** What Microsoft Deployment Toolkit's CustomSettings.ini says about the product key. */
export interface MdtRulesArgs {
  /**
   * The key of the operating system's edition (setup key, or a volume key): it goes into the answer file. Not together
   * with overrideProductKey. Neither is needed for KMS clients of volume media.
   */
  productKey?: string;
  /** The MAK that is put in after deployment, in the place of the image's KMS setup key. Not together with productKey. */
  overrideProductKey?: string;
  /**
   * Whether the wizard leaves out its page for the key.
   * @default true
   */
  skipProductKey?: boolean;
  /**
   * Section that the lines go into: "Default", or one that your Priority line names (a role, a make, a MAC address).
   * @default "Default"
   */
  section?: string;
}

const HELPER = "mdtRules";

/** Lines of one section, with its heading and CRLF line ends, to be merged into CustomSettings.ini. */
export function mdtRules(args: MdtRulesArgs): string {
  const { section = "Default", skipProductKey = true } = args;
  if (args.productKey !== undefined && args.overrideProductKey !== undefined)
    refuse(HELPER, "overrideProductKey", "cannot stand together with productKey; the toolkit takes one of them");
  demand(HELPER, "section", oneLine(section));
  if (/[[\]=;]/.test(section) || section.trim() !== section || section === "")
    refuse(
      HELPER,
      "section",
      "must be the name of a section, without brackets, equals signs, semicolons or spaces around",
    );
  return [
    `[${section}]`,
    `SkipProductKey=${skipProductKey ? "YES" : "NO"}`,
    ...line("ProductKey", "productKey", args.productKey),
    ...line("OverrideProductKey", "overrideProductKey", args.overrideProductKey),
    "",
  ].join("\r\n");
}

/** {@link mdtRules} where arguments may be Outputs; secret when a key in it is. */
export function mdtRulesOutput(args: Lifted<MdtRulesArgs>): pulumi.Output<string> {
  return lifted(args, (given) => [given.productKey, given.overrideProductKey], mdtRules);
}

function line(property: string, argument: string, key: string | undefined): string[] {
  return key === undefined ? [] : [`${property}=${productKey(HELPER, argument, key)}`];
}
