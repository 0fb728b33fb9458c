import { MINUTE_MS } from "../clock/clock";
import { APPLICATION_LOG, KMS_LOG } from "../machine/events";
import { PROFILE, predefinedRules, SSH_RULE } from "../machine/firewallRules";
import { newGuid, newSmbiosUuid } from "../machine/ids";
import { GRACE_MINUTES, KMS_VALIDITY_MINUTES } from "../machine/licensing";
import { osKind } from "../machine/os";
import { productForKey, setupKey } from "../machine/products";
import { SPP_KEY } from "../machine/registry";
import { type MachineState, noRequests, type ProductState } from "../machine/state";
import type { Microsoft, SoldKey } from "../microsoft/microsoft";
import { fqdnOf, type MachineSpec, type NetworkSpec } from "../networks/spec";

/** Who a machine is: made up once, kept over a reset. */
export interface Origin {
  smbiosUuid: string;
  machineGuid: string;
  cmid: string;
}

export function newOrigin(clonedFrom?: Origin): Origin {
  return { smbiosUuid: newSmbiosUuid(), machineGuid: newGuid(), cmid: clonedFrom?.cmid ?? newGuid() };
}

/** A machine as the network's description has it at the start. */
export function newMachineState(
  spec: MachineSpec,
  network: NetworkSpec,
  origin: Origin,
  microsoft: Microsoft,
  now: number,
): MachineState {
  const os = osKind(spec.os);
  const product = initialProduct(spec, microsoft);
  if (product && spec.activated) {
    const until = product.channel === "gvlk" ? now + KMS_VALIDITY_MINUTES * MINUTE_MS : null;
    product.activation = { until, hardware: 0 };
  }
  return {
    powered: true,
    identity: { smbiosUuid: origin.smbiosUuid, machineGuid: origin.machineGuid, hardware: 0 },
    cmid: origin.cmid,
    registry: {
      [SPP_KEY]: {},
      "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion": {
        ProductName: { kind: "REG_SZ", data: os.title },
        EditionID: { kind: "REG_SZ", data: spec.edition ?? os.defaultEdition },
        CurrentBuildNumber: { kind: "REG_SZ", data: String(os.build) },
      },
      "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters": {
        Hostname: { kind: "REG_SZ", data: spec.name },
        Domain: { kind: "REG_SZ", data: fqdnOf(network, spec).split(".").slice(1).join(".") },
        ...(spec.dhcpDomain === undefined ? {} : { DhcpDomain: { kind: "REG_SZ", data: spec.dhcpDomain } }),
      },
      // The devices of the TPM driver.
      ...(spec.tpm === false
        ? {}
        : { "SYSTEM\\CurrentControlSet\\Services\\TPM\\Enum": { Count: { kind: "REG_DWORD", data: 1 } } }),
    },
    products: product ? [product] : [],
    graceEndsAt: now + (spec.graceMinutes ?? GRACE_MINUTES) * MINUTE_MS,
    rearmsLeft: os.generation === "win7" ? 3 : 1000,
    rearmPending: false,
    service: { running: false, restarts: 0, settings: null },
    host: { clients: [], largestThreshold: 0, requests: noRequests(), nextPublishAt: null },
    client: {
      nextAttemptAt: product && triesByItself(product) ? now + 120 * MINUTE_MS : null,
      lastResult: null,
      intervals: null,
      discovered: null,
      hostProductKeyId: null,
    },
    logs: { [APPLICATION_LOG]: [], [KMS_LOG]: [] },
    firewall: {
      currentProfiles: PROFILE[spec.profile ?? (spec.domainJoined === false ? "private" : "domain")],
      profiles: ([1, 2, 4] as const).map((profile) => ({
        profile,
        enabled: ((spec.firewallOff ?? 0) & profile) === 0,
        blockAllInbound: false,
        defaultInbound: "block",
      })),
      rules: [
        { ...SSH_RULE },
        ...predefinedRules(os, spec.language ?? "en-US").map((rule) => ({
          ...rule,
          enabled: spec.firewallGroups?.includes(rule.grouping) ?? false,
        })),
      ],
      policyRules: [...(spec.policyRules ?? [])],
      localMergeOff: spec.localMergeOff ?? 0,
    },
    policy: { registry: [], nextRefreshAt: null },
    counters: { dials: 0, powershellStarts: 0, requests: 0, batches: 0 },
  };
}

/** A KMS client always, a MAK that came with the installation until it is activated. */
function triesByItself({ channel, activation }: ProductState): boolean {
  return channel === "gvlk" || (channel === "mak" && activation === null);
}

/** The host key that is made up for a machine whose description asks for one. */
export function hostKeyFor(spec: MachineSpec, microsoft: Microsoft): SoldKey | undefined {
  return spec.csvlk && microsoft.sell({ name: spec.name, kind: "csvlk", csvlk: spec.csvlk });
}

function initialProduct(spec: MachineSpec, microsoft: Microsoft): ProductState | undefined {
  const os = osKind(spec.os);
  const edition = spec.edition ?? os.defaultEdition;
  const kind = spec.initialKey ?? "gvlk";
  if (kind === "none") return undefined;
  if (kind === "gvlk") {
    const row = setupKey(os, edition);
    if (!row) throw new Error(`${spec.name}: there is no published setup key for ${edition} of ${os.title}.`);
    return productForKey(os, edition, row.key, microsoft);
  }
  if (kind === "csvlk") {
    const sold = hostKeyFor(spec, microsoft);
    if (!sold) throw new Error(`${spec.name}: initialKey "csvlk" needs the field csvlk, which says which host key.`);
    return productForKey(os, edition, sold.key, microsoft, spec.updates);
  }
  const sold = microsoft.sell({
    name: `${spec.name}-${kind}`,
    kind,
    os: spec.os,
    ...(kind === "retail" ? { editionId: edition } : {}),
  });
  return productForKey(os, edition, sold.key, microsoft);
}
