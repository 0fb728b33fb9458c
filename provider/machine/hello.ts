import { createHash } from "node:crypto";
import { z } from "zod";
import type { HelloResult } from "./protocol";
import type { Hello } from "./session";

/** First 16 hex digits of SHA-256 over "smbiosUuid|machineGuid" in lower case; undefined when neither could be read. */
export function machineIdOf(smbiosUuid: string | null, machineGuid: string | null): string | undefined {
  if (!smbiosUuid && !machineGuid) return undefined;
  const identity = `${smbiosUuid ?? ""}|${machineGuid ?? ""}`.toLowerCase();
  return createHash("sha256").update(identity).digest("hex").slice(0, 16);
}

const SCHEMA: z.ZodType<HelloResult> = z.object({
  protocol: z.number(),
  agentVersion: z.string(),
  agentLength: z.number(),
  smbiosUuid: z.string().nullable(),
  machineGuid: z.string().nullable(),
  computerName: z.string(),
  domain: z.string(),
  partOfDomain: z.boolean(),
  primaryDnsSuffix: z.string(),
  osVersion: z.string(),
  osCaption: z.string(),
  productType: z.number(),
  editionId: z.string(),
  uiLanguage: z.string(),
  psVersion: z.string(),
  languageMode: z.string(),
  is64BitProcess: z.boolean(),
  is64BitOs: z.boolean(),
  elevated: z.boolean(),
  user: z.string(),
  now: z.string(),
});

/** The agent's `hello` without the raw identity, or what is wrong with it. */
export function readHello(result: unknown): { hello: Hello } | { wrong: string } {
  const parsed = SCHEMA.safeParse(result);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "the whole answer");
    return { wrong: `its hello is wrong or incomplete (${[...new Set(fields)].join(", ")})` };
  }
  const { smbiosUuid, machineGuid, ...rest } = parsed.data;
  const machineId = machineIdOf(smbiosUuid, machineGuid);
  if (!machineId)
    return { wrong: "its hello has neither SMBIOS UUID nor MachineGuid, so the machine cannot be told apart" };
  return { hello: { ...rest, machineId } };
}
