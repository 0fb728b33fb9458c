import { isPublishedSetupKey, maskKey } from "../../keys/index";
import type { BatchStep, DnsChangeArgs, DnsSrvData, FirewallRuleArgs } from "../../machine/protocol";

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
      return firewallRuleText(step.args);
    case "firewall.remove":
      return `netsh advfirewall firewall delete rule name="${step.args.name}"`;
    case "directory.write":
      return `write the permissions of "${step.args.dn}"`;
    case "dns.change":
      return dnsChangeTexts(step.args).join(" && ");
    case "expect":
      return `check ${step.args.property} of ${step.args.partialProductKey ? `key ...${step.args.partialProductKey}` : "Windows"}`;
  }
}

const PROTOCOL_WORDS: { [number: number]: string } = { 1: "icmpv4", 6: "TCP", 17: "UDP", 58: "icmpv6", 256: "any" };

/** Rules of Windows are changed in what may differ; rules of ours are shown whole. */
function firewallRuleText(rule: FirewallRuleArgs): string {
  const {
    name,
    grouping,
    direction,
    action,
    enabled,
    profiles,
    protocol,
    localPorts,
    remoteAddresses,
    program,
    service,
  } = rule;
  const mask = [profiles & 1 && "domain", profiles & 2 && "private", profiles & 4 && "public"].filter(Boolean);
  const where = [
    `enable=${enabled ? "yes" : "no"}`,
    `profile=${mask.length === 3 ? "any" : mask.join(",")}`,
    `remoteip=${remoteAddresses === "*" ? "any" : remoteAddresses}`,
  ];
  if (grouping.startsWith("@")) return `netsh advfirewall firewall set rule name="${name}" new ${where.join(" ")}`;
  const what = [
    `dir=${direction}`,
    `action=${action}`,
    `protocol=${PROTOCOL_WORDS[protocol] ?? protocol}`,
    ...(localPorts && localPorts !== "*" ? [`localport=${localPorts}`] : []),
    ...(program ? [`program="${program}"`] : []),
    ...(service ? [`service=${service}`] : []),
  ];
  return `netsh advfirewall firewall add rule name="${name}" ${[...what, ...where].join(" ")}`;
}

/** In the order in which it is done: what has the very data of the new record, the new record, the others. */
export function dnsChangeTexts({ zone, name, deletes, add }: DnsChangeArgs): string[] {
  const data = ({ priority, weight, port, target }: DnsSrvData) => `SRV ${priority} ${weight} ${port} ${target}.`;
  const gone = (record: DnsSrvData) => `dnscmd /RecordDelete ${zone} ${name} ${data(record)} /f`;
  const isTwin = (record: DnsSrvData) => add !== null && data(record).toLowerCase() === data(add).toLowerCase();
  return [
    ...deletes.filter(isTwin).map(gone),
    ...(add ? [`dnscmd /RecordAdd ${zone} ${name} ${add.ttl} ${data(add)}`] : []),
    ...deletes.filter((record) => !isTwin(record)).map(gone),
  ];
}

export const restartText = (service: string) => `net stop ${service} && net start ${service}`;

const KEY = /^[0-9A-Z]{5}(-[0-9A-Z]{5}){4}$/i;
const CONFIRMATION_ID = /^[0-9]{48}$/;
function shown(value: string): string {
  if (CONFIRMATION_ID.test(value)) return "[confirmation id]";
  return KEY.test(value) && !isPublishedSetupKey(value) ? maskKey(value) : value;
}
