import { DAY_MS, MINUTE_MS } from "../clock/clock";
import { KMS_LOG, SPP_SOURCE } from "../machine/events";
import { HR, hex, WindowsError } from "../machine/hresult";
import {
  clientIntervals,
  currentCount,
  KMS_VALIDITY_MINUTES,
  LICENSE_STATUS,
  licenseOf,
  markActivated,
  productKeyIdOf,
  requireProduct,
  scheduleAttempt,
  thresholdOf,
} from "../machine/licensing";
import type { Machine } from "../machine/machine";
import { DEFAULT_KMS_PORT, kmsPort } from "../machine/service";
import { activationType, kmsTarget } from "../machine/settings";
import type { ProductState, RequestCounter } from "../machine/state";
import { CSVLKS, csvlkCovers } from "../microsoft/csvlk";
import { activateByDirectory } from "./directoryActivation";
import { hostsToTry } from "./discovery";

const REQUEST_SENT = 12288;
const RESPONSE_PROCESSED = 12289;
const REQUEST_PROCESSED = 12290;
const NOT_ENOUGH_COUNT_FLAG = "0x04000000";
const COUNT_WINDOW_MS = 30 * DAY_MS;
const ALLOWED_SKEW_MS = 4 * 60 * MINUTE_MS;
const ALL = 0;
const AD_ONLY = 1;
const TOKEN_ONLY = 3;

export interface Target {
  name: string;
  port: number;
}

/** How a client finds its way: names and DNS zones, as the world has them. */
export interface Directory {
  /** By FQDN, NetBIOS name or IPv4 address, as `from` sees it. */
  find(name: string, from: Machine): Machine | undefined;
  /** Targets of `_vlmcs._tcp` in a domain in the order in which they are to be tried, or the HRESULT of the lookup. */
  discover(domain: string): Target[] | number;
}

interface Answer {
  code: number;
  count: number;
  activationInterval: number;
  renewalInterval: number;
  hostProductKeyId: string;
}

/** One attempt of a KMS client. Throws what Activate() would; whatever comes out, it asks again by itself. */
export function requestActivation(client: Machine, directory: Directory): void {
  const product = requireProduct(client);
  try {
    attempt(client, product, directory);
    client.state.client.lastResult = HR.ok;
    scheduleAttempt(client, clientIntervals(client).renewal);
  } catch (error) {
    if (!(error instanceof WindowsError)) throw error;
    client.state.client.lastResult = error.code;
    scheduleAttempt(client);
    throw error;
  }
}

function attempt(client: Machine, product: ProductState, directory: Directory): void {
  if (client.os.id === "win7" && client.spec.oemMarker === false) throw new WindowsError(HR.noOemMarker);
  const type = activationType(client, product);
  if ((type === ALL || type === AD_ONLY) && activateByDirectory(client, product)) return;
  if (type === AD_ONLY || type === TOKEN_ONLY) throw new WindowsError(HR.notBound);
  const pinned = kmsTarget(client, product);
  const targets =
    pinned.name === null
      ? hostsToTry(client, product, directory)
      : [{ name: pinned.name, port: pinned.port ?? DEFAULT_KMS_PORT }];
  let asked = 0;
  let last: number = HR.noHostAnswered;
  for (const target of targets) {
    asked += 1;
    const outcome = ask(client, product, target, directory);
    const counted = outcome === HR.ok || outcome === HR.notEnoughCount;
    if (counted && pinned.name === null) remember(client, target, directory);
    if (outcome === HR.ok) return;
    if (counted) throw new WindowsError(outcome);
    last = outcome === HR.rpcUnavailable ? HR.noHostAnswered : outcome;
  }
  throw new WindowsError(asked > 1 ? HR.noHostAnswered : last);
}

function remember(client: Machine, target: Target, directory: Directory): void {
  const address = directory.find(target.name, client)?.spec.address ?? "";
  client.state.client.discovered = { ...target, address };
}

/** One host. Writes the client's events and takes over what the host answered. */
function ask(client: Machine, product: ProductState, target: Target, directory: Directory): number {
  const host = directory.find(target.name, client);
  if (!host || !reaches(client, host, target.port)) {
    logRequest(client, product, target, HR.rpcUnavailable);
    return HR.rpcUnavailable;
  }
  logRequest(client, product, target, HR.ok);
  const answer = answerTo(client, product, host);
  const enough = answer.count >= thresholdOf(client);
  const code = answer.code === HR.ok && !enough ? HR.notEnoughCount : answer.code;
  client.logApplication(RESPONSE_PROCESSED, [
    hex(code),
    code === HR.notEnoughCount ? NOT_ENOUGH_COUNT_FLAG : "0x00000000",
    code === HR.ok ? "1" : "0",
    "0",
    String(answer.count),
    String(answer.activationInterval),
    String(answer.renewalInterval),
    eventTime(client),
  ]);
  if (answer.code !== HR.ok) return answer.code;
  client.state.client.intervals = { activation: answer.activationInterval, renewal: answer.renewalInterval };
  client.state.client.hostProductKeyId = answer.hostProductKeyId;
  if (enough) markActivated(client, product, client.world.now() + KMS_VALIDITY_MINUTES * MINUTE_MS);
  return code;
}

