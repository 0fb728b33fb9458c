import type { CheckResult } from "../../../../provider/adapter/handler";
import type { Json, Props } from "../../../../provider/adapter/props";
import type { MachineEvent, ReadOutcome, WmiRow } from "../../../../provider/machine/protocol";
import { type ClientObservation, parseClient } from "../../../../provider/resources/kmsClientConfig/observe";
import { checkKmsClient, type KmsClientInputs } from "../../../../provider/resources/kmsClientConfig/schema";
import { licensingRead, product } from "../shared/fakeMachine";

export const NOW = "2026-11-23T10:00:00Z";
export const AFTER = "2026-11-23T10:00:05Z";

export interface ClientState {
  service?: WmiRow;
  products?: WmiRow[];
  /** Newest first. */
  events?: MachineEvent[];
  /** A restart that a killed run left behind. */
  owed?: boolean;
}

export function clientReads({ service = {}, products, events = [], owed = false }: ClientState): ReadOutcome[] {
  return [
    licensingRead(service, products ?? [product({ LicenseStatus: 1, VLActivationType: 2 })]),
    { ok: true, result: { exists: true, now: NOW, events } },
    { ok: true, result: { values: [owed ? { kind: "REG_DWORD", data: 1 } : null] } },
  ];
}

export const observed = (state: ClientState): ClientObservation =>
  parseClient({ steps: [], restart: { status: "notNeeded" }, reads: clientReads(state) });

export const answerEvent = (code: string, time = AFTER): MachineEvent => ({
  id: 12289,
  type: "information",
  time,
  strings: [`${code},0x04000000,0,0,3,120,10080,2026/11/23 10:00`],
});
export const requestEvent = (code: string, server: string, time = AFTER): MachineEvent => ({
  id: 12288,
  type: "information",
  time,
  strings: [code, "0x00000000", server, "cmid-1", "2026/11/23 10:00", "1", "2", "43200"],
});

/** A client in its first grace period whose host answered that the count is too low. */
export const WAITING: ClientState = {
  products: [product({ LicenseStatus: 2 })],
  events: [answerEvent("0xC004F038"), requestEvent("0x0", "kms01.contoso.com:1688")],
};
/** A client with a MAK in the place of its setup key. */
export const MAK: ClientState = {
  products: [
    product({
      Description: "Windows(R) Operating System, VOLUME_MAK channel",
      PartialProductKey: "ABCDE",
      LicenseStatus: 1,
    }),
  ],
};
export const pinned = (host: string, port = 0): WmiRow => ({
  KeyManagementServiceMachine: host,
  KeyManagementServicePort: port,
});

export const CONNECTION = { host: "web01", hostKey: "insecure-accept-any" };

export function checkClient(input: { [name: string]: unknown }): CheckResult {
  return checkKmsClient({ resourceName: "web01", connection: CONNECTION, ...input } as unknown as {
    [key: string]: Json;
  });
}
/** Checked inputs, of inputs that are right. */
export function wantedClient(input: { [name: string]: unknown } = {}): KmsClientInputs & Props {
  const { inputs, failures } = checkClient(input);
  if (failures.length) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return inputs as unknown as KmsClientInputs & Props;
}
