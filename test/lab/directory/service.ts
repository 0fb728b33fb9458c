import type {
  AccountSidResult,
  DirectoryNodeResult,
  DirectoryWriteArgs,
} from "pulumi-volume-activation-provider/machine/protocol";
import type { Zone } from "../dns/zone";
import { HR, WindowsError } from "../machine/hresult";
import { type Accounts, wellKnownName } from "./accounts";
import { withRightsOf } from "./nodes";

export interface DirectoryWorld {
  accounts: Accounts;
  zones(): readonly Zone[];
  /** Whether a machine runs and is reached. */
  isUp(machine: string): boolean;
  changed(): void;
}

/** Active Directory as the network's machines see it; it is there as long as a domain controller runs. */
export class DirectoryService {
  constructor(private readonly world: DirectoryWorld) {}

  /** The domain controller that a machine of the domain asks; itself if it is one. */
  #controller(machine: string, domain: string): string {
    const { accounts } = this.world;
    const running = accounts.controllersFor(domain).filter(({ name }) => this.world.isUp(name));
    const [chosen] = [...running.filter(({ name }) => name === machine), ...running];
    if (!chosen) throw new WindowsError(HR.directoryDown);
    return chosen.fqdn;
  }

  node(machine: string, domain: string, zone: string, name: string): DirectoryNodeResult {
    const server = this.#controller(machine, domain);
    const found = this.world.zones().find((one) => one.name.toLowerCase() === zone.toLowerCase());
    if (!found) return { server, zones: [], node: null };
    const zoneDn = this.world.accounts.zoneDn(found.name);
    const fqdn = `${name}.${found.name}`;
    const descriptor = found.descriptorAt(fqdn);
    if (!descriptor) return { server, zones: [zoneDn], node: null };
    const tombstoned = found.records.at(fqdn).length === 0;
    const dn = `DC=${name},${zoneDn}`;
    return { server, zones: [zoneDn], node: { dn, tombstoned, descriptor: descriptor.toString("base64") } };
  }

  /** False where the node is gone or its descriptor is another one by now: then nothing was written. */
  write(machine: string, domain: string, { dn, expected, descriptor }: DirectoryWriteArgs): boolean {
    this.#controller(machine, domain);
    const [, name = "", zone = ""] = /^DC=([^,]+),DC=([^,]+),CN=MicrosoftDNS,/i.exec(dn) ?? [];
    const found = this.world.zones().find((one) => one.name.toLowerCase() === zone.toLowerCase());
    const fqdn = `${name}.${zone}`;
    const now = found?.descriptorAt(fqdn);
    if (!found || now?.toString("base64") !== expected) return false;
    found.setDescriptor(fqdn, withRightsOf(now, Buffer.from(descriptor, "base64")));
    this.world.changed();
    return true;
  }

  /** `domain`: undefined for a machine that is in none, which knows only what every Windows does. */
  account(machine: string, domain: string | undefined, text: string): AccountSidResult {
    const known = wellKnownName(text);
    if (known !== undefined) return { sid: text, name: known };
    if (domain !== undefined) this.#controller(machine, domain);
    const { accounts } = this.world;
    const found = domain === undefined ? undefined : accounts.find(text, domain);
    const sid = found?.sid ?? (/^S-1-[0-9]+(-[0-9]+)+$/.test(text) ? text : undefined);
    if (sid === undefined) throw new WindowsError(HR.noneMapped);
    return { sid, name: (domain === undefined ? undefined : accounts.nameOf(sid)) ?? null };
  }
}
