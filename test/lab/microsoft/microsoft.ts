import { GVLKS } from "pulumi-volume-activation-provider/keys/index";
import { HR, WindowsError } from "../machine/hresult";
import { confirmationId, newSecret } from "../machine/ids";
import type { OsId } from "../machine/os";
import { CSVLKS, type CsvlkId } from "./csvlk";
import { newProductKey, partialOf } from "./keys";

/** A key that the simulated Microsoft has sold. Its balance is how often it was activated on which hardware. */
export interface SoldKey {
  /** Our own name for it, like "kms01". */
  name: string;
  key: string;
  kind: "csvlk" | "mak" | "retail";
  csvlk?: CsvlkId;
  /** MAK and retail keys are for one Windows version; retail keys for one edition too. */
  os?: OsId;
  editionId?: string;
  blocked: boolean;
  /** Activations that a MAK allows altogether; others ignore it. */
  limit: number;
  /** Activations by hardware identity. */
  hosts: Record<string, number>;
}

export interface LedgerEntry {
  /** Lab time, ISO 8601. */
  time: string;
  machine: string;
  partialProductKey: string;
  kind: "csvlk" | "mak" | "retail";
  method: "online" | "phone";
}

export interface MicrosoftState {
  secret: string;
  keys: SoldKey[];
  ledger: LedgerEntry[];
}

/** A KMS host key activates six hosts, each ten times. */
export const CSVLK_HOSTS = 6;
export const CSVLK_ACTIVATIONS_PER_HOST = 10;

export type KeyOrder = Pick<SoldKey, "name" | "kind"> & Partial<Pick<SoldKey, "csvlk" | "os" | "editionId" | "limit">>;

export function newMicrosoftState(): MicrosoftState {
  return { secret: newSecret(), keys: [], ledger: [] };
}

/** The stand-in for Microsoft's activation service: it knows what was sold, counts what is spent, and refuses. */
export class Microsoft {
  constructor(readonly state: MicrosoftState) {}

  /** The key that goes by this name; made up when it is asked for the first time. */
  sell(order: KeyOrder): SoldKey {
    const known = this.state.keys.find((sold) => sold.name === order.name);
    if (known) return known;
    const generation = order.csvlk
      ? CSVLKS[order.csvlk].generation
      : order.os === "win7" || order.os === "ws2008r2"
        ? "win7"
        : "win8";
    const taken = (key: string) => this.find(key) !== undefined || GVLKS.some((row) => row.key === key);
    const sold: SoldKey = { limit: 50, ...order, key: newProductKey(generation, taken), blocked: false, hosts: {} };
    this.state.keys.push(sold);
    return sold;
  }

  find(key: string): SoldKey | undefined {
    return this.state.keys.find((sold) => sold.key === key);
  }

  /** Spends one activation, or throws the HRESULT that Microsoft would answer. */
  activate(request: {
    key: string;
    machine: string;
    hardwareId: string;
    now: number;
    method: "online" | "phone";
  }): void {
    const sold = this.find(request.key);
    if (!sold) throw new WindowsError(HR.keyInvalidAtMicrosoft);
    if (sold.blocked) throw new WindowsError(HR.keyBlocked);
    const used = sold.hosts[request.hardwareId] ?? 0;
    if (sold.kind === "csvlk") {
      const full = used === 0 && Object.keys(sold.hosts).length >= CSVLK_HOSTS;
      if (full || used >= CSVLK_ACTIVATIONS_PER_HOST) throw new WindowsError(HR.hostKeyOverLimit);
    }
    if (sold.kind === "mak" && sum(sold.hosts) >= sold.limit) throw new WindowsError(HR.makOverLimit);
    sold.hosts[request.hardwareId] = used + 1;
    this.state.ledger.push({
      time: new Date(request.now).toISOString(),
      machine: request.machine,
      partialProductKey: partialOf(request.key),
      kind: sold.kind,
      method: request.method,
    });
  }

  /** The confirmation id that belongs to an installation id; asking for it costs nothing, activating by phone does. */
  confirmationId(installationId: string): string {
    return confirmationId(installationId, this.state.secret);
  }

  /** Nothing spent, nothing blocked; the keys stay. */
  reset(): void {
    this.state.ledger.length = 0;
    for (const sold of this.state.keys) {
      sold.hosts = {};
      sold.blocked = false;
    }
  }
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
