import { DAY_MS, MINUTE_MS } from "../clock/clock";
import { HR, NoProductError, NotSupportedError, WindowsError } from "./hresult";
import { hasValidCheckDigits, installationId, newGuid, productKeyId, WINDOWS_APPLICATION_ID } from "./ids";
import type { Machine } from "./machine";
import { requiredCount } from "./os";
import { productForKey } from "./products";
import { SPP_KEY } from "./registry";
import type { ProductState } from "./state";

/** Out-of-box grace and the grace after a change of hardware, minutes. */
export const GRACE_MINUTES = 43_200;
/** How long one KMS activation lasts, minutes. */
export const KMS_VALIDITY_MINUTES = 259_200;

export const LICENSE_STATUS = {
  unlicensed: 0,
  licensed: 1,
  oobGrace: 2,
  ootGrace: 3,
  notification: 5,
} as const;

export interface License {
  status: number;
  reason: number;
  /** GracePeriodRemaining. */
  minutes: number;
}

/** The Windows product that carries a key: what slmgr.vbs calls the primary one. */
export function primaryProduct(machine: Machine): ProductState | undefined {
  return machine.state.products.find((product) => product.applicationId === WINDOWS_APPLICATION_ID);
}

/** By Activation ID, or the primary one. */
export function requireProduct(machine: Machine, activationId?: string): ProductState {
  const product =
    activationId === undefined
      ? primaryProduct(machine)
      : machine.state.products.find((one) => one.activationId.toLowerCase() === activationId.toLowerCase());
  if (!product) throw new NoProductError("No product with a key matches.");
  return product;
}

export function licenseOf(machine: Machine, product: ProductState): License {
  const now = machine.world.now();
  const left = (end: number) => Math.max(0, Math.ceil((end - now) / MINUTE_MS));
  if (product.activation && product.activation.hardware !== machine.state.identity.hardware) {
    const minutes = left((product.outOfToleranceAt ?? now) + GRACE_MINUTES * MINUTE_MS);
    const status = minutes > 0 ? LICENSE_STATUS.ootGrace : LICENSE_STATUS.notification;
    return { status, reason: HR.hardwareChanged, minutes };
  }
  if (product.activation) {
    const { until } = product.activation;
    if (until === null) return { status: LICENSE_STATUS.licensed, reason: HR.licensed, minutes: 0 };
    if (until > now) return { status: LICENSE_STATUS.licensed, reason: HR.licensed, minutes: left(until) };
  } else if (machine.state.graceEndsAt > now) {
    return { status: LICENSE_STATUS.oobGrace, reason: HR.inOobGrace, minutes: left(machine.state.graceEndsAt) };
  }
  return { status: LICENSE_STATUS.notification, reason: HR.graceExpired, minutes: 0 };
}

export function isLicensed(machine: Machine, product: ProductState): boolean {
  return licenseOf(machine, product).status === LICENSE_STATUS.licensed;
}

/** IsKeyManagementServiceMachine: a KMS host key that is activated; with the key alone the host options do nothing. */
export function isKmsHost(machine: Machine, product: ProductState): boolean {
  return product.channel === "csvlk" && isLicensed(machine, product);
}

export function hostProduct(machine: Machine): ProductState | undefined {
  return machine.state.products.find((product) => isKmsHost(machine, product));
}

/** SoftwareLicensingService.InstallProductKey. Replaces the Windows key that is there. */
export function installProductKey(machine: Machine, key: string): void {
  machine.requireLicensingRight();
  const product = productForKey(machine.os, machine.edition, key, machine.world.microsoft, machine.spec.updates);
  const { state } = machine;
  const current = primaryProduct(machine);
  // The same KMS client key again changes nothing; any other product starts unlicensed.
  if (current?.key === product.key && current.channel === "gvlk") return;
  state.products = state.products.filter((one) => one.applicationId !== product.applicationId);
  state.products.push(product);
  state.client.lastResult = null;
  scheduleAttempt(machine);
}

export function uninstallProductKey(machine: Machine, product: ProductState): void {
  machine.requireElevation(HR.elevationRequired);
  machine.state.products = machine.state.products.filter((one) => one !== product);
  scheduleAttempt(machine);
}

/** SoftwareLicensingProduct.Activate: a KMS request for a setup key, Microsoft for every other. */
export function activate(machine: Machine, product: ProductState): void {
  if (product.channel === "gvlk") {
    machine.world.requestActivation(machine);
    return;
  }
  machine.requireLicensingRight();
  if (machine.spec.internet === false) throw new WindowsError(HR.internetTimeout);
  machine.world.microsoft.activate({
    key: product.key,
    machine: machine.name,
    hardwareId: machine.hardwareId,
    now: machine.world.now(),
    method: "online",
  });
  markActivated(machine, product, null);
}

