import { licenseStatusName } from "../../errors/codes/index";
import type { HostObservation } from "./observe";
import { hostProduct, servesOtherPort } from "./plan";
import type { KmsHostInputs } from "./schema";
import { settingChanges } from "./settings";

/** Fewest clients that any product needs before KMS activates anything (servers and Office). */
const SERVER_THRESHOLD = 5;

/** What deserves to be said about a host although it is no difference from what is wanted. */
export function hostFindings(seen: HostObservation, wanted: KmsHostInputs, history: { restarted: boolean }): string[] {
  const findings: string[] = [];
  const { licensing } = seen;
  const product = hostProduct(seen, wanted.partialProductKey);
  const host = licensing.products.find(({ isKmsHost }) => isKmsHost);

  if (!licensing.isKmsHost) {
    const waiting = settingChanges(seen, wanted as unknown as { [name: string]: unknown }).map(({ name }) => name);
    const status = licenseStatusName(product?.licenseStatus ?? 0);
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
  if (wanted.role === "primary" && count < SERVER_THRESHOLD) {
    findings.push(`count ${count}: servers and Office are activated from 5 on, client Windows from 25`);
  }
  return findings;
}
