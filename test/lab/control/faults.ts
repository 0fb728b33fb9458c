import { z } from "zod";
import { isOp } from "../agent/arguments";

const op = z.string().refine(isOp, "no operation of the agent goes by this name").nullable();

/** Faults as they come from outside; those that are not named stay as they are. */
export const faultsSchema = z
  .strictObject({
    latencyMs: z.int().min(0).max(600_000),
    stepMs: z.int().min(0).max(600_000),
    down: z.boolean(),
    noPowerShell: z.boolean(),
    constrainedLanguage: z.boolean(),
    notElevated: z.boolean(),
    stopRefused: z.boolean(),
    hangOn: op,
    failOn: op,
    dropOn: op,
    dieAfterStep: z.int().min(0).nullable(),
    dieAtRestart: z.enum(["before", "after"]).nullable(),
  })
  .partial();

/** The same for the DNS server. */
export const dnsFaultsSchema = z
  .strictObject({
    down: z.boolean(),
    refuse: z.boolean(),
    drop: z.boolean(),
    latencyMs: z.int().min(0).max(600_000),
    clockMinutes: z.int().min(-1_000_000).max(1_000_000),
    lie: z.boolean(),
    denyChanges: z.boolean(),
  })
  .partial();
