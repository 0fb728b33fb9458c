import type { SlmgrVerb } from "pulumi-volume-activation-provider/machine/protocol";
import { OpError } from "../agent/failure";
import { runSlmgr } from "../agent/slmgr";
import { hex, NoProductError, NotSupportedError, WindowsError } from "../machine/hresult";
import { isLicensed, licenseOf, primaryProduct } from "../machine/licensing";
import type { Machine } from "../machine/machine";
import { messageFor } from "../machine/messages";
import { kmsTarget } from "../machine/settings";
import { ChangeRefused, type ChangeResult } from "./words";

const RESTART_NOTE = "The key management service must be restarted before this takes effect.";
const HOST_WARNING = "Warning: this can be set only on a KMS machine that is also activated.";
const USAGE = "Invalid arguments for slmgr.vbs.";

type Say = (machine: Machine, words: string[]) => string;

const said: Partial<Record<SlmgrVerb, Say>> = {
  "/ipk": (_m, [key = ""]) => `Installed product key *****-${key.slice(-5).toUpperCase()} successfully.`,
  "/upk": () => "Uninstalled product key successfully.",
  "/cpky": () => "Product key from registry cleared successfully.",
  "/rearm": () => "Command completed successfully. Restart the system for the change to take effect.",
  "/skms": (machine) => {
    const { name, port } = kmsTarget(machine);
    return `Key management service machine name set to ${name ?? ""}${port === null ? "" : `:${port}`} successfully.`;
  },
  "/ckms": () => "Key management service machine name cleared successfully.",
  "/sprt": (_m, [port = ""]) => `KMS port set to ${port} successfully. ${RESTART_NOTE}`,
  "/sdns": () => `DNS publishing enabled. ${RESTART_NOTE}`,
  "/cdns": () => `DNS publishing disabled. ${RESTART_NOTE}`,
  "/spri": () => `KMS priority set to normal. ${RESTART_NOTE}`,
  "/cpri": () => `KMS priority set to low. ${RESTART_NOTE}`,
  "/sai": (_m, [minutes = ""]) => `Activation interval set to ${minutes} minutes. ${RESTART_NOTE}`,
  "/sri": (_m, [minutes = ""]) => `Renewal interval set to ${minutes} minutes. ${RESTART_NOTE}`,
};

/**
 * slmgr.vbs, which differs from the WMI calls under it: a host option on a machine that is no KMS host prints a
 * warning and ends with 0; /ato leaves a MAK that is activated alone; an error's exit code is its HRESULT.
 */
export function slmgrScript(machine: Machine, words: string[]): ChangeResult {
  const [option = "", ...values] = words;
  const verb = option.replace(/^-/, "/").toLowerCase();
  if (["/dli", "/dlv", "/xpr"].includes(verb)) return { output: summary(machine), exitCode: 0 };
  try {
    const result = runSlmgr(machine, { verb: verb as SlmgrVerb, values });
    if (verb === "/dti") return { output: `Installation ID: ${result.installationId ?? ""}`, exitCode: 0 };
    if (verb === "/ato") return { output: activated(machine), exitCode: 0 };
    const say = said[verb as SlmgrVerb];
    return { output: say ? say(machine, values) : "Command completed successfully.", exitCode: 0 };
  } catch (error) {
    return failed(error, option);
  }
}

function failed(error: unknown, option: string): ChangeResult {
  if (error instanceof WindowsError) {
    return { output: `Error: ${hex(error.code)} ${messageFor(error.code, "en-US")}`, exitCode: error.code | 0 };
  }
  if (error instanceof NoProductError) return { output: "Error: product not found.", exitCode: 0 };
  if (error instanceof NotSupportedError) return { output: `${USAGE} ${error.message}`, exitCode: 1 };
  if (error instanceof OpError && error.error.kind === "notKmsHost") return { output: HOST_WARNING, exitCode: 0 };
  if (error instanceof OpError) throw new ChangeRefused(`slmgr ${option}: ${error.message}`);
  throw error;
}

function activated(machine: Machine): string {
  const product = primaryProduct(machine);
  if (!product) return "Error: product not found.";
  const done = isLicensed(machine, product) ? "Product activated successfully." : "Product activation was attempted.";
  return `Activating ${product.name} (${product.activationId}) ...\n${done}`;
}

const STATUS_NAMES: Record<number, string> = {
  0: "Unlicensed",
  1: "Licensed",
  2: "Initial grace period",
  3: "Additional grace period",
  5: "Notification",
};

function summary(machine: Machine): string {
  const product = primaryProduct(machine);
  if (!product) return "Error: product not found.";
  const license = licenseOf(machine, product);
  return [
    `Name: ${product.name}`,
    `Description: ${product.description}`,
    `Partial Product Key: ${product.key.slice(-5)}`,
    `License Status: ${STATUS_NAMES[license.status] ?? license.status}`,
    ...(license.minutes > 0 ? [`Remaining: ${license.minutes} minute(s)`] : []),
  ].join("\n");
}
