import type { CheckResult } from "../../../../provider/adapter/handler";
import type { Json, Props } from "../../../../provider/adapter/props";
import type { ReadOutcome, WmiRow } from "../../../../provider/machine/protocol";
import { type MakObservation, parseMak } from "../../../../provider/resources/makActivation/observe";
import { checkMakActivation, type MakInputs } from "../../../../provider/resources/makActivation/schema";
import { HOST_KEY, licensingRead, product } from "../shared/fakeMachine";

/** Of the right shape; worth nothing. */
export const MAK = HOST_KEY;
export const PARTIAL = MAK.slice(-5);
export const CONNECTION = { host: "lap01", hostKey: "insecure-accept-any" };

export const makProduct = (over: WmiRow = {}): WmiRow =>
  product({
    ID: "33333333-0000-0000-0000-000000000000",
    Description: "Windows(R) Operating System, VOLUME_MAK channel",
    PartialProductKey: PARTIAL,
    LicenseStatus: 1,
    ...over,
  });
/** A KMS client out of the box. */
export const CLIENT = product({ LicenseStatus: 2, GracePeriodRemaining: 43_200 });
/** LicenseStatusReason 0xC004F00F. */
export const MOVED = makProduct({ LicenseStatus: 3, LicenseStatusReason: 0xc004f00f, GracePeriodRemaining: 43_200 });

export const reads = (...products: WmiRow[]): ReadOutcome[] => [licensingRead({}, products)];
export const observed = (...products: WmiRow[]): MakObservation =>
  parseMak({ steps: [], restart: { status: "notNeeded" }, reads: reads(...products) });

export function check(input: { [name: string]: unknown }): CheckResult {
  return checkMakActivation({ resourceName: "lap01", connection: CONNECTION, ...input } as unknown as {
    [key: string]: Json;
  });
}

/** Checked inputs, of inputs that are right. */
export function wanted(input: { [name: string]: unknown } = {}): MakInputs & Props {
  const { inputs, failures } = check({ productKey: MAK, ...input });
  if (failures.length) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return inputs as unknown as MakInputs & Props;
}
