import { encode, type Props } from "../../../../provider/adapter/props";
import { OperationFailure, PartialFailure } from "../../../../provider/errors/failure";
import type { ReadOutcome, WmiRow } from "../../../../provider/machine/protocol";
import { makActivationHandler as handler } from "../../../../provider/resources/makActivation/handler";
import { PRODUCT_KEY_ID } from "../../activation/samples";
import { type Answer, done, type FakeMachine } from "../shared/fakeMachine";
import { PARTIAL, reads } from "./samples";

/** The installation id of the MAK, as a second reading. */
export const idsRead = (installationId: string): ReadOutcome => ({
  ok: true,
  result: {
    service: {},
    products: [{ PartialProductKey: PARTIAL, OfflineInstallationId: installationId, ProductKeyID: PRODUCT_KEY_ID }],
  },
});
export const withIds = (installationId: string, ...products: WmiRow[]): ReadOutcome[] => [
  ...reads(...products),
  idsRead(installationId),
];
export const seenWith = (installationId: string, ...products: WmiRow[]): Answer =>
  done(withIds(installationId, ...products));

/** Runs the steps, but leaves out the deposit, as the agent does when the installation id is another one by then. */
export const skipping =
  (installationId: string, ...products: WmiRow[]): Answer =>
  (args) => ({
    steps: args.steps.map((step) =>
      step.op === "slmgr" && step.args.verb === "/atp"
        ? { status: "skipped" as const }
        : { status: "done" as const, result: {} },
    ),
    restart: { status: "notNeeded" },
    reads: withIds(installationId, ...products),
  });

export async function create(machine: FakeMachine, wanted: Props): Promise<Props> {
  return encode((await handler.create(machine.context("create"), wanted)).outs);
}
export async function update(machine: FakeMachine, outs: Props, wanted: Props): Promise<Props> {
  return encode((await handler.update(machine.context("update"), "mak-1", outs, wanted)).outs);
}
export async function read(machine: FakeMachine, outs: Props): Promise<Props> {
  const result = await handler.read(machine.context("read"), "mak-1", outs);
  return result === "absent" ? {} : encode(result.outs);
}
/** What a failed operation says and records. */
export async function recorded(work: Promise<unknown>): Promise<{ message: string; outs: Props | undefined }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof PartialFailure) return { message: error.message, outs: encode(error.outs) };
  if (error instanceof OperationFailure) return { message: error.message, outs: undefined };
  throw error instanceof Error ? error : new Error("it did not fail");
}