/** Powered, listening on that port since its last start, and let through by its firewall. */
function reaches(client: Machine, host: Machine, port: number): boolean {
  if (!host.reachable || kmsPort(host) !== port) return false;
  if (host === client) return true;
  return host.firewall.admits({
    address: client.spec.address,
    port,
    program: host.os.kmsProgram,
    service: "sppsvc",
    ownAddress: host.spec.address,
  });
}

/** What the host makes of a request: it counts the client, if its key covers the product, and logs 12290. */
function answerTo(client: Machine, product: ProductState, host: Machine): Answer {
  const settings = host.state.service.settings;
  const hostKey = host.state.products.find((one) => one.channel === "csvlk");
  const code = refusal(client, host, hostKey);
  const license = licenseOf(client, product);
  const { requests } = host.state.host;
  requests.Total += 1;
  requests[STATUS_COUNTERS[license.status] ?? "Unlicensed"] += 1;
  if (code === HR.ok) countClient(client, host);
  else requests.Failed += 1;
  const fields = [
    hex(code),
    String(thresholdOf(client)),
    client.fqdn,
    client.state.cmid,
    eventTime(client),
    "1",
    String(license.status),
    String(license.minutes),
    product.activationId,
  ];
  // Real records carry one item more in front than the published table lists.
  host.logs.append(KMS_LOG, {
    id: REQUEST_PROCESSED,
    time: host.clock(),
    source: SPP_SOURCE,
    strings: [fields.join(","), ...fields],
  });
  return {
    code,
    count: currentCount(host),
    activationInterval: settings?.activationInterval ?? 120,
    renewalInterval: settings?.renewalInterval ?? 10_080,
    hostProductKeyId: hostKey ? productKeyIdOf(host, hostKey) : "",
  };
}

const STATUS_COUNTERS: Record<number, RequestCounter> = {
  [LICENSE_STATUS.unlicensed]: "Unlicensed",
  [LICENSE_STATUS.licensed]: "Licensed",
  [LICENSE_STATUS.oobGrace]: "OOBGrace",
  [LICENSE_STATUS.ootGrace]: "OOTGrace",
  [LICENSE_STATUS.notification]: "Notification",
};

function refusal(client: Machine, host: Machine, hostKey: ProductState | undefined): number {
  if (!hostKey || licenseOf(host, hostKey).status !== LICENSE_STATUS.licensed) return HR.hostNotActivated;
  if (Math.abs(client.clock() - host.clock()) > ALLOWED_SKEW_MS) return HR.clockSkew;
  const covered = hostKey.csvlk !== undefined && csvlkCovers(CSVLKS[hostKey.csvlk], client.os.id, client.edition);
  return covered ? HR.ok : HR.hostKeyMismatch;
}

/** Once per CMID; forgotten after 30 days; at most twice the largest threshold that any client brought. */
function countClient(client: Machine, host: Machine): void {
  const memory = host.state.host;
  const now = host.world.now();
  memory.largestThreshold = Math.max(memory.largestThreshold, thresholdOf(client));
  const others = memory.clients.filter((one) => one.cmid !== client.state.cmid && one.lastSeen > now - COUNT_WINDOW_MS);
  memory.clients = [...others, { cmid: client.state.cmid, name: client.fqdn, lastSeen: now }].slice(
    -2 * memory.largestThreshold,
  );
}

function logRequest(client: Machine, product: ProductState, target: Target, code: number): void {
  const license = licenseOf(client, product);
  client.logApplication(REQUEST_SENT, [
    hex(code),
    "0x00000000",
    `${target.name}:${target.port}`,
    client.state.cmid,
    eventTime(client),
    "1",
    String(license.status),
    String(license.minutes),
    product.activationId,
    String(thresholdOf(client)),
  ]);
}

/** UTC year/month/day hour:minute of the client's own clock. */
function eventTime(machine: Machine): string {
  const time = new Date(machine.clock());
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${time.getUTCFullYear()}/${two(time.getUTCMonth() + 1)}/${two(time.getUTCDate())}`;
  return `${day} ${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
}
