import { expect } from "vitest";
import type { Props } from "../../../../provider/adapter/props";
import { encodeSrv, type SrvSeen, type SrvSet } from "../../../../provider/dns";
import { OperationFailure } from "../../../../provider/errors/failure";
import { checkSrvRecord, type SrvRecordInputs } from "../../../../provider/resources/srvRecord/schema";
import { errorOf } from "../../../failures";

/** Checked inputs of a record for kms01 in contoso.com. */
export function wantedBag(over: Props = {}): Props {
  const { inputs, failures } = checkSrvRecord({
    resourceName: "kms01",
    zone: "contoso.com",
    target: "kms01.contoso.com",
    ...over,
  });
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return inputs;
}
export const wanted = (over: Props = {}) => wantedBag(over) as unknown as SrvRecordInputs;

/** "0 5 1688 kms01.contoso.com" as a server has it. */
export function seen(text: string, ttl = 3600): SrvSeen {
  const [priority, weight, port, target = ""] = text.split(" ");
  const data = { priority: Number(priority), weight: Number(weight), port: Number(port), target };
  return { ...data, ttl, rdata: encodeSrv(data) };
}
export const setOf = (...records: SrvSeen[]): SrvSet => ({ records });

/** The failure of an operation, in the form that each has, and without the secret. */
export async function recordFailure(work: Promise<unknown>, secret: string): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).toMatch(/^SrvRecord "kms01"( on .+)?: .+ failed: .+ Next: .+\.$/);
  expect(error.message).not.toContain(secret);
  return error;
}
