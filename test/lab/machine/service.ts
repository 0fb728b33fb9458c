import { DAY_MS } from "../clock/clock";
import { KMS_LOG, SPP_SOURCE } from "./events";
import { HR, hex } from "./hresult";
import { configuredIntervals, hostProduct, loseDirectoryActivation } from "./licensing";
import type { Machine } from "./machine";
import { activationPolicy, dnsPublishing, listeningPort, lowPriority, publishList } from "./settings";
import type { HostSettings, PublishEntry } from "./state";

export const DEFAULT_KMS_PORT = 1688;
const PUBLISH_EVERY_MS = DAY_MS;
const PUBLISH_FAILED = 12293;
const PUBLISHED = 12294;
/** What listens on every machine of the lab besides KMS: sshd, the RPC endpoint mapper, SMB. */
const OTHER_PORTS = [22, 135, 445];

/** The service would not stop. */
export class StopRefusedError extends Error {
  override readonly name = "StopRefusedError";
}

function settingsNow(machine: Machine): HostSettings {
  const hostKey = machine.state.products.some((product) => product.channel === "csvlk");
  const intervals = configuredIntervals(machine);
  return {
    port: hostKey ? (listeningPort(machine) ?? DEFAULT_KMS_PORT) : null,
    dnsPublishing: dnsPublishing(machine),
    publishList: publishList(machine),
    lowPriority: lowPriority(machine),
    activationInterval: intervals.activation,
    renewalInterval: intervals.renewal,
    ...activationPolicy(machine),
  };
}

/** sppsvc starts: it reads its settings, opens the KMS port if there is a host key, and publishes itself. */
export function startService(machine: Machine): void {
  const { service } = machine.state;
  if (service.running) return;
  service.running = true;
  loseDirectoryActivation(machine);
  service.settings = settingsNow(machine);
  warnOfHardware(machine);
  publish(machine);
}

/** Microsoft has not published the event's id and fields: these are made up. */
const NOT_HARDWARE_SECURED = 12_310;

/** What Windows Server 2025 with the update of August 2026 tells a KMS host about its hardware. */
function warnOfHardware(machine: Machine): void {
  const { spec, os } = machine;
  if (os.id !== "ws2025" || spec.kmsReadinessUpdate !== true || spec.tpm !== false || !hostProduct(machine)) return;
  machine.logs.append(KMS_LOG, {
    id: NOT_HARDWARE_SECURED,
    time: machine.clock(),
    source: SPP_SOURCE,
    type: "warning",
    strings: [],
  });
}

export function stopService(machine: Machine): void {
  machine.requireElevation();
  if (machine.faults.stopRefused) throw new StopRefusedError("sppsvc does not stop.");
  machine.state.service.running = false;
  machine.state.service.settings = null;
  machine.state.host.nextPublishAt = null;
}

export function restartService(machine: Machine): void {
  if (machine.state.service.running) stopService(machine);
  else machine.requireElevation();
  startService(machine);
  machine.state.service.restarts += 1;
}

/** Windows starts the service when somebody asks its WMI classes. */
export function demandStart(machine: Machine): void {
  startService(machine);
}

export function kmsPort(machine: Machine): number | null {
  return machine.state.service.running ? (machine.state.service.settings?.port ?? null) : null;
}

export function listeners(machine: Machine): { address: string; port: number }[] {
  const kms = kmsPort(machine);
  const ports = kms === null || OTHER_PORTS.includes(kms) ? OTHER_PORTS : [...OTHER_PORTS, kms];
  return ports.map((port) => ({ address: "0.0.0.0", port }));
}

/**
 * The host registers itself, in its own domain and those of DnsDomainPublishList; one event for each. Microsoft's pages
 * disagree on whether a list takes the own domain's place. The lab takes the registry reference's word that it does
 * not: whoever wants a host to be absent there must not trust the list, and whoever wants it there may still list it,
 * which gives it the line's priority and weight.
 */
export function publish(machine: Machine): void {
  const { service, host } = machine.state;
  host.nextPublishAt = null;
  if (!hostProduct(machine) || !service.settings?.dnsPublishing) return;
  host.nextPublishAt = machine.world.now() + PUBLISH_EVERY_MS;
  for (const entry of entriesOf(machine.primaryDnsSuffix, service.settings.publishList)) {
    const { domain } = entry;
    const code = machine.world.publish(machine, entry);
    if (code === HR.ok) machine.logApplication(PUBLISHED, [domain]);
    else machine.logApplication(PUBLISH_FAILED, [hex(code), domain], "error");
  }
}

/** The own domain first, unless a line has it; each domain once. */
function entriesOf(own: string, list: readonly PublishEntry[]): PublishEntry[] {
  const entries = new Map<string, PublishEntry>();
  if (own !== "") entries.set(own.toLowerCase(), { domain: own, priority: 0, weight: 0 });
  for (const entry of list) entries.set(entry.domain.toLowerCase(), entry);
  return [...entries.values()];
}
