import { describeCode, licenseStatusName } from "../../errors/codes/index";
import { HARDWARE_CHANGED, type Product } from "../shared/licensing";
import { pendingFinding } from "../shared/phone";
import { clonedClients, lastPublication } from "./events";
import type { HostObservation } from "./observe";
import { hostProduct, servedProducts, servesOtherPort } from "./plan";
import { readinessFinding } from "./readiness";
import type { KmsHostInputs } from "./schema";
import { settingChanges } from "./settings";

/** Fewest clients that any product needs before KMS activates anything (servers and Office). */
const SERVER_THRESHOLD = 5;

/** What the operation itself found out. */
interface Told {
  restarted: boolean;
  unpublished?: string[];
  lacking?: { domain: string; hosts: string[] }[];
}

/** A count this low after this many requests does not come from too few clients. */
const STUCK_COUNT = 1;
const STUCK_REQUESTS = 10;

/** What deserves to be said about a host although it is no difference from what is wanted. */
export function hostFindings(seen: HostObservation, wanted: KmsHostInputs, history: Told): string[] {
  const findings: string[] = [];
  const { licensing } = seen;
  const product = hostProduct(seen, wanted.partialProductKey);
  const [host, ...others] = servedProducts(seen);

  if (product && product.licenseStatus !== 1 && product.reason === HARDWARE_CHANGED)
    findings.push(hardwareChanged(product));
  if (wanted.activation.method === "phone" && product && product.licenseStatus !== 1) {
    const { installationId } = seen.offline.get(product.partialProductKey) ?? {};
    if (wanted.activation.confirmationId === undefined) findings.push(pendingFinding(installationId));
  }
  if (!licensing.isKmsHost) {
    const waiting = settingChanges(seen, wanted as unknown as { [name: string]: unknown }).map(({ name }) => name);
    const status = product ? licenseStatusName(product.licenseStatus) : "not installed";
    findings.push(
      `no KMS host yet: its key is ${status}${waiting.length ? `; ${waiting.join(", ")} are set once it is activated` : ""}`,
    );
    return findings;
  }
  if (servesOtherPort(seen)) {
    findings.push(
      history.restarted
        ? `sppsvc was restarted, and nothing listens on TCP ${licensing.listeningPort} yet`
        : `set to TCP ${licensing.listeningPort}, but nothing listens there: sppsvc has not been restarted since, or did not start`,
    );
  }
  const count = host?.currentCount ?? 0;
  if (wanted.role === "primary") {
    // A host key of client Windows serves nobody below 25; one of servers serves servers from 5 on.
    if (count < Math.max(SERVER_THRESHOLD, host?.requiredCount ?? 0)) {
      findings.push(`count ${count}: servers and Office are activated from 5 on, client Windows from 25`);
    }
    for (const { name, currentCount = 0, requiredCount = SERVER_THRESHOLD } of others) {
      if (currentCount < requiredCount)
        findings.push(`count ${currentCount} of ${name}: its clients are activated from ${requiredCount} on`);
    }
  }
  const requests = host?.counters.Total ?? 0;
  if (count === STUCK_COUNT && requests >= STUCK_REQUESTS) {
    findings.push(
      `the count stays at ${count} although ${requests} requests came: clients were cloned without sysprep /generalize, or ` +
        "several hosts share them",
    );
  }
  for (const { cmid, names } of clonedClients(seen.events.clients)) {
    const some = names.slice(0, 3).join(", ");
    findings.push(
      `${names.length} names share the client id ${cmid} and are counted once: ${some}${names.length > 3 ? ", ..." : ""}; ` +
        "run slmgr /rearm on the clones",
    );
  }
  findings.push(...publishingFindings(seen, history));
  if (seen.readiness) findings.push(readinessFinding(seen.readiness));
  return findings;
}

function hardwareChanged({ partialProductKey }: Product): string {
  return (
    `the machine's hardware changed since the activation of ...${partialProductKey} (${HARDWARE_CHANGED}); activating it again ` +
    "takes one more of its activations: set `reactivate` to a new value"
  );
}

function publishingFindings(seen: HostObservation, { unpublished, lacking }: Told): string[] {
  if (!seen.licensing.dnsPublishing) return [];
  const failed = lastPublication(seen.events.publishing).filter(({ ok }) => !ok);
  return [
    ...failed.map(({ domain, code = "" }) => {
      const { meaning, remedy } = describeCode(code);
      return `publishing into ${domain} failed (${code}): ${meaning} ${remedy}`;
    }),
    ...(unpublished ?? []).map(
      (domain) => `nothing was logged about publishing into ${domain} (12294 or 12293) after the restart of sppsvc`,
    ),
    ...(lacking ?? []).map(
      ({ domain, hosts }) =>
        `${hosts.join(", ")} of the same domain also publishes into ${domain}, which is not in this host's list`,
    ),
  ];
}
