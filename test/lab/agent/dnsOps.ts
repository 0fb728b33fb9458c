import type {
  DnsChangeArgs,
  DnsReadArgs,
  DnsReadResult,
  DnsSrvData,
} from "pulumi-volume-activation-provider/machine/protocol";
import { type DnsAdministration, sameSrv } from "../dns/administration";
import { HR, WindowsError } from "../machine/hresult";
import type { Machine } from "../machine/machine";
import { OpError, toAgentError } from "./failure";

export function dnsRead(machine: Machine, { zone, name }: DnsReadArgs): DnsReadResult {
  return onServer(machine, (server) => ({ zone: server.facts(zone), ...server.set(zone, name) }));
}

/** In the agent's order: what has the very data of the new record, the new record, the others. */
export function dnsChange(machine: Machine, args: DnsChangeArgs): Record<string, never> {
  const { zone, name, expected, deletes, add } = args;
  machine.requireElevation();
  return onServer(machine, (server) => {
    const { records, alias } = server.set(zone, name);
    if (alias !== null || textOf(records) !== textOf(expected)) {
      const message = `the SRV records of ${name} are not those that were expected`;
      throw new OpError({ kind: "expectation", message, actual: textOf(records) });
    }
    const going = records.filter((record) => deletes.some((one) => sameSrv(one, record)));
    const twin = add ? going.find((record) => sameSrv(record, add)) : undefined;
    if (twin) server.remove(zone, name, twin);
    if (add) server.add(zone, name, add);
    for (const record of going) if (record !== twin) server.remove(zone, name, record);
    return {};
  });
}

function textOf(records: readonly DnsSrvData[]): string {
  const texts = records.map(({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${target}`);
  return texts
    .map((text) => text.toLowerCase().replace(/(.)\.$/, "$1"))
    .sort()
    .join("; ");
}

/** Without the role there is no service; errors of the module are of another type than those of WMI. */
function onServer<T>(machine: Machine, work: (server: DnsAdministration) => T): T {
  if (machine.spec.dnsServer !== true) {
    throw new OpError({ kind: "notSupported", message: "this machine is no DNS server (it has no service DNS)" });
  }
  try {
    const server = machine.world.dnsAdministration();
    if (!server) throw new WindowsError(HR.zoneDoesNotExist);
    return work(server);
  } catch (error) {
    if (!(error instanceof WindowsError) || machine.os.generation === "win7") throw error;
    const exception = "Microsoft.Management.Infrastructure.CimException";
    throw new OpError({ ...toAgentError(error, machine.language), exception });
  }
}
