import { checks, publishList } from "./lazy";
import { demand, oneLine, refuse } from "./refuse";
import { type RegData, readMultiString, regFile } from "./regFile";

const SPP = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform";
/** Where the Software Licensing service of Windows Vista and Server 2008 has its settings. */
const SL = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SL";
const SLUI = "SOFTWARE\\Classes\\AppID\\slui.exe";
const PUBLISH_LIST = "DnsDomainPublishList";

/** One DNS domain that a KMS host publishes itself into; the same as in `KmsHost.publishDomains`. */
export interface PublishListEntry {
  /** DNS domain, like "contoso.com". */
  domain: string;
  /**
   * SRV priority, 0..65535, lower first.
   * @default 0
   */
  priority?: number;
  /**
   * SRV weight, 0..65535.
   * @default 0
   */
  weight?: number;
}

export interface PublishListOptions {
  /**
   * "SL": the file is for a host on Windows Vista or Server 2008, whose list stands elsewhere and holds bare names.
   * @default "SPP"
   */
  service?: "SPP" | "SL";
}

/**
 * A registration file (.reg) with a KMS host's list of DNS domains, to be imported on another host: what the deployment
 * guide exports from the first host. An empty list removes the value. The Software Protection service must be restarted
 * after the import (`net stop sppsvc && net start sppsvc`; on Vista and Server 2008 `slsvc`).
 */
export function publishListReg(domains: readonly PublishListEntry[], options: PublishListOptions = {}): string {
  const helper = "publishListReg";
  const old = options.service === "SL";
  const seen = new Set<string>();
  const lines = domains.map(({ domain, priority = 0, weight = 0 }, index) => {
    const at = `domains[${index}]`;
    demand(helper, `${at}.domain`, checks().checkDnsDomain(domain));
    demand(helper, `${at}.priority`, checks().checkSrvPriorityWeight(priority));
    demand(helper, `${at}.weight`, checks().checkSrvPriorityWeight(weight));
    const name = checks().normalizeDomain(domain);
    if (seen.has(name)) refuse(helper, `${at}.domain`, `names ${name} a second time`);
    seen.add(name);
    if (!old) return publishList().publishLine({ domain: name, priority, weight });
    if (priority !== 0 || weight !== 0)
      refuse(helper, at, "a host on Windows Vista or Server 2008 knows neither priority nor weight");
    return name;
  });
  const value: RegData = lines.length === 0 ? "absent" : { kind: "REG_MULTI_SZ", data: lines };
  return regFile({ [old ? SL : SPP]: { [PUBLISH_LIST]: value } });
}

/**
 * The list in a file that `reg export` or regedit wrote on a KMS host (its text, already decoded from UTF-16), for
 * `KmsHost.publishDomains`. Empty if the file has no such list.
 */
export function readPublishListReg(text: string): Required<PublishListEntry>[] {
  return publishList().parsePublishList(readMultiString(text, [SPP, SL], PUBLISH_LIST) ?? []);
}

/** Settings of a KMS client as its registry has them. What is left out stays as it is on the machine. */
export interface ClientRegArgs {
  /** The KMS host: FQDN, NetBIOS name, IPv4 or IPv6 address (`slmgr /skms`, KeyManagementServiceName). */
  kmsHost?: string;
  /**
   * TCP port of kmsHost, 1..65535 (KeyManagementServicePort).
   * @default 1688, where kmsHost is given
   */
  kmsPort?: number;
  /** true: removes host and port, so that the client finds its host by DNS (`slmgr /ckms`). Not together with kmsHost. */
  discovery?: boolean;
  /** DNS domain that is asked for the SRV record (`slmgr /skms-domain`; Windows 8 and later). */
  lookupDomain?: string;
  /** Whether the client keeps to the host that answered (`slmgr /skhc`, `/ckhc`; DisableKeyManagementServiceHostCaching). */
  hostCaching?: boolean;
  /** Whether standard users may install keys and activate (UserOperations). Makes the machine less safe. */
  userOperations?: boolean;
  /** Whether notifications of activation are off (Activation\NotificationDisabled). */
  notificationDisabled?: boolean;
  /**
   * Address behind the link "Learn about activation online". Sources disagree on the value, so both are written:
   * ActivationAlternateURL, and Activation\AlternateURL.
   */
  alternateUrl?: string;
  /** Whether Windows waits for `slmgr /ato` (Activation\Manual); Microsoft's later documents except KMS clients from it. */
  manualActivation?: boolean;
  /** Whether `slmgr /rearm` does nothing (SkipRearm). */
  skipRearm?: boolean;
  /** Whether a KMS client's online validation is off (AppID\slui.exe, NoGenTicket). */
  noGenTicket?: boolean;
}

