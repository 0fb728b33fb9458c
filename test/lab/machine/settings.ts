import type { RegistryValue } from "pulumi-volume-activation-provider/machine/protocol";
import { HR, WindowsError } from "./hresult";
import { configuredIntervals, requireWindows8 } from "./licensing";
import type { Machine } from "./machine";
import { SPP_KEY } from "./registry";
import type { ProductState, PublishEntry } from "./state";

/**
 * The setters of SoftwareLicensingService and SoftwareLicensingProduct, and what reads them back. They do nothing but
 * write the registry: what belongs to a KMS host acts when sppsvc starts the next time, what belongs to a client at
 * its next attempt. Unlike slmgr.vbs, they do not ask whether the machine is a KMS host.
 */
function keyOf(product: ProductState | undefined): string {
  return product ? `${SPP_KEY}\\${product.applicationId}\\${product.activationId}` : SPP_KEY;
}

const text = (data: string): RegistryValue => ({ kind: "REG_SZ", data });
const dword = (data: number): RegistryValue => ({ kind: "REG_DWORD", data });

function write(machine: Machine, name: string, value: RegistryValue, product?: ProductState): void {
  machine.requireElevation();
  machine.registry.write(keyOf(product), name, value);
}

function clear(machine: Machine, name: string, product?: ProductState): void {
  machine.requireElevation();
  machine.registry.remove(keyOf(product), name);
}

/** A product's own value, else the one for all products. */
function pick<T>(product: ProductState | undefined, read: (key: string) => T | null): T | null {
  return (product ? read(keyOf(product)) : null) ?? read(SPP_KEY);
}

function requirePort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new WindowsError(HR.invalidParameter);
}

export const MIN_INTERVAL = 15;
export const MAX_INTERVAL = 43_200;
function requireInterval(minutes: number): void {
  const allowed = Number.isInteger(minutes) && minutes >= MIN_INTERVAL && minutes <= MAX_INTERVAL;
  if (!allowed) throw new WindowsError(HR.invalidParameter);
}

export function setKmsTarget(machine: Machine, name: string | null, port: number | null, product?: ProductState): void {
  if (port !== null) requirePort(port);
  if (name !== null) write(machine, "KeyManagementServiceName", text(name), product);
  if (port !== null) write(machine, "KeyManagementServicePort", text(String(port)), product);
  else clear(machine, "KeyManagementServicePort", product);
}

export function clearKmsTarget(machine: Machine, product?: ProductState): void {
  clear(machine, "KeyManagementServiceName", product);
  clear(machine, "KeyManagementServicePort", product);
}

export function kmsTarget(machine: Machine, product?: ProductState): { name: string | null; port: number | null } {
  const port = pick(product, (key) => machine.registry.text(key, "KeyManagementServicePort"));
  return {
    name: pick(product, (key) => machine.registry.text(key, "KeyManagementServiceName")),
    port: port === null ? null : portOf(port),
  };
}

function portOf(textual: string): number | null {
  const port = Number(textual);
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : null;
}

export function setLookupDomain(machine: Machine, domain: string | null, product?: ProductState): void {
  requireWindows8(machine, "The KMS lookup domain");
  if (domain === null) clear(machine, "KeyManagementServiceLookupDomain", product);
  else write(machine, "KeyManagementServiceLookupDomain", text(domain), product);
}

export function lookupDomain(machine: Machine, product?: ProductState): string | null {
  return pick(product, (key) => machine.registry.text(key, "KeyManagementServiceLookupDomain"));
}

export function setHostCaching(machine: Machine, enabled: boolean): void {
  write(machine, "DisableKeyManagementServiceHostCaching", dword(enabled ? 0 : 1));
}

export function hostCaching(machine: Machine): boolean {
  return (machine.registry.dword(SPP_KEY, "DisableKeyManagementServiceHostCaching") ?? 0) === 0;
}

export function setListeningPort(machine: Machine, port: number): void {
  requirePort(port);
  write(machine, "KeyManagementServiceListeningPort", text(String(port)));
}

/** What is set, not what is served; null = the default. */
export function listeningPort(machine: Machine): number | null {
  const set = machine.registry.text(SPP_KEY, "KeyManagementServiceListeningPort");
  return set === null ? null : portOf(set);
}

export function setDnsPublishing(machine: Machine, enabled: boolean): void {
  write(machine, "DisableDnsPublishing", dword(enabled ? 0 : 1));
}

export function dnsPublishing(machine: Machine): boolean {
  return (machine.registry.dword(SPP_KEY, "DisableDnsPublishing") ?? 0) === 0;
}

export function setLowPriority(machine: Machine, enabled: boolean): void {
  write(machine, "EnableKmsLowPriority", dword(enabled ? 1 : 0));
}

export function lowPriority(machine: Machine): boolean {
  return (machine.registry.dword(SPP_KEY, "EnableKmsLowPriority") ?? 0) !== 0;
}

export function setActivationInterval(machine: Machine, minutes: number): void {
  requireInterval(minutes);
  write(machine, "VLActivationInterval", dword(minutes));
}

export function setRenewalInterval(machine: Machine, minutes: number): void {
  requireInterval(minutes);
  write(machine, "VLRenewalInterval", dword(minutes));
}

export { configuredIntervals };

export function setActivationType(machine: Machine, type: number, product?: ProductState): void {
  requireWindows8(machine, "The activation type");
  if (!Number.isInteger(type) || type < 0 || type > 3) throw new WindowsError(HR.invalidParameter);
  if (type === 0) clear(machine, "VLActivationType", product);
  else write(machine, "VLActivationType", dword(type), product);
}

/** 0 all, 1 Active Directory, 2 KMS, 3 token. */
export function activationType(machine: Machine, product?: ProductState): number {
  return pick(product, (key) => machine.registry.dword(key, "VLActivationType")) ?? 0;
}

const ACTIVATION_KEY = `${SPP_KEY}\\Activation`;

/** What the guide's Appendix A sets. Like a host's settings, all of it acts when sppsvc starts the next time. */
export function activationPolicy(machine: Machine) {
  const on = (key: string, name: string) => (machine.registry.dword(key, name) ?? 0) !== 0;
  const url = machine.registry.text(SPP_KEY, "ActivationAlternateURL");
  return {
    userOperations: on(SPP_KEY, "UserOperations"),
    manual: on(ACTIVATION_KEY, "Manual"),
    notificationDisabled: on(ACTIVATION_KEY, "NotificationDisabled"),
    // Microsoft's pages name two places and each leaves the other out: only who writes both can count on the link.
    alternateUrl: url !== null && url === machine.registry.text(ACTIVATION_KEY, "AlternateURL") ? url : null,
  };
}

/** The lines `domain, priority, weight` of the list; priority and weight are 0 where they are missing or no numbers. */
export function publishList(machine: Machine): PublishEntry[] {
  const value = machine.registry.read(SPP_KEY, "DnsDomainPublishList");
  if (value?.kind !== "REG_MULTI_SZ" || !Array.isArray(value.data)) return [];
  const number = (text: string | undefined) => (/^\s*[0-9]{1,5}\s*$/.test(text ?? "") ? Number(text) & 0xffff : 0);
  return value.data
    .map((line) => line.split(","))
    .map(([domain = "", priority, weight]) => ({
      domain: domain.trim(),
      priority: number(priority),
      weight: number(weight),
    }))
    .filter(({ domain }) => domain !== "");
}
