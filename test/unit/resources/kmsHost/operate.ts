import { expect } from "vitest";
import { encode, type Props } from "../../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../../provider/errors/failure";
import type { AgentError } from "../../../../provider/machine/protocol";
import { kmsHostHandler } from "../../../../provider/resources/kmsHost/handler";
import type { KmsHostOutputs } from "../../../../provider/resources/kmsHost/outputs";
import { errorOf } from "../../../failures";
import { type Answer, done, FakeMachine, failing, HOST_KEY, hostProduct, hresult } from "../shared/fakeMachine";
import { type HostState, hostReads, wantedHost } from "./samples";

export const ID = "kms-host-0123456789abcdef";
export const DENIED: AgentError = hresult("0xC004C008");
export const seen = (state: HostState): Answer => done(hostReads(state));
export const fails = (step: string, error: Parameters<typeof failing>[1], state: HostState) =>
  failing(step, error, hostReads(state));
export const LOST: HostState = { products: [hostProduct({ LicenseStatus: 5 })], listeners: [] };

export async function create(machine: FakeMachine, wanted: Props = wantedHost()) {
  const { id, outs } = await kmsHostHandler.create(machine.context("create"), wanted);
  expect(machine.unasked).toBe(0);
  return { id, outs: encode(outs) };
}
export async function update(machine: FakeMachine, outs: Props, wanted: Props = wantedHost()) {
  const result = await kmsHostHandler.update(machine.context("update"), ID, outs, wanted);
  expect(machine.unasked).toBe(0);
  return encode(result.outs);
}
export async function failureOf(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await errorOf(OperationFailure, work);
  expect(error.message).not.toContain(HOST_KEY);
  expect(error.message).toMatch(/^KmsHost "kms01"( on .+)?: .+ failed: .+ Next: .+\.$/);
  return error;
}
export async function partialOf(work: Promise<unknown>): Promise<PartialFailure & { outs: KmsHostOutputs }> {
  const error = await failureOf(work);
  if (!(error instanceof PartialFailure)) throw new Error("nothing was recorded");
  expect(error.id).toBe(ID);
  return error as PartialFailure & { outs: KmsHostOutputs };
}
/** Nothing was written, so nothing may be recorded. */
export async function unrecorded(work: Promise<unknown>): Promise<OperationFailure> {
  const error = await failureOf(work);
  expect(error).not.toBeInstanceOf(PartialFailure);
  return error;
}

/** The outputs after a create that went well. */
export const licensed = async (wanted?: Props): Promise<Props> =>
  (await create(new FakeMachine(seen({})), wanted)).outs;
