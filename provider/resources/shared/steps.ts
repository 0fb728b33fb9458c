import { isPublishedSetupKey, maskKey } from "../../keys/index";
import type { BatchStep } from "../../machine/protocol";

/** HKLM path of the Software Protection Platform's settings. */
export const SPP_KEY = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
export const SPP_SERVICE = "sppsvc";
export const WINDOWS_APPLICATION_ID = "55c92734-d682-4d71-983e-d6ec3f16059f";
/** Our own key; holds the marker of a restart that is still owed. */
export const OUR_KEY = "SOFTWARE\\pulumi-volume-activation";
export const RESTART_MARKER = { key: OUR_KEY, name: "RestartOwed" };
/** One mutex for every run of ours on a machine, whatever the resource. */
export const MUTEX = { name: "pulumi-volume-activation", waitMs: 60_000 };

/** A step as an administrator would type it; keys other than published setup keys are masked. */
export function stepText(step: BatchStep): string {
  switch (step.op) {
    case "slmgr":
      return ["slmgr", step.args.verb, ...(step.args.values ?? []).map(shown)].join(" ");
    case "registry.write": {
      const { key, name, kind, data } = step.args;
      const value = Array.isArray(data) ? data.join("\\0") : String(data);
      return `reg add "HKLM\\${key}" /v ${name} /t ${kind} /d "${value}" /f`;
    }
    case "registry.delete":
      return `reg delete "HKLM\\${step.args.key}" /v ${step.args.name} /f`;
    case "service.restart":
      return restartText(step.args.name);
    case "firewall.group":
      return `netsh advfirewall firewall set rule group="${step.args.group}" new enable=${step.args.enabled ? "yes" : "no"}`;
    case "firewall.rule":
      return `netsh advfirewall firewall add rule name="${step.args.name}" dir=${step.args.direction} localport=${step.args.localPorts}`;
    case "firewall.remove":
      return `netsh advfirewall firewall delete rule name="${step.args.name}"`;
    case "expect":
      return `check ${step.args.property} of ${step.args.partialProductKey ? `key ...${step.args.partialProductKey}` : "Windows"}`;
  }
}

export const restartText = (service: string) => `net stop ${service} && net start ${service}`;

const KEY = /^[0-9A-Z]{5}(-[0-9A-Z]{5}){4}$/i;
const shown = (value: string) => (KEY.test(value) && !isPublishedSetupKey(value) ? maskKey(value) : value);
