import { hex } from "../machine/hresult";
import { currentCount, hostProduct, LICENSE_STATUS, licenseOf, thresholdOf } from "../machine/licensing";
import type { Machine } from "../machine/machine";
import { channelName } from "../machine/products";
import { SPP_KEY } from "../machine/registry";
import { kmsPort, listeners } from "../machine/service";
import { kmsTarget } from "../machine/settings";

const STATUS_NAMES: Record<number, string> = {
  [LICENSE_STATUS.unlicensed]: "Unlicensed",
  [LICENSE_STATUS.licensed]: "Licensed",
  [LICENSE_STATUS.oobGrace]: "OOBGrace",
  [LICENSE_STATUS.ootGrace]: "OOTGrace",
  [LICENSE_STATUS.notification]: "Notification",
};

/** A machine for people and tests: everything that matters, no whole key. */
export type MachineDescription = ReturnType<typeof describeMachine>;

export function describeMachine(machine: Machine) {
  const { state } = machine;
  const target = kmsTarget(machine);
  return {
    name: machine.name,
    fqdn: machine.fqdn,
    address: machine.spec.address,
    powered: state.powered,
    os: {
      caption: machine.caption,
      version: machine.os.version,
      edition: machine.edition,
      language: machine.language,
      powershell: machine.os.psVersion,
    },
    domain: machine.domain,
    domainJoined: machine.joined,
    clock: new Date(machine.clock()).toISOString(),
    identity: { ...state.identity, clientMachineId: state.cmid },
    products: state.products.map((product) => {
      const license = licenseOf(machine, product);
      return {
        activationId: product.activationId,
        description: product.description,
        channel: channelName(product),
        partialProductKey: product.key.slice(-5),
        licenseStatus: license.status,
        licenseStatusName: STATUS_NAMES[license.status] ?? String(license.status),
        licenseStatusReason: hex(license.reason),
        graceMinutesRemaining: license.minutes,
        activatedByDirectory: product.activation?.by === "AD",
      };
    }),
    kmsHost: {
      active: hostProduct(machine) !== undefined,
      port: kmsPort(machine),
      count: currentCount(machine),
      requests: { ...state.host.requests },
      clients: state.host.clients.map((client) => ({ ...client, lastSeen: new Date(client.lastSeen).toISOString() })),
    },
    kmsClient: {
      target: target.name === null ? null : `${target.name}:${target.port ?? 1688}`,
      /** The host that discovery found last. */
      discovered: state.client.discovered && { ...state.client.discovered },
      requiredCount: thresholdOf(machine),
      lastResult: state.client.lastResult === null ? null : hex(state.client.lastResult),
      nextAttempt: state.client.nextAttemptAt === null ? null : new Date(state.client.nextAttemptAt).toISOString(),
    },
    /** What the guide's Appendix A sets, as far as it acts already. */
    activationPolicy: {
      userOperations: state.service.settings?.userOperations === true,
      manual: state.service.settings?.manual === true,
      notices: {
        /** Switched off, they come back when the grace has expired. */
        shown:
          state.service.settings?.notificationDisabled !== true ||
          state.products.some((product) => licenseOf(machine, product).status === LICENSE_STATUS.notification),
        link: state.service.settings?.alternateUrl ?? null,
      },
      rearmsLeft: state.rearmsLeft,
    },
    service: { name: "sppsvc", running: state.service.running, restarts: state.service.restarts },
    registry: { [`HKLM\\${SPP_KEY}`]: machine.registry.list(SPP_KEY) },
    listeners: listeners(machine),
    firewall: {
      currentProfiles: state.firewall.currentProfiles,
      profiles: state.firewall.profiles.map((profile) => ({ ...profile })),
      localMergeOff: state.firewall.localMergeOff,
      enabledRules: machine.firewall.enabledRules().map((rule) => ({ ...rule })),
    },
    counters: { ...state.counters, openAgents: machine.openAgents },
    faults: { ...machine.faults },
    notes: [...machine.notes],
  };
}