/**
 * A registration file (.reg) that makes a machine a client of your KMS host, for laptops that nobody can log in to: it
 * is sent to the user or comes with a Group Policy preference. Ports are text in it (REG_SZ), as Windows wants them.
 * Importing needs an administrator; the Software Protection service reads most of it at its next start. It holds no key.
 */
export function clientReg(args: ClientRegArgs): string {
  checkClient(args);
  const { kmsHost, kmsPort, discovery, alternateUrl, lookupDomain } = args;
  const port = kmsPort ?? (kmsHost === undefined ? undefined : 1688);
  const keys = {
    [SPP]: given({
      KeyManagementServiceName: discovery ? "absent" : text(kmsHost),
      KeyManagementServicePort: discovery ? "absent" : text(port?.toString()),
      KeyManagementServiceLookupDomain: text(
        lookupDomain === undefined ? undefined : checks().normalizeDomain(lookupDomain),
      ),
      DisableKeyManagementServiceHostCaching: flag(args.hostCaching === undefined ? undefined : !args.hostCaching),
      UserOperations: flag(args.userOperations),
      SkipRearm: flag(args.skipRearm),
      ActivationAlternateURL: text(alternateUrl),
    }),
    [`${SPP}\\Activation`]: given({
      Manual: flag(args.manualActivation),
      NotificationDisabled: flag(args.notificationDisabled),
      AlternateURL: text(alternateUrl),
    }),
    [SLUI]: given({ NoGenTicket: flag(args.noGenTicket) }),
  };
  if (Object.values(keys).every((values) => Object.keys(values).length === 0))
    refuse("clientReg", "arguments", "nothing is said that goes into the file");
  return regFile(keys);
}

function checkClient({ kmsHost, kmsPort, discovery, lookupDomain, alternateUrl }: ClientRegArgs): void {
  const helper = "clientReg";
  if (kmsHost !== undefined) demand(helper, "kmsHost", checks().checkHostName(kmsHost));
  if (kmsPort !== undefined) demand(helper, "kmsPort", checks().checkPort(kmsPort));
  if (kmsPort !== undefined && kmsHost === undefined)
    refuse(helper, "kmsPort", "needs kmsHost: discovery finds the port");
  if (discovery && kmsHost !== undefined) refuse(helper, "discovery", "removes the host; it cannot stand with kmsHost");
  if (lookupDomain !== undefined) demand(helper, "lookupDomain", checks().checkDnsDomain(lookupDomain));
  if (alternateUrl !== undefined) demand(helper, "alternateUrl", checkUrl(alternateUrl));
}

/** The file is read as ASCII or as UTF-16 depending on who saved it; an address can always be written in ASCII. */
function checkUrl(url: string): string | undefined {
  const odd = oneLine(url) ?? (/^[\x20-\x7e]+$/.test(url) ? undefined : `${checks().quote(url)} must be ASCII`);
  return (
    odd ?? (/^(?:https?|file):\/\/\S+$/i.test(url) ? undefined : `${checks().quote(url)} is no http, https or file URL`)
  );
}

const text = (data: string | undefined): RegData | undefined =>
  data === undefined ? undefined : { kind: "REG_SZ", data };
const flag = (on: boolean | undefined): RegData | undefined =>
  on === undefined ? undefined : { kind: "REG_DWORD", data: on ? 1 : 0 };

function given(values: { [name: string]: RegData | undefined }): { [name: string]: RegData } {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, RegData] => entry[1] !== undefined),
  );
}
