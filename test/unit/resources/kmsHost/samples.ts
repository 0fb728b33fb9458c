import { expect } from "vitest";
import type { CheckResult } from "../../../../provider/adapter/handler";
import type { Json, Props } from "../../../../provider/adapter/props";
import type { ReadOutcome, WmiRow } from "../../../../provider/machine/protocol";
import { type HostObservation, parseHost } from "../../../../provider/resources/kmsHost/observe";
import { checkKmsHost, type KmsHostInputs } from "../../../../provider/resources/kmsHost/schema";
import { HOST_KEY, hostProduct, licensingRead, product } from "../shared/fakeMachine";

export interface HostState {
  service?: WmiRow;
  products?: WmiRow[];
  publishList?: string[];
  marker?: boolean;
  listeners?: number[];
}

export function hostReads({ service = {}, products, publishList, marker, listeners }: HostState): ReadOutcome[] {
  return [
    licensingRead(service, products ?? [hostProduct()]),
    {
      ok: true,
      result: {
        values: [
          publishList ? { kind: "REG_MULTI_SZ", data: publishList } : null,
          marker ? { kind: "REG_SZ", data: "1" } : null,
        ],
      },
    },
    { ok: true, result: { listeners: (listeners ?? [135, 1688]).map((port) => ({ address: "0.0.0.0", port })) } },
  ];
}

/** A server that is a KMS client out of the box. */
export const NO_HOST: HostState = { products: [product({ LicenseStatus: 2 })], listeners: [135] };

export const observed = (state: HostState): HostObservation =>
  parseHost({ steps: [], restart: { status: "notNeeded" }, reads: hostReads(state) });

/** What the engine writes for a value that a preview does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const CONNECTION = { host: "kms01", hostKey: "insecure-accept-any" };

export function checkHost(input: { [name: string]: unknown }): CheckResult {
  return checkKmsHost({ resourceName: "kms01", connection: CONNECTION, ...input } as unknown as {
    [key: string]: Json;
  });
}

/** The one reason of a refusal. */
export function reasonOf(input: { [name: string]: unknown }): string {
  const { failures } = checkHost(input);
  expect(failures).toHaveLength(1);
  return failures[0]?.reason ?? "";
}

export const withConnection = (over: { [name: string]: unknown }) => ({ connection: { ...CONNECTION, ...over } });

/** Settings that are not the defaults, and the columns in which Windows holds them. */
export const OTHER_SETTINGS = {
  listeningPort: 1689,
  dnsPublishing: false,
  lowPriority: true,
  activationInterval: 60,
  renewalInterval: 600,
};
export const OTHER_COLUMNS: WmiRow = {
  KeyManagementServiceListeningPort: 1689,
  KeyManagementServiceDnsPublishing: false,
  KeyManagementServiceLowPriority: true,
  VLActivationInterval: 60,
  VLRenewalInterval: 600,
};

/** Checked inputs, of inputs that are right. */
export function wantedHost(input: { [name: string]: unknown } = {}): KmsHostInputs & Props {
  const { inputs, failures } = checkHost({ productKey: HOST_KEY, ...input });
  if (failures.length) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return inputs as unknown as KmsHostInputs & Props;
}

/** What is declared when only the settings matter: the host key that is there stays. */
export const keyless = (input: { [name: string]: unknown } = {}) => wantedHost({ productKey: undefined, ...input });
