import type {
  BatchRead,
  EventsReadResult,
  MachineEvent,
  ReadOutcome,
  RegistryReadResult,
} from "../../machine/protocol";
import type { Hello } from "../../machine/session";

/**
 * Windows Server 2025 logs, from its update of August 2026 on, whether a KMS host's hardware suits the hardware-secured
 * activation of a later Windows Server: Warning events in the log "Key Management Service", whose ids Microsoft has not
 * published. They tell, and change nothing about activation.
 */
const FIRST_BUILD = 26_100;
const WORKSTATION = 1;

/** What KMS itself writes: 12288 to 12294. A warning with such an id is about a request or a start. */
const OWN_IDS = { first: 12_288, last: 12_294 };
/** Warnings older than this are history. */
const RECENT_MS = 30 * 24 * 60 * 60_000;
/** A busy host logs thousands of requests a week; more entries than this are not walked for a remark. */
const MOST_ENTRIES = 2000;
/** Ids that the finding names. */
const MOST_IDS = 5;

const WARNINGS_READ: BatchRead = {
  op: "events.read",
  args: { log: "Key Management Service", ids: [], types: ["warning"], max: 50, look: MOST_ENTRIES },
};
/** The devices that Windows' TPM driver serves; the driver is there without any. */
const TPM_READ: BatchRead = {
  op: "registry.read",
  args: { values: [{ key: "SYSTEM\\CurrentControlSet\\Services\\TPM\\Enum", name: "Count" }] },
};

export interface Readiness {
  /** Of the warnings: each id once, newest first. */
  ids: number[];
  /** Time of the newest one. */
  newest: string;
  /** Whether Windows has a TPM in use; undefined where that cannot be seen. */
  tpm: boolean | undefined;
}

/** What is read besides; nothing on a Windows that has no such messages. */
export function readinessReads({ osVersion, productType }: Pick<Hello, "osVersion" | "productType">): BatchRead[] {
  const [major, , build] = osVersion.split(".").map(Number);
  const has = major === 10 && (build ?? 0) >= FIRST_BUILD && productType !== WORKSTATION;
  return has ? [WARNINGS_READ, TPM_READ] : [];
}

/** `read`: the outcome of one of the reads above. Undefined where there is no such warning, or none can be read. */
export function parseReadiness(read: (asked: BatchRead) => ReadOutcome | undefined): Readiness | undefined {
  const outcome = read(WARNINGS_READ);
  if (!outcome?.ok) return undefined;
  const { events, now } = outcome.result as EventsReadResult;
  const oldest = Date.parse(now) - RECENT_MS;
  const warnings = events.filter((event) => isForeign(event) && Date.parse(event.time) >= oldest);
  const [newest] = warnings;
  if (!newest) return undefined;
  return { ids: [...new Set(warnings.map(({ id }) => id))], newest: newest.time, tpm: tpmIn(read(TPM_READ)) };
}

const isForeign = ({ id, type }: MachineEvent) => type === "warning" && (id < OWN_IDS.first || id > OWN_IDS.last);

function tpmIn(read: ReadOutcome | undefined): boolean | undefined {
  if (!read?.ok) return undefined;
  const [count] = (read.result as RegistryReadResult).values;
  return count !== null && count !== undefined && count.data !== 0;
}

export function readinessFinding({ ids, newest, tpm }: Readiness): string {
  const shown = `${ids.slice(0, MOST_IDS).join(", ")}${ids.length > MOST_IDS ? ", ..." : ""}`;
  const minute = `${newest.slice(0, 16)}Z`;
  const missing = tpm === false ? "; Windows has no TPM in use here" : "";
  return (
    `for information: warnings in the log Key Management Service (event ${shown}; newest ${minute}), probably that this host's ` +
    "hardware does not suit KMS with hardware-based security (TPM 2.0, certified server), which later Windows Server may ask " +
    `for; activation goes on${missing}. Check: Get-TpmSupportedFeature -FeatureList "Key Attestation"`
  );
}