export function markActivated(machine: Machine, product: ProductState, until: number | null, by?: "AD"): void {
  product.activation = { until, hardware: machine.state.identity.hardware, ...(by === undefined ? {} : { by }) };
  product.outOfToleranceAt = null;
}

/** When sppsvc starts on a machine that has left its domain, what Active Directory activated is so no more. */
export function loseDirectoryActivation(machine: Machine): void {
  if (machine.joined) return;
  for (const { activation } of machine.state.products) if (activation?.by === "AD") activation.until = 0;
}

export function installationIdOf(machine: Machine, product: ProductState): string {
  const { smbiosUuid, hardware } = machine.state.identity;
  return installationId(machine.os, product.key, smbiosUuid, hardware);
}

export function productKeyIdOf(machine: Machine, product: ProductState): string {
  return productKeyId(machine.os, product.key);
}

/** DepositOfflineConfirmationId. */
export function depositConfirmationId(machine: Machine, product: ProductState, confirmation: string): void {
  machine.requireElevation(HR.elevationRequired);
  if (!/^[0-9]{48}$/.test(confirmation)) throw new WindowsError(HR.confirmationIdFormat);
  const right = machine.world.microsoft.confirmationId(installationIdOf(machine, product));
  if (!hasValidCheckDigits(confirmation, 6) || confirmation !== right) throw new WindowsError(HR.checkDigits);
  markActivated(machine, product, null);
}

/** ReArmWindows: acts at the next start of Windows; SkipRearm = 1 makes it do nothing. */
export function rearm(machine: Machine): void {
  machine.requireLicensingRight();
  if (machine.registry.dword(SPP_KEY, "SkipRearm") === 1) return;
  if (machine.state.rearmsLeft <= 0) throw new WindowsError(HR.rearmsExhausted);
  machine.state.rearmsLeft -= 1;
  machine.state.rearmPending = true;
}

/** What a pending rearm does when Windows starts. */
export function finishRearm(machine: Machine): void {
  const { state } = machine;
  if (!state.rearmPending) return;
  state.rearmPending = false;
  state.cmid = newGuid();
  state.graceEndsAt = machine.world.now() + GRACE_MINUTES * MINUTE_MS;
  for (const product of state.products) product.activation = null;
}

/**
 * A MAK that came with the installation (from an answer file or an image) is tried by Windows itself until it is
 * activated; one that was installed by slmgr or WMI is not. `Activation\Manual` holds it back. Answers whether it has
 * to be tried again.
 */
export function tryMak(machine: Machine, product: ProductState): boolean {
  if (isLicensed(machine, product)) return false;
  if (machine.state.service.settings?.manual === true) return true;
  try {
    activate(machine, product);
  } catch (error) {
    if (!(error instanceof WindowsError)) throw error;
  }
  return !isLicensed(machine, product);
}

/** When a KMS client asks again by itself; a key that somebody installed by hand and that is none never does. */
export function scheduleAttempt(machine: Machine, delayMinutes?: number): void {
  const product = primaryProduct(machine);
  const { client } = machine.state;
  const minutes = delayMinutes ?? clientIntervals(machine).activation;
  client.nextAttemptAt = product?.channel === "gvlk" ? machine.world.now() + minutes * MINUTE_MS : null;
}

/** What the host last sent; before that the machine's own registry, else Windows' defaults. */
export function clientIntervals(machine: Machine): { activation: number; renewal: number } {
  return machine.state.client.intervals ?? configuredIntervals(machine);
}

export function configuredIntervals(machine: Machine): { activation: number; renewal: number } {
  return {
    activation: machine.registry.dword(SPP_KEY, "VLActivationInterval") ?? 120,
    renewal: machine.registry.dword(SPP_KEY, "VLRenewalInterval") ?? 10_080,
  };
}

/** Clients that were seen within 30 days. */
export function currentCount(machine: Machine): number {
  const oldest = machine.world.now() - 30 * DAY_MS;
  return machine.state.host.clients.filter((client) => client.lastSeen > oldest).length;
}

export function thresholdOf(machine: Machine): number {
  return requiredCount(machine.os);
}

/** Members that Windows 7 and Server 2008 R2 do not have. */
export function requireWindows8(machine: Machine, what: string): void {
  if (machine.os.generation === "win7") throw new NotSupportedError(`${what} does not exist on ${machine.os.title}.`);
}
