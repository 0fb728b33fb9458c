import { describe, expect, it } from "vitest";
import { planConfirmation } from "../../../provider/activation/confirmation";
import { CONFIRMATION_ID, installationId } from "./samples";

const A = installationId(63, 1);
const B = installationId(63, 2);
const plan = (over: Partial<Parameters<typeof planConfirmation>[0]>) =>
  planConfirmation({
    licensed: false,
    confirmationId: CONFIRMATION_ID,
    stored: undefined,
    announced: A,
    installationId: A,
    ...over,
  });

describe("activation by phone", () => {
  it("waits while nobody has brought a confirmation id", () => {
    expect(plan({ confirmationId: undefined })).toEqual({ do: "pendingConfirmation" });
  });
  it("deposits for the very installation id that was shown", () => {
    expect(plan({})).toEqual({ do: "deposit", confirmationId: CONFIRMATION_ID, only: A });
  });
  it("does nothing once it is Licensed", () => {
    expect(plan({ licensed: true })).toEqual({ do: "nothing" });
  });
  it("deposits nothing when the installation id has changed since it was shown", () => {
    expect(plan({ installationId: B })).toEqual({ do: "changedId", was: A });
  });
  it("keeps a confirmation id bound to its installation id, whatever was shown later", () => {
    const stored = { installationId: A, confirmationId: CONFIRMATION_ID };
    expect(plan({ stored, announced: B, installationId: B })).toEqual({ do: "changedId", was: A });
    expect(plan({ stored, announced: B, installationId: A })).toMatchObject({ do: "deposit", only: A });
  });
  it("takes a new confirmation id for what was shown last", () => {
    const stored = { installationId: A, confirmationId: "2".repeat(48) };
    expect(plan({ stored, announced: B, installationId: B })).toMatchObject({ do: "deposit", only: B });
  });
  it("leaves the comparison to the deposit's own guard while the key is not installed", () => {
    expect(plan({ installationId: undefined })).toEqual({ do: "deposit", confirmationId: CONFIRMATION_ID, only: A });
    expect(plan({ installationId: undefined, announced: undefined })).toMatchObject({ do: "deposit", only: undefined });
  });
});
