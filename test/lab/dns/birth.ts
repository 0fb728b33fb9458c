import { fqdnOf, type NetworkSpec, type ZoneSpec } from "../networks/spec";
import { newTsigKey, type TsigKey } from "./tsig";
import { depthBelow, nameKey, sameName, tidyName } from "./wire/names";
import { tidyRdata } from "./wire/rdata";
import type { ZoneRecord, ZoneState } from "./zone";

/** What the state file has of the DNS server. */
export interface DnsState {
  /** 0 until the first start. */
  port: number;
  /** The first is the one that `lab.json` names. Made up at the first start. */
  keys: TsigKey[];
  zones: ZoneState[];
}

const KEY_NAME = "lab-update";
const HOUR = 3600;
/** Seconds: refresh, retry, expire, and for how long a resolver remembers that there is nothing. */
const SOA_TIMES = [900, 600, 86_400, 300];

export function newDnsState(network: NetworkSpec): DnsState {
  const algorithm = network.tsig?.algorithm ?? "hmac-sha256";
  if (algorithm === "hmac-md5" && network.tsig?.allowMd5 !== true) {
    throw new Error(`The network ${network.name} signs with hmac-md5; that needs allowMd5 beside it.`);
  }
  return { port: 0, keys: [newTsigKey(KEY_NAME, algorithm)], zones: newZones(network) };
}

/** The zones as the network's description has them. */
export function newZones(network: NetworkSpec): ZoneState[] {
  const zones = network.zones ?? [];
  return zones.map((spec) => newZone(spec, network, zones));
}

function newZone(spec: ZoneSpec, network: NetworkSpec, zones: readonly ZoneSpec[]): ZoneState {
  const zone = tidyName(spec.name);
  const server = `ns1.${zone}`;
  const record = (name: string, type: string, data: string): ZoneRecord => ({ name, type, ttl: HOUR, data });
  const below = zones.filter(({ name }) => (depthBelow(name, zone) ?? 0) > 0);
  const machines = network.machines.filter((one) => {
    const [, ...suffix] = fqdnOf(network, one).split(".");
    return one.domainJoined !== false && sameName(suffix.join("."), zone);
  });
  return {
    name: zone,
    allowUpdate: [...spec.allowUpdate],
    ...(spec.aging === undefined ? {} : { aging: spec.aging }),
    nodes: {},
    grants: Object.fromEntries(
      Object.entries(spec.grants ?? {}).map(([node, names]) => [nameKey(`${node}.${zone}`), [...names]]),
    ),
    records: [
      record(zone, "SOA", [server, `hostmaster.${zone}`, 1, ...SOA_TIMES].join(" ")),
      record(zone, "NS", server),
      record(server, "A", "127.0.0.1"),
      ...below.map(({ name }) => record(tidyName(name), "NS", `ns1.${tidyName(name)}`)),
      ...machines.map((one) => record(fqdnOf(network, one), "A", one.address)),
      ...(spec.records ?? []).map((one) => ({ ...one, name: tidyName(one.name), data: tidyRdata(one.type, one.data) })),
    ],
  };
}
