import type {
  DnsReadResult,
  DnsSrvData,
  DnsSrvRecord,
  DnsZoneFacts,
} from "pulumi-volume-activation-provider/machine/protocol";
import { HR, WindowsError } from "../machine/hresult";
import type { DnsFaults } from "./faults";
import { sameName } from "./wire/names";
import { formatSrv, parseSrv } from "./wire/rdata";
import type { Zone } from "./zone";

/** The same data; names are compared without regard to case. */
export const sameSrv = (one: DnsSrvData, other: DnsSrvData): boolean =>
  one.priority === other.priority &&
  one.weight === other.weight &&
  one.port === other.port &&
  sameName(one.target, other.target);

/**
 * The zones as the administration of a Windows DNS server has them, whether its module or WMI asks. It acts for an
 * administrator, who may write at every name, whoever made it. What he adds is static and keeps a TTL of its own.
 */
export class DnsAdministration {
  constructor(
    private readonly zones: readonly Zone[],
    private readonly faults: Readonly<DnsFaults>,
    private readonly changed: () => void,
  ) {}

  facts(zoneName: string): DnsZoneFacts {
    const { state } = this.#zone(zoneName);
    // Machines update as accounts of the domain, so that such a zone is one of Active Directory.
    const secure = state.allowUpdate.includes("hosts");
    return { adIntegrated: secure, aging: state.aging === true, dynamicUpdate: secure ? "secure" : "none" };
  }

  set(zoneName: string, name: string): Pick<DnsReadResult, "records" | "alias"> {
    const { records } = this.#zone(zoneName);
    const whole = `${name}.${zoneName}`;
    const found = records.set(whole, "SRV").map(({ ttl, data, timestamp }): DnsSrvRecord => {
      return { ...parseSrv(data), ttl, static: timestamp === undefined };
    });
    return { records: found, alias: records.set(whole, "CNAME")[0]?.data ?? null };
  }

  add(zoneName: string, name: string, record: DnsSrvData & { ttl: number }): void {
    const zone = this.#changeable(zoneName);
    const { records, alias } = this.set(zoneName, name);
    if (alias !== null) throw new WindowsError(HR.aliasCollision);
    if (records.some((one) => sameSrv(one, record))) throw new WindowsError(HR.recordAlreadyExists);
    const { ttl } = record;
    const added = { name: `${name}.${zoneName}`, type: "SRV", ttl, data: formatSrv(record) };
    if (!this.faults.lie) zone.change((all) => all.addAlone(added));
    this.changed();
  }

  remove(zoneName: string, name: string, record: DnsSrvData): void {
    const zone = this.#changeable(zoneName);
    if (!this.set(zoneName, name).records.some((one) => sameSrv(one, record))) {
      throw new WindowsError(HR.recordDoesNotExist);
    }
    if (!this.faults.lie) zone.change((all) => all.deleteOne(`${name}.${zoneName}`, "SRV", formatSrv(record)));
    this.changed();
  }

  #zone(name: string): Zone {
    if (this.faults.down) throw new WindowsError(HR.serviceNotActive);
    const zone = this.zones.find((one) => sameName(one.name, name));
    if (!zone) throw new WindowsError(HR.zoneDoesNotExist);
    return zone;
  }

  #changeable(name: string): Zone {
    const zone = this.#zone(name);
    if (this.faults.denyChanges) throw new WindowsError(HR.accessDenied);
    return zone;
  }
}
